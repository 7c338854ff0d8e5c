"""Regret: the return that a worse sense costs, one policy with the filling of a slot swapped, on paired episodes.

After Elmachtoub & Grigas 2022, *Smart "Predict, then Optimize"*, in closed loop: the regret of a filling is the return
that is lost against the truth in the same slot. The share of the gap says how much of what lies between nothing and the
truth (0 … 1) a filling gains.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces

from ..envs.engine.slots.fillings import Learned, width_of
from ..envs.engine.slots.keyed import KeyedLearned
from ..envs.engine.slots.measures import MEASURES, Look, WholeMeasure
from ..envs.engine.slots.slotted_batch import SlottedBatch
from ..utils.intervals import bootstrap_interval
from ..utils.wording import did_you_mean
from .evaluation import Evaluation, Policy, envs_for, evaluate

TRUTH, BLIND = "truth", "blind"


class Measured:
    """What has ``measures``: values by name, the first of a slot's first."""

    measures: dict[str, float]

    @property
    def measure(self) -> str:
        """The name of the first measure."""
        return next(iter(self.measures))

    @property
    def metric(self) -> float:
        """The first measure."""
        return self.measures[self.measure]


@dataclass(frozen=True)
class Played(Measured):
    """The episodes of a policy with a filling, and how right the filling was in them."""

    evaluation: Evaluation
    # Of the filling itself, by the names of `envs/engine/slots/measures.py`, the slot's first one first; in all steps,
    # also in those that environments play on while others finish their episodes. NaN where there is nothing to
    # compare: a filling that shows no truth (raw), or no quantiles.
    measures: dict[str, float]


@dataclass(frozen=True)
class Regret(Measured):
    """A filling of a slot, judged."""

    filling: str
    measures: dict[str, float]  # as in Played
    evaluation: Evaluation
    regret: float  # return of the truth minus its own
    interval: tuple[float, float]  # 95 %, of the paired differences
    share: float  # of the gap from blind to truth


def compare(
    make_batch: Callable[..., Any],
    policy: Policy,
    slot: str,
    fillings: Sequence[str] | Mapping[str, Any],
    episodes: int,
    seed: int,
    age: int = 0,
    progress: Callable[[str, float], Any] | None = None,
    every_start: bool = False,
    mended: Mapping[str, Sequence[str]] | None = None,
) -> list[Regret]:
    """Judge ``policy`` with each of the ``fillings`` in ``slot``, in the same episodes.

    Args:
        make_batch: ``make_batch(num_envs, **fillings)`` makes the environments.
        fillings: What fills the slot in turn, or by the names that the rows shall have. Truth and blind are played in
            any case, as the ends of the scale.
        progress: Called with a filling and the share of its episodes that are played.
        every_start: See ``evaluate``.
        mended: By the name of a row, parts of the slot's truth that are shown in place of the filling's.

    Returns:
        One for each of ``fillings``, in their order.

    Raises:
        ValueError: a slot has no part of that name, or a filling does not show what the truth consists of.
    """
    parts = mended or {}
    judged: dict[str, Played] = {}
    given = fillings if isinstance(fillings, Mapping) else {filling: filling for filling in fillings}
    for filling in dict.fromkeys([*given, TRUTH, BLIND]):

        def tell(share: float, filling: str = filling) -> None:
            if progress is not None:
                progress(filling, share)

        what = given.get(filling, filling)
        judged[filling] = play_filling(
            make_batch, policy, slot, what, episodes, seed, age, tell, every_start, parts.get(filling, ())
        )
    best, worst = judged[TRUTH].evaluation, judged[BLIND].evaluation
    rows = []
    for filling in fillings:
        played = judged[filling]
        result, regret = played.evaluation, best.mean - played.evaluation.mean
        interval = bootstrap_interval(best.returns - result.returns)
        share = share_of_gap(regret, best.mean - worst.mean)
        rows.append(Regret(filling, played.measures, result, regret, interval, share))
    return rows


