"""The volume under the surface of precision and recall, VUS-PR (Paparrizos et al., PVLDB 15, 2022, 2774-2787).

Labels of anomalies are soft at their edges: a row at distance d from a window, up to half of a buffer of b rows, counts
sqrt(1 - d / b). For each buffer 0 … B precision and recall are taken at 250 thresholds, spread evenly over the sorted
scores; recall is measured by the mean of the hard and the soft number of anomalous rows, and multiplied by the share of
windows of which at least one row is found. VUS-PR is the area under precision and recall, averaged over the buffers. It
needs no threshold and forgives a lag of a few rows.

One thing differs from the authors' code: at recall 0 the precision is that of the first threshold, and not 1. There a
detector that gives every row the same score would get more than a half; here it gets the share of anomalous rows.
"""

from collections.abc import Sequence

import numpy as np

from ...data.streams.stream import Stream

THRESHOLDS = 250
BUFFER = 100  # rows, where nobody says otherwise


def soft_labels(windows: np.ndarray, rows: int, buffer: int) -> np.ndarray:
    """(rows,) 1 in the ``windows`` (K, 2), less than 1 up to ``buffer`` // 2 rows around them, and 0 elsewhere."""
    labels, half = np.zeros(rows), buffer // 2
    for first, last in windows:
        labels[first : last + 1] += 1.0
        after = np.arange(last + 1, min(last + half + 1, rows))
        before = np.arange(max(first - half, 0), first)
        if half:
            labels[after] += np.sqrt(1.0 - (after - last) / buffer)
            labels[before] += np.sqrt(1.0 - (first - before) / buffer)
    return np.minimum(labels, 1.0)


def grown(windows: np.ndarray, rows: int, half: int) -> list[tuple[int, int]]:
    """The windows with ``half`` rows on either side, first and last row; those that then touch become one."""
    found: list[tuple[int, int]] = []
    for first, last in windows.tolist():
        start, end = max(first - half, 0), min(last + half, rows - 1)
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def vus_pr(scores: np.ndarray, stream: Stream, buffer: int = BUFFER) -> float:
    """VUS-PR of the ``scores`` (T,) of a stream, 0 … 1; ``ValueError`` for a stream without windows."""
    if not len(stream.windows):
        raise ValueError(f"{stream.name} has no anomalous window, so nothing can be found in it")
    rows = len(stream)
    order = np.argsort(-scores, kind="stable")
    cuts = scores[order][np.linspace(0, rows - 1, THRESHOLDS).astype(np.int64)]
    found = np.searchsorted(-scores[order], -cuts, side="right")  # rows at or above each threshold
    hard, areas = float(stream.labels.sum()), []
    for width in range(buffer + 1):
        labels = soft_labels(stream.windows, rows, width)
        total = np.concatenate([[0.0], np.cumsum(labels[order])])[found]
        peaks = np.array([scores[a : b + 1].max() for a, b in grown(stream.windows, rows, width // 2)])
        hit = (peaks[:, None] >= cuts).mean(axis=0)
        recall = np.minimum(total / ((hard + labels.sum()) / 2.0), 1.0) * hit
        precision = total / found
        rise = np.diff(recall, prepend=0.0)
        areas.append(float(np.sum(rise * (precision + np.concatenate([precision[:1], precision[:-1]])) / 2.0)))
    return float(np.mean(areas))


def mean_vus_pr(scores: Sequence[np.ndarray], streams: Sequence[Stream], buffer: int = BUFFER) -> float:
    """The mean over those streams that have a window; ``ValueError`` if none has."""
    found = [vus_pr(own, one, buffer) for own, one in zip(scores, streams, strict=True) if len(one.windows)]
    if not found:
        raise ValueError("VUS-PR needs a stream with an anomalous window, there is none")
    return float(np.mean(found))
