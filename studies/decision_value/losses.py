"""A forecaster that is trained on what a decision loses, beside the same one trained on the mean absolute error.

The planner compares the hours of a day and nothing else, so that an error which all hours share costs it nothing. The
loss ``shape`` takes each day's mean error away before it counts (`forecasting/losses.py`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...components.component import fingerprint_of
from ...utils.intervals import student_interval
from ...utils.wording import did_you_mean
from ..regret.policy import judge_policy
from ..rows import digest, read_rows, write_rows
from .case import Case
from .fitting import fit_once

LOSSES = ("mae", "shape")  # the first is what the others are compared with


@dataclass(frozen=True)
class LossRow:
    """What a forecaster of a loss and a seed earns."""

    market: str
    model: str
    loss: str
    seed: int
    mae: float  # €/MWh
    shape_mae: float
    earned: float  # €/day of the default battery, mean over the test weeks
    seconds: float  # of the training
    setting: str  # a hash of the trained component


def check_losses(case: Case, model: str, seeds: int) -> None:
    """``ValueError`` for a model that learns by no loss, a case without a loss of its own, or too few seeds."""
    from ...forecasting.tasks.fits import LEARNED

    if not case.losses:
        raise ValueError(f"{case.env} has no loss of its decision to train on; leave out --losses")
    if model not in LEARNED:
        raise ValueError(f"{model!r} is no model that learns by a loss{did_you_mean(model, LEARNED)}")
    check_seeds(seeds)


def check_seeds(seeds: int) -> None:
    """``ValueError`` for too few of them."""
    if seeds < 2:
        raise ValueError(f"losses are compared over --loss-seeds >= 2, got {seeds}")


def compare_losses(
    case: Case,
    market: str,
    model: str,
    seeds: int,
    path: Path,
    folder: Path,
    tell: Callable[[str], Any] = lambda text: None,
) -> list[LossRow]:
    """A training per loss and seed, each judged by the plan; a row is kept as soon as it is there.

    Raises:
        ValueError: fewer than two seeds, which have no interval.
    """
    check_seeds(seeds)
    rows = read_rows(path, LossRow)
    for seed in range(seeds):
        for loss in LOSSES:
            out = folder / f"{market}-{model}-{loss}-{seed}"
            what = f"{market}: {model} by {loss}, seed {seed}"
            fit_once(market, model, out, tell, what, seed=seed, settings={"loss": loss})
            setting, key = digest([fingerprint_of(out), case.policy, case.slot]), (market, model, loss, seed)
            if any((row.market, row.model, row.loss, row.seed) == key and row.setting == setting for row in rows):
                continue
            tell(what)
            rows = [row for row in rows if (row.market, row.model, row.loss, row.seed) != key]
            rows.append(_judge(case, *key, out, setting))
            write_rows(path, LossRow, rows)
    asked = [row for row in rows if (row.market, row.model) == (market, model) and row.seed < seeds]
    return sorted(asked, key=lambda row: (LOSSES.index(row.loss), row.seed))


def _judge(case: Case, market: str, model: str, loss: str, seed: int, out: Path, setting: str) -> LossRow:
    from ...components.component import Component

    (found,) = judge_policy(case.env, case.policy, case.slot, {out.name: out}, {"data": market, "split": "test"})
    mae, shape = (round(found.measures[name], 4) for name in ("MAE", "shape-MAE"))
    seconds = round(Component.load(out).metrics.get("seconds", float("nan")), 1)
    return LossRow(market, model, loss, seed, mae, shape, round(found.evaluation.mean / case.days, 4), seconds, setting)


def differences(rows: Sequence[LossRow]) -> dict[str, tuple[float, float, float]]:
    """By loss, €/day more than by the first one: mean over seeds, and the ends of its 95 % interval (Student's t)."""
    found = {}
    for loss in LOSSES[1:]:
        paired = [_earned(rows, loss, seed) - _earned(rows, LOSSES[0], seed) for seed in {row.seed for row in rows}]
        found[loss] = (float(np.mean(paired)), *student_interval(paired))
    return found


def _earned(rows: Sequence[LossRow], loss: str, seed: int) -> float:
    (earned,) = (row.earned for row in rows if (row.loss, row.seed) == (loss, seed))
    return earned


def loss_table(rows: Sequence[LossRow]) -> list[str]:
    """Lines of text: a loss each with means over seeds, and the differences."""
    lines = []
    for loss in dict.fromkeys(row.loss for row in rows):
        own = [row for row in rows if row.loss == loss]
        mae, shape, earned = (np.mean([getattr(row, name) for row in own]) for name in ("mae", "shape_mae", "earned"))
        lines.append(
            f"{own[0].model} by {loss}, {len(own)} seeds: MAE {mae:.3f}, shape-MAE {shape:.3f}, {earned:.2f} €/day"
        )
    for loss, (mean, low, high) in differences(rows).items():
        spread = "" if np.isnan(low) else f" (95 % interval {low:+.2f} … {high:+.2f})"
        lines.append(f"{loss} earns {mean:+.2f} €/day more than {LOSSES[0]}{spread}")
    return lines
