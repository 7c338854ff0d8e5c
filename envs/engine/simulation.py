"""The declaration of an environment: its constants, its spaces and its kernels, each a named field.

An environment is a module, or a package of several files, with a constant ``SIMULATION`` of the class below. Its
kernels are compiled scalar functions over one record ``s``, written with ``@kernel`` and handed over as what they do:

    field of Simulation
    reset(s, world)                              fill the record for a new episode                         required
    step(s, action, world, terms) -> terminated  advance one step, set the reward terms (they come as 0)   required
    observe(s, world, out)                       write the observation: an array, or of a Dict a record with a
                                                 field for each key                                        required
    mask(s, world, out)                          write 1 for each legal action, 0 for each illegal one; all 0
                                                 only where whatever comes next ends the episode           optional
    render(s, world, frame)                      write RGB into frame (height, width, 3) uint8             optional
    heuristic(s, world, out)                     write the reference policy's action                       optional
    heuristics: {name: (s, world, out)}          the same of further policies                              optional
    invariant(s, world, shown, legal) -> broken  0, or the number of an invariant that does not hold       optional

    field of Slot
    sense(s, world, out)                         write the raw signal                                      required
    tell(s, world, out)                          write what the simulator knows of it                      required
    baselines: {name: (world, raw, out)}         write what a simple rule makes of the raw signal          optional

Invariants are what must hold after every reset and step, whatever the parameters and the actions, and also in an ended
episode before its reset (``s.pending``). ``shown`` and ``legal`` are what `observe` and `mask` wrote; the field
``invariants`` names them, from number 1 on. `ludus fuzz` looks for a state that breaks one; ordinary steps never call
the kernel.
"""

import importlib
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from inspect import signature
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from gymnasium import Space

from ...utils.wording import did_you_mean
from .mistakes import declared_at, is_ours, mistake
from .roles import Kernel, undeclared
from .slots.slot import VISION_SIDE, Slot, vision_slot
from .third_party.declaration import check_declaration, told_import

__all__ = [
    "VISION_SIDE",
    "Choice",
    "Drift",
    "NoWorld",
    "Parameter",
    "Shown",
    "Simulation",
    "Size",
    "Slot",
    "load",
    "vision_slot",
]


@dataclass(frozen=True)
class Parameter:
    """A physical constant of an environment: a number that can be fixed, randomised per episode, or drift."""

    default: float
    low: float  # smallest and largest value for which the rules make sense
    high: float
    unit: str  # "" where it has none
    meaning: str

    @property
    def span(self) -> tuple[float, float]:
        """The lowest and the highest value that it takes where nobody sets it."""
        return self.default, self.default


@dataclass(frozen=True)
class Size:
    """A whole number that decides the shape of the record; each value compiles its own machine code."""

    default: int
    low: int
    high: int
    meaning: str


@dataclass(frozen=True)
class Choice:
    """A word that decides what the batch shares (a set of images, say), and perhaps the shape of the record."""

    default: str
    meaning: str
    values: tuple[str, ...] = ()  # empty: any text
    takes_component: bool = False  # whether it may be the folder of a component, FOLDER or FOLDER@FINGERPRINT
    # Of a choice that names data: what a text of it means on this machine today (of "auto", say, the set at hand) as a
    # text that will mean the same tomorrow, and the SHA-256 of those data, "" where the environment makes them itself.
    # A run asks it when it begins, and again whenever it is opened.
    pin: Callable[[str], tuple[str, str]] | None = None


class Shown(str):
    """An invariant about what `observe` or `mask` wrote. The others are about the record alone.

    The state of a third party's snapshot is judged by the others first: a length of 10**12 would keep `observe` busy.
    So `invariant` asks for the range of whatever its loops, or those of other kernels, count to before anything else.
    """


@dataclass(frozen=True)
class Drift:
    """Move a parameter to ``to`` from step ``at`` of the environment's age on, linearly ``over`` so many steps.

    The age counts all steps of one environment; a reset does not clear it.
    """

    to: float
    at: int
    over: int = 0


class NoWorld(NamedTuple):
    """The world of an environment that shares no arrays."""

    nothing: np.ndarray


def no_world(**sizes: int) -> NoWorld:
    return NoWorld(np.zeros(1))


