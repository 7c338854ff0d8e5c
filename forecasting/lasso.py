"""The LASSO by coordinate descent on moments: many targets with one design, each started from what is at hand.

Minimises  b'Gb / 2 - c'b + strength |b|_1  for each column c of C, with G = X'X / n and C = X'Y / n (Friedman, Hastie &
Tibshirani, *Regularization paths for generalized linear models via coordinate descent*, 2010: covariance updates).
"""

import numpy as np
from numba import njit

TOLERANCE = 1e-4  # largest change of a coefficient in the last sweep; columns of X and Y have a spread of 1
MOST_SWEEPS = 1000  # over all coefficients, and as many over those that are not 0 between two of them


@njit(cache=True)
def _sweep(gram, cross, strength, b, q, active):  # type: ignore[no-untyped-def]
    """One pass over the coefficients, or over the ``active`` ones; returns the largest change."""
    worst = 0.0
    for j in range(len(b)):
        g = gram[j, j]
        if g <= 0.0 or (active and b[j] == 0.0):
            continue
        rest = cross[j] - q[j] + g * b[j]
        new = 0.0
        if rest > strength:
            new = (rest - strength) / g
        elif rest < -strength:
            new = (rest + strength) / g
        change = new - b[j]
        if change != 0.0:
            b[j] = new
            for k in range(len(b)):
                q[k] += change * gram[j, k]
            worst = max(worst, abs(change))
    return worst


@njit(cache=True)
def _descend(gram, cross, strength, b, q, tolerance, most):  # type: ignore[no-untyped-def]
    """Each row of ``b`` to its minimum; returns how many did not come there."""
    open_rows = 0
    for h in range(len(b)):
        done = False
        for _ in range(most):
            if _sweep(gram, cross[h], strength, b[h], q[h], False) <= tolerance:
                done = True
                break
            for _ in range(most):
                if _sweep(gram, cross[h], strength, b[h], q[h], True) <= tolerance:
                    break
        open_rows += not done
    return open_rows


def lasso(
    gram: np.ndarray,
    cross: np.ndarray,
    strength: float,
    start: np.ndarray | None = None,
    tolerance: float = TOLERANCE,
    most: int = MOST_SWEEPS,
) -> np.ndarray:
    """The coefficients (K, P) of K targets.

    Args:
        gram: (P, P) X'X / n; a column whose entry on the diagonal is 0 has the coefficient that it began with.
        cross: (K, P) Y'X / n.
        strength: Of the penalty, >= 0.
        start: (K, P) where to begin; 0 by default. The closer, the sooner it is done.
        tolerance: Largest change of a coefficient in the last sweep.

    Raises:
        ValueError: the shapes do not fit, or something is no number; it has not come to an end after ``most`` sweeps.
    """
    gram, cross = np.ascontiguousarray(gram, np.float64), np.ascontiguousarray(cross, np.float64)
    b = np.zeros_like(cross) if start is None else np.array(start, np.float64, order="C")
    if gram.ndim != 2 or cross.ndim != 2 or gram.shape != (cross.shape[1],) * 2 or b.shape != cross.shape:
        raise ValueError(f"moments of shapes {gram.shape}, {cross.shape} and a start of {b.shape} do not fit")
    if not (np.isfinite(gram).all() and np.isfinite(cross).all() and np.isfinite(b).all() and strength >= 0.0):
        raise ValueError("moments or the strength of the LASSO are no numbers; look for NaN in the series")
    if open_rows := _descend(gram, cross, float(strength), b, b @ gram, tolerance, most):
        raise ValueError(f"the LASSO of {open_rows} targets has not come to an end; choose a greater strength")
    return b
