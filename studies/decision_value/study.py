"""The judgements of the decision-value study: a row per filling of a case, kept in a CSV as soon as data are done."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ...agents.evaluation import EVALUATION_SEED, Evaluation, envs_for, episodes_of, evaluate, named_policy
from ...agents.regret import BLIND, TRUTH, play_filling, share_of_gap
from ...components.component import fingerprint_of
from ...envs.make import make_batch
from ...utils.intervals import bootstrap_interval
from ..regret.study import EPISODES
from ..rows import digest, read_rows, write_rows
from .case import BOUND, REFERENCE, Case, Tell


@dataclass(frozen=True)
class Row:
    """What a filling earns the policy that reads it, in the test episodes of some data."""

    data: str
    filling: str  # of a reference: the policy, as the case calls it
    kind: str
    measures: str  # "MAE=3.4135; shape-MAE=2.538"; "" of a reference
    earned: float  # € a day; what is spent is negative
    low: float  # ends of its 95 % interval over episodes
    high: float
    regret: float  # € a day less than the truth earns
    regret_low: float
    regret_high: float
    share: float  # of what lies between blind and the truth
    episodes: int
    setting: str  # a hash of what decides it

    def measure(self, name: str) -> float:
        """One of its measures; NaN where it has none."""
        return parse_measures(self.measures).get(name, float("nan"))


def parse_measures(text: str) -> dict[str, float]:
    """The measures of a row, by their names."""
    parts = (part.rpartition("=") for part in text.split("; ") if part)
    return {name: float(value) for name, _, value in parts}


def measures_said(measures: Mapping[str, float]) -> str:
    """What ``parse_measures`` reads; those that are NaN are left out."""
    return "; ".join(f"{name}={round(value, 4)!r}" for name, value in measures.items() if value == value)


def row_of(
    case: Case, data: str, filling: str, kind: str, measures: Mapping[str, float], result: Evaluation,
    best: Evaluation, worst: Evaluation, setting: str,
) -> Row:  # fmt: skip
    """The row of ``result``, beside what was earned with the truth (``best``) and blind (``worst``)."""
    regret = best.mean - result.mean
    earned, low, high, lost, lost_low, lost_high = (
        round(value / case.days, 4)
        for value in (result.mean, *result.interval, regret, *bootstrap_interval(best.returns - result.returns))
    )
    return Row(
        data=data,
        filling=filling,
        kind=kind,
        measures=measures_said({entry.name: measures[entry.name] for entry in case.measures if entry.name in measures}),
        earned=earned,
        low=low,
        high=high,
        regret=lost,
        regret_low=lost_low,
        regret_high=lost_high,
        share=round(share_of_gap(regret, best.mean - worst.mean), 4),
        episodes=len(result.returns),
        setting=setting,
    )


def decision_value(
    case: Case,
    data: Sequence[str],
    models: Sequence[str],
    path: Path,
    folder: Path,
    tell: Tell = lambda text: None,
) -> list[Row]:
    """The rows of ``data``; those that stand in ``path`` already, of the same models, are not made again.

    Args:
        folder: Of the fitted models.
        tell: Called with what is being done.
    """
    rows = read_rows(path, Row)
    for one in data:
        fitted = case.fit_all(one, models, folder, tell)
        fillings = case.fillings(one, fitted)
        expected = [*fillings, *case.references, *([BOUND] if case.bound else [])]
        setting = digest([case.policy, case.slot, expected, [fingerprint_of(out) for out in fitted.values()]])
        if [row.filling for row in rows if row.data == one and row.setting == setting] == expected:
            continue
        rows = [row for row in rows if row.data != one] + judge(case, one, fillings, setting, tell)
        write_rows(path, Row, rows)
    return [row for one in data for row in rows if row.data == one]


def judge(case: Case, data: str, fillings: Mapping[str, tuple[str, Any]], setting: str, tell: Tell) -> list[Row]:
    """A row for each of the ``fillings``, for each reference policy, and for the bound, in the same episodes."""
    world = {**case.world(data), "split": "test"}
    make = partial(make_batch, case.env, **world)
    episodes, every_start = episodes_of(make, EPISODES)
    played = {}
    for name, (_, what) in fillings.items():

        def progress(share: float, name: str = name) -> None:
            tell(f"{data}: {name}: {share:.0%}")

        policy = case.policy_for(case.world(data), what, tell) if case.policy_for else None
        played[name] = play_filling(
            make, policy or named_policy(case.policy, EVALUATION_SEED), case.slot, what, episodes, EVALUATION_SEED,
            progress=progress, every_start=every_start,
        )  # fmt: skip
    best, worst = played[TRUTH].evaluation, played[BLIND].evaluation
    rows = []
    for name, (kind, what) in fillings.items():
        measures = dict(played[name].measures)
        if case.measure is not None:
            tell(f"{data}: {name}: measured")
            measures |= case.measure(world, what)
        rows.append(row_of(case, data, name, kind, measures, played[name].evaluation, best, worst, setting))
    for name, result in play_references(case, world, episodes, every_start, tell):
        rows.append(row_of(case, data, name, REFERENCE, {}, result, best, worst, setting))
    return rows


def play_references(
    case: Case, world: Mapping[str, Any], episodes: int, every_start: bool, tell: Tell
) -> Iterator[tuple[str, Evaluation]]:
    """The reference policies of a case in the same episodes, with the truth in the slot, and the bound."""
    keywords: dict[str, Any] = {**world, case.slot: TRUTH}
    for name, policy in case.references.items():
        tell(name)
        batch = make_batch(case.env, envs_for(episodes), **keywords)
        named = named_policy(policy, EVALUATION_SEED)
        yield name, evaluate(batch, named, episodes, EVALUATION_SEED, every_start=every_start)
        batch.close()
    if case.bound is not None:
        tell(BOUND)
        batch = make_batch(case.env, episodes, **keywords)
        batch.seed_from(EVALUATION_SEED)
        batch.reset(starts=np.arange(episodes))  # type: ignore[call-arg]
        zeros = np.zeros(episodes)
        yield BOUND, Evaluation(case.bound(batch), zeros, zeros, {})
        batch.close()
