"""`ludus fit vision/classify`: the training of an image classifier (see `training/fit.py`)."""

from typing import Any

import torch
from torch.nn import functional as F
from torch.utils.tensorboard import SummaryWriter

from ...explain.layers_picture import layers_picture
from ...training.batches import generator
from ...training.fit import Fit, Goal
from ...training.learner import Learner
from ..augmentation import AugmentedBatches
from ..images import Images, Splits, load_splits
from ..models.classifier import Classifier, spaces_of
from ..models.resnet import ResNet
from . import classify_report
from .classify_recipe import ClassifierRecipe

SEEN = 5000  # training images from which mean, spread and whitening are computed
HELD_OUT = 0.2  # share of the training images that a search for hyperparameters keeps for its choice
SEARCHED = 500  # test images, at most, among which those are looked for that excite a layer most


def build(recipe: ClassifierRecipe, train: Images) -> Classifier:
    """The untrained network of a recipe for these images."""
    seen = train.images[torch.randperm(len(train), generator=generator(recipe.seed, "seen"))[:SEEN]]
    pixels = seen.flatten(0, 2).double() / 255.0  # (N H W, C)
    mean, std = pixels.mean(dim=0), pixels.std(dim=0).clamp(min=1e-3)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        net = recipe.component(
            *spaces_of(train.images, len(train.classes)),
            **recipe.net,
            classes=train.classes,
            mean=[round(float(x), 6) for x in mean],
            std=[round(float(x), 6) for x in std],
            mirror=recipe.mirror,
            data=recipe.data,
        )
    if isinstance(net, ResNet):
        net.look_at(seen)
    return net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


class ClassifierLearner(Learner):
    """Cross-entropy between the probabilities of the classes and the (smoothed, perhaps blended) labels."""

    recipe: ClassifierRecipe
    net: Classifier

    def __init__(self, recipe: ClassifierRecipe, train: Images) -> None:
        net = build(recipe, train)
        mean = tuple(round(255.0 * x) for x in net.config["mean"])
        batches = AugmentedBatches(train, recipe.batch_size, recipe.augmentation(), recipe.seed, fill=mean)
        super().__init__(recipe, net, batches, (train.images, train.labels))
        self.accuracy = 0.0

    def loss_of(self, batch: Any, step: int) -> torch.Tensor:
        images, labels = self.seen(batch[0], step), batch[1]
        y = self.net.logits(images).float()
        truth = labels if labels.ndim == 1 else labels.argmax(dim=1)
        self.accuracy = float((y.argmax(dim=1) == truth).float().mean())
        return F.cross_entropy(y, labels, label_smoothing=self.recipe.label_smoothing)

    def seen(self, images: torch.Tensor, step: int) -> torch.Tensor:
        """What the network sees of images (N, H, W, C) in this step: at first they are small, if the recipe says so.

        Progressive resizing (Howard 2018, in fast.ai's entry for DAWNBench): half of the pixels are half of the time.
        """
        side = self.recipe.small
        if not side or step >= self.recipe.small_until * self.steps:
            return images
        x = images.permute(0, 3, 1, 2).float()
        return F.interpolate(x, size=(side, side), mode="bilinear", antialias=True).permute(0, 2, 3, 1)

    @property
    def ended(self) -> bool:
        patience = self.recipe.patience * len(self.batches)
        return super().ended or 0 < patience <= self.step - self.best_step

    def curves(self) -> dict[str, float]:
        return {**super().curves(), "train/accuracy": self.accuracy}


class Classify(Fit):
    """The training of an image classifier."""

    TASK, RECIPE = "vision/classify", ClassifierRecipe
    recipe: ClassifierRecipe

    def load(self) -> Splits:
        return load_splits(self.recipe.data, self.recipe.holdout, self.recipe.share)

    def prepare(self, data: Splits) -> ClassifierLearner:
        return ClassifierLearner(self.recipe, data.train)

    def judge(self, learner: Learner, data: Splits) -> tuple[dict[str, float], str]:
        assert isinstance(learner, ClassifierLearner)
        net: Any = learner.snapshot()
        p = classify_report.judge(net, data.watched, mirror=False)
        figures = classify_report.figures(p, data.watched.labels)
        if self.recipe.patience:
            learner.consider(-figures["accuracy"])
        return figures, f"right {figures['accuracy']:.1%}"

    @property
    def goal(self) -> Goal:
        r = self.recipe
        settings = {"holdout": r.holdout or HELD_OUT, "patience": r.patience, "share": r.share}
        return Goal("accuracy", True, settings, {} if r.patience else {"holdout": 0.0})

    def held_out(self, net: Classifier, data: Splits) -> dict[str, float]:
        if not self.recipe.holdout:
            raise ValueError("nothing is held out; give the recipe a holdout, such as --set holdout=0.2")
        return classify_report.figures(classify_report.judge(net, data.watched, mirror=False), data.watched.labels)

    def finish(
        self, net: Classifier, data: Splits, writer: SummaryWriter, step: int, seconds: float
    ) -> classify_report.Summary:
        test = data.test
        net.metrics = classify_report.measure(net, test, seconds)
        p = classify_report.judge(net, test, net.mirror)
        worst = classify_report.worst_mistakes(p, test.labels, 24)
        for tag, image in (
            (
                "test/confusion",
                classify_report.confusion_picture(classify_report.confusion(p, test.labels), test.classes),
            ),
            ("test/worst_mistakes", classify_report.mistakes_picture(test, p, worst)),
            (
                "test/explanations",
                classify_report.explanations_picture(net, test, p, classify_report.telling(p, test.labels, 24)),
            ),
            ("test/layers", layers_picture(net, test.images[:SEARCHED])),
        ):
            writer.add_image(tag, image, step, dataformats="HWC")
        writer.add_scalar("test/accuracy", net.metrics["accuracy"], step)
        epochs = step // (len(data.train) // min(self.recipe.batch_size, len(data.train)))
        return classify_report.Summary(net.metrics, classify_report.baselines(data.train, test), self.recipe, epochs)
