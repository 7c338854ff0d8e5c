"""The picture of what a policy looks at: shares beside what an entry alone changes, and a board or a fan of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...utils.wording import in_line
from ..plotting import BLUE, RED, import_pyplot, save_figure
from .study import ExplanationSetup
from .table import Line

MOST_BARS = 20
NAME = 44  # letters of an entry
TEXT = 9  # points
BAR = 0.27  # inches of a bar
SIDE = 3.2  # inches of a board or a fan


def plot(setup: ExplanationSetup, lines: Sequence[Line], path: Path) -> None:
    """Write the PNG."""
    shown, entries = lines[:MOST_BARS], setup.policy.entries
    fan, board = entries.fan, entries.board
    pictures = (fan is not None) + 2 * (board is not None)
    plt = import_pyplot()
    height = max(1.5 + BAR * len(shown), SIDE + 1.0 if pictures else 0.0, 2.6)
    figure = plt.figure(figsize=(9.0 + SIDE * min(pictures, 1), height), layout="constrained")
    ratios = [3, 3, *([2.6] if pictures else [])]
    grid = figure.add_gridspec(max(pictures, 1), len(ratios), width_ratios=ratios)
    left, right = figure.add_subplot(grid[:, 0]), figure.add_subplot(grid[:, 1])
    _bars(left, shown, [line.share for line in shown], RED, [(line.low, line.high) for line in shown])
    left.set_yticks(range(len(shown)), [in_line(line.entry, NAME) for line in shown], fontsize=TEXT, parse_math=False)
    left.set_title("share of what moved it", fontsize=TEXT + 1)
    _bars(right, shown, [line.changes for line in shown], BLUE)
    right.set_yticks([])
    alone = "alone changes the action" if setup.policy.chooses else "alone moves the action (of its range)"
    right.set_title(alone, fontsize=TEXT + 1)
    if fan is not None:
        _fan(figure.add_subplot(grid[0, 2], projection="polar"), fan, _by_entry(entries, lines, "share"))
    elif board is not None:
        for k, (what, name) in enumerate((("share", "share"), ("changes", "alone changes the action"))):
            _board(figure, figure.add_subplot(grid[k, 2]), board.of(_by_entry(entries, lines, what)), name)
    figure.suptitle(in_line(setup.title, 110), fontsize=TEXT + 2, parse_math=False)
    save_figure(figure, path)


def _by_entry(entries: Any, lines: Sequence[Line], what: str) -> np.ndarray:
    """(E,) a figure of the lines, in the order of the entries."""
    found = {line.entry: getattr(line, what) for line in lines}
    return np.array([found[entry.name] for entry in entries.entries])


def _bars(
    axes: Any,
    lines: Sequence[Line],
    values: Sequence[float],
    colour: str,
    ends: Sequence[tuple[float, float]] | None = None,
) -> None:
    places = np.arange(len(lines))
    axes.barh(places, values, color=colour, height=0.72)
    if ends is not None:
        middle = np.array(values)
        low, high = np.array(ends).T
        errors = np.maximum([middle - low, high - middle], 0.0)
        axes.errorbar(middle, places, xerr=errors, fmt="none", ecolor="#333333", elinewidth=0.9)
    axes.set_ylim(len(lines) - 0.5, -0.5)
    axes.set_xlim(0.0, max(max(values, default=0.0) * 1.12, 1e-3))
    axes.xaxis.set_major_formatter(lambda x, _: f"{100 * x:.3g}%")
    axes.tick_params(axis="both", labelsize=TEXT, length=0)
    axes.grid(axis="x", color="#e3e6ea", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[:].set_visible(False)


def _fan(axes: Any, fan: Any, shares: np.ndarray) -> None:
    own = shares[fan.entries]
    width = 2.0 * np.pi / max(len(own), 8) * 0.9
    axes.set_theta_zero_location("N")  # ahead is at the top, and angles grow to the left
    axes.bar(np.radians(fan.degrees), own, width=width, color=RED)
    axes.set_yticks([])
    axes.set_xticks(np.radians([0, 90, 180, 270]), ["ahead", "left", "behind", "right"], fontsize=TEXT)
    axes.spines["polar"].set_color("#c8ccd2")
    axes.set_title(f"{in_line(fan.subject, NAME)}: share", fontsize=TEXT + 1)


def _board(figure: Any, axes: Any, cells: np.ndarray, name: str) -> None:
    image = axes.imshow(cells, cmap="Reds", vmin=0.0)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_title(name, fontsize=TEXT + 1)
    bar = figure.colorbar(image, ax=axes, shrink=0.85, format=lambda x, _: f"{100 * x:.2g}%")
    bar.ax.tick_params(labelsize=TEXT - 1)
    bar.outline.set_visible(False)
