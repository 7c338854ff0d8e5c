"""The recipe of a detector of anomalies: what decides it, with what suits a public set."""

from dataclasses import dataclass, field
from typing import Any, ClassVar

from ...data.streams import nab
from ...envs.ids import check_entries, import_named, module_of
from ...training.recipe import Recipe, of_this_machine
from ...training.settings import check_choice, check_range
from ...utils.wording import did_you_mean
from ..anomalies.nab_score import PROFILES
from ..environment_streams import spaces_of_slot
from ..models.detectors.detector import Detector
from ..models.detectors.learned import Autoencoder, Residual
from ..models.detectors.rules import Gaussian, Nearest, Polynomial

KINDS: dict[str, type[Detector]] = {
    "autoencoder": Autoencoder,
    "gaussian": Gaussian,
    "nearest": Nearest,
    "polynomial": Polynomial,
    "residual": Residual,
}
LEARNED = ("autoencoder",)  # by gradients


@dataclass(frozen=True, kw_only=True)
class DetectRecipe(Recipe):
    """All that decides a detector."""

    GIVEN: ClassVar[frozenset[str]] = Recipe.GIVEN | {"data", "reading", "module", "slot", "environment"}
    FROM_DATA: ClassVar[frozenset[str]] = frozenset({"channels", "samples", "data", "part"})

    data: str  # name of a set of streams, the path of a file, or the id of an environment, without a module
    module: str = ""  # what has to be imported before that is registered; said to a person, never imported by itself
    slot: str = ""  # of an environment, whose raw signal is the stream; "": the data are no environment
    environment: dict[str, Any] = field(default_factory=dict)  # its parameters, sizes and choices
    reading: dict[str, Any] = field(default_factory=dict)  # how that is read; see ``data/streams/load.py``
    kind: str = "nearest"  # autoencoder, gaussian, nearest, polynomial, residual
    samples: int = 1  # rows in a step; their highest score is the step's
    model: str = ""  # of residual: folder of the forecaster; "" for an autoregression
    profile: str = "standard"  # of NAB's score, which chooses the threshold where anomalies are labelled
    false_alarms: float = 0.001  # share of rows that are alarms, which chooses it where they are not
    warm_up: bool = False  # whether the memory begins with these rows, for a stream that goes on from them
    streams: int = 6  # of an environment, each played by one of its policies
    steps: int = 2016  # of each
    level: float = 0.6  # of the truth, from which a step counts as anomalous
    mapped: bool = False  # whether scores are mapped to the truth; the component then says that
    learned_share: float = 0.15  # of each stream, its first rows, at most NAB's 750: what an autoencoder learns from
    optimizer: str = "adamw"
    lr: float = 3e-3
    weight_decay: float = 0.01
    batch_size: int = 256
    epochs: int = 12
    precision: str = "fp32"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice(self, "kind", tuple(KINDS))
        check_choice(self, "profile", tuple(PROFILES))
        check_range(self, 1, 4096, "samples")
        check_range(self, 0.0, 1.0, "false_alarms", "learned_share")
        check_range(self, 1, 10_000, "streams")
        check_range(self, 1, 1_000_000, "steps")
        if self.slot:
            check_entries(self.data, self.module)
        elif self.mapped:
            raise ValueError(f"scores are mapped to the truth of an environment's slot, and {self.data} is none")
        self.check_net(f"a detector of the kind {self.kind}")
        if self.model and self.kind != "residual":
            raise ValueError(
                f"a forecaster goes with kind=residual alone, got kind={self.kind} with model={self.model}"
            )
        if self.kind not in LEARNED and self.device != "cpu":
            raise ValueError(f"kind={self.kind} works on the CPU; leave out device={self.device}")

    @property
    def component(self) -> type[Detector]:
        return KINDS[self.kind]


LONG = 24_000  # rows: more than any stream of NAB has, so that all of the past is remembered
# Chosen on NAB's own files, as those of the scoreboard are; docs/anomaly-detection.md says what that means.
ON_NAB: dict[str, dict[str, Any]] = {
    "autoencoder": {"rank_window": LONG, "wait": 120},
    "gaussian": {},
    "nearest": {"window": LONG, "rank_window": LONG, "scales": [1, 24], "wait": 120},
    "polynomial": {"window": 24, "degree": 1, "rank_window": LONG, "wait": 120},
    "residual": {"rank_window": LONG, "wait": 120},
}


# In a slot there is something to be told at each step, and an episode begins with what a stream has shown.
IN_SLOT: dict[str, Any] = {"wait": 0, "warm_up": True}


def compose(
    data: str,
    seed: int = 0,
    settings: dict[str, Any] | None = None,
    reading: dict[str, Any] | None = None,
    slot: str = "",
    environment: dict[str, Any] | None = None,
) -> DetectRecipe:
    """A recipe: the defaults, what the data deserve, then ``settings`` (the component's arguments among them).

    Args:
        slot: Of the environment ``data``, an id or MODULE:ID, which is imported; "" for other data.
        environment: Its parameters, sizes and choices.

    Raises:
        ValueError: a setting that does not exist, or a value out of range; no such environment or slot.
    """
    asked = dict(settings or {})
    kind = asked.get("kind", DetectRecipe.kind)
    if not isinstance(kind, str) or kind not in KINDS:
        raise ValueError(f"unknown kind of detector {kind!r}{did_you_mean(str(kind), KINDS)}")
    usual = IN_SLOT if slot else ON_NAB[kind] if data == nab.NAME else {}
    more: dict[str, Any] = {}
    if slot:
        data = import_named(data)
        more = {"slot": slot, "environment": environment or {}, "module": module_of(data)}
        if "samples" in asked:
            raise ValueError("the slot says how many samples a step has; leave out samples")
        asked["samples"] = (spaces_of_slot(data, slot, environment or {})[0].shape or ())[0]
    values, net = DetectRecipe.split({**usual, **asked}, KINDS[kind])
    values = {**values, **of_this_machine({"precision": "fp32", **values})}
    return DetectRecipe(data=data, reading=reading or {}, seed=seed, net=net, **values, **more)
