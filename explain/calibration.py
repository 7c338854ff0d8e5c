"""Calibration of a classifier: whether what it is sure of by 80 % is right in 80 % of the cases, and how to mend it.

Reliability diagrams and the expected calibration error in bins of equal width (Naeini et al. 2015), and temperature
scaling (Guo et al. 2017, *On Calibration of Modern Neural Networks*): one number, fitted on data held out, by which all
logits are divided. It changes no class, only how sure of it the classifier is.
"""

from dataclasses import dataclass

import numpy as np

BINS = 15  # of confidence, as in Guo et al.
COLDEST, HOTTEST = 0.05, 20.0  # temperatures that are tried
NARROW = 1e-4  # of the logarithm of a temperature, where the search ends
LEAST = 1e-12  # a probability below is taken for this


@dataclass(frozen=True)
class Bin:
    """The answers whose confidence lies between ``low`` and ``high``; NaN where there are none."""

    low: float
    high: float
    count: int
    confidence: float  # mean
    accuracy: float


def check_answers(p: np.ndarray, labels: np.ndarray) -> None:
    """``ValueError`` unless these are probabilities (N, K) and labels (N,) of one or more pictures."""
    if p.ndim != 2 or p.shape[1] < 2 or labels.shape != p.shape[:1] or not len(p):
        raise ValueError(f"calibration needs probabilities (N, K) and labels (N,), got {p.shape} and {labels.shape}")
    sums = p.sum(axis=1)
    if not np.isfinite(p).all() or (p < 0.0).any() or (np.abs(sums - 1.0) > 1e-2).any():
        raise ValueError(f"calibration needs probabilities that sum to 1, got sums {sums.min():.3g} … {sums.max():.3g}")


def reliability(p: np.ndarray, labels: np.ndarray, bins: int = BINS) -> list[Bin]:
    """Confidence beside accuracy, in bins of equal width; probabilities (N, K), labels (N,)."""
    check_answers(p, labels)
    confidence, right = p.max(axis=1), p.argmax(axis=1) == labels
    place = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)  # a bin holds its upper end
    found = []
    for k in range(bins):
        own = place == k
        count = int(own.sum())
        means = (float(confidence[own].mean()), float(right[own].mean())) if count else (float("nan"),) * 2
        found.append(Bin(k / bins, (k + 1) / bins, count, *means))
    return found


def calibration_error(bins: list[Bin]) -> float:
    """The expected calibration error, 0 … 1: |accuracy - confidence|, weighted by how many answers a bin has."""
    total = sum(one.count for one in bins)
    return sum(one.count * abs(one.accuracy - one.confidence) for one in bins if one.count) / total


def log_loss(p: np.ndarray, labels: np.ndarray) -> float:
    """The mean negative log probability of the labels, in nats."""
    return float(-np.log(np.maximum(p[np.arange(len(p)), labels], LEAST)).mean())


def tempered(p: np.ndarray, temperature: float) -> np.ndarray:
    """Probabilities (N, K) as they are with logits divided by ``temperature``; above 1 it is less sure.

    Logits are taken for the logarithms of ``p``, which they are but for a constant.

    Raises:
        ValueError: a temperature that is not above 0.
    """
    if not 0.0 < temperature < np.inf:
        raise ValueError(f"a temperature must be above 0, got {temperature}")
    logits = np.log(np.maximum(p.astype(np.float64), LEAST)) / temperature
    odds = np.exp(logits - logits.max(axis=1, keepdims=True))
    return odds / odds.sum(axis=1, keepdims=True)


def fit_temperature(p: np.ndarray, labels: np.ndarray) -> float:
    """The temperature with the least log loss.

    That is convex in 1 / temperature, so that a golden-section search finds it.
    """
    check_answers(p, labels)
    golden = (5.0**0.5 - 1.0) / 2.0
    low, high = np.log(COLDEST), np.log(HOTTEST)

    def loss(place: float) -> float:
        return log_loss(tempered(p, float(np.exp(place))), labels)

    left, right = high - golden * (high - low), low + golden * (high - low)
    at_left, at_right = loss(left), loss(right)
    while high - low > NARROW:
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - golden * (high - low)
            at_left = loss(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + golden * (high - low)
            at_right = loss(right)
    return float(np.exp((low + high) / 2.0))
