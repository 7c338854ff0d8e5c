"""Trainings of image classifiers for studies: judged on training and test pictures, with curves, and thrown away."""

import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch.utils.tensorboard import SummaryWriter

from ..training.batches import generator
from ..training.learner import Learner
from ..vision.images import Images, Splits
from ..vision.models.classifier import Classifier
from ..vision.tasks.classify import ClassifierLearner, Classify
from ..vision.tasks.classify_recipe import ClassifierRecipe, compose
from ..vision.tasks.classify_report import figures, judge
from .rows import digest

MOST_JUDGED = 10_000  # training pictures whose accuracy at the end is told
# Where a classifier learns alone on its core, and of what it learned nothing but figures is kept.
ALONE = {"threads": 1, "checkpoint_seconds": 1e9, "mirror": False}
# A training without anything that regularises: what each study adds to is this.
BARE = {**ALONE, "flip": False, "crop": 0, "cutout": 0, "label_smoothing": 0.0, "weight_decay": 0.0, "dropout": 0.0}


@dataclass(frozen=True)
class Point:
    """Accuracy, and mean negative log-likelihood in nats, of the training and of the test pictures."""

    train_accuracy: float
    train_loss: float
    test_accuracy: float
    test_loss: float


@dataclass(frozen=True)
class Judged:
    """What a training came to."""

    net: Classifier
    data: Splits
    end: Point  # of the network that is kept; of all test pictures
    curve: tuple[Point, ...]  # after each epoch, of some pictures
    seconds: float  # wall clock of the steps, with what was judged between them
    cpu_seconds: float  # the same of the processor


class StudiedClassify(Classify):
    """The training of a classifier for a study.

    Args:
        watched: Training and test pictures, of each so many, that are judged after every epoch; 0: none.
    """

    def __init__(self, out: Path, recipe: ClassifierRecipe, watched: int = 0) -> None:
        super().__init__(out, recipe)
        self.watched, self.curve = watched, []  # type: ignore[var-annotated]
        self.began = 0.0

    def prepare(self, data: Splits) -> ClassifierLearner:
        self.began = time.process_time()
        return super().prepare(data)

    def judge(self, learner: Learner, data: Splits) -> tuple[dict[str, float], str]:
        told: tuple[dict[str, float], str] = ({}, "")
        if self.recipe.patience:
            told = super().judge(learner, data)
        if self.watched:
            net: Any = learner.snapshot()
            self.curve.append(point(net, some(data.train, self.watched), some(data.test, self.watched)))
            told = (told[0], f"training {self.curve[-1].train_accuracy:.0%}, test {self.curve[-1].test_accuracy:.0%}")
        return told

    def finish(self, net: Classifier, data: Splits, writer: SummaryWriter, step: int, seconds: float) -> Any:
        cpu_seconds = time.process_time() - self.began
        end = point(net, some(data.train, MOST_JUDGED), data.test)
        net.metrics = {"accuracy": end.test_accuracy, "loss": end.test_loss}
        return Judged(net, data, end, tuple(self.curve), seconds, cpu_seconds)


def some(images: Images, most: int) -> Images:
    """At most so many of the images, always the same ones."""
    if len(images) <= most:
        return images
    return images.subset(torch.randperm(len(images), generator=generator(0, "some"))[:most])


def point(net: Classifier, train: Images, test: Images) -> Point:
    """How good ``net`` is on both."""
    found = [figures(judge(net, images, mirror=False), images.labels) for images in (train, test)]
    return Point(found[0]["accuracy"], found[0]["loss"], found[1]["accuracy"], found[1]["loss"])


def recipe_of(data: str, model: str, seed: int, settings: Mapping[str, Any]) -> tuple[ClassifierRecipe, str]:
    """The recipe of ``ludus fit vision/classify`` with these settings, and a hash of all that decides it.

    The hash knows nothing of how a machine multiplies: rows made elsewhere, in another precision, are not out of date.
    """
    recipe = compose(data, model, seed, {**BARE, **settings})
    content = asdict(recipe)
    return recipe, digest({name: value for name, value in content.items() if name != "precision"})


def train_classifier(
    recipe: ClassifierRecipe, show: Callable[[Any], None], watched: int = 0, keep: Path | None = None
) -> Judged:
    """Train, and measure.

    Args:
        keep: Where the finished component is left; by default it is thrown away.
    """
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "net"
        StudiedClassify.start(out, recipe)
        judged = StudiedClassify(out, recipe, watched).train(show)[1]
        if keep is not None:
            keep.parent.mkdir(parents=True, exist_ok=True)
            judged.net.save(keep)
    return judged
