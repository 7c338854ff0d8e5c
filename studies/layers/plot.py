"""The picture of the layers study: a row per data set; accuracy by shift, training beside test, accuracy by work."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...utils.intervals import student_interval
from ..plotting import import_pyplot, save_figure
from .nets import ARRANGEMENTS
from .study import SHIFTS, Row
from .table import groups, mean, pictures_of

COLOURS = {"dense": "#7f7f7f", "pooled": "#2e6db4", "strided": "#c0504d", "global": "#3d9970"}


def plot(rows: Sequence[Row], path: Path) -> None:
    """Render the rows into a PNG."""
    names = list(dict.fromkeys(row.data for row in rows))
    figure, grid = import_pyplot().subplots(
        len(names), 3, figsize=(12.6, 3.7 * len(names) + 0.5), layout="constrained", squeeze=False
    )
    for down, name in enumerate(names):
        own = [row for row in rows if row.data == name]
        _by_shift(grid[down][0], own)
        _training_and_test(grid[down][1], own)
        _by_work(grid[down][2], own)
        grid[down][0].set_ylabel(f"{Path(name).name}\n\n% of the test pictures right")
        for axes in grid[down]:
            axes.spines[["top", "right"]].set_visible(False)
            axes.grid(alpha=0.2)
            axes.set_axisbelow(True)
    for axes, title in zip(
        grid[0], ("pictures shifted", "training (pale) and test", "accuracy for the work"), strict=True
    ):
        axes.set_title(title, fontsize=11)
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, frameon=False, fontsize=9, loc="outside lower center", ncols=4)
    save_figure(figure, path)


def _by_shift(axes: Any, rows: Sequence[Row]) -> None:
    most = max(row.share for row in rows)
    for (_, share, _, net), own in groups(rows).items():
        pixels = (0, *SHIFTS)
        y = [100 * sum(row.shifted(k) for row in own) / len(own) for k in pixels]
        whole = share == most
        label = f"{ARRANGEMENTS[net].title}" if whole else None
        axes.plot(pixels, y, color=COLOURS[net], marker=".", linestyle="-" if whole else ":", label=label)
    parts = sorted({row.share for row in rows}, reverse=True)
    if len(parts) > 1:
        lines = ("solid", "dotted")
        text = ", ".join(f"{line}: {pictures_of(share)}" for line, share in zip(lines, parts, strict=False))
        axes.text(0.02, 0.02, text, transform=axes.transAxes, fontsize=8, color="0.35")
    axes.set_xticks((0, *SHIFTS))
    axes.set_xlabel("pixels")
    axes.set_ylim(bottom=0.0)


def _training_and_test(axes: Any, rows: Sequence[Row]) -> None:
    ticks = []
    for place, ((_, share, _, net), own) in enumerate(groups(rows).items()):
        x = place + 0.6 * (share < 1.0)
        axes.bar(x, 100 * mean(own, "train_accuracy"), 0.8, color=COLOURS[net], alpha=0.3)
        low, high = student_interval([100 * row.accuracy for row in own])
        middle = 100 * mean(own, "accuracy")
        span = [[middle - max(low, 0.0)], [min(high, 100.0) - middle]] if not math.isnan(low) else None
        axes.bar(x, middle, 0.8, color=COLOURS[net], yerr=span, ecolor="black", capsize=3)
        ticks.append((x, share))
    for share in dict.fromkeys(share for _, share in ticks):
        places = [x for x, part in ticks if part == share]
        label = "all pictures" if share == 1.0 else f"{pictures_of(share)} of them"
        axes.text(sum(places) / len(places), 102, label, ha="center", fontsize=8, color="0.35")
    axes.set_xticks([])
    axes.set_ylim(0, 109)


def _by_work(axes: Any, rows: Sequence[Row]) -> None:
    most = max(row.share for row in rows)
    for (_, share, _, net), own in groups(rows).items():
        style = {"color": COLOURS[net]} if share == most else {"facecolors": "none", "edgecolors": COLOURS[net]}
        axes.scatter(own[0].multiply_adds / 1e6, 100 * mean(own, "accuracy"), s=46, zorder=3, **style)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda value, place: f"{value:g}")
    axes.set_xlabel("millions of multiply-adds for a picture")
    if len({row.share for row in rows}) > 1:
        axes.text(0.98, 0.02, "hollow: fewer pictures", transform=axes.transAxes, fontsize=8, color="0.35", ha="right")
