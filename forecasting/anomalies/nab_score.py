"""NAB's score of streaming detectors (Lavin & Ahmad 2015, arXiv:1510.03336; Ahmad et al. 2017), from the papers.

A detector gives each row a score in [0, 1]; rows at or above one threshold are detections. In each anomalous window the
earliest detection alone counts, the more the earlier it is; a window without one costs ``missed``. A detection outside
of windows costs up to ``false_alarm``, less right behind a window. The first 15 % of a stream, at most 750 rows, are
probation and do not count. Points are summed over all streams, and 0 is a detector that says nothing, 100 one that
finds every window at its first row and nothing else.

As in NAB's own scorer, positions are relative to the width w of a window whose last row is r: row i of the window is
at -(r - i + 1) / w, so that the first one is at -1; a row behind it is at (i - r) / (w - 1).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ...data.streams.stream import Stream

PROBATION, MOST_PROBATION = 0.15, 750  # share of a stream's rows, and rows at most
STEEPNESS = 5.0  # of the sigmoid
FAR = 3.0  # widths of a window behind it, from where on a detection costs all


class Profile(NamedTuple):
    """What errors cost, in units of what finding a window at its first row earns."""

    false_alarm: float
    missed: float


PROFILES = {  # of NAB's configuration
    "standard": Profile(0.11, 1.0),
    "low-FP": Profile(0.22, 1.0),
    "low-FN": Profile(0.11, 2.0),
}
NOTHING = 1.1  # a threshold that no score reaches


def scaled_sigmoid(position: np.ndarray) -> np.ndarray:
    """What a detection at a relative position is worth: nearly 1 at -1, 0 at a window's end, -1 far behind it."""
    near = np.minimum(position, FAR)
    return np.where(position >= FAR, -1.0, 2.0 / (1.0 + np.exp(STEEPNESS * near)) - 1.0)


@dataclass(frozen=True)
class Worth:
    """What a detection in each row of a stream is worth, before weights."""

    worth: np.ndarray  # (T,) in windows 0 … 1, outside -1 … 0
    window: np.ndarray  # (T,) int64: number of the window, -1 outside
    first: int  # row behind the probation

    @property
    def windows(self) -> int:
        """How many windows have a row that counts."""
        inside = self.window[self.first :]
        return len(np.unique(inside[inside >= 0]))


def probation_of(rows: int) -> int:
    """How many rows of a stream of so many are probation."""
    return min(int(PROBATION * rows), MOST_PROBATION)


def worth_of(stream: Stream) -> Worth:
    """What detections in a stream are worth."""
    rows = np.arange(len(stream))
    window = np.full(len(stream), -1)
    behind = np.full(len(stream), FAR)  # relative position of what lies outside
    best = scaled_sigmoid(np.array(-1.0))
    for start, end in stream.windows:
        width = end - start + 1
        behind[end + 1 :] = (rows[end + 1 :] - end) / max(width - 1, 1)
    worth = scaled_sigmoid(behind)
    for number, (start, end) in enumerate(stream.windows):
        width = end - start + 1
        window[start : end + 1] = number
        worth[start : end + 1] = scaled_sigmoid(-(end - rows[start : end + 1] + 1) / width) / best
    return Worth(worth, window, probation_of(len(stream)))


class Curve(NamedTuple):
    """Points of a stream by the threshold: from ``thresholds[k]`` down to the next one they are ``points[k]``."""

    thresholds: np.ndarray  # (K,) falling, the first one ``NOTHING``
    points: np.ndarray  # (K,)

    def at(self, thresholds: np.ndarray) -> np.ndarray:
        """Points at other thresholds, of any shape; above all scores those of ``NOTHING``."""
        found = np.searchsorted(-self.thresholds, -np.asarray(thresholds), side="right") - 1
        return self.points[np.maximum(found, 0)]


def curve_of(scores: np.ndarray, worth: Worth, profile: Profile) -> Curve:
    """The points of one stream at every threshold.

    Args:
        scores: (T,) in [0, 1].

    Raises:
        ValueError: other scores than that.
    """
    if scores.shape != worth.worth.shape or not ((scores >= 0.0) & (scores <= 1.0)).all():
        raise ValueError(f"scores are numbers from 0 to 1, one for each of {len(worth.worth)} rows")
    kept = scores[worth.first :]
    order = np.argsort(-kept, kind="stable")
    window, value = worth.window[worth.first :][order], worth.worth[worth.first :][order]
    gain = np.where(window < 0, profile.false_alarm * value, 0.0)
    for number in np.unique(window[window >= 0]):
        at = np.flatnonzero(window == number)
        best = np.maximum.accumulate(value[at])  # the earliest detection is the one that is worth most
        gain[at] = np.diff(best, prepend=-profile.missed)
    total = np.cumsum(gain) - profile.missed * worth.windows
    falling = kept[order]
    last = np.flatnonzero(np.diff(falling, append=-1.0))  # of rows that have the same score
    nothing = -profile.missed * worth.windows
    return Curve(np.concatenate([[NOTHING], falling[last]]), np.concatenate([[nothing], total[last]]))


@dataclass(frozen=True)
class NabScore:
    """A detector on a corpus, by one profile."""

    score: float  # at the threshold that is best on the whole corpus, as NAB reports it
    threshold: float
    elsewhere: float  # each stream at the threshold that is best on all the others
    thresholds: np.ndarray  # (streams,) those


def nab_score(scores: Sequence[np.ndarray], streams: Sequence[Stream], profile: str = "standard") -> NabScore:
    """NAB's score of a detector.

    Args:
        scores: Of each stream, (T,) in [0, 1].
        profile: One of ``PROFILES``.

    Raises:
        ValueError: streams without any window that counts, or scores of another number or range.
    """
    weights, worths = PROFILES[profile], [worth_of(stream) for stream in streams]
    total = sum(worth.windows for worth in worths)
    if not total:
        raise ValueError("NAB's score needs an anomalous window behind the probation, the streams have none")
    curves = [curve_of(own, worth, weights) for own, worth in zip(scores, worths, strict=True)]
    grid = np.unique(np.concatenate([curve.thresholds for curve in curves]))[::-1]
    summed = np.zeros(len(grid))
    for curve in curves:
        summed += curve.at(grid)
    best = int(np.argmax(summed))
    chosen = np.array([grid[int(np.argmax(summed - curve.at(grid)))] for curve in curves])
    apart = sum(float(curve.at(threshold)) for curve, threshold in zip(curves, chosen, strict=True))

    def normalise(points: float) -> float:
        return 100.0 * (points + weights.missed * total) / ((1.0 + weights.missed) * total)

    return NabScore(normalise(float(summed[best])), float(grid[best]), normalise(apart), chosen)
