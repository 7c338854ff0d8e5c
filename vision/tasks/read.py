"""`ludus fit vision/read`: the training of a reader on an environment's own pictures (see `training/fit.py`)."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn import functional as F
from torch.utils.tensorboard import SummaryWriter

from ...envs.frames import Frames, frames
from ...envs.ids import check_registered, import_option
from ...training.batches import Shuffled
from ...training.fit import Fit, Goal
from ...training.learner import Learner
from ..models.reader import Reader
from . import read_report
from .read_recipe import ReaderRecipe
from .read_report import Summary, readings_picture

WATCHED = 4096  # pictures, at most, that are judged after each epoch
TESTED_APART = 1_000_003  # what the seed of the test's episodes is further
HELD_APART = 2_000_003  # the same of episodes that are held out: neither learned from nor the test's
LEAST_STD = 1e-3  # of a number that never changed in training


class Data(NamedTuple):
    """Training pictures, those that are watched while training, and test pictures."""

    train: Frames
    watched: Frames
    test: Frames


def build(recipe: ReaderRecipe, train: Frames) -> Reader:
    """The untrained reader of a recipe for these pictures."""
    numbers = train.truth.reshape(-1, train.truth.shape[-1]).astype(np.float64)  # of a board: its cells
    whole = (numbers == np.rint(numbers)).all(axis=0) & (np.abs(numbers).max(axis=0) <= 255.0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        net = Reader(
            train.raw_space,
            train.truth_space,
            **recipe.net,
            mean=[round(float(x), 6) for x in numbers.mean(axis=0)],
            std=[round(max(float(x), LEAST_STD), 6) for x in numbers.std(axis=0)],
            whole=whole.tolist(),
            data=recipe.env,
        )
    return net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


class FrameBatches(Shuffled):
    """Pictures (B, H, W, C), the ones before them, whether there was one (B, 1), and what is true (B, …).

    Of numbers, only frames whose picture before was recorded, or that begin an episode. Of a board, which a single
    picture shows, the second and the third are ``None``.
    """

    def __init__(self, data: Frames, is_board: bool, batch_size: int, seed: int) -> None:
        self.usable = torch.arange(len(data)) if is_board else torch.from_numpy(np.flatnonzero(data.traced))
        super().__init__(len(self.usable), batch_size, seed)
        self.is_board = is_board
        self.raw, self.truth, self.before = (torch.from_numpy(a) for a in (data.raw, data.truth, data.before))

    def batch(self, step: int) -> tuple[torch.Tensor, torch.Tensor | None, torch.Tensor | None, torch.Tensor]:
        rows = self.usable[self.rows(step)]
        if self.is_board:
            return self.raw[rows], None, None, self.truth[rows]
        before = self.before[rows]
        known = (before >= 0).float()[:, None]
        return self.raw[rows], self.raw[before.clamp(min=0)], known, self.truth[rows]


class ReaderLearner(Learner):
    """The Huber loss of the scaled numbers: large errors, such as of a ball just served, count in proportion."""

    net: Reader

    def __init__(self, recipe: ReaderRecipe, train: Frames) -> None:
        net = build(recipe, train)
        batches = FrameBatches(train, net.is_board, recipe.batch_size, recipe.seed)
        super().__init__(recipe, net, batches, (batches.raw, batches.truth, batches.before))

    def loss_of(self, batch: Any, step: int) -> torch.Tensor:
        net = self.net
        x, before, known, truth = batch
        target = (truth.float() - net._mean) / net._std
        return F.smooth_l1_loss(net.scaled(x, before, known).float(), target)


class Read(Fit):
    """The training of a reader."""

    TASK, RECIPE = "vision/read", ReaderRecipe
    recipe: ReaderRecipe

    @classmethod
    def open(cls, out: Path) -> "Read":
        fit = cls(out, super().open(out).recipe)
        check_registered(fit.recipe.env, fit.recipe.module, f"{fit.folder} reads pictures of")
        return fit

    @property
    def again(self) -> str:
        return super().again + import_option(self.recipe.module)

    def load(self) -> Data:
        r = self.recipe
        train = frames(r.env, r.slot, r.frames, r.seed, r.environment)
        test = frames(r.env, r.slot, r.test_frames, r.seed + TESTED_APART, r.environment)
        if r.holdout:
            return Data(train, frames(r.env, r.slot, r.test_frames, r.seed + HELD_APART, r.environment), test)
        return Data(train, test, test)

    def check(self) -> None:
        r = self.recipe
        some = frames(r.env, r.slot, 1, r.seed, r.environment, spread=0)
        if some.classes:
            raise ValueError(f"slot {r.slot} of {r.env} names classes; train a classifier: ludus fit vision/classify")
        build(r, some)

    def prepare(self, data: Data) -> ReaderLearner:
        return ReaderLearner(self.recipe, data.train)

    def judge(self, learner: Learner, data: Data) -> tuple[dict[str, float], str]:
        assert isinstance(learner.net, Reader)
        found = read_report.figures(*read_report.judge(learner.net, data.watched, WATCHED), data.watched)
        name, value = next(iter(found.items()))
        return found, f"{name.replace('_', ' ')} {value:.4f}"

    @property
    def goal(self) -> Goal:
        r = self.recipe
        some = frames(r.env, r.slot, 1, r.seed, r.environment, spread=0)
        is_board = some.truth.ndim == 4
        return Goal("cells_right" if is_board else "rmse", is_board, {"holdout": True}, {"holdout": False})

    def held_out(self, net: Reader, data: Data) -> dict[str, float]:
        if not self.recipe.holdout:
            raise ValueError("nothing is held out; begin with --set holdout=true")
        return read_report.figures(*read_report.judge(net, data.watched), data.watched)

    def finish(self, net: Reader, data: Data, writer: SummaryWriter, step: int, seconds: float) -> Summary:
        y, rows = read_report.judge(net, data.test)
        net.metrics = read_report.measure(net, y, rows, data.test, seconds)
        writer.add_image("test/readings", readings_picture(y, rows, data.test), step, dataformats="HWC")
        for name, value in read_report.figures(y, rows, data.test).items():
            writer.add_scalar(f"test/{name}", value, step)
        return Summary(net.metrics, read_report.baseline(data.train, data.test), self.recipe, len(data.train))
