"""Tables of evaluations: policies beside one another, and the fillings of a slot with what they cost."""

from collections.abc import Callable, Sequence

import numpy as np
from rich.markup import escape
from rich.table import Table

from ..utils.tables import results_table
from ..utils.wording import decimals_of
from .api.comparing import Comparison
from .evaluation import Evaluation
from .regret import Regret

MOST_MEASURES = 2  # of how right a filling is, as columns of a table


def comparison_table(found: Comparison, caption: str) -> Table:
    """A row per policy; figures that no policy has are left out."""
    results, first = list(found.evaluations.values()), next(iter(found.evaluations))
    columns: list[tuple[str, Callable[[str, Evaluation], str]]] = []
    if len(results) > 1:
        columns += [
            ("return", lambda name, result: _with_half(result.mean, result.interval)),
            ("more than\nthe first", lambda name, result: "–" if name == first else _more(found, name, first)),
        ]
        caption += "\n± is half of a 95 % interval"
    else:
        columns += [
            ("return", lambda name, result: f"{result.mean:.2f}"),
            ("95 % interval", lambda name, result: " … ".join(f"{end:.2f}" for end in result.interval)),
        ]
    if any(result.normalised is not None for result in results):
        columns.append(("normalised", lambda name, result: _score(result)))
    if any(result.succeeds for result in results):
        columns.append(("success", lambda name, result: f"{result.success:.1%}"))
    columns.append(("length", lambda name, result: f"{result.lengths.mean():.1f}"))
    table = results_table(("policy",), [heading for heading, _ in columns], caption, fold=True)
    for name, result in found.evaluations.items():
        table.add_row(escape(name), *(figure(name, result) for _, figure in columns))
    return table


def _score(result: Evaluation) -> str:
    return "–" if result.normalised is None else f"{result.normalised:.3f}"


def _more(found: Comparison, name: str, first: str) -> str:
    difference = found.difference(name, first)
    return _with_half(difference.mean, difference.interval, "+")


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


def _with_half(mean: float, interval: tuple[float, float], sign: str = "") -> str:
    """A mean, with its ``sign`` if "+" is given, and half of its interval."""
    decimals = decimals_of(mean)
    return f"{mean:{sign}.{decimals}f} ± {0.5 * (interval[1] - interval[0]):.{decimals}f}"
