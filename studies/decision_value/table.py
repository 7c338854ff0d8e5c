"""The tables of the decision-value study, and which measure ranks fillings as what they earn does."""

import math
from collections.abc import Sequence

import numpy as np
from rich.table import Table

from ...utils.tables import results_table
from .case import CONSTRUCTED, NOISE, REFERENCE, TRUTHFUL, Case
from .study import Row


def columns(case: Case) -> tuple[str, ...]:
    """Headings of the figures."""
    return (*(measure.name for measure in case.measures), f"{case.unit}/day", "regret", "of perfect")


def cells(case: Case, row: Row) -> tuple[str, ...]:
    """A row for a table; ± is half of an interval."""
    right = [(row.measure(measure.name), measure.decimals) for measure in case.measures]
    earned = -row.earned if case.costs else row.earned
    return (
        row.filling,
        *("–" if math.isnan(value) else f"{value:.{decimals}f}" for value, decimals in right),
        f"{earned + 0.0:.2f} ± {(row.high - row.low) / 2:.2f}",
        f"{row.regret:.2f} ± {(row.regret_high - row.regret_low) / 2:.2f}",
        f"{row.share:.1%}",
    )


def table(case: Case, rows: Sequence[Row]) -> Table:
    """The rows of some data, for a terminal."""
    what = "cost a day" if case.costs else "earned a day"
    caption = f"{rows[0].data}, {rows[0].episodes} test {case.episodes}s, {case.policy}; {what}"
    shown = results_table(("filling",), columns(case), caption, fold=True)
    for row in rows:
        shown.add_row(*cells(case, row))
    return shown


def markdown(case: Case, rows: Sequence[Row]) -> str:
    """Tables of all data, and the rank correlations."""
    parts = []
    for data in dict.fromkeys(row.data for row in rows):
        own = [row for row in rows if row.data == data]
        parts += [f"### {data}", "", f"| filling | {' | '.join(columns(case))} |"]
        parts += ["|---|" + "---:|" * len(columns(case))]
        parts += [f"| {' | '.join(cells(case, row))} |" for row in own] + [""]
    parts += [f"| rank correlation with {earned_word(case)} | fillings | constructed ones, too |", "|---|---:|---:|"]
    for name, (plain, every) in correlations(case, rows).items():
        parts.append(f"| {name} | {plain:.2f} | {every:.2f} |")
    return "\n".join(parts)


def earned_word(case: Case) -> str:
    """The noun for a day's return."""
    return "saving" if case.costs else "profit"


def correlations(case: Case, rows: Sequence[Row]) -> dict[str, tuple[float, float]]:
    """By measure, Spearman's rank correlation of it (negative, if less is better) with what is earned; mean over data.

    Returns:
        Of fillings that somebody could have (models and rules), and of these with the constructed ones.
    """
    found = {}
    for measure in case.measures:
        sign, means = -1.0 if measure.is_error else 1.0, []
        for left_out in ((NOISE, TRUTHFUL, REFERENCE, CONSTRUCTED), (NOISE, TRUTHFUL, REFERENCE)):
            each = []
            for data in dict.fromkeys(row.data for row in rows):
                own = [row for row in rows if row.data == data and row.kind not in left_out]
                own = [row for row in own if not math.isnan(row.measure(measure.name))]
                each.append(spearman([sign * row.measure(measure.name) for row in own], [row.earned for row in own]))
            means.append(float(np.mean(each)))
        found[measure.name] = (means[0], means[1])
    return found


def spearman(one: Sequence[float], other: Sequence[float]) -> float:
    """Spearman's rank correlation; equal numbers share the mean of their ranks."""
    return float(np.corrcoef(_ranks(one), _ranks(other))[0, 1])


def _ranks(values: Sequence[float]) -> np.ndarray:
    given = np.asarray(values)
    return np.array([(given < value).sum() + ((given == value).sum() - 1) / 2.0 for value in given])
