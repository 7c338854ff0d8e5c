"""The picture of the study of recurrent networks and the transformer: learning, speed by length, and reach."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..plotting import BLUE, RED, import_pyplot, save_figure
from .measures import LENGTHS, REACHES
from .study import SEPARATOR, Row
from .table import by_model, mean, text_of

COLOURS = {"rnn": "#8c8c8c", "gru": "#d59b2d", "lstm": RED, "transformer": BLUE}
NAMES = {"rnn": "textbook RNN", "gru": "GRU", "lstm": "LSTM", "transformer": "transformer"}


def plot(rows: Sequence[Row], path: Path) -> None:
    """Loss over time (left), training speed by length (middle), loss by how far back is seen (right)."""
    pyplot = import_pyplot()
    from matplotlib import ticker

    figure, (left, middle, right) = pyplot.subplots(1, 3, figsize=(13, 4.2), layout="constrained")
    for model, own in by_model(rows).items():
        colour, name = COLOURS[model], NAMES[model]
        for row in own:
            points = np.array([[float(x) for x in point.split(":")] for point in row.curve.split(SEPARATOR)])
            left.plot(points[:, 0] / 60.0, points[:, 1], "o-", color=colour, markersize=3, label=name)
            name = "_"  # one entry in the legend
        middle.plot(LENGTHS, mean(own, "trained"), "o-", color=colour, markersize=4)
        right.plot(REACHES, mean(own, "reach"), "o-", color=colour, markersize=4)
    left.set_xlabel("minutes of a core")
    left.set_ylabel("nats per character of the test")
    left.legend(frameon=False, fontsize=9)
    left.set_xlim(left=0.0)
    for axes, ticks, words in (
        (middle, LENGTHS, "tokens of the sequence"),
        (right, REACHES, "tokens back that are seen"),
    ):
        axes.set_xscale("log")
        axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
        axes.set_xticks([], minor=True)
        axes.set_xlabel(words)
    middle.set_yscale("log")
    middle.yaxis.set_major_locator(ticker.LogLocator(subs=(1.0, 2.0, 5.0)))
    middle.yaxis.set_major_formatter("{x:,.0f}")
    middle.yaxis.set_minor_formatter(ticker.NullFormatter())
    middle.set_ylabel("tokens learned per second of a core")
    right.set_ylabel("nats per token")
    for axes in (left, middle, right):
        axes.spines[["top", "right"]].set_visible(False)
    first = rows[0]
    figure.suptitle(
        f"{text_of(rows)}: {first.parameters / 1e6:.1f} million parameters, {first.minutes:g} minutes of a core each",
        parse_math=False,  # the name of a file may hold a $
    )
    save_figure(figure, path)
