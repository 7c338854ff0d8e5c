"""The table of the study of recurrent networks and the transformer, and what it shows in sentences."""

from collections.abc import Sequence

import numpy as np
from rich.table import Table

from ...utils.tables import results_table
from ...utils.wording import counted
from .measures import LENGTHS, REACHES
from .study import SEPARATOR, Row

GAIN = 0.01  # nats per token: less than that is none


def numbers(cell: str) -> list[float]:
    """The numbers in a cell."""
    return [float(text) for text in cell.split(SEPARATOR)]


def by_model(rows: Sequence[Row]) -> dict[str, list[Row]]:
    """The seeds of each model, in the order of the rows."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.model, []).append(row)
    return found


def mean(rows: Sequence[Row], name: str) -> np.ndarray:
    """The mean over seeds of a column, of each of its numbers where there are several."""
    return np.mean([numbers(str(getattr(row, name))) for row in rows], axis=0)


def reach_of(rows: Sequence[Row]) -> int:
    """How many tokens back a model still gains by: the last doubling that is worth ``GAIN``."""
    losses = mean(rows, "reach")
    gained = [reach for reach, less, more in zip(REACHES[1:], losses, losses[1:], strict=False) if less - more >= GAIN]
    return gained[-1] if gained else REACHES[0]


def table(rows: Sequence[Row]) -> Table:
    """A row for each model."""
    seeds, first = counted(len({row.seed for row in rows}), "seed"), rows[0]
    shown = results_table(
        ("model",),
        ("nats", "overlap", "parameters", "epochs", "CPU s", *(f"{n:,}" for n in LENGTHS), "writes", "reach"),
        f"{first.data}, mean of {seeds}; nats per character of the test, in windows side by side and overlapping by "
        f"half; {', '.join(f'{n:,}' for n in LENGTHS)}: tokens per second of a core in training, of one sequence of so "
        "many; writes: the same, in going on with a text; reach: tokens back by which twice as many are still worth "
        f"{GAIN} nats. {first.precision}, {first.machine}.",
    )
    for model, own in by_model(rows).items():
        shown.add_row(
            model,
            f"{mean(own, 'nats')[0]:.3f}",
            f"{mean(own, 'half')[0]:.3f}",
            f"{own[0].parameters:,}",
            f"{mean(own, 'epochs')[0]:.0f}",
            f"{mean(own, 'cpu_seconds')[0]:,.0f}",
            *(f"{speed:,.0f}" for speed in mean(own, "trained")),
            f"{mean(own, 'written')[0]:,.0f}",
            f"{reach_of(own)}",
        )
    return shown


def findings(rows: Sequence[Row]) -> list[str]:
    """What the rows show; nothing of models that are not there."""
    found = by_model(rows)
    sentences = []
    if {"rnn", "transformer"} <= found.keys():
        speeds = {model: mean(found[model], "trained") for model in ("rnn", "transformer")}
        ratio = speeds["transformer"] / speeds["rnn"]
        sentences.append(
            f"In training, the transformer reads a sequence of {LENGTHS[0]} tokens {ratio[0]:.1f} times as fast as the "
            f"textbook's network, and one of {LENGTHS[-1]:,} {ratio[-1]:.1f} times: all its tokens at once."
        )
    best = min(found, key=lambda model: float(mean(found[model], "nats")[0]))
    if len(found) > 1:
        sentences.append(f"{best} is the least surprised: {mean(found[best], 'nats')[0]:.3f} nats per character.")
    return sentences
