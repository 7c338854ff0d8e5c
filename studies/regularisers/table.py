"""The table of the regularisers study: each beside none, with the interval of the difference."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.table import Table

from ...utils.intervals import student_interval
from ...utils.tables import results_table
from ...utils.wording import counted
from .study import NONE, Row

HEADINGS = ("test", "95 % interval", "more than none", "training", "gap", "loss", "epochs", "seconds")


def groups(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """The seeds of each regulariser, in the order of the rows."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.regulariser, []).append(row)
    return found


def mean(rows: Sequence[Row], name: str) -> float:
    return float(np.mean([getattr(row, name) for row in rows]))


def gains(rows: Sequence[Row]) -> dict[str, tuple[float, float, float]]:
    """By how many points of test accuracy each is above none: mean and 95 % interval over the seeds that both have.

    A seed decides the weights and the order of both alike, so what differs by seed is taken away.
    """
    own = groups(rows)
    without = {row.seed: row.accuracy for row in own.get(NONE, [])}
    found = {}
    for name, some in own.items():
        points = [100 * (row.accuracy - without[row.seed]) for row in some if row.seed in without]
        if name != NONE and points:
            found[name] = (float(np.mean(points)), *student_interval(points))
    return found


def separated(rows: Sequence[Row]) -> list[str]:
    """The regularisers whose interval of the difference to none does not hold 0."""
    return [name for name, (_, low, high) in gains(rows).items() if low > 0.0 or high < 0.0]


def lines(rows: Sequence[Row]) -> list[list[str]]:
    """The cells of the table: a line per regulariser."""
    found, gained = [], gains(rows)
    for name, own in groups(rows).items():
        low, high = student_interval([100 * row.accuracy for row in own])
        difference = "" if name not in gained else f"{gained[name][0]:+.1f}"
        if name in gained and not np.isnan(gained[name][1]):
            difference += f" ({gained[name][1]:+.1f} … {gained[name][2]:+.1f})"
        found.append(
            [
                name,
                f"{100 * mean(own, 'accuracy'):.1f}",
                "–" if np.isnan(low) else f"{low:.1f} … {high:.1f}",
                difference,
                f"{100 * mean(own, 'train_accuracy'):.1f}",
                f"{100 * mean(own, 'gap'):.1f}",
                f"{mean(own, 'loss'):.2f}",
                f"{mean(own, 'ended'):.0f}",
                f"{mean(own, 'cpu_seconds'):.0f}",
            ]
        )
    return found


def caption_of(rows: Sequence[Row]) -> str:
    """What the figures are, and of how many trainings."""
    first = rows[0]
    part = "all training pictures" if first.share == 1.0 else f"{100 * first.share:g} % of the training pictures"
    return (
        f"{Path(first.data).name}, {part}: per cent right, {counted(len({row.seed for row in rows}), 'seed')}, at most "
        f"{counted(first.epochs, 'epoch')}; more than none: in points, with the 95 % interval of the difference by "
        "seed; gap: training less test; loss: of the test pictures in nats; seconds of one core for a training"
    )


def table(rows: Sequence[Row]) -> Table:
    """The table for a terminal."""
    shown = results_table(("regulariser",), HEADINGS, caption_of(rows))
    for cells in lines(rows):
        shown.add_row(*cells)
    return shown


def markdown(rows: Sequence[Row]) -> str:
    """The tables of docs/vision-hands-on.md: one for each data set, share and number of epochs, and what is seen."""
    parts = []
    for key in dict.fromkeys((row.data, row.share, row.epochs) for row in rows):
        own = [row for row in rows if (row.data, row.share, row.epochs) == key]
        body = "\n".join("| " + " | ".join(cells) + " |" for cells in lines(own))
        head = "| " + " | ".join(("regulariser", *HEADINGS)) + " |\n|---|" + "---:|" * len(HEADINGS)
        seen = "\n".join(f"- {sentence}" for sentence in findings(own))
        parts.append(f"{caption_of(own)}.\n\n{head}\n{body}" + f"\n\n{seen}" * bool(seen))
    return "\n\n".join(parts)


def findings(rows: Sequence[Row]) -> list[str]:
    """What is seen, a sentence each, with the figures that it rests on."""
    own, gained = groups(rows), gains(rows)
    if not gained:
        return []
    ranked = sorted(gained, key=lambda name: -gained[name][0])
    apart = separated(rows)
    sentences = [
        "Above or below none, beyond chance: "
        + (", ".join(f"{name} {gained[name][0]:+.1f}" for name in ranked if name in apart) or "none of them")
        + " points."
    ]
    if unclear := [name for name in ranked if name not in apart]:
        sentences.append("Not to be told from none: " + ", ".join(unclear) + ".")
    for field, what, scale, form in (
        ("gap", "gap between training and test, in points", 100, ".0f"),
        ("loss", "loss of the test pictures, in nats", 1, ".2f"),
    ):
        best = min(own, key=lambda name: mean(own[name], field))
        least, without = (scale * mean(own[name], field) for name in (best, NONE))
        sentences.append(f"The {what}, is {without:{form}} without any, and smallest with {best}: {least:{form}}.")
    return sentences
