"""Tables of evaluations: policies beside one another, and the fillings of a slot with what they cost."""

from collections.abc import Sequence

import numpy as np
from rich.table import Table

from ..utils.tables import results_table
from .evaluation import Evaluation
from .regret import Regret

MOST_MEASURES = 2  # of how right a filling is, as columns of a table


def evaluation_table(results: Sequence[tuple[str, Evaluation]], caption: str) -> Table:
    """A row per policy, of pairs (its name, what it came to)."""
    table = results_table(("policy",), ("return", "95 % interval", "normalised", "success", "length"), caption)
    for name, result in results:
        low, high = result.interval
        table.add_row(
            name,
            f"{result.mean:.2f}",
            f"{low:.2f} … {high:.2f}",
            "–" if result.normalised is None else f"{result.normalised:.3f}",
            f"{result.success:.1%}" if result.succeeds else "–",
            f"{result.lengths.mean():.1f}",
        )
    return table


def regret_table(rows: Sequence[Regret], caption: str) -> Table:
    """A row per filling; ± is half of a 95 % bootstrap interval.

    Measures beyond the first two stand in the caption, so that a terminal has room for the names of fillings.
    """
    names = [name for name in rows[0].measures if any(np.isfinite(row.measures[name]) for row in rows)]
    names, others = names[:MOST_MEASURES], names[MOST_MEASURES:]
    for row in rows:
        more = [f"{name} {row.measures[name]:.3f}" for name in others if np.isfinite(row.measures[name])]
        caption += f"\n{row.filling}: {', '.join(more)}" if more else ""
    table = results_table(("filling",), (*names, "return", "regret", "of the\ngap"), caption, fold=True)
    for row in rows:
        table.add_row(
            row.filling,
            *("–" if np.isnan(row.measures[name]) else f"{row.measures[name]:.3f}" for name in names),
            _with_half(row.evaluation.mean, row.evaluation.interval),
            _with_half(row.regret, row.interval),
            "–" if row.share != row.share else f"{row.share:.2f}",
        )
    return table


def _with_half(mean: float, interval: tuple[float, float]) -> str:
    """A mean and half of its interval, with as many decimals as four digits of the mean leave, two at most."""
    decimals = 2 if abs(mean) < 100.0 else 1
    return f"{mean:.{decimals}f} ± {0.5 * (interval[1] - interval[0]):.{decimals}f}"
