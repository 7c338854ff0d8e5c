"""Confidence intervals of means: by bootstrap, by Student's t, and by the normal distribution. All of them 95 %."""

import math
from collections.abc import Sequence

import numpy as np

RESAMPLES = 2000  # of the bootstrap
NORMAL = 1.96  # the 97.5 % quantile of the normal distribution
FEWEST = 3  # values of which Student's interval is given: that of two is 13 of their standard errors wide
# The same of Student's t for 1 … 9 degrees of freedom; beyond, 1.96 + 2.5 / n is right to 0.01.
STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)


def bootstrap_interval(values: np.ndarray) -> tuple[float, float]:
    """The ends of the interval of the mean of ``values`` (N,): percentiles of resampled means, with a fixed seed.

    For many values of any distribution, such as the returns of episodes. Each costs 16 bytes times ``RESAMPLES``.
    """
    rows = np.random.default_rng(0).integers(0, len(values), (RESAMPLES, len(values)))
    low, high = np.percentile(values[rows].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


def student_interval(values: Sequence[float]) -> tuple[float, float]:
    """The ends of the interval of the mean of a few values, such as one per seed.

    NaN for fewer than ``FEWEST``: a single one says nothing about others, and of two the interval reaches far beyond
    what can be (a share above 1).
    """
    mean, freedom = float(np.mean(values)), len(values) - 1
    if len(values) < FEWEST:
        return float("nan"), float("nan")
    quantile = STUDENT[freedom - 1] if freedom <= len(STUDENT) else NORMAL + 2.5 / freedom
    half = quantile * float(np.std(values, ddof=1)) / len(values) ** 0.5
    return mean - half, mean + half


def half_said(mean: float, high: float, decimals: int) -> str:
    """``12.30 ± 0.45``: a mean with half of its interval, whose upper end is ``high``; alone where that is NaN."""
    said = f"{mean:.{decimals}f}"
    return said if math.isnan(high) else f"{said} ± {high - mean:.{decimals}f}"


def normal_interval(values: np.ndarray) -> tuple[float, float]:
    """The mean of hundreds of values (N,), and half the width of its interval."""
    return float(values.mean()), NORMAL * float(values.std(ddof=1)) / math.sqrt(len(values))
