"""Pictures of attention: which tokens a model looked at while it read or wrote others, a panel for each head.

Rows are the tokens that look, columns those that they look at; each row of a panel sums to 1. It knows no model: any
weights (H, L, S) with names for both axes are shown, of an encoder, of a decoder alone, or of one that translates.
"""

import math
import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..utils.plotting import import_pyplot
from ..utils.wording import in_line

MOST_TOKENS = 80  # of an axis; more of them nobody can read
CELL = 0.24  # inches of a token
LETTER = 0.075  # inches of a letter of a token's name, about
NAME = 18  # letters of a token's name
SMALLEST = (3.5, 2.6)  # inches of a figure, width and height
TEXT, HEADING = 8, 10  # points
PAD = 0.1  # inches around a panel
MOST_HEADING = 300  # letters
COLOURS = "Blues"


def attention_figure(
    weights: np.ndarray,
    rows: Sequence[str],
    columns: Sequence[str],
    titles: Sequence[str],
    heading: str = "",
    row_axis: str = "",
    column_axis: str = "",
) -> Any:
    """A figure with a panel for each of the heads (H, L, S), darker where a row's token looks more.

    Args:
        rows, columns: Names of the L tokens that look and of the S tokens that they look at.
        titles: Of the panels.
        heading: Above all of it.
        row_axis, column_axis: What the tokens of an axis are, such as "translation".

    Raises:
        ValueError: the weights are no weights of so many tokens and heads, or of more than ``MOST_TOKENS``.
        ImportError: there is no Matplotlib.
    """
    shape = (len(titles), len(rows), len(columns))
    if weights.shape != shape or not all(shape):
        raise ValueError(f"expected weights for heads and tokens {shape}, all of them one or more, got {weights.shape}")
    if max(shape[1:]) > MOST_TOKENS:
        raise ValueError(
            f"attention of {shape[1]} tokens at {shape[2]} is no picture that can be read; take a text of at most "
            f"{MOST_TOKENS} tokens"
        )
    plt = import_pyplot()
    across = math.ceil(len(titles) ** 0.5)
    down = -(-len(titles) // across)
    names = [[in_line(name, NAME) or " " for name in axis] for axis in (rows, columns)]
    left, top = (LETTER * max(map(len, axis)) + 0.25 for axis in names)
    width = max(across * (max(CELL * shape[2], 1.2) + left + 0.2) + 0.9, SMALLEST[0])
    lines = textwrap.wrap(in_line(heading, MOST_HEADING), int(width / LETTER * TEXT / HEADING))
    height = max(down * (max(CELL * shape[1], 0.5) + top + 0.5), SMALLEST[1]) + 0.2 * len(lines)
    figure, axes = plt.subplots(down, across, figsize=(width, height), squeeze=False, layout="constrained")
    figure.get_layout_engine().set(h_pad=PAD, w_pad=PAD)
    most = float(weights.max())
    for place, axis in enumerate(axes.flat):
        if place >= len(titles):
            axis.set_axis_off()
            continue
        image = axis.imshow(weights[place], cmap=COLOURS, vmin=0.0, vmax=most, aspect="equal")
        _name(axis, *names)
        axis.set_title(titles[place], fontsize=HEADING, pad=6, parse_math=False)
        axis.set_ylabel(row_axis if place % across == 0 else "", fontsize=TEXT)
        axis.set_xlabel(column_axis if place < across else "", fontsize=TEXT)
    bar = figure.colorbar(image, ax=axes, shrink=0.8 / down, pad=0.02, aspect=18, fraction=0.05)
    bar.set_label("share of a row's attention", fontsize=TEXT)
    bar.ax.tick_params(labelsize=TEXT)
    bar.outline.set_visible(False)
    figure.suptitle("\n".join(lines), fontsize=HEADING, parse_math=False)
    return figure


def _name(axis: Any, rows: Sequence[str], columns: Sequence[str]) -> None:
    """The tokens at the left and above, and thin lines between them."""
    axis.set_xticks(range(len(columns)), columns, rotation=90, fontsize=TEXT, parse_math=False)
    axis.set_yticks(range(len(rows)), rows, fontsize=TEXT, parse_math=False)
    axis.xaxis.set_ticks_position("top")
    axis.xaxis.set_label_position("top")
    axis.tick_params(length=0)
    axis.set_xticks(np.arange(len(columns) + 1) - 0.5, minor=True)
    axis.set_yticks(np.arange(len(rows) + 1) - 0.5, minor=True)
    axis.grid(which="minor", color="#e3e6ea", linewidth=0.6)
    axis.tick_params(which="minor", length=0)
    for side in axis.spines.values():
        side.set_visible(False)
