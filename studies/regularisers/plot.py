"""The pictures of the regularisers study: what each gains, and the curves of each beside those of none."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...utils.intervals import student_interval
from ..plotting import BLUE, RED, import_pyplot, save_figure
from .study import NONE, Row
from .table import gains, groups, mean, separated

GREY = "#8a8f98"
ACROSS = 4  # panels of curves
CURVES = {"accuracy": ("train_curve", "test_curve"), "loss": ("train_losses", "test_losses")}


def plot(rows: Sequence[Row], path: Path) -> None:
    """Test accuracy of each with its interval, the best above; blue and red where it is apart from none."""
    own = groups(rows)
    names = sorted(own, key=lambda name: mean(own[name], "accuracy"))
    gained, apart = gains(rows), separated(rows)
    figure, axes = import_pyplot().subplots(figsize=(8.2, 0.42 * len(names) + 1.4), layout="constrained")
    for y, name in enumerate(names):
        points = [100 * row.accuracy for row in own[name]]
        middle, (low, high) = float(np.mean(points)), student_interval(points)
        colour = "black" if name == NONE else GREY
        if name in apart:
            colour = BLUE if gained[name][0] > 0.0 else RED
        span = None if np.isnan(low) else [[middle - low], [high - middle]]
        axes.errorbar(middle, y, xerr=span, color=colour, marker="o", capsize=3, linewidth=1.6)
        axes.scatter(points, [y - 0.22] * len(points), s=7, color=colour, alpha=0.5)
    if NONE in own:
        axes.axvline(100 * mean(own[NONE], "accuracy"), color="0.6", linewidth=0.8, linestyle="--", zorder=0)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("% of the test pictures right; bars: 95 % intervals, small dots: seeds", fontsize=9)
    axes.set_title(f"{title_of(rows)}; blue, red: apart from none", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.2, axis="x")
    save_figure(figure, path)


def title_of(rows: Sequence[Row]) -> str:
    part = "all pictures" if rows[0].share == 1.0 else f"{100 * rows[0].share:g} % of the pictures"
    return f"{Path(rows[0].data).name}, {part}"


def plot_curves(rows: Sequence[Row], path: Path, what: str) -> None:
    """A panel for each regulariser: training and test curves, mean and span over seeds; the test's of none in grey.

    Args:
        what: ``accuracy`` or ``loss``.
    """
    own = groups(rows)
    down = -(-len(own) // ACROSS)
    figure, grid = import_pyplot().subplots(
        down, ACROSS, figsize=(12.4, 2.7 * down + 0.5), layout="constrained", squeeze=False, sharex=True, sharey=True
    )
    train, test = CURVES[what]
    for axes, (name, some) in zip(grid.ravel(), own.items(), strict=False):
        if name != NONE and NONE in own:
            _curve(axes, own[NONE], test, what, GREY, "test without any")
        _curve(axes, some, train, what, RED, "training")
        _curve(axes, some, test, what, BLUE, "test")
        axes.set_title(name, fontsize=10)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.2)
    for axes in grid.ravel()[len(own) :]:
        axes.set_visible(False)
    for axes in grid[:, 0]:
        axes.set_ylabel("% right" if what == "accuracy" else "loss, nats")
    for place in range(ACROSS):
        lowest = [axes for axes in grid[:, place] if axes.get_visible()]
        if lowest:
            lowest[-1].set_xlabel("epoch")
            lowest[-1].tick_params(labelbottom=True)
    grid[0][0].set_ylim(bottom=0.0)
    handles, labels = grid.ravel()[len(own) - 1].get_legend_handles_labels()
    figure.legend(handles, labels, frameon=False, fontsize=9, loc="outside lower center", ncols=3)
    figure.suptitle(title_of(rows), fontsize=11)
    save_figure(figure, path)


def _curve(axes: Any, rows: Sequence[Row], column: str, what: str, colour: str, label: str) -> None:
    scale = 100.0 if what == "accuracy" else 1.0
    curves = [[scale * value for value in row.curve(column)] for row in rows]
    longest = max(map(len, curves))
    padded = np.array([curve + [np.nan] * (longest - len(curve)) for curve in curves])  # some end early
    epochs = np.arange(1, longest + 1)
    axes.plot(epochs, np.nanmean(padded, axis=0), color=colour, linewidth=1.4, label=label)
    axes.fill_between(
        epochs, np.nanmin(padded, axis=0), np.nanmax(padded, axis=0), color=colour, alpha=0.18, linewidth=0
    )
