"""The table of runs that differ in their seed alone, with the interval of their mean."""

from collections.abc import Sequence

import numpy as np
from rich.table import Table

from ...utils.intervals import FEWEST, student_interval
from ...utils.tables import results_table
from ...utils.wording import counted, format_score
from .config import RunConfig
from .seeds import SeedResult


def seeds_table(results: Sequence[SeedResult], config: RunConfig) -> Table:
    """A row per seed, and one of all: its interval is Student's, over the seeds, that of a seed over its episodes."""
    over_seeds = "95 % over the seeds (Student's t)" if len(results) >= FEWEST else f"needs {FEWEST} seeds"
    caption = (
        f"{config.env} · {config.agent}; {counted(config.evaluation_episodes, 'greedy episode')} per seed. Interval of "
        f"a seed: 95 % over its episodes (bootstrap); of all: {over_seeds}."
    )
    figures = ["steps", "return", "95 % interval"]
    extra = [name for name in ("normalised", "success") if getattr(results[0], name) is not None]
    table = results_table(("seed",), (*figures, *extra), caption)
    for result in results:
        table.add_row(
            str(result.seed),
            f"{result.steps:,}",
            format_score(result.mean),
            _interval(result.interval),
            *(_figure(name, getattr(result, name)) for name in extra),
        )
    table.add_section()
    means = [result.mean for result in results]
    table.add_row(
        f"all {len(results)}",
        "",
        format_score(float(np.mean(means))),
        _interval(student_interval(means)),
        *(_figure(name, float(np.mean([getattr(result, name) for result in results]))) for name in extra),
    )
    return table


def _interval(ends: tuple[float, float]) -> str:
    return "–" if np.isnan(ends[0]) else f"{format_score(ends[0])} … {format_score(ends[1])}"


def _figure(name: str, value: float) -> str:
    return f"{value:.0%}" if name == "success" else f"{value:.2f}"
