"""The picture of the regret study: what a sense earns against how good it is, by both protocols.

The line is the *noisy curve*: the truth, and the truth with a calibrated error. A component or a rule above it makes
mistakes that cost less than as many random ones; below it, more.
"""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from ...agents.regret import BLIND, TRUTH
from ..plotting import BLUE, RED, WIDTHS, import_pyplot, save_figure
from .study import SWAPPED, TRAINED
from .table import Line

COLORS = {SWAPPED: RED, TRAINED: BLUE}
LABELS = {SWAPPED: "policy trained with the truth (swapped)", TRAINED: "policy trained with what it plays with"}
MARKERS = "sD^vPX*<>"  # of components and rules, in turn
RINGS = (14, 22, 34, 50, 70, 95)  # points, distances at which a label is tried
ANGLES = np.deg2rad((90, -90, 180, 0, 135, 45, -135, -45, 112, 68, -112, -68, 157, 23, -157, -23))
GAP = 3.0  # pixels between a label and whatever it must not touch


def on_the_curve(line: Line) -> bool:
    """Whether it is the truth with a calibrated error, or with none."""
    return line.filling == TRUTH or line.filling.startswith("noisy:")


def plot(lines: dict[str, list[Line]], title: str, path: Path) -> None:
    """Render the ``lines`` of each protocol (see ``table.summarise``) into a PNG."""
    figure, axes = import_pyplot().subplots(figsize=(8, 5.2), layout="constrained")
    tops: dict[str, tuple[float, float]] = {}  # of each component or rule: where its label belongs
    busy: list[np.ndarray] = []  # (P, 2) each, in data units: lines that no label should hide
    for protocol, color in COLORS.items():
        curve = sorted(filter(on_the_curve, lines[protocol]), key=lambda line: line.metric)
        x, (mean, low, high) = [line.metric for line in curve], np.array([line.earned for line in curve]).T
        axes.fill_between(x, low, high, color=color, alpha=0.18, linewidth=0)
        axes.plot(x, mean, color=color, linewidth=WIDTHS[color], marker="o", markersize=4, label=LABELS[protocol])
        busy.append(np.stack([x, mean], axis=1))
        (blind,) = (line.earned[0] for line in lines[protocol] if line.filling == BLIND)
        axes.axhline(blind, color=color, linewidth=0.9, linestyle="--", label=f"blind, {protocol}")
        others = [line for line in lines[protocol] if not on_the_curve(line) and line.filling != BLIND]
        for line, marker in zip(others, MARKERS * len(others), strict=False):
            mean, low, high = line.earned
            axes.errorbar(
                line.metric, mean, [[mean - low], [high - mean]], color=color, marker=marker, markersize=7,
                markeredgecolor="white", markeredgewidth=0.8, capsize=3, linewidth=1.2, zorder=4,
            )  # fmt: skip
            busy.append(np.array([(line.metric, low), (line.metric, mean), (line.metric, high)]))
            tops[line.filling] = max(tops.get(line.filling, (0.0, -np.inf)), (line.metric, mean), key=lambda at: at[1])
    measure = lines[SWAPPED][0].measure
    if measure != "RMSE":
        axes.set_xlabel(f"{measure} of the sense, as a share")
    else:
        axes.set_xlabel(f"{measure} of the sense, as a share of the truth's range (better to the right)")
        axes.invert_xaxis()
    axes.set_ylabel("return of greedy episodes")
    axes.set_title(title, fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(0.06)
    figure.legend(frameon=False, fontsize=8.5, loc="outside lower center", ncols=2)
    place_labels(axes, tops, busy)
    save_figure(figure, path)


def place_labels(axes: Any, points: dict[str, tuple[float, float]], busy: Sequence[np.ndarray]) -> list[Any]:
    """Write each name near its point (data units): inside the axes, over no other label, and over no line if possible.

    Args:
        busy: Lines as (P, 2) corners in data units.

    Returns:
        Matplotlib's annotations.
    """
    axes.figure.draw_without_rendering()  # the layout decides where the axes are
    frame = axes.get_window_extent().extents  # left, bottom, right, top in pixels, as all boxes here
    dots = np.concatenate([_dotted(axes.transData.transform(corners)) for corners in busy])  # (D, 2) pixels
    scale = axes.figure.dpi / 72.0  # pixels per point
    taken: list[np.ndarray] = []  # boxes
    labels = []
    style = {"arrowstyle": "-", "color": "0.45", "linewidth": 0.7, "shrinkA": 1, "shrinkB": 5}
    for name, at in sorted(points.items(), key=lambda item: item[1]):
        measured = axes.text(*at, name, fontsize=9)  # an annotation's extent would include its line
        size = measured.get_window_extent().size
        measured.remove()
        point, least = axes.transData.transform(at), np.inf
        for offset in _offsets(size[0] / scale):
            middle = point + scale * np.array(offset)
            box = np.concatenate([middle - 0.5 * size - GAP, middle + 0.5 * size + GAP])
            leader = _dotted(np.stack([point, middle]))
            bad = (box[:2] < frame[:2]).any() or (box[2:] > frame[2:]).any() or any(_overlap(box, b) for b in taken)
            cost = 1e6 * bad + 1e3 * sum(_count(leader, b) > 0 for b in taken) + _count(dots, box)
            if cost < least:
                best, least, kept, line = offset, cost, box, leader
            if not least:
                break
        taken.append(kept)
        dots = np.concatenate([dots, line])
        label = axes.annotate(name, at, xytext=best, textcoords="offset points", arrowprops=style, fontsize=9, zorder=5)
        label.set(ha="center", va="center")
        labels.append(label)
    return labels


def _overlap(one: np.ndarray, other: np.ndarray) -> bool:
    return bool((one[:2] < other[2:]).all() and (other[:2] < one[2:]).all())


def _count(dots: np.ndarray, box: np.ndarray) -> int:
    """How many of the dots (D, 2) are in the box."""
    return int(((dots > box[:2]) & (dots < box[2:])).all(axis=1).sum())


def _offsets(width: float) -> list[tuple[float, float]]:
    """Where the middle of a label of this width may lie, relative to its point, the nearest first; in points."""
    return [
        (float((ring + 0.5 * width) * np.cos(angle)), float(ring * np.sin(angle))) for ring in RINGS for angle in ANGLES
    ]


def _dotted(corners: np.ndarray) -> np.ndarray:
    """The line through ``corners`` (P, 2) as dots (D, 2) that are two pixels apart or less."""
    parts = [corners]
    for begin, end in pairwise(corners):
        count = int(np.abs(end - begin).max() // 2) + 2
        parts.append(begin + np.linspace(0.0, 1.0, count)[:, None] * (end - begin))
    return np.concatenate(parts)