def _asked(function: Callable, spans: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """Those of ``spans`` that ``function`` has a keyword for."""
    keywords = signature(function).parameters
    return {name: span for name, span in spans.items() if name in keywords}


@dataclass(frozen=True)
class Simulation:
    """The declaration of an environment."""

    # What snapshots call it, wherever its file lies: "namespace/Name-vN", as an id. A rename ends all snapshots.
    name: str
    state: Callable[..., dict[str, Any]]  # **sizes -> {field: dtype or (dtype, shape)}
    # **sizes -> (observation space, action space). Bounds that depend on a parameter take it by keyword: (lowest value,
    # highest value) of all that it can have in the batch, and its `span` by default.
    spaces: Callable[..., tuple[Space, Space]]
    terms: tuple[str, ...]  # names of the reward's terms
    action_names: tuple[str, ...]
    # Kernels; the module's docstring says what each does.
    reset: Kernel = undeclared  # (s, world); required
    step: Kernel = undeclared  # (s, action, world, terms) -> terminated; required
    observe: Kernel = undeclared  # (s, world, out); required
    mask: Kernel | None = None  # (s, world, out); None: all actions are legal
    render: Kernel | None = None  # (s, world, frame); None: there is nothing to see
    heuristic: Kernel | None = None  # (s, world, out) of the reference policy
    heuristics: Mapping[str, Kernel] = field(default_factory=dict)  # the same of further policies, by their names
    # By name, policies that see what is shown and nothing else, functions of Python's: (PolicyView) -> actions (N, …).
    policies: Mapping[str, Callable] = field(default_factory=dict)
    # world -> how many starts can be asked for by number; the kernel `reset` finds it in s.start, -1 where none was.
    starts: Callable[[Any], int] | None = None
    invariant: Kernel | None = None  # (s, world, shown, legal) -> the number of a sentence in `invariants`, or 0
    invariants: tuple[str, ...] = ()  # what the kernel `invariant` checks, in order of its numbers
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    ordered: tuple[tuple[str, str], ...] = ()  # pairs of parameters of which the first may not exceed the second
    sizes: Mapping[str, Size] = field(default_factory=dict)
    choices: Mapping[str, Choice] = field(default_factory=dict)  # given to the functions that take **sizes, too
    slots: Mapping[str, Slot] = field(default_factory=dict)
    world: Callable[..., tuple] = no_world  # **sizes -> a NamedTuple of arrays that the batch shares, read-only
    # **sizes -> {name: unit} of what is observed: of each number of a Box, of more than one axis along its last; of a
    # Discrete what its number is made of. A unit may be a scale, as "10 steps"; "" where there is none.
    names: Callable[..., Mapping[str, Any]] | None = None
    succeeds: bool = False  # the task can be solved: kernels set s.success, info carries "is_success"
    scores: Mapping[str, float] = field(
        default_factory=dict
    )  # mean return of "random", "heuristic", "optimum", and of `heuristics`
    frame: tuple[int, int] = (512, 512)  # height, width in pixels of a person's window
    fps: int = 30  # steps per second at which a rollout is pleasant to watch
    # Parameters and pace with which `ludus watch` shows it, where a step of the default world moves too much at once.
    watching: Mapping[str, float] = field(default_factory=dict)
    watching_fps: int | None = None
    # For a person who plays. A key is a name of pygame's ("left", "a"), a gamepad's "axis 0" or its "button 0"; it
    # stands for an action or, in a Box, for (component, how far from rest: -1 … 1), in a MultiDiscrete or MultiBinary
    # for (component, value > 0). See controls.py for the defaults.
    keys: Mapping[str, int | tuple[int, float]] = field(default_factory=dict)
    # (action, frame) draws over a frame what a person is about to do. Where it is declared, the keys of a Box move its
    # components from where they stand, by so much of the way from rest to a bound, and Enter makes the step.
    aim: Callable[[Any, Any], None] | None = None
    idle: tuple[int, ...] = ()  # actions taken in turn while no key is held; none: the last action goes on
    turn_based: bool = False  # the world waits for its player

    @property
    def keywords(self) -> list[str]:
        """What an environment can be told by keyword, beside what all are told."""
        return [*self.parameters, *self.sizes, *self.choices, *self.slots]

    # What is of the wrong type is a ValueError here: Gymnasium adds a line of its own to a TypeError of a constructor.

    def resolve_sizes(self, given: Mapping[str, Any], name: str) -> dict[str, Any]:
        """All sizes and choices, defaults included; ``ValueError`` for one out of range, or of the wrong type."""
        resolved: dict[str, Any] = {}
        for key, size in self.sizes.items():
            value = given.get(key, size.default)
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
                raise ValueError(f"{key} of {name} must be a whole number, got {value!r}")
            if not size.low <= value <= size.high:
                raise ValueError(f"{key} of {name} must be {size.low} … {size.high}, got {value}")
            resolved[key] = int(value)
        for key, choice in self.choices.items():
            value = given.get(key, choice.default)
            if not isinstance(value, str):
                raise ValueError(f"{key} of {name} must be a text, got {value!r}")
            if choice.values and value not in choice.values:
                raise ValueError(f"unknown {key} {value!r} of {name}{did_you_mean(value, choice.values)}")
            resolved[key] = value
        return resolved

    def spaces_for(self, sizes: Mapping[str, Any], spans: Mapping[str, tuple[float, float]]) -> tuple[Space, Space]:
        """The spaces of a batch whose parameters stay within ``spans`` (lowest, highest)."""
        return self.spaces(**sizes, **_asked(self.spaces, spans))

    def truth_for(self, slot: str, sizes: Mapping[str, Any], spans: Mapping[str, tuple[float, float]]) -> Space:
        """The space of the truth of ``slot`` in a batch whose parameters stay within ``spans``."""
        truth = self.slots[slot].truth
        return truth(**sizes, **_asked(truth, spans))

    def names_of(self, slot: str | None, sizes: Mapping[str, Any]) -> dict[str, Any]:
        """Names and units, in order, of the observation or of the truth of ``slot``; {} where nobody has named them.

        Of an observation that is a Dict, a map of these for each key that is named.
        """
        if slot is None or self.slots[slot].replaces_state:
            return dict(self.names(**sizes)) if self.names else {}
        return self.slots[slot].truth_names(sizes)

    def check_value(self, key: str, value: Any, name: str) -> float:
        """The value of parameter ``key`` as a float; ``ValueError`` for one out of range, unknown, or no number."""
        if key in self.sizes or key in self.choices:
            what = "a size, which decides the record's shape" if key in self.sizes else "a choice for the whole batch"
            raise ValueError(f"{key} of {name} is {what}: it can be fixed, but neither randomised nor drift")
        if key not in self.parameters:
            raise ValueError(f"unknown parameter {key!r} of {name}{did_you_mean(key, self.keywords)}")
        parameter = self.parameters[key]
        if not isinstance(value, (int, float, np.integer, np.floating)):
            raise ValueError(f"parameter {key} of {name} must be a number, got {value!r}")
        if not parameter.low <= value <= parameter.high:  # also catches NaN
            unit = f" {parameter.unit}" if parameter.unit else ""
            raise ValueError(f"{key} of {name} must be {parameter.low:g} … {parameter.high:g}{unit}, got {value}")
        return float(value)


_loaded: dict[str, Any] = {}  # by the module's name, the declaration that was found right


def load(name: str) -> tuple[ModuleType, Simulation]:
    """The environment module ``name`` (a dotted path) and its declaration.

    Raises:
        Mistake: the file cannot be imported, or declares something wrong; with its line.
        ImportError: there is no such module.
    """
    module = _import(name)
    simulation: Any = getattr(module, "SIMULATION", None)
    if not isinstance(simulation, Simulation):
        came = "no constant SIMULATION" if simulation is None else f"SIMULATION of type {type(simulation).__name__}"
        raise mistake(*declared_at(module), f"the file has {came}; expected SIMULATION = Simulation(…)")
    if _loaded.get(name) is not simulation:
        check_declaration(module, simulation)
        _loaded[name] = simulation
    return module, simulation


def _import(name: str) -> ModuleType:
    if name in sys.modules:
        return sys.modules[name]
    spec = None
    try:
        spec = find_spec(name)  # imports the packages above it
        return importlib.import_module(name)
    except Exception as fault:
        if (spec is None and isinstance(fault, ImportError)) or (spec and is_ours(spec.origin)):
            raise
        raise told_import(name, spec.origin if spec else None, fault) from None
