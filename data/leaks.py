"""Leaks: a column that is said to be known in advance, and holds what is to be forecast.

It need not be the same numbers: another unit or another sign is as good, and so is the target of an hour before, as
long as that lies behind the origin. Who only forecasts well is not accused: it must agree to a thousandth of the
target's spread, in nearly all rows in which the target is not at its most frequent value (the zeros of rain, the
nights of a solar plant, prove nothing).
"""

import numpy as np

from ..utils.wording import in_line
from .series import Series
from .tables import SHOWN

AGREES = 1e-3  # of the target's standard deviation, after rounding a price to cents
NEARLY_ALL = 0.97  # share of the rows that agree
LOOKED_AT = 2000  # rows at first, of which all are looked at where they agree
LEAST = 48  # rows, without which nothing is said
LATER = 24  # rows after, that a column may run ahead of the target


def check_leaks(series: Series, horizon: int) -> None:
    """``ValueError`` if a known column gives a target away to a forecast of ``horizon`` rows, with both names."""
    for known in series.known:
        for target in series.targets:
            shift = find_leak(series.column(known), series.column(target), horizon)
            if shift is None:
                continue
            when = "in the same row" if shift == 0 else f"{abs(shift)} rows {'later' if shift > 0 else 'before'}"
            raise ValueError(
                f"{series.name}: the column {in_line(known, SHOWN)}, said to be known in advance, holds the target "
                f"{in_line(target, SHOWN)} ({when}); nobody knows that at the origin: take it out of --known"
            )


def find_leak(known: np.ndarray, target: np.ndarray, horizon: int) -> int | None:
    """The shift s, nearest to 0, for which known[t] says target[t + s]; ``None`` if there is none.

    Args:
        known, target: (T,); NaN where there is no number.
        horizon: A target of as many rows before, or more, is known at every origin and is no leak.
    """
    for shift in sorted(range(1 - horizon, LATER + 1), key=abs):
        x, y = _aligned(known, target, shift)
        some = slice(None, None, max(1, len(y) // LOOKED_AT))
        if _agree(x[some], y[some]) and _agree(x, y):
            return shift
    return None


def _aligned(known: np.ndarray, target: np.ndarray, shift: int) -> tuple[np.ndarray, np.ndarray]:
    count = len(target) - abs(shift)
    if count <= 0:
        return known[:0], target[:0]
    return (known[:count], target[shift:]) if shift >= 0 else (known[-count:], target[:count])


def _agree(known: np.ndarray, target: np.ndarray) -> bool:
    both = np.isfinite(known) & np.isfinite(target)
    known, target = known[both], target[both]
    if len(target) < LEAST:
        return False
    values, counts = np.unique(target, return_counts=True)
    telling = target != values[counts.argmax()] if counts.max() > 1 else np.ones(len(target), np.bool_)
    x, y = known[telling], target[telling]
    if len(y) < LEAST or not x.std() or not y.std():
        return False
    slope = ((x - x.mean()) * (y - y.mean())).mean() / x.var()
    off = [np.abs(guess - y) for guess in (x, y.mean() + slope * (x - x.mean()))]
    return any((one <= AGREES * y.std()).mean() >= NEARLY_ALL for one in off)
