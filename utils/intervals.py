"""Intervals of means that were measured a few times."""

from collections.abc import Sequence

import numpy as np

# The 97.5 % quantile of Student's t for 1 … 9 degrees of freedom; beyond, 1.96 + 2.5 / n is right to 0.01.
STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)


def student_interval(values: Sequence[float]) -> tuple[float, float]:
    """95 % interval of the mean over seeds, by Student's t; NaN for a single one, which says nothing about others."""
    mean, freedom = float(np.mean(values)), len(values) - 1
    if freedom < 1:
        return float("nan"), float("nan")
    quantile = STUDENT[freedom - 1] if freedom <= len(STUDENT) else 1.96 + 2.5 / freedom
    half = quantile * float(np.std(values, ddof=1)) / len(values) ** 0.5
    return mean - half, mean + half
