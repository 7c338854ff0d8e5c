"""Detectors judged on labelled streams by all figures, and thresholds where nothing is labelled."""

from collections.abc import Sequence

import numpy as np

from ...data.streams.stream import Stream
from .nab_score import NOTHING, PROFILES, nab_score
from .vus import BUFFER, mean_vus_pr

ELSEWHERE = "-elsewhere"  # of a figure whose threshold was chosen on the other streams


def judge(
    scores: Sequence[np.ndarray],
    streams: Sequence[Stream],
    each: Sequence[np.ndarray] | None = None,
    buffer: int = BUFFER,
) -> dict[str, float]:
    """NAB's score by each profile and VUS-PR of anything that gives scores.

    Args:
        scores: Of each stream, (T,) in [0, 1].
        each: The same for VUS-PR, which asks how strange every row is; by default ``scores``. Those of a detector that
            waits after an alarm are 0 where it waits.
        buffer: Of VUS-PR, rows.

    Returns:
        ``NAB-standard``, ``NAB-low-FP``, ``NAB-low-FN``: each at the threshold that is best on all streams, and with
        ``-elsewhere`` where each stream has the one that is best on the others (which needs two streams with windows);
        ``VUS-PR``, the mean over streams with windows.

    Raises:
        ValueError: no stream has a window that counts; or scores of another number or range.
    """
    figures = {}
    several = sum(len(stream.windows) > 0 for stream in streams) > 1
    for profile in PROFILES:
        found = nab_score(scores, streams, profile)
        figures[f"NAB-{profile}"] = found.score
        if several:
            figures[f"NAB-{profile}{ELSEWHERE}"] = found.elsewhere
    figures["VUS-PR"] = mean_vus_pr(scores if each is None else each, streams, buffer)
    return figures


def threshold_for(scores: Sequence[np.ndarray], false_alarms: float) -> float:
    """The lowest threshold at which at most this share of all rows are alarms: where nothing is labelled, false ones.

    A detector that ranks among the past gives a row of a stream without change a score of 1 - p or more with a chance
    of p; what it gave the streams here is counted, and no chance is assumed.
    One row may always be an alarm, however few there are. Where more rows than may share the highest score, none is:
    ``NOTHING``.
    """
    every = np.sort(np.concatenate(list(scores)))[::-1]
    allowed = max(int(false_alarms * len(every)), 1)
    found, counts = np.unique(every, return_counts=True)
    fitting = np.cumsum(counts[::-1]) <= allowed
    return float(found[::-1][fitting][-1]) if fitting.any() else NOTHING


def alarms_of(scores: np.ndarray, threshold: float) -> np.ndarray:
    """(T,) bool: which rows are alarms."""
    return scores >= threshold
