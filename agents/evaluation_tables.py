"""Tables of evaluations: policies beside one another, and the fillings of a slot with what they cost."""

from collections.abc import Sequence

import numpy as np
from rich.table import Table

from ..utils.tables import results_table
from .evaluation import Evaluation
from .regret import Regret


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
    """A row per filling; ± is half of a 95 % bootstrap interval."""
    names = [name for name in rows[0].measures if any(np.isfinite(row.measures[name]) for row in rows)]
    table = results_table(("filling",), (*names, "return", "regret", "of the gap"), caption, fold=True)
    for row in rows:
        table.add_row(
            row.filling,
            *("–" if np.isnan(row.measures[name]) else f"{row.measures[name]:.3f}" for name in names),
            f"{row.evaluation.mean:.2f} ± {_half(row.evaluation.interval):.2f}",
            f"{row.regret:.2f} ± {_half(row.interval):.2f}",
            "–" if row.share != row.share else f"{row.share:.2f}",
        )
    return table


def _half(interval: tuple[float, float]) -> float:
    return 0.5 * (interval[1] - interval[0])
