"""`ludus fit vision/generate`: the training of a generator of pictures (see `training/fit.py`)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.utils.tensorboard import SummaryWriter

from ...training.batches import Shuffled, generator
from ...training.fit import Fit, Goal
from ...training.learner import Learner
from ..images import Images, Splits, load_splits
from ..models.flow import training_times
from ..models.generator import Generator, spaces_of
from . import generate_report
from .generate_recipe import GeneratorRecipe

HELD_OUT = 0.1  # share of the training images that a search for hyperparameters keeps for its choice


def build(recipe: GeneratorRecipe, train: Images) -> Generator:
    """The untrained generator of a recipe for these images."""
    pixels = train.images.flatten(0, 2).double() / 255.0  # (N H W, C)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        return Generator(
            *spaces_of(tuple(train.images.shape[1:]), len(train.classes)),
            **recipe.net,
            classes=train.classes,
            mean=[round(float(x), 6) for x in pixels.mean(dim=0)],
            std=[round(max(float(x), 1e-3), 6) for x in pixels.std(dim=0)],
            data=recipe.data,
        )


class NoisyBatches(Shuffled):
    """Images (B, H, W, C) of bytes, their classes (B,), times (B,), and noise (B, C, H, W)."""

    def __init__(self, data: Images, recipe: GeneratorRecipe) -> None:
        super().__init__(len(data), recipe.batch_size, recipe.seed)
        self.data, self.middle, self.spread = data, recipe.middle, recipe.spread

    def batch(self, step: int) -> tuple[torch.Tensor, ...]:
        """The batch of this step; a function of the seed and ``step``."""
        rows, source = self.rows(step), generator(self.seed, "batch", step)
        images = self.data.images[rows]
        count, height, width, channels = images.shape
        noise = torch.randn(count, height, width, channels, generator=source).permute(0, 3, 1, 2)  # channels-last
        return images, self.data.labels[rows], training_times(count, self.middle, self.spread, source), noise


class GeneratorLearner(Learner):
    """The mean square error of the velocity."""

    recipe: GeneratorRecipe
    net: Generator

    def __init__(self, recipe: GeneratorRecipe, train: Images) -> None:
        super().__init__(recipe, build(recipe, train), NoisyBatches(train, recipe), (train.images, train.labels))

    def loss_of(self, batch: Any, step: int) -> torch.Tensor:
        return self.net.error(*batch).mean()

    @contextmanager
    def averaged(self) -> Iterator[Generator]:
        """A block in which the network has the weights that would be kept now; then it learns on with its own."""
        kept = {key: value.clone() for key, value in self.net.state_dict().items()}
        if self.average is not None:
            self.net.load_state_dict(self.average.tensors)
        try:
            yield self.net.eval()
        finally:
            self.net.load_state_dict(kept)
            self.net.train()


class Generate(Fit):
    """The training of a generator."""

    TASK, RECIPE = "vision/generate", GeneratorRecipe
    recipe: GeneratorRecipe

    def load(self) -> Splits:
        return load_splits(self.recipe.data, self.recipe.holdout)

    def prepare(self, data: Splits) -> GeneratorLearner:
        return GeneratorLearner(self.recipe, data.train)

    def judge(self, learner: Learner, data: Splits) -> tuple[dict[str, float], str]:
        assert isinstance(learner, GeneratorLearner)
        with learner.averaged() as net:
            loss = generate_report.loss_of(net, data.watched)
        return {"loss": loss}, f"{'held out' if self.recipe.holdout else 'test'} {loss:.4f}"

    @property
    def goal(self) -> Goal:
        return Goal("loss", False, {"holdout": self.recipe.holdout or HELD_OUT}, {"holdout": 0.0})

    def held_out(self, net: Generator, data: Splits) -> dict[str, float]:
        if not self.recipe.holdout:
            raise ValueError("nothing is held out; give the recipe a holdout, such as --set holdout=0.1")
        return {"loss": generate_report.loss_of(net.eval(), data.watched)}

    def finish(
        self, net: Generator, data: Splits, writer: SummaryWriter, step: int, seconds: float
    ) -> generate_report.Summary:
        net.metrics = generate_report.measure(net, data.test, seconds)
        for tag, image in generate_report.pictures(net).items():
            writer.add_image(f"test/{tag}", image, step, dataformats="HWC")
        writer.add_scalar("test/loss", net.metrics["loss"], step)
        return generate_report.Summary(net.metrics, generate_report.baselines(net, data.train, data.test), self.recipe)
