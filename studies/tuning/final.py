"""The one look at the test: the winner of a search and the default, each trained on all training data.

Nothing is chosen by it. The seeds are none of the trials', so that neither side has been picked for its luck. A line of
test.csv is one training, written when it is done; another winner is trained anew.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...utils.intervals import student_interval
from ..rows import digest, read_rows, write_rows
from .report import best_of
from .search import Search
from .subject import Show
from .trials import Trials

FILE, PLACES = "test.csv", "test"


@dataclass(frozen=True)
class Tested:
    """One training of the default or of a winner, judged by the test."""

    who: str  # default or winner
    settings: str  # a hash of the values of all that was searched
    seed: int
    figure: str
    value: float


def ask_test(
    search: Search,
    trials: Trials,
    winner: Mapping[str, Any],
    count: int,
    show: Callable[[str, Any], None] = lambda said, progress: None,
) -> list[Tested]:
    """Train and judge the default and the ``winner`` with ``count`` seeds each, as far as ``test.csv`` lacks them.

    Returns:
        The rows of these two; those of the default alone where nothing was better.
    """
    sides = sides_of(search, winner)
    wanted = [(who, seed) for seed in range(count) for who in sides]
    with trials.locked("test"):  # a process that works on the same search waits, and finds the rows
        rows = read_rows(search.folder / FILE, Tested)
        for who, nth in wanted:
            seed, settings = search.seed + 1 + nth, digest(sides[who])
            if any((row.who, row.settings, row.seed) == (who, settings, seed) for row in rows):
                continue
            place = search.folder / PLACES / f"{who}-{settings}-{seed}"
            said = f"test of the {who}, seed {seed}"
            value = search.subject.test(place, sides[who], seed, _watch(show, said))
            rows = [*rows, Tested(who, settings, seed, search.subject.aim.figure, round(value, 6))]
            write_rows(search.folder / FILE, Tested, rows)
    known = {(who, digest(values)) for who, values in sides.items()}
    seeds = {search.seed + 1 + nth for nth in range(count)}
    return [row for row in rows if (row.who, row.settings) in known and row.seed in seeds]


def _watch(show: Callable[[str, Any], None], said: str) -> Show:
    return lambda progress: show(said, progress)


def sides_of(search: Search, winner: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Who is judged, with the values of all that was searched; the default alone where nothing was better."""
    default = search.default()
    return {"default": default} | ({} if dict(winner) == default else {"winner": dict(winner)})


def in_words(search: Search, trials: Trials) -> list[str]:
    """Both sides in a line each, with the interval over the seeds where there are enough; empty before the test."""
    best, figure, lines = best_of(trials), search.subject.aim.figure, []
    if best is None:
        return []
    sides = {who: digest(values) for who, values in sides_of(search, trials.values_of(best)).items()}
    rows = [row for row in read_rows(search.folder / FILE, Tested) if sides.get(row.who) == row.settings]
    for who in dict.fromkeys(row.who for row in rows):
        values = [row.value for row in rows if row.who == who]
        low, high = student_interval(values)
        spread = "" if np.isnan(low) else f" (95 % interval {low:.4g} … {high:.4g})"
        seeds = f"{len(values)} seed{'s' * (len(values) > 1)}"
        lines.append(f"{who:8} {figure} {np.mean(values):.4g}{spread} on the test, {seeds}")
    if rows and "winner" not in sides:
        lines.append("No trial was better than the default.")
    return lines
