"""The judgements of the decision-value study: a row per filling of a case, kept in a CSV as soon as data are done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from ...agents.evaluation import EVALUATION_SEED, envs_for, episodes_of, evaluate, named_policy
from ...agents.regret import BLIND, TRUTH, Regret, share_of_gap
from ...components.component import fingerprint_of
from ...envs.make import make_batch
from ...utils.intervals import bootstrap_interval
from ..regret.policy import judge_policy
from ..regret.study import EPISODES
from ..rows import digest, read_rows, write_rows
from .case import MENDED, OURS, REFERENCE, Case, Tell


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


def row_of(case: Case, data: str, kind: str, found: Regret, setting: str) -> Row:
    """The row of a judged filling."""
    result, measures = found.evaluation, {measure.name: found.measures.get(measure.name) for measure in case.measures}
    earned, low, high = (round(value / case.days, 4) for value in (result.mean, *result.interval))
    lost, lost_low, lost_high = (round(value / case.days, 4) for value in (found.regret, *found.interval))
    return Row(
        data=data,
        filling=found.filling,
        kind=kind,
        measures=measures_said({name: float(value) for name, value in measures.items() if value is not None}),
        earned=earned,
        low=low,
        high=high,
        regret=lost,
        regret_low=lost_low,
        regret_high=lost_high,
        share=round(found.share, 4),
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
        expected = [*fillings, *(mended_name(name, part) for name in fitted for part in case.mended), *case.references]
        setting = digest([case.policy, case.slot, expected, [fingerprint_of(out) for out in fitted.values()]])
        if [row.filling for row in rows if row.data == one and row.setting == setting] == expected:
            continue
        new = judge(case, one, fillings, setting, tell)
        assert sorted(row.filling for row in new) == sorted(expected)
        rows = [row for row in rows if row.data != one] + sorted(new, key=lambda row: expected.index(row.filling))
        write_rows(path, Row, rows)
    return [row for one in data for row in rows if row.data == one]


def judge(case: Case, data: str, fillings: Mapping[str, tuple[str, Any]], setting: str, tell: Tell) -> list[Row]:
    """A row for each of the ``fillings``, for those of ours with parts mended, and for each reference policy."""
    world: dict[str, Any] = {"data": data, "split": "test"}
    ours = [name for name, (kind, _) in fillings.items() if kind == OURS]
    judged = judge_policy(
        case.env,
        case.policy,
        case.slot,
        {name: what for name, (_, what) in fillings.items()},
        world,
        partial(_tell, tell, data),
        case.mended,
        ours,
    )
    by_name = {found.filling: found for found in judged}
    rows = []
    for found in judged:
        if found.filling in fillings:
            kind, what = fillings[found.filling]
            more = case.measure(data, what) if case.measure is not None else {}
            found = replace(found, measures={**found.measures, **more})
        else:
            kind = MENDED
        rows.append(row_of(case, data, kind, found, setting))
    for name, policy in case.references.items():
        _tell(tell, data, name, 0.0)
        played = play_reference(case, policy, world, name, by_name[TRUTH], by_name[BLIND])
        rows.append(row_of(case, data, REFERENCE, played, setting))
    return rows


def play_reference(
    case: Case, policy: str, world: Mapping[str, Any], name: str, truth: Regret, blind: Regret
) -> Regret:
    """A policy of the environment's in the same episodes, with the truth in the slot."""
    keywords: dict[str, Any] = {**world, case.slot: TRUTH}
    make = partial(make_batch, case.env, **keywords)
    episodes, every_start = episodes_of(make, EPISODES)
    batch = make(envs_for(episodes))
    try:
        result = evaluate(
            batch, named_policy(policy, EVALUATION_SEED), episodes, EVALUATION_SEED, every_start=every_start
        )
    finally:
        batch.close()
    regret = truth.evaluation.mean - result.mean
    interval = bootstrap_interval(truth.evaluation.returns - result.returns)
    share = share_of_gap(regret, truth.evaluation.mean - blind.evaluation.mean)
    return Regret(name, {}, result, regret, interval, share)


def mended_name(filling: str, part: str) -> str:
    """What ``judge_policy`` calls a filling with a part of the truth in its place."""
    return f"{filling}, {part} right"


def _tell(tell: Tell, data: str, filling: str, share: float) -> None:
    tell(f"{data}: {filling}: {share:.0%}")
