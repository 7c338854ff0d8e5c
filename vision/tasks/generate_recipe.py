"""The recipe of a generator: what decides its training, tuned per data set."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from ...data.images import NAMES
from ...training.recipe import Recipe, of_this_machine
from ...training.settings import check_range
from ...utils.wording import did_you_mean
from ..models.generator import Generator


@dataclass(frozen=True, kw_only=True)
class GeneratorRecipe(Recipe):
    """All that decides the training of a generator."""

    GIVEN: ClassVar[frozenset[str]] = Recipe.GIVEN | {"data"}
    FROM_DATA: ClassVar[frozenset[str]] = frozenset({"classes", "mean", "std", "data"})

    SEARCH: ClassVar[Mapping[str, str]] = {
        **{name: Recipe.SEARCH[name] for name in ("lr", "batch_size")},
        "middle": "-1.0..1.0",
        "spread": "0.5..2.0 log",
    }

    data: str  # name of a data set, or a folder of images
    middle: float = 0.0  # of the logit of the training times; above 0 more of them are near the images
    spread: float = 1.0  # its standard deviation
    holdout: float = 0.0  # share of the training images that is kept for choosing hyperparameters; 0: none
    # After one epoch of Fashion-MNIST (one seed, a network without preconditioning) Muon at 0.05 had a test loss of
    # 0.272, AdamW at 0.002 one of 0.322; Muon at 0.02 fell more slowly. Preconditioning: 0.270.
    epochs: int = 10
    batch_size: int = 128
    optimizer: str = "muon"
    lr: float = 0.05
    warmup: float = 0.05
    momentum: float = 0.9
    weight_decay: float = 0.0
    ema: float = 0.999

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_net("a generator")
        check_range(self, -10, 10, "middle")
        check_range(self, 0, 0.999, "holdout")
        check_range(self, 0.01, 10, "spread")

    @property
    def component(self) -> type[Generator]:
        return Generator


def compose(data: str, seed: int = 0, settings: dict[str, Any] | None = None) -> GeneratorRecipe:
    """A recipe: the defaults, then ``settings`` (the generator's arguments among them).

    Raises:
        ValueError: a setting that does not exist, or a value out of range.
        FileNotFoundError: neither a known data set nor a folder.
    """
    if data not in NAMES and not Path(data).is_dir():
        raise FileNotFoundError(
            f"{data!r} is neither a data set that Ludus knows nor a folder{did_you_mean(data, NAMES)}"
        )
    values, net = GeneratorRecipe.split(settings or {}, Generator)
    values |= of_this_machine(values)
    return GeneratorRecipe(data=data, seed=seed, net=net, **values)
