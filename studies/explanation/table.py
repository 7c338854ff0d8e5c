"""The table of what a policy looks at: an entry's share of all that moved its choices, and what it alone changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.markup import escape
from rich.table import Table

from ...explain.numbers.policy import METHODS
from ...utils.intervals import student_interval
from ...utils.tables import results_table
from ...utils.wording import counted
from ..rows import write_rows
from .study import BLOCKS, BlockRow, ExplanationSetup

ALONE = {
    True: "Changes alone: in how many steps the action is another one if this entry alone is at its mean.",
    False: "Moves alone: by how much of its range the action moves if this entry alone is at its mean.",
}
MOST_LINES = 20  # of a table on a terminal; the CSV has all


@dataclass(frozen=True)
class Line:
    """An entry, over all steps; intervals are 95 % over blocks of steps (Student's t)."""

    entry: str
    unit: str
    baseline: str
    share: float  # of all that moved the choices
    low: float
    high: float
    moved: float  # mean absolute share, in the units of the answer
    signed: float  # mean share
    changes: float  # share of the steps in which it alone changes the action; of a Box mean part of its range


def summarise(setup: ExplanationSetup, rows: Sequence[BlockRow]) -> list[Line]:
    """A line for each entry, the largest share first."""
    entries = setup.policy.entries.entries
    moved, signed, changes = np.zeros((3, BLOCKS, len(entries)))
    steps = np.zeros(BLOCKS)
    for row in rows:
        moved[row.block, row.entry], signed[row.block, row.entry] = row.moved, row.signed
        changes[row.block, row.entry], steps[row.block] = row.changes, row.steps
    total = steps.sum()
    shares = moved / np.maximum(moved.sum(axis=1, keepdims=True), 1e-300)
    overall = moved.sum(axis=0) / max(float(moved.sum()), 1e-300)
    lines = []
    for k in np.argsort(-overall, kind="stable").tolist():
        low, high = student_interval(shares[:, k].tolist())
        entry = entries[k]
        lines.append(
            Line(
                entry.name,
                entry.unit,
                entry.told(setup.baseline, with_unit=False),
                float(overall[k]),
                max(low, 0.0),
                min(high, 1.0),
                float(moved[:, k].sum() / total),
                float(signed[:, k].sum() / total),
                float(changes[:, k].sum() / total),
            )
        )
    return lines


def write_lines(path: Path, lines: Sequence[Line]) -> None:
    """The CSV of all entries."""
    write_rows(path, Line, lines)


def what_changes(setup: ExplanationSetup) -> str:
    """The heading of what an entry alone changes."""
    return "changes\nalone" if setup.policy.chooses else "moves\nalone"


def caption(setup: ExplanationSetup, rows: Sequence[BlockRow]) -> str:
    """What the table is made of, and how far its shares are from adding up."""
    steps = sum(row.steps for row in rows if row.entry == 0)
    missing = sum(row.missing for row in rows if row.entry == 0) / max(steps, 1)
    worst = max((row.worst for row in rows), default=0.0)
    what = {
        "value": "the value of the chosen action",
        "probability": "the probability of the chosen action",
        "action": "the component of the action that is largest for its range, before it is clipped",
    }[setup.policy.says]
    return (
        f"{setup.title}\n{METHODS[setup.method]} of {what}, against the mean of what it sees; "
        f"{counted(steps, 'step')} of its own play, ± is half of a 95 % interval. "
        f"{ALONE[setup.policy.chooses]} "
        f"Completeness error: mean {missing:.2%}, worst {worst:.2%}. Shares are no causes."
    )


def table(setup: ExplanationSetup, lines: Sequence[Line], rows: Sequence[BlockRow]) -> Table:
    """The largest ``MOST_LINES`` shares, for a terminal."""
    columns = ("share", "moved", "signed", what_changes(setup))
    shown = results_table(("entry",), ("baseline", *columns), caption(setup, rows), fold=True)
    for line in lines[:MOST_LINES]:
        unit = f", {line.unit}" if line.unit else ""
        shown.add_row(
            escape(f"{line.entry}{unit}"),
            escape(line.baseline),
            f"{line.share:.1%} ± {(line.high - line.low) / 2:.1%}",
            f"{line.moved:.3g}",
            f"{line.signed:+.3g}",
            f"{line.changes:.1%}",
        )
    if len(lines) > MOST_LINES:
        rest = lines[MOST_LINES:]
        shown.add_row(f"{len(rest)} more", "", f"{sum(line.share for line in rest):.1%}", "", "", "")
    return shown
