"""`ludus fit vision/detect`: the training of a detector (see `training/fit.py`)."""

from pathlib import Path
from typing import Any

import torch
from torch.utils.tensorboard import SummaryWriter

from ...envs.ids import check_registered, import_option
from ...training.batches import generator
from ...training.fit import Fit, Goal
from ...training.learner import Learner
from ..detection_loss import loss_of, second_loss, targets_of
from ..models.detector import Detector
from ..scenes import Scenes
from . import detect_report
from .detect_data import Data, SceneBatches, first_scenes, load, spaces_of
from .detect_recipe import DetectorRecipe

SEEN = 2000  # training pictures from which mean and spread are computed


def build(recipe: DetectorRecipe, train: Scenes) -> Detector:
    """The untrained detector of a recipe for these scenes."""
    seen = train.images[torch.randperm(len(train), generator=generator(recipe.seed, "seen"))[:SEEN]]
    pixels = seen.flatten(0, 2).double() / 255.0  # (N H W, C)
    mean, std = pixels.mean(dim=0), pixels.std(dim=0).clamp(min=1e-3)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        net = Detector(
            *spaces_of(train),
            **recipe.net,
            classes=train.classes,
            mean=[round(float(x), 6) for x in mean],
            std=[round(float(x), 6) for x in std],
            axes=train.knows_axes,
            data=recipe.source,
        )
    return net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


class DetectorLearner(Learner):
    """The sum of the losses of centres, boxes, axes, visible shares and classes (see `vision/detection_loss.py`)."""

    recipe: DetectorRecipe
    net: Detector

    def __init__(self, recipe: DetectorRecipe, data: Data) -> None:
        first = data.train(0)
        if not first.things:
            raise ValueError(f"{recipe.source}: nothing lies in any of {len(first):,} training pictures")
        batches = SceneBatches(data.train, first, recipe)
        super().__init__(recipe, build(recipe, first), batches, (first.images, first.rows))
        self.parts: dict[str, float] = {}

    def loss_of(self, batch: Any, step: int) -> torch.Tensor:
        images, rows = batch
        net = self.net
        targets = targets_of(rows, net.cells, (net.height, net.width), self.recipe.least_visible)
        maps, r = net.maps(images), self.recipe
        parts = loss_of(maps, targets, r.label_smoothing)
        if net.again is not None:
            source = generator(r.seed, "again", step)
            parts["classes, again"] = second_loss(net, images, rows, maps, r.least_visible, r.label_smoothing, source)
        self.parts = {name: float(part.detach()) for name, part in parts.items()}
        return torch.stack(list(parts.values())).sum()

    def curves(self) -> dict[str, float]:
        return {**super().curves(), **{f"train/loss of {name}": value for name, value in self.parts.items()}}


class Detect(Fit):
    """The training of a detector."""

    TASK, RECIPE = "vision/detect", DetectorRecipe
    recipe: DetectorRecipe

    @classmethod
    def open(cls, out: Path) -> "Detect":
        fit = cls(out, super().open(out).recipe)
        if fit.recipe.env:
            check_registered(fit.recipe.env, fit.recipe.module, f"{fit.folder} detects in pictures of")
        return fit

    @property
    def again(self) -> str:
        return super().again + import_option(self.recipe.module)

    def load(self) -> Data:
        data = load(self.recipe)
        self.notes += data.notes
        return data

    def check(self) -> None:
        build(self.recipe, first_scenes(self.recipe))

    def prepare(self, data: Data) -> DetectorLearner:
        return DetectorLearner(self.recipe, data)

    def judge(self, learner: Learner, data: Data) -> tuple[dict[str, float], str]:
        net: Any = learner.snapshot()
        found = detect_report.figures(detect_report.detections(net, data.watched), data.watched)
        return found, f"mAP50 {found['map50']:.3f}"

    @property
    def goal(self) -> Goal:
        return Goal("map50_95", True, {"holdout": True}, {"holdout": False})

    def held_out(self, net: Detector, data: Data) -> dict[str, float]:
        if not self.recipe.holdout:
            raise ValueError("nothing is held out; begin with --set holdout=true")
        return detect_report.figures(detect_report.detections(net, data.watched), data.watched)

    def finish(
        self, net: Detector, data: Data, writer: SummaryWriter, step: int, seconds: float
    ) -> detect_report.Summary:
        shown = detect_report.detections(net, data.test)
        net.metrics = detect_report.measure(net, shown, data.test, seconds)
        first = data.train(0)
        for tag, picture in detect_report.pictures(net, shown, data.test).items():
            writer.add_image(f"test/{tag}", picture, step, dataformats="HWC")
        for name in detect_report.FIGURES:
            writer.add_scalar(f"test/{name}", net.metrics[name], step)
        pictures = self.recipe.epochs * len(first) if self.recipe.env else len(first)
        return detect_report.Summary(net.metrics, detect_report.baseline(first, data.test), self.recipe, pictures)
