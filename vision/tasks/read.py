"""`ludus fit vision/read`: train a reader on an environment's own pictures. `fitting.py` says how a training goes."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch.nn import functional as F
from torch.utils.tensorboard import SummaryWriter

from ...envs.frames import SUCCESSIVE, Frames, frames
from ...envs.registry import check_entries, check_registered, import_named, module_of
from ...training import learning
from ...training.fit import Fit
from ...training.recipe import Plan, arguments_of, here, read_settings
from ..data import Shuffled
from ..models.reader import Reader
from .read_report import Summary, baseline, figures, judge, measure, readings_picture

WATCHED = 4096  # test pictures, at most, that are judged after each epoch; nothing is chosen by it
TESTED_APART = 1_000_003  # what the seed of the test's episodes is further
LEAST_STD = 1e-3  # of a number that never changed in training


@dataclass(frozen=True, kw_only=True)
class ReadRecipe(Plan):
    """All that decides a training of a reader."""

    env: str  # id of a registered environment, without a module
    module: str = ""  # what has to be imported before the id is registered; said to a person, never imported by itself
    slot: str = "vision"
    environment: dict[str, Any] = field(default_factory=dict)  # its keywords
    frames: int = 40_000  # training pictures
    test_frames: int = 12_800  # of other episodes
    epochs: int = 7
    batch_size: int = 128
    optimizer: str = "adamw"
    lr: float = 0.002
    warmup: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        check_entries(self.env, self.module)
        self.check_net("a reader")
        for name in ("frames", "test_frames"):
            self.check_range(name, SUCCESSIVE, 1e8)

    def arguments(self) -> tuple[str, ...]:
        return arguments_of(Reader)


def compose(env: str, seed: int = 0, settings: dict[str, Any] | None = None, **more: Any) -> ReadRecipe:
    """A recipe: the defaults, then ``settings`` (the reader's arguments among them); ``more`` are further fields.

    Args:
        env: An environment id, or MODULE:ID for one that a module registers, which is imported.

    Raises:
        ValueError: a setting that does not exist, or a value out of range; no such environment.
    """
    env = import_named(env)
    values, net = read_settings(ReadRecipe, Reader, settings or {})
    return ReadRecipe(env=env, module=module_of(env), seed=seed, net=net, **{**values, **here(values)}, **more)


class Data(NamedTuple):
    """Training and test pictures."""

    train: Frames
    test: Frames


def build(recipe: ReadRecipe, train: Frames) -> Reader:
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


class Training(learning.Training):
    """The Huber loss of the scaled numbers: large errors, such as of a ball just served, count in proportion."""

    net: Reader

    def __init__(self, recipe: ReadRecipe, train: Frames) -> None:
        net = build(recipe, train)
        # Of numbers, without those whose picture before was not recorded.
        self.usable = torch.arange(len(train)) if net.is_board else torch.from_numpy(np.flatnonzero(train.traced))
        data = tuple(torch.from_numpy(a) for a in (train.raw, train.truth, train.before))
        super().__init__(recipe, net, Shuffled(len(self.usable), recipe.batch_size, recipe.seed), data)
        self.raw, self.truth, self.before = data

    def loss_of(self, batch: Any, step: int) -> torch.Tensor:
        net, rows = self.net, self.usable[batch]
        target = (self.truth[rows].float() - net._mean) / net._std
        if net.is_board:
            y = net.scaled(self.raw[rows], None, None)
        else:
            before = self.before[rows]
            known = (before >= 0).float()[:, None]
            y = net.scaled(self.raw[rows], self.raw[before.clamp(min=0)], known)
        return F.smooth_l1_loss(y.float(), target)


class Read(Fit):
    """The training of a reader."""

    TASK, RECIPE = "vision/read", ReadRecipe
    recipe: ReadRecipe

    @classmethod
    def open(cls, out: Path) -> "Read":
        fit = cls(out, super().open(out).recipe)
        check_registered(fit.recipe.env, fit.recipe.module, f"{fit.folder} reads pictures of")
        return fit

    def load(self) -> Data:
        r = self.recipe
        return Data(
            frames(r.env, r.slot, r.frames, r.seed, r.environment),
            frames(r.env, r.slot, r.test_frames, r.seed + TESTED_APART, r.environment),
        )

    def check(self) -> None:
        r = self.recipe
        some = frames(r.env, r.slot, 1, r.seed, r.environment, spread=0)
        if some.classes:
            raise ValueError(f"slot {r.slot} of {r.env} names classes; train a classifier: ludus fit vision/classify")
        build(r, some)

    def prepare(self, data: Data) -> Training:
        return Training(self.recipe, data.train)

    def watch(self, training: learning.Training, data: Data) -> tuple[dict[str, float], str]:
        assert isinstance(training.net, Reader)
        found = figures(*judge(training.net, data.test, WATCHED), data.test)
        name, value = next(iter(found.items()))
        return found, f"{name.replace('_', ' ')} {value:.4f}"

    def finish(self, net: Reader, data: Data, writer: SummaryWriter, step: int, seconds: float) -> Summary:
        y, rows = judge(net, data.test)
        net.metrics = measure(net, y, rows, data.test, seconds)
        writer.add_image("test/readings", readings_picture(y, rows, data.test), step, dataformats="HWC")
        for name, value in figures(y, rows, data.test).items():
            writer.add_scalar(f"test/{name}", value, step)
        return Summary(net.metrics, baseline(data.train, data.test), self.recipe, len(data.train))