def play_filling(
    make_batch: Callable[..., Any],
    policy: Policy,
    slot: str,
    filling: Any,
    episodes: int,
    seed: int,
    age: int = 0,
    progress: Callable[[float], Any] | None = None,
    every_start: bool = False,
    mended: Sequence[str] = (),
) -> Played:
    """Play ``policy`` with ``filling`` in ``slot``, and measure what it is shown; the arguments are ``compare``'s.

    ``mended``: parts of the truth that are shown in place of the filling's.
    """
    batch = make_batch(envs_for(episodes), **{slot: filling})
    try:
        gauge = Gauge(batch, slot)
        gauge.mend(mended)

        def act(batch: Any) -> np.ndarray:
            gauge.look()
            return policy(batch)

        def tell(played: int) -> None:
            if progress is not None:
                progress(played / episodes)

        return Played(evaluate(batch, act, episodes, seed, age, tell, every_start), gauge.measures)
    finally:
        batch.close()


def share_of_gap(regret: float, gap: float) -> float:
    """How much of the ``gap`` from blind to truth a filling with this ``regret`` gains; NaN where there is no gap."""
    return 1.0 - regret / gap if gap != 0.0 else float("nan")


class Gauge:
    """Measures what a slot shows against the truth, step by step."""

    def __init__(self, batch: SlottedBatch, slot: str) -> None:
        self.batch, self.slot = batch, slot
        declared, filling = batch.simulation.slots[slot], batch.fillings[slot]
        space = declared.truth(**batch.sizes)
        assert isinstance(space, spaces.Box)
        is_classes, is_board = bool(declared.classes(**batch.sizes)), space.dtype.kind in "iu"
        usual = "accuracy" if is_classes else "cells right" if is_board else "mAP50" if declared.detections else "RMSE"
        self.names = declared.measures or (usual,)
        self._parts = declared.truth_layout(**batch.sizes) if declared.truth_layout else None
        self._quantiles = np.asarray(getattr(filling, "quantiles", ()), np.float64)
        self.comparable = filling.space.shape == space.shape or (
            declared.estimate is not None and isinstance(filling, (Learned, KeyedLearned))
        )
        self._truth = np.zeros((batch.num_envs, *space.shape), space.dtype)
        self._write = batch.slot_loop(slot, "tell")
        self._all = np.arange(batch.num_envs)
        self._width = width_of(declared, space, slot) if "RMSE" in self.names else np.ones(1)
        self._sums = {name: [0.0, 0] for name in self.names}
        self._looks: list[tuple[np.ndarray, np.ndarray]] = []  # truths and estimates, where a measure sees all of them
        self._mended: list[slice] = []

    def mend(self, parts: Sequence[str]) -> None:
        """From now on show the truth in these parts of the slot, whatever fills it.

        Raises:
            ValueError: the slot's truth has no such part, or what is shown does not consist of these.
        """
        known = self._parts.names if self._parts else ()
        for part in parts:
            if part not in known:
                what = f"has the parts {', '.join(known)}" if known else "does not say what its truth consists of"
                raise ValueError(f"slot {self.slot} {what}; got {part!r}{did_you_mean(part, known)}")
        if parts and self.batch.fillings[self.slot].space.shape != self._truth.shape[1:]:
            raise ValueError(f"slot {self.slot} shows something else than its truth; no part of that can be mended")
        assert self._parts is not None or not parts
        self._mended = [self._parts.slice(part) for part in parts] if self._parts else []

    def look(self) -> None:
        """Take the present step into account."""
        if not self.comparable:
            return
        self._write(self.batch.records, self._all, self.batch.world, self._truth)
        shown = self.batch.shown(self.slot)
        for part in self._mended:
            shown[..., part] = self._truth[..., part]
        estimate = self.batch.estimate_of(self.slot, shown)
        seen = Look(estimate, self._truth, shown, self._width, self._quantiles, self._parts)
        for name in self.names:
            measure = MEASURES[name]
            if isinstance(measure, WholeMeasure) or (measure.needs_quantiles and not len(self._quantiles)):
                continue
            values = measure.values(seen)
            self._sums[name][0] += float(values.sum())
            self._sums[name][1] += values.size
        if any(isinstance(MEASURES[name], WholeMeasure) for name in self.names):
            self._looks.append((self._truth.copy(), estimate.copy()))

    @property
    def measures(self) -> dict[str, float]:
        """By name, in the slot's order; NaN for what this filling does not allow to be measured."""
        return {name: self._finish(name) for name in self.names}

    def _finish(self, name: str) -> float:
        measure = MEASURES[name]
        if isinstance(measure, WholeMeasure):
            parts = list(zip(*self._looks, strict=True))
            return measure.of(np.concatenate(parts[0]), np.concatenate(parts[1])) if parts else float("nan")
        total, count = self._sums[name]
        return measure.finish(total / count) if count else float("nan")
