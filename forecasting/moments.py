"""Moments of windows, from which linear maps follow: sums of products of their rows, over all windows and targets.

Of windows at successive rows, as benchmarks have them, neighbours along a diagonal differ by one product that leaves
and one that enters: T (L + H) operations for T rows, where multiplying the windows out takes T (L + H)^2.
"""

import numpy as np
from numba import njit

from .windows import Scaler, Windows, ordered_values

LEVELS = ("last", "mean")  # what a window's rows are measured from: its last row that is seen, or the mean of those


@njit(cache=True)
def _sum_products(x, count, out):  # type: ignore[no-untyped-def]
    """Add the sum over t < count of the outer product of x[t : t + S] with itself, S = len(out), to ``out``."""
    size = len(out)
    for j in range(size):
        total = 0.0
        for t in range(count):
            total += x[t] * x[t + j]
        row, column = 0, j
        while True:
            out[row, column] += total
            if row != column:
                out[column, row] += total
            if column + 1 == size:
                break
            total += x[count + row] * x[count + column] - x[row] * x[column]
            row, column = row + 1, column + 1


def sum_products(windows: Windows, scaler: Scaler, target: int) -> np.ndarray:
    """(L + H, L + H): the products of the rows of one target, seen and coming, over all windows; in its spreads.

    Raises:
        ValueError: a row is no number.
    """
    size = windows.lookback + windows.horizon
    x = (ordered_values(windows.series)[:, target] - scaler.mean[target]) / scaler.std[target]
    first, count = int(windows.origins[0]) - windows.lookback, len(windows)
    x = np.ascontiguousarray(x[first : int(windows.origins[-1]) + windows.horizon])
    if not np.isfinite(x).all():
        row = first + int(np.argmin(np.isfinite(x)))
        raise ValueError(
            f"{windows.series.name}, row {row + 1}, column {windows.series.targets[target]}: no number; fill it "
            "(--repair), or leave the column out"
        )
    if (np.diff(windows.origins) == 1).all():
        out = np.zeros((size, size))
        _sum_products(x, count, out)
        return out
    cut = np.lib.stride_tricks.sliding_window_view(x, size)[windows.origins - windows.origins[0]]
    return cut.T @ cut


def levelled(products: np.ndarray, lookback: int, level: str) -> np.ndarray:
    """The products of windows measured from their ``level``, from those of windows as they are."""
    weights = np.zeros(len(products))
    weights[lookback - 1 if level == "last" else slice(lookback)] = 1.0 if level == "last" else 1.0 / lookback
    along = products @ weights
    return products - along - along[:, None] + weights @ along


def ridge(gram: np.ndarray, cross: np.ndarray, strengths: list[float]) -> list[np.ndarray]:
    """(P, K) coefficients for each strength, in multiples of the mean of the diagonal of ``gram``.

    Each minimises the squared error and strength x mean x the squared coefficients; ``gram`` (P, P) is X'X, ``cross``
    (P, K) is X'Y (Hoerl & Kennard 1970). A direction without any variance has the coefficient 0.
    """
    values, vectors = np.linalg.eigh(gram)
    mean = max(float(values.mean()), np.finfo(float).tiny)
    projected = vectors.T @ cross
    found = []
    for strength in strengths:
        shrunk = values + strength * mean
        usable = shrunk > 1e-12 * values[-1]
        found.append(vectors @ np.where(usable[:, None], projected / np.where(usable, shrunk, 1.0)[:, None], 0.0))
    return found


def squared_error(products: np.ndarray, weights: np.ndarray) -> float:
    """The sum of squared errors of the map ``weights`` (L, H) in windows with these ``products``."""
    lookback = len(weights)
    gram, cross, rest = products[:lookback, :lookback], products[:lookback, lookback:], products[lookback:, lookback:]
    return float((weights * (gram @ weights)).sum() - 2.0 * (weights * cross).sum() + np.trace(rest))
