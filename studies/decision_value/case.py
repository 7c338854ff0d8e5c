"""A case of the decision-value study: an environment whose slot is filled in turn, and what that is judged by."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ...agents.evaluation import Policy
from ...utils.wording import did_you_mean

# What each kind of row is called in the table and the picture.
TRUTHFUL, THEIRS, OURS, RULE, NOISE, CONSTRUCTED = "truth", "published", "ours", "rule", "noise", "constructed"
REFERENCE = "reference"  # a policy that does not look at the slot, or that knows more than any filling says

BOUND = "bound"  # what the best of all would have earned
Tell = Callable[[str], Any]  # called with what is being done


@dataclass(frozen=True)
class Measure:
    """How right a filling is, in one number."""

    name: str  # as the slot's own of `envs/engine/slots/measures.py`, or as ``Case.measure`` gives it
    unit: str = ""
    is_error: bool = True  # whether less is better
    decimals: int = 2


@dataclass(frozen=True)
class Case:
    """An environment of the study. Returns are those of an episode, its sums of rewards."""

    name: str  # of its files: results/decision-value-NAME.csv
    env: str
    slot: str
    policy: str  # which reads the slot; where ``policy_for`` gives it, what it is called
    data: tuple[str, ...]  # of which the split test is played; the choice ``data``, or a name of ``worlds``
    measures: tuple[Measure, ...]
    earned: str  # what a day's return is, on the picture's axis
    days: float  # of an episode
    # (data, models' folders) -> by name, the kind of each filling and what fills the slot; truth and blind are there.
    fillings: Callable[[str, Mapping[str, Path]], dict[str, tuple[str, Any]]]
    # (data, model, folder, tell): fits what the environment's training split gives, or goes on with that, or has it.
    fit: Callable[[str, str, Path, Tell], None]
    models: tuple[str, ...]  # that are fitted where nobody says which
    known_models: Callable[[], Collection[str]]  # that could be
    costs: bool = False  # whether a return is what was spent, so that tables and pictures show it without its sign
    unit: str = "€"
    episodes: str = "week"
    worlds: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # data -> keywords, where it is no choice
    references: Mapping[str, str] = field(default_factory=dict)  # row -> policy of the environment
    # A batch at the start of its episodes -> (N,) the returns that nobody exceeds; a reference row, BOUND.
    bound: Callable[[Any], np.ndarray] | None = None
    # (world, filling, tell) -> the policy that is played with that, such as one that was fitted to it
    policy_for: Callable[[Mapping[str, Any], Any, Tell], Policy] | None = None
    # (world, filling) -> further measures, such as those of a whole stream
    measure: Callable[[Mapping[str, Any], Any], dict[str, float]] | None = None
    losses: str = ""  # a model that is also trained on the decision's loss; "": none
    units: Mapping[str, str] = field(default_factory=dict)  # of data whose measures have another unit than ``measures``
    short: Mapping[str, str] = field(default_factory=dict)  # row -> its name in the picture

    def unit_of(self, measure: Measure, data: str) -> str:
        """The unit in which a measure of these data is."""
        return self.units.get(data, measure.unit) if measure.unit else ""

    def world(self, data: str) -> dict[str, Any]:
        """The keywords of environments with these data, but for the split."""
        return dict(self.worlds.get(data, {"data": data}))

    def check(self, data: Sequence[str], models: Sequence[str]) -> None:
        """``ValueError`` for no data, unknown ones, or an unknown model."""
        if not data:
            raise ValueError(f"which data? --data takes some of {', '.join(self.data)}")
        for what, names, known in (("data", data, self.data), ("model", models, self.known_models())):
            for name in names:
                if name not in known:
                    raise ValueError(f"unknown {what} {name!r} of {self.env}{did_you_mean(name, list(known))}")

    def fit_all(self, data: str, models: Sequence[str], folder: Path, tell: Tell) -> dict[str, Path]:
        """The folders of ``models``; what is missing is fitted, and a fit that was stopped goes on.

        Raises:
            Interrupted: a signal came; what was done is saved.
        """
        found = {}
        for model in models:
            found[model] = folder / f"{data}-{model}"
            self.fit(data, model, found[model], tell)
        return found
