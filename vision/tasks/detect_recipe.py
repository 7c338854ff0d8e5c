"""The recipe of a detector: what decides its training."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from ...envs.ids import check_entries, import_named, module_of
from ...training.recipe import Recipe, of_this_machine
from ...training.settings import check_range
from ..models.detector import Detector


@dataclass(frozen=True, kw_only=True)
class DetectorRecipe(Recipe):
    """All that decides the training of a detector; either ``env`` or ``data`` says where pictures come from."""

    GIVEN: ClassVar[frozenset[str]] = Recipe.GIVEN | {"env", "module", "slot", "environment", "tested", "data"}
    FROM_DATA: ClassVar[frozenset[str]] = frozenset({"classes", "mean", "std", "axes", "data"})
    SEARCH: ClassVar[Mapping[str, str]] = {**Recipe.SEARCH, "label_smoothing": "0.0..0.2"}

    env: str = ""  # id of a registered environment, without a module; empty: a folder
    module: str = ""  # what has to be imported before the id is registered; said to a person, never imported by itself
    slot: str = "perception"
    environment: dict[str, Any] = field(default_factory=dict)  # keywords of the environment that is learned from
    tested: dict[str, Any] = field(default_factory=dict)  # and of that of the test, where they are others
    data: str = ""  # a folder in COCO's format; empty: an environment
    frames: int = 8192  # pictures of an epoch of an environment
    fresh: int = 2  # epochs after which there are new ones
    test_frames: int = 4096  # of an environment, of other episodes
    side: int = 96  # pixels to which the pictures of a folder are scaled, in both directions
    most: int = 8  # things in a picture of a folder that a detector can name; of an environment its slot says it
    holdout: bool = False  # what is watched is kept from training, and is not the test's
    least_visible: float = 0.1  # share of a thing that must be visible for it to be looked for
    label_smoothing: float = 0.1
    flip: bool = True  # half of the pictures are mirrored left to right; not for letters and digits
    epochs: int = 60
    batch_size: int = 32
    ema: float = 0.998

    def __post_init__(self) -> None:
        super().__post_init__()
        if bool(self.env) == bool(self.data):
            raise ValueError(f"expected either an environment or a folder, got {self.env!r} and {self.data!r}")
        if self.env:
            check_entries(self.env, self.module)
        self.check_net("a detector")
        check_range(self, 1, 10_000_000, "frames", "test_frames")
        check_range(self, 8, 4096, "side")
        check_range(self, 1, 1000, "most", "fresh")
        check_range(self, 0, 0.999, "label_smoothing", "least_visible")

    @property
    def component(self) -> type[Detector]:
        return Detector

    @property
    def source(self) -> str:
        """What a person calls it."""
        return self.env or self.data


# A folder has the pictures that it has, most often upright ones and few.
FOLDER: dict[str, Any] = {"epochs": 60}


def compose(
    env: str = "", data: str = "", seed: int = 0, settings: dict[str, Any] | None = None, **more: Any
) -> DetectorRecipe:
    """A recipe: the defaults, then ``settings`` (the detector's arguments among them); ``more`` are further fields.

    Args:
        env: An environment id, or MODULE:ID for one that a module registers, which is imported.
        data: A folder in COCO's format, in the place of an environment.

    Raises:
        ValueError: a setting that does not exist, or a value out of range; no such environment.
        FileNotFoundError: no such folder.
    """
    if data and not Path(data).is_dir():
        raise FileNotFoundError(f"{data} is no folder; expected one in COCO's format, with annotations as JSON")
    values, net = DetectorRecipe.split(settings or {}, Detector)
    values = {**(FOLDER if data else {}), **values}
    values |= of_this_machine(values)
    if env:
        env = import_named(env)
        more["module"] = module_of(env)
    return DetectorRecipe(env=env, data=data, seed=seed, net=net, **values, **more)
