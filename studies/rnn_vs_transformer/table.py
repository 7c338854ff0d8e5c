"""The tables of the study of recurrent networks and the transformer, and what it shows in sentences."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.table import Table

from ...utils.tables import results_table
from ...utils.wording import counted, in_line
from .measures import LENGTHS, REACHES
from .study import SEPARATOR, Row

GAIN = 0.01  # nats per token: less than that is none


def numbers(cell: str) -> list[float]:
    """The numbers in a cell."""
    return [float(text) for text in cell.split(SEPARATOR)]


def text_of(rows: Sequence[Row]) -> str:
    """What the text is called."""
    return in_line(Path(rows[0].data).name, 60)


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


def quality_table(rows: Sequence[Row]) -> Table:
    """How well each model knows the text, a row for each."""
    seeds = counted(len({row.seed for row in rows}), "seed")
    shown = results_table(
        ("model",),
        ("nats", "overlap", "parameters", "epochs", "CPU s", "reach"),
        f"{text_of(rows)}, mean of {seeds}; nats per character of the test, in windows side by side and "
        f"overlapping by half; reach: tokens back by which twice as many are still worth {GAIN} nats.",
    )
    for model, own in by_model(rows).items():
        shown.add_row(
            model,
            f"{mean(own, 'nats')[0]:.3f}",
            f"{mean(own, 'half')[0]:.3f}",
            f"{own[0].parameters:,}",
            f"{mean(own, 'epochs')[0]:.0f}",
            f"{mean(own, 'cpu_seconds')[0]:,.0f}",
            f"{reach_of(own)}",
        )
    return shown


def speed_table(rows: Sequence[Row]) -> Table:
    """How fast each model learns and writes, a row for each; beside the other table they would not fit a terminal."""
    shown = results_table(
        ("model",),
        (*(f"{n:,}" for n in LENGTHS), "writes"),
        "tokens per second of a core: in training, of one sequence of so many tokens; writes: in going on with a text. "
        f"{rows[0].precision}, {rows[0].machine}.",
    )
    for model, own in by_model(rows).items():
        speeds = [*mean(own, "trained"), *mean(own, "written")]
        shown.add_row(model, *(f"{speed:,.0f}" for speed in speeds))
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
