"""Quantiles of numbers that are forecast: the median among them, and how right they are."""

from collections.abc import Sequence
from typing import Any

import numpy as np


def point_of(forecast: Any, quantiles: Sequence[float]) -> Any:
    """The single numbers (…) of quantiles (…, Q), an array or a tensor: the median, between its neighbours where it is
    no level.
    """
    levels = np.asarray(quantiles)
    above = int(np.clip(np.searchsorted(levels, 0.5), 1, len(levels) - 1)) if len(levels) > 1 else 0
    if len(levels) == 1 or levels[above] == 0.5:
        return forecast[..., above]
    share = np.clip((0.5 - levels[above - 1]) / (levels[above] - levels[above - 1]), 0.0, 1.0)
    return forecast[..., above - 1] * (1.0 - share) + forecast[..., above] * share


def pinball(truth: np.ndarray, forecast: np.ndarray, quantiles: Sequence[float] | np.ndarray) -> np.ndarray:
    """(…, Q) pinball losses of quantiles (…, Q) of the numbers (…); Koenker & Bassett 1978."""
    levels, error = np.asarray(quantiles), truth[..., None].astype(np.float64) - forecast
    return np.maximum(levels * error, (levels - 1.0) * error)


def covered(truth: np.ndarray, forecast: np.ndarray) -> np.ndarray:
    """(…) whether the numbers lie between the lowest and the highest of their quantiles (…, Q)."""
    return (forecast[..., 0] <= truth) & (truth <= forecast[..., -1])
