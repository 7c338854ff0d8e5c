"""The tables of the decision-value study, and which measure of error ranks forecasts as their profit does."""

from collections.abc import Sequence

import numpy as np
from rich.table import Table

from ...utils.tables import results_table
from .fillings import CONSTRUCTED, NOISE, TRUTHFUL
from .study import Row

COLUMNS = ("MAE", "shape-MAE", "€/day", "regret", "of perfect")
ERRORS = {"MAE": "mae", "shape-MAE": "shape_mae"}


def cells(row: Row) -> tuple[str, ...]:
    """A row for a table; ± is half of an interval."""
    return (
        row.filling,
        f"{row.mae:.2f}",
        f"{row.shape_mae:.2f}",
        f"{row.earned:.2f} ± {(row.high - row.low) / 2:.2f}",
        f"{row.regret:.2f} ± {(row.regret_high - row.regret_low) / 2:.2f}",
        f"{row.share:.1%}",
    )


def table(rows: Sequence[Row]) -> Table:
    """The rows of one market, for a terminal."""
    shown = results_table(("filling",), COLUMNS, f"{rows[0].market}, {rows[0].weeks} test weeks, plan", fold=True)
    for row in rows:
        shown.add_row(*cells(row))
    return shown


def markdown(rows: Sequence[Row]) -> str:
    """Tables of all markets, and the rank correlations."""
    parts = []
    for market in dict.fromkeys(row.market for row in rows):
        own = [row for row in rows if row.market == market]
        parts += [f"### {market}", "", f"| filling | {' | '.join(COLUMNS)} |", "|---|" + "---:|" * len(COLUMNS)]
        parts += [f"| {' | '.join(cells(row))} |" for row in own] + [""]
    parts += ["| rank correlation with profit | forecasts | constructed ones, too |", "|---|---:|---:|"]
    for name, (plain, every) in correlations(rows).items():
        parts.append(f"| {name} | {plain:.2f} | {every:.2f} |")
    return "\n".join(parts)


def correlations(rows: Sequence[Row]) -> dict[str, tuple[float, float]]:
    """By measure of error, Spearman's rank correlation of its negative with profit, the mean over markets.

    Returns:
        Of forecasts that somebody could make (models and rules), and of these with the constructed ones.
    """
    found = {}
    for name, field in ERRORS.items():
        means = []
        for left_out in ((NOISE, TRUTHFUL, CONSTRUCTED), (NOISE, TRUTHFUL)):
            each = []
            for market in dict.fromkeys(row.market for row in rows):
                own = [row for row in rows if row.market == market and row.kind not in left_out]
                each.append(spearman([-getattr(row, field) for row in own], [row.earned for row in own]))
            means.append(float(np.mean(each)))
        found[name] = (means[0], means[1])
    return found


def spearman(one: Sequence[float], other: Sequence[float]) -> float:
    """Spearman's rank correlation; equal numbers share the mean of their ranks."""
    return float(np.corrcoef(_ranks(one), _ranks(other))[0, 1])


def _ranks(values: Sequence[float]) -> np.ndarray:
    given = np.asarray(values)
    return np.array([(given < value).sum() + ((given == value).sum() - 1) / 2.0 for value in given])
