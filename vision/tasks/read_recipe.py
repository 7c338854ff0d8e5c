"""The recipe of a reader: what decides its training on an environment's own pictures."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from ...envs.frames import SUCCESSIVE
from ...envs.ids import check_entries, import_named, module_of
from ...training.recipe import Recipe, of_this_machine
from ...training.settings import check_range
from ..models.reader import Reader


@dataclass(frozen=True, kw_only=True)
class ReaderRecipe(Recipe):
    """All that decides the training of a reader."""

    GIVEN: ClassVar[frozenset[str]] = Recipe.GIVEN | {"env", "module", "slot", "environment"}
    FROM_DATA: ClassVar[frozenset[str]] = frozenset({"mean", "std", "whole", "data"})

    env: str  # id of a registered environment, without a module
    module: str = ""  # what has to be imported before the id is registered; said to a person, never imported by itself
    slot: str = "vision"
    environment: dict[str, Any] = field(default_factory=dict)  # its keywords
    frames: int = 40_000  # training pictures
    test_frames: int = 12_800  # of other episodes
    holdout: bool = False  # as many again, of further episodes, are watched in the place of the test's
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
        check_range(self, SUCCESSIVE, 100_000_000, "frames", "test_frames")

    @property
    def component(self) -> type[Reader]:
        return Reader


def compose(env: str, seed: int = 0, settings: dict[str, Any] | None = None, **more: Any) -> ReaderRecipe:
    """A recipe: the defaults, then ``settings`` (the reader's arguments among them); ``more`` are further fields.

    Args:
        env: An environment id, or MODULE:ID for one that a module registers, which is imported.

    Raises:
        ValueError: a setting that does not exist, or a value out of range; no such environment.
    """
    env = import_named(env)
    values, net = ReaderRecipe.split(settings or {}, Reader)
    values |= of_this_machine(values)
    return ReaderRecipe(env=env, module=module_of(env), seed=seed, net=net, **values, **more)
