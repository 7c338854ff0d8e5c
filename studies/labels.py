"""Labels of points in a picture, placed so that they hide neither one another nor, if possible, a line."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

RINGS = (14, 22, 34, 50, 70, 95)  # points, distances at which a label is tried
ANGLES = np.deg2rad((90, -90, 180, 0, 135, 45, -135, -45, 112, 68, -112, -68, 157, 23, -157, -23))
GAP = 3.0  # pixels between a label and whatever it must not touch


def place_labels(
    axes: Any, points: dict[str, tuple[float, float]], busy: Sequence[np.ndarray], size: float = 9
) -> list[Any]:
    """Write each name near its point (data units): inside the axes, over no other label, and over no line if possible.

    Args:
        busy: Lines as (P, 2) corners in data units.
        size: Of the letters, points.

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
        measured = axes.text(*at, name, fontsize=size)  # an annotation's extent would include its line
        extent = measured.get_window_extent().size
        measured.remove()
        point, least = axes.transData.transform(at), np.inf
        for offset in _offsets(extent[0] / scale):
            middle = point + scale * np.array(offset)
            box = np.concatenate([middle - 0.5 * extent - GAP, middle + 0.5 * extent + GAP])
            leader = _dotted(np.stack([point, middle]))
            bad = (box[:2] < frame[:2]).any() or (box[2:] > frame[2:]).any() or any(_overlap(box, b) for b in taken)
            cost = 1e6 * bad + 1e3 * sum(_count(leader, b) > 0 for b in taken) + _count(dots, box)
            if cost < least:
                best, least, kept, line = offset, cost, box, leader
            if not least:
                break
        taken.append(kept)
        dots = np.concatenate([dots, line])
        label = axes.annotate(
            name, at, xytext=best, textcoords="offset points", arrowprops=style, fontsize=size, zorder=5
        )
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
