"""Average precision: one number for how good a detector is, as COCO measures it.

A detection counts as right where its box overlaps that of a true thing of its class by a threshold, as intersection
over union, and no surer detection has taken that thing. With the detections of a class from the surest to the least,
precision (the share of right ones so far) is read at 101 equally spaced shares of things found, each time the best that
is reached there or later; the mean is the class's average precision, and that over classes and thresholds the figure
(Lin et al. 2014, *Microsoft COCO*). mAP50 has the one threshold .5, mAP50–95 has ten.

Equal to pycocotools and torchmetrics for things of any area with at most 100 detections of a class in a picture.
"""

from collections.abc import Sequence

import numpy as np

from .detections import CLASS, VALID, corners_of

COCO_THRESHOLDS = tuple(round(0.5 + 0.05 * k, 2) for k in range(10))
MOST_DETECTIONS = 100  # of a class in a picture
RECALLS = np.linspace(0.0, 1.0, 101)
RIGHT_FROM = 0.5  # of the overlap of a right box and a true one, where one picture is judged
AT_ONCE = 1024  # pictures whose overlaps are in memory together


def average_precision(truth: np.ndarray, shown: np.ndarray, thresholds: Sequence[float] = (0.5,)) -> float:
    """The mean over the classes that occur, and over ``thresholds`` of the overlap (intersection over union).

    Args:
        truth: What lies in N pictures, (N, R, 8 + K) as ``detections.py`` says; rows with a ``VALID`` of at least .5
            count, each with its likeliest class.
        shown: What a detector says of them, (N, R', 8 + K). Each row with a ``VALID`` above 0 is a detection of its
            likeliest class, as sure as ``VALID`` times the share of that class.

    Returns:
        0 … 1; NaN where there is nothing in any of the pictures.

    Raises:
        ValueError: the arrays are of other shapes, or no threshold is given.
    """
    per_class = average_precisions(truth, shown, thresholds)
    occurs = ~np.isnan(per_class)
    return float(per_class[occurs].mean()) if occurs.any() else float("nan")


def average_precisions(truth: np.ndarray, shown: np.ndarray, thresholds: Sequence[float] = (0.5,)) -> np.ndarray:
    """(K,) the average precision of each class, NaN for one that does not occur; see ``average_precision``."""
    limits = np.minimum(np.asarray(thresholds, np.float64), 1.0 - 1e-10)
    if truth.ndim != 3 or shown.ndim != 3 or len(truth) != len(shown) or truth.shape[2] != shown.shape[2]:
        raise ValueError(
            f"expected truths (N, R, 8 + K) and detections (N, R', 8 + K), got {truth.shape} and {shown.shape}"
        )
    if truth.shape[2] <= CLASS or limits.ndim != 1 or not len(limits):
        raise ValueError(f"expected a class and a threshold or more, got rows of {truth.shape[2]} and {thresholds}")
    classes = truth.shape[2] - CLASS
    there = truth[..., VALID] >= 0.5
    kinds = truth[..., CLASS:].argmax(axis=2)
    counts = np.bincount(kinds[there], minlength=classes)
    parts = [_matched(truth[i : i + AT_ONCE], shown[i : i + AT_ONCE], limits) for i in range(0, len(truth), AT_ONCE)]
    if not parts:
        return np.full(classes, np.nan)
    score, label, right = (np.concatenate([part[k] for part in parts]) for k in range(3))
    return np.array(
        [_of_class(score[label == k], right[label == k], counts[k]) if counts[k] else np.nan for k in range(classes)]
    )


def _matched(truth: np.ndarray, shown: np.ndarray, limits: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of all detections (D,) of some pictures, the surest of each picture first: score, class, and right (D, T)."""
    score = shown[..., VALID].astype(np.float64) * shown[..., CLASS:].max(axis=2, initial=0.0)
    order = np.argsort(-score, axis=1, kind="stable")
    shown, score = np.take_along_axis(shown, order[..., None], axis=1), np.take_along_axis(score, order, axis=1)
    label = shown[..., CLASS:].argmax(axis=2)  # (N, R')
    counted = shown[..., VALID] > 0.0
    same = label[:, :, None] == label[:, None, :]
    earlier = np.tril(np.ones(same.shape[1:], np.bool_), -1)
    counted &= (same & earlier & counted[:, None, :]).sum(axis=2) < MOST_DETECTIONS
    fits = (label[:, :, None] == truth[..., CLASS:].argmax(axis=2)[:, None, :]) & (truth[..., VALID] >= 0.5)[:, None, :]
    overlap = np.where(fits & counted[:, :, None], overlaps(corners_of(shown), corners_of(truth)), -1.0)  # (N, R', R)
    right = np.zeros((*label.shape, len(limits)), np.bool_)
    pictures = np.arange(len(shown))
    for t, limit in enumerate(limits.tolist()):
        free = overlap.copy()
        for d in range(label.shape[1] if overlap.shape[2] else 0):
            best = free.shape[2] - 1 - free[:, d, ::-1].argmax(axis=1)  # of equal ones the last, as COCO has it
            found = free[pictures, d, best] >= limit
            right[:, d, t] = found
            free[pictures[found], :, best[found]] = -1.0
    return score[counted], label[counted], right[counted]


def overlaps(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """(…, R, R') intersection over union of boxes (…, R, 4) and (…, R', 4), given by their corners; 0 without area."""
    one, other = one.astype(np.float64)[..., :, None, :], other.astype(np.float64)[..., None, :, :]
    size = np.minimum(one[..., 2:], other[..., 2:]) - np.maximum(one[..., :2], other[..., :2])
    common = size.clip(min=0.0).prod(axis=-1)
    areas = [(box[..., 2:] - box[..., :2]).clip(min=0.0).prod(axis=-1) for box in (one, other)]
    union = areas[0] + areas[1] - common
    return np.divide(common, union, out=np.zeros_like(union), where=union > 0.0)


def judged(shown: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whether each detection (N, R') is right, and each true thing (N, R) found; the surest detections choose first."""
    n = len(truth)
    right, found = np.zeros(shown.shape[:2], np.bool_), np.zeros(truth.shape[:2], np.bool_)
    same = shown[..., CLASS:].argmax(axis=2)[:, :, None] == truth[..., CLASS:].argmax(axis=2)[:, None]
    near = np.where(same & (truth[..., VALID] >= 0.5)[:, None], overlaps(corners_of(shown), corners_of(truth)), 0.0)
    order = np.argsort(-shown[..., VALID], axis=1, kind="stable")
    for i in range(n):
        for row in order[i]:
            free = np.where(found[i], 0.0, near[i, row])
            best = int(free.argmax()) if len(free) else 0
            if shown[i, row, VALID] > 0.0 and len(free) and free[best] >= RIGHT_FROM:
                right[i, row] = found[i, best] = True
    return right, found


def _of_class(score: np.ndarray, right: np.ndarray, count: int) -> float:
    """Average precision of a class with ``count`` true things, the mean over thresholds: score (D,), right (D, T)."""
    if not len(score):
        return 0.0
    right = right[np.argsort(-score, kind="stable")]
    hits = right.cumsum(axis=0)  # (D, T)
    precision = hits / np.arange(1, len(score) + 1)[:, None]
    precision = np.maximum.accumulate(precision[::-1], axis=0)[::-1]  # the best that is reached there or later
    found = hits / count
    read = [
        np.append(precision[:, t], 0.0)[np.searchsorted(found[:, t], RECALLS, side="left")]
        for t in range(right.shape[1])
    ]
    return float(np.mean(read))
