"""The tables of the regret study: means over seeds with their intervals, on a terminal and in docs/slots.md."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rich.table import Table

from ...agents.regret import BLIND, TRUTH, share_of_gap
from ...utils.intervals import FEWEST, half_said, student_interval
from ...utils.tables import results_table
from ...utils.wording import counted
from .study import PROTOCOLS, Judged

COLUMNS = ("return", "regret", "of the gap")  # after the filling and its own measure
MOST_MEASURES = 2  # further ones of a table on a terminal: with more no room is left for names
NAMED = re.compile(r"(\S[^=]*)=(\S+)")  # a measure in `Judged.others`, whose name may have blanks


@dataclass(frozen=True)
class Line:
    """A filling by one protocol: means over seeds, with the ends of their 95 % intervals (Student's t)."""

    filling: str
    measure: str
    metric: float
    earned: tuple[float, float, float]  # return: mean, lower and upper end
    regret: tuple[float, float, float]  # against the truth, seed by seed
    share: float  # of the gap from blind to truth
    others: dict[str, float]  # further measures: means over seeds


def others_of(rows: Sequence[Judged]) -> dict[str, float]:
    """The means of the further measures of rows of one filling."""
    found = [dict(NAMED.findall(row.others)) for row in rows]
    # A row from before a measure was made has none of it.
    return {name: float(np.mean([float(entry.get(name, "nan")) for entry in found])) for name in found[0]}


def seeds_of(rows: Sequence[Judged]) -> list[int]:
    """The seeds that have every filling by both protocols.

    Raises:
        ValueError: fewer than two.
    """
    if not rows:
        raise ValueError("there are no results of this agent and these fillings; run the study first")
    found = [{row.seed for row in rows if (row.protocol, row.filling) == one} for one in {_pair(row) for row in rows}]
    seeds = sorted(set.intersection(*found))
    if len(seeds) < 2:
        raise ValueError("the study is not done with two seeds of every filling; run it to its end")
    return seeds


def _pair(row: Judged) -> tuple[str, str]:
    return row.protocol, row.filling


def summarise(rows: Sequence[Judged], protocol: str) -> list[Line]:
    """The results of one agent by one protocol, in the order of the fillings; see ``seeds_of``."""
    seeds = seeds_of(rows)
    own: dict[str, list[Judged]] = {}
    for row in sorted(rows, key=lambda row: row.seed):
        if row.protocol == protocol and row.seed in seeds:
            own.setdefault(row.filling, []).append(row)
    means = {name: np.array([row.mean for row in found]) for name, found in own.items()}  # (seeds,) each
    gap = float((means[TRUTH] - means[BLIND]).mean())
    lines = []
    for name, found in own.items():
        regret = means[TRUTH] - means[name]
        earned, lost = ((float(x.mean()), *student_interval(x.tolist())) for x in (means[name], regret))
        metric = float(np.mean([row.metric for row in found]))
        lines.append(Line(name, found[0].measure, metric, earned, lost, share_of_gap(lost[0], gap), others_of(found)))
    return lines


def measures_of(lines: Sequence[Line]) -> list[str]:
    """The names of the further measures that any of the ``lines`` has; without quantiles, some are of none."""
    names = dict.fromkeys(name for line in lines for name in line.others)
    return [name for name in names if any(np.isfinite(line.others.get(name, np.nan)) for line in lines)]


def cells(line: Line, others: Sequence[str]) -> tuple[str, ...]:
    """A line for a table: the filling's name, its metric and ``others``, and ``COLUMNS``; ± is half of the interval."""
    earned, regret = (half_said(mean, high, 2) for mean, _, high in (line.earned, line.regret))
    values = [line.metric, *(line.others.get(name, np.nan) for name in others)]
    measured = ("–" if np.isnan(value) else f"{value:.3f}" for value in values)
    return line.filling, *measured, earned, regret, "–" if np.isnan(line.share) else f"{line.share:.2f}"


def _said_of_intervals(rows: Sequence[Judged]) -> str:
    if len(seeds_of(rows)) < FEWEST:
        return f"an interval needs {FEWEST} seeds"
    return "95\u00a0% intervals over seeds (Student's\u00a0t)"


def caption(rows: Sequence[Judged], protocol: str) -> str:
    """What the table of a protocol is made of."""
    return (
        f"{PROTOCOLS[protocol]}. {rows[0].agent}, {counted(len(seeds_of(rows)), 'seed')} of {rows[0].steps:,} steps, "
        f"the same {rows[0].episodes} episodes for all, {_said_of_intervals(rows)}."
    )


def markdown(rows: Sequence[Judged]) -> str:
    """The tables of docs/slots.md, one for each protocol."""
    parts = []
    for protocol in PROTOCOLS:
        lines = summarise(rows, protocol)
        others = measures_of(lines)
        head = ("filling", lines[0].measure, *others, *COLUMNS)
        parts += ["", caption(rows, protocol), "", f"| {' | '.join(head)} |", "|---|" + "---:|" * (len(head) - 1)]
        parts += [f"| {' | '.join(cells(line, others))} |" for line in lines]
    return "\n".join(parts[1:])


def table(lines: Sequence[Line], caption: str) -> Table:
    """The ``lines`` of one protocol, for a terminal."""
    others = measures_of(lines)
    if len(others) > MOST_MEASURES:
        caption, others = f"{caption} Also measured: {', '.join(others)}; --markdown shows them.", []
    shown = results_table(("filling",), (lines[0].measure, *others, *COLUMNS), caption, fold=True)
    for line in lines:
        shown.add_row(*cells(line, others))
    return shown
