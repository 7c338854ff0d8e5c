"""The trainings of the layers study: every net on every data set, whole and in part, over seeds, and what shifts do."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ...vision.augmentation import move
from ...vision.images import Images
from ...vision.models.classifier import Classifier
from ...vision.tasks.classify_report import figures, judge
from ..classifiers import recipe_of, train_classifier
from ..rows import machine
from ..trainings import Show, Training, Work
from .nets import ARRANGEMENTS, sized

SHIFTS = (1, 2, 3, 4)  # pixels
WHOLE_EPOCHS, PART_EPOCHS = 8, 20  # with all pictures, and with fewer
SETTINGS = {"batch_size": 128, "optimizer": "adamw", "lr": 0.003, "norm": True}
MODELS = "layers.models"  # folder of the components of seed 0, whose filters are shown


@dataclass(frozen=True)
class Row:
    """One training of a net."""

    data: str
    share: float  # of the training pictures
    net: str
    epochs: int
    seed: int
    parameters: int
    multiply_adds: int  # for a picture
    accuracy: float  # on all test pictures
    loss: float  # nats
    train_accuracy: float  # on training pictures, at most 10,000
    shifted_1: float  # accuracy on the test pictures, each shifted by so many pixels in one of four directions
    shifted_2: float
    shifted_3: float
    shifted_4: float
    seconds: float  # of training
    cpu_seconds: float
    precision: str
    setting: str
    machine: str

    def __post_init__(self) -> None:
        if self.net not in ARRANGEMENTS:
            raise ValueError(f"unknown net {self.net!r}")

    @property
    def gap(self) -> float:
        """Accuracy on training pictures less that on test pictures."""
        return self.train_accuracy - self.accuracy

    def shifted(self, pixels: int) -> float:
        return self.accuracy if pixels == 0 else getattr(self, f"shifted_{pixels}")


@dataclass(frozen=True)
class Order:
    """What a training needs to know, beside its place."""

    recipe: Any
    parameters: int
    multiply_adds: int
    keep: Path | None  # where the component stays


def plan(
    data: Sequence[str], nets: Sequence[str], shares: Sequence[float], seeds: int, epochs: int | None, out: Path
) -> list[Training]:
    """All trainings that are wanted, seed by seed, so that a study that was stopped has seen each net."""
    found = []
    for name in data:
        sizes = {net: sized(net, name) for net in nets}
        for seed in range(seeds):
            for share in shares:
                for net in nets:
                    own = epochs or (WHOLE_EPOCHS if share == 1.0 else PART_EPOCHS)
                    settings = {**SETTINGS, **sizes[net].arguments, "share": share, "epochs": own}
                    recipe, setting = recipe_of(name, ARRANGEMENTS[net].model, seed, settings)
                    place = {"data": name, "share": share, "net": net, "epochs": own, "seed": seed}
                    keep = component_of(out, name, net) if seed == 0 and share == max(shares) else None
                    order = Order(recipe, sizes[net].parameters, sizes[net].multiply_adds, keep)
                    found.append(Training(tuple(place.items()), setting, order))
    return sorted(found, key=lambda training: training.recipe.recipe.seed)


def component_of(out: Path, data: str, net: str) -> Path:
    """Where a study leaves the component of seed 0, whose layers are shown."""
    return out / MODELS / f"{Path(data).name}-{net}"


def shifted(images: torch.Tensor, pixels: int) -> torch.Tensor:
    """Pictures (N, H, W, C), each moved by so many pixels down, up, right or left in turn; mirrored at the edge."""
    turn = torch.arange(len(images)) % 4
    down, right = torch.tensor([1, -1, 0, 0])[turn], torch.tensor([0, 0, 1, -1])[turn]
    still = torch.zeros(len(images), dtype=torch.bool)
    return move(images, pixels * down, pixels * right, still, "reflect")


def shifted_accuracy(net: Classifier, test: Images, pixels: int) -> float:
    moved = Images(shifted(test.images, pixels), test.labels, test.classes)
    return figures(judge(net, moved, mirror=False), test.labels)["accuracy"]


def train(training: Training, show: Show) -> Row:
    """The row of a training."""
    order: Order = training.recipe
    judged = train_classifier(order.recipe, show, keep=order.keep)
    by_shift: dict[str, Any] = {
        f"shifted_{pixels}": round(shifted_accuracy(judged.net, judged.data.test, pixels), 4) for pixels in SHIFTS
    }
    return Row(
        **dict(training.place),
        parameters=order.parameters,
        multiply_adds=order.multiply_adds,
        accuracy=round(judged.end.test_accuracy, 4),
        loss=round(judged.end.test_loss, 4),
        train_accuracy=round(judged.end.train_accuracy, 4),
        **by_shift,
        seconds=round(judged.seconds, 2),
        cpu_seconds=round(judged.cpu_seconds, 2),
        precision=order.recipe.precision,
        setting=training.setting,
        machine=machine(),
    )


def in_order(row: Row) -> tuple:
    """What the rows of the CSV are sorted by."""
    return row.data, -row.share, row.epochs, list(ARRANGEMENTS).index(row.net), row.seed


def work_of(out: Path) -> Work:
    return Work(out / "layers.csv", Row, train, in_order)
