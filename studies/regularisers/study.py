"""The trainings of the regularisers study: a small net with each means against overfitting, and with all together."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...vision.tasks.classify_recipe import ClassifierRecipe
from ..classifiers import recipe_of, train_classifier
from ..rows import machine
from ..trainings import Show, Training, Work

NONE, ALL = "none", "all together"
# Each as settings of `ludus fit vision/classify`.
REGULARISERS: dict[str, dict[str, Any]] = {
    NONE: {},
    "dropout": {"dropout": 0.5},
    "weight decay": {"weight_decay": 1.0},
    "batch norm": {"norm": True},
    "label smoothing": {"label_smoothing": 0.1},
    "flip and crop": {"flip": True, "crop": 4},
    "cutout": {"cutout": 8},
    "mixup": {"mixup": 1.0},
    "CutMix": {"cutmix": 1.0},
    "early stopping": {"holdout": 0.1, "patience": 5},
}
REGULARISERS[ALL] = {key: value for own in list(REGULARISERS.values()) for key, value in own.items()}
SETTINGS = {
    "optimizer": "adamw", "lr": 0.001, "batch_size": 64, "widths": [32, 64, 128], "dense": 128, "norm": False,
}  # fmt: skip
EPOCHS = 40
# Column of a row -> what of a ``Point`` it holds for each epoch.
CURVES = {
    "train_curve": "train_accuracy",
    "test_curve": "test_accuracy",
    "train_losses": "train_loss",
    "test_losses": "test_loss",
}
WATCHED = 1000  # training and test pictures each, whose accuracy is a point of the curves


@dataclass(frozen=True)
class Row:
    """One training with one regulariser."""

    data: str
    share: float  # of the training pictures
    epochs: int
    regulariser: str
    seed: int
    accuracy: float  # on all test pictures
    loss: float  # nats
    train_accuracy: float  # on training pictures as they are, at most 10,000
    train_loss: float
    ended: int  # epochs that were trained; fewer with early stopping
    seconds: float  # of training, with the curves
    cpu_seconds: float
    precision: str
    setting: str
    machine: str
    train_curve: str  # accuracy after each epoch, of some training pictures; numbers with blanks between
    test_curve: str
    train_losses: str
    test_losses: str

    def __post_init__(self) -> None:
        lengths = {len(self.curve(name)) for name in CURVES}
        if self.regulariser not in REGULARISERS or lengths != {self.ended}:
            raise ValueError(f"{self.regulariser!r} with curves of {lengths} epochs, expected {self.ended}")

    @property
    def gap(self) -> float:
        """Accuracy on training pictures less that on test pictures."""
        return self.train_accuracy - self.accuracy

    def curve(self, name: str) -> list[float]:
        """One of the curves as numbers."""
        return [float(value) for value in getattr(self, name).split()]


def plan(data: str, regularisers: Sequence[str], share: float, seeds: int, epochs: int) -> list[Training]:
    """All trainings that are wanted, seed by seed."""
    found = []
    for seed in range(seeds):
        for name in regularisers:
            settings = {**SETTINGS, **REGULARISERS[name], "share": share, "epochs": epochs}
            recipe, setting = recipe_of(data, "convnet", seed, settings)
            place = {"data": data, "share": share, "epochs": epochs, "regulariser": name, "seed": seed}
            found.append(Training(tuple(place.items()), setting, recipe))
    return found


def train(training: Training, show: Show) -> Row:
    """The row of a training."""
    recipe: ClassifierRecipe = training.recipe
    judged = train_classifier(recipe, show, watched=WATCHED)
    curves: dict[str, Any] = {
        column: " ".join(f"{getattr(point, name):.3f}" for point in judged.curve) for column, name in CURVES.items()
    }
    return Row(
        **dict(training.place),
        accuracy=round(judged.end.test_accuracy, 4),
        loss=round(judged.end.test_loss, 4),
        train_accuracy=round(judged.end.train_accuracy, 4),
        train_loss=round(judged.end.train_loss, 4),
        ended=len(judged.curve),
        seconds=round(judged.seconds, 1),
        cpu_seconds=round(judged.cpu_seconds, 1),
        precision=recipe.precision,
        setting=training.setting,
        machine=machine(),
        **curves,
    )


def in_order(row: Row) -> tuple:
    """What the rows of the CSV are sorted by."""
    known = list(REGULARISERS)
    place = known.index(row.regulariser) if row.regulariser in known else len(known)
    return row.data, row.share, row.epochs, place, row.seed


def work_of(out: Path) -> Work:
    return Work(out / "regularisers.csv", Row, train, in_order)
