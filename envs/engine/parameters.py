"""Fixed, randomised and drifting parameters of an environment, checked and laid out for the driver; unknown ones."""

import contextlib
import difflib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any, NamedTuple

import numpy as np

from ...utils.wording import did_you_mean
from .simulation import Drift, Simulation

NEVER = 2**62  # an age in steps that no environment reaches


class Ranges(NamedTuple):
    """The parameters of a batch as arrays for the driver: P parameters, D drifts."""

    low: np.ndarray  # (P,) sampled uniformly per episode between low and high; fixed where they are equal
    high: np.ndarray  # (P,)
    drift_parameter: np.ndarray  # (D,) index of the parameter, in order of `at`
    drift_at: np.ndarray  # (D,) age in steps
    drift_over: np.ndarray  # (D,) steps
    drift_to: np.ndarray  # (D,)


def as_drifts(value: Any, key: str) -> list[Drift]:
    """A ``Drift``, a dict of its fields (as in JSON), or a sequence of either."""
    if isinstance(value, Drift):
        return [value]
    if isinstance(value, Mapping):
        known = [f.name for f in fields(Drift)]
        for name in value:
            if name not in known:
                hint = "; write a space after the colon" if ":" in str(name) else did_you_mean(name, known)
                raise ValueError(f"unknown field {name!r} in the drift of {key}{hint}")
        for name in ("to", "at"):
            if name not in value:
                raise ValueError(f"the drift of {key} lacks {name!r}; expected to, at and, if gradual, over")
        return [Drift(**value)]
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [drift for item in value for drift in as_drifts(item, key)]
    raise ValueError(f"the drift of {key} must be a Drift or a dict with to, at, over; got {value!r}")


def _is_count(value: Any) -> bool:
    """Whether it is a whole number of steps that an environment's age can reach, as an int or a float."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        return False
    return bool(0 <= value <= NEVER and value == int(value))


def parameter_ranges(simulation: Simulation, fixed: Mapping, randomize: Mapping, drift: Mapping, name: str) -> Ranges:
    """Check the three ways to set parameters and lay them out for the driver."""
    for word, given, what in (("randomize", randomize, "(low, high)"), ("drift", drift, "Drift(to, at, over)")):
        if not isinstance(given, Mapping):
            raise ValueError(f"{word} of {name} must be a dict {{parameter: {what}}}, got {given!r}")
    index = {key: i for i, key in enumerate(simulation.parameters)}
    low = np.array([parameter.default for parameter in simulation.parameters.values()], np.float64)
    for key, value in fixed.items():
        value = simulation.check_value(key, value, name)
        low[index[key]] = value
    high = low.copy()
    for key, pair in randomize.items():
        if not isinstance(pair, (Sequence, np.ndarray)) or isinstance(pair, str) or np.shape(pair) != (2,):
            raise ValueError(f"randomize[{key!r}] of {name} must be a pair (low, high), got {pair!r}")
        ends = [simulation.check_value(key, value, name) for value in pair]
        if key in fixed:
            raise ValueError(f"{key} of {name} is both fixed and randomised; give one of the two")
        if ends[0] > ends[1]:
            raise ValueError(f"randomize[{key!r}] of {name} must be (low, high) with low <= high, got {pair!r}")
        low[index[key]], high[index[key]] = ends
    rows = []
    for key, value in drift.items():
        for item in as_drifts(value, key):
            to = simulation.check_value(key, item.to, name)
            if not (_is_count(item.at) and _is_count(item.over)):
                raise ValueError(f"the drift of {key} needs whole at and over, 0 … 2**62 steps, got {item}")
            rows.append((int(item.at), index[key], int(item.over), to))
    rows.sort(key=lambda row: row[:2])
    for before, after in itertools.combinations(rows, 2):
        if before[1] == after[1] and after[0] < before[0] + before[2]:
            key = list(index)[before[1]]
            raise ValueError(
                f"two drifts of {key} of {name} overlap: one runs from step {before[0]} over {before[2]} steps, "
                f"the next starts at {after[0]}; start it at {before[0] + before[2]} or later"
            )
    ranges = Ranges(
        low,
        high,
        np.array([row[1] for row in rows], np.int64),
        np.array([row[0] for row in rows], np.int64),
        np.array([row[2] for row in rows], np.int64),
        np.array([row[3] for row in rows], np.float64),
    )
    reached = spans(simulation, ranges)
    for below, above in simulation.ordered:
        if reached[below][1] > reached[above][0]:
            raise ValueError(
                f"{below} of {name} must not exceed {above}, got {below} up to {reached[below][1]:g} and {above} from "
                f"{reached[above][0]:g} on"
            )
    return ranges


def spans(simulation: Simulation, ranges: Ranges) -> dict[str, tuple[float, float]]:
    """The lowest and the highest value that each parameter can take."""
    low, high = ranges.low.copy(), ranges.high.copy()
    np.minimum.at(low, ranges.drift_parameter, ranges.drift_to)
    np.maximum.at(high, ranges.drift_parameter, ranges.drift_to)
    return dict(zip(simulation.parameters, zip(low.tolist(), high.tolist(), strict=True), strict=True))


class UnknownSetting(TypeError):
    """An environment was told something by a keyword that it does not know.

    The message is that of a call of Python's, because other libraries look for these words.
    """

    def __init__(self, message: str, name: str = "", key: str = "", known: tuple[Sequence[str], ...] = ()) -> None:
        super().__init__(message)
        self.name, self.key, self.known = name, key, known  # known: parameters, sizes and choices; slots

    @classmethod
    def of(cls, name: str, key: str, parameters: Sequence[str], slots: Sequence[str]) -> "UnknownSetting":
        hint = did_you_mean(key, [*parameters, *slots])
        return cls(f"{name} got an unexpected keyword argument {key!r}{hint}", name, key, (parameters, slots))

    def said(self, forms: tuple[str, str]) -> str:
        """The message where settings are given in other ways: ``forms`` of a parameter and of a slot, ``{}`` its name.

        As ``("--set {}=…", "--slot {}=…")``.
        """
        if not self.known:  # Gymnasium's make puts another of this type, made of words alone, in front of it
            return self.__cause__.said(forms) if isinstance(self.__cause__, UnknownSetting) else str(self)
        kinds = [(form, names) for form, names in zip(forms, self.known, strict=True) if names]
        ways = {name: form.format(name) for form, names in kinds for name in names}
        near = difflib.get_close_matches(self.key, ways, n=1)
        listed = ", ".join(f"{form.format('NAME')} ({', '.join(names)})" for form, names in kinds) or "none"
        hint = f"did you mean {ways[near[0]]}?" if near else f"known: {listed}"
        return f"{self.name} has no parameter or slot {self.key!r}; {hint}"


@contextlib.contextmanager
def settings_as(forms: tuple[str, str]) -> Iterator[None]:
    """A block, or a function, in which settings are given in the ways ``forms``, and unknown ones refused in these."""
    try:
        yield
    except UnknownSetting as fault:
        raise ValueError(fault.said(forms)) from None
