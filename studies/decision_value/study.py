"""The judgements of the decision-value study: a row per market and filling, kept in a CSV as soon as it is there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from ...agents.regret import Regret
from ...components.component import fingerprint_of
from ..regret.policy import judge_policy
from ..rows import digest, read_rows, write_rows
from .fillings import ENV, SLOT, fillings_of, models_of

POLICY = "plan"
DAYS = 7.0  # of an episode
POWER, CAPACITY = 1.0, 2.0  # MW and MWh of the default battery, for which the euros are


@dataclass(frozen=True)
class Row:
    """What a filling earns the planner, of the default battery (1 MW, 2 MWh) on the test weeks of a market."""

    market: str
    filling: str
    kind: str
    mae: float  # €/MWh (PJM: $/MWh, and $ below)
    shape_mae: float  # after each day's mean error is taken away
    earned: float  # €/day
    low: float  # ends of its 95 % interval over weeks
    high: float
    regret: float  # €/day less than the truth earns
    regret_low: float
    regret_high: float
    share: float  # of what lies between blind, which stands still, and the truth: of perfect foresight
    weeks: int
    setting: str  # a hash of what decides it


def row_of(market: str, kind: str, found: Regret, setting: str) -> Row:
    """The row of a judged filling."""
    result, measures = found.evaluation, found.measures
    earned, low, high = (round(value / DAYS, 4) for value in (result.mean, *result.interval))
    lost, lost_low, lost_high = (round(value / DAYS, 4) for value in (found.regret, *found.interval))
    return Row(
        market=market,
        filling=found.filling,
        kind=kind,
        mae=round(measures["MAE"], 4),
        shape_mae=round(measures["shape-MAE"], 4),
        earned=earned,
        low=low,
        high=high,
        regret=lost,
        regret_low=lost_low,
        regret_high=lost_high,
        share=round(found.share, 4),
        weeks=len(result.returns),
        setting=setting,
    )


def _tell(tell: Callable[[str], Any], market: str, filling: str, share: float) -> None:
    tell(f"{market}: {filling}: {share:.0%}")


def decision_value(
    markets: Sequence[str],
    models: Sequence[str],
    path: Path,
    folder: Path,
    tell: Callable[[str], Any] = lambda text: None,
) -> list[Row]:
    """The rows of ``markets``; those that stand in ``path`` already, of the same models, are not made again.

    Args:
        folder: Of the fitted models.
        tell: Called with what is being done.
    """
    rows = read_rows(path, Row)
    for market in markets:
        fitted = models_of(market, models, folder, tell)
        fillings = fillings_of(market, fitted)
        setting = digest([POLICY, SLOT, list(fillings), [fingerprint_of(out) for out in fitted.values()]])
        if [row.filling for row in rows if row.market == market and row.setting == setting] == list(fillings):
            continue
        given = {name: what for name, (_, what) in fillings.items()}
        judged = judge_policy(
            ENV, POLICY, SLOT, given, {"data": market, "split": "test"},
            partial(_tell, tell, market),
        )  # fmt: skip
        new = [row_of(market, fillings[found.filling][0], found, setting) for found in judged]
        rows = [row for row in rows if row.market != market] + new
        write_rows(path, Row, rows)
    return [row for market in markets for row in rows if row.market == market]
