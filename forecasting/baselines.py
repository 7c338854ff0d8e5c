"""Naive forecasters made for a series: their seasons, and the means of a climatology from its rows."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import torch

from ..data.series import Series, calendar_of, parse_step, seconds_of
from .models.forecaster import Forecaster, spaces_of
from .models.naive import GROUPS, Climatology, Naive, SeasonalNaive
from .windows import Windows, is_day_ahead, layout_of, ordered_values, usual_sizes

SEASONS = {"s": 60, "min": 1440, "h": 24, "d": 7, "w": 52, "mo": 12}  # units in the season that is tried first
PERSISTENCE, SEASONAL, CLIMATOLOGY = "persistence", "seasonal naive", "climatology"  # what a reader calls them
DAY, WEEK = 86400, 604800  # seconds


def usual_period(series: Series) -> int:
    """Rows in a season: a minute of seconds, a day of minutes and hours, a week of days, a year of weeks and months."""
    count, unit = parse_step(series.step)
    return max(1, SEASONS[unit] // count)


def _ends(series: Series, horizon: int, lookback: int) -> tuple:
    windows = Windows(series, np.empty(0, np.int64), horizon, lookback)
    return spaces_of(windows.layout, windows.output)


def make_naive(series: Series, horizon: int | None = None, lookback: int | None = None, data: str = "") -> Naive:
    """The last row again and again; sizes are the usual ones where they are left out."""
    usual = usual_sizes(series)
    horizon, lookback = horizon or usual[0], lookback or usual[1]
    layout = layout_of(series, horizon, lookback).to_json()
    return Naive(*_ends(series, horizon, lookback), layout=layout, data=data or series.name)


def season_rows(series: Series, horizon: int) -> int:
    """Rows that the season before lies back: of day-ahead series a week, because of the rule of days."""
    period = usual_period(series)
    return 7 * period if has_days(series, horizon, period) else period


def has_days(series: Series, horizon: int, period: int) -> bool:
    """Whether the rule of days is the usual one."""
    return is_day_ahead(series) and horizon <= period


def make_seasonal(
    series: Series,
    horizon: int | None = None,
    lookback: int | None = None,
    period: int | None = None,
    days: bool | None = None,
    data: str = "",
) -> SeasonalNaive:
    """The season before; of day-ahead series by the rule of days, where ``period`` and ``days`` are left out.

    Raises:
        ValueError: the look-back is shorter than the season.
    """
    usual = usual_sizes(series)
    horizon = horizon or usual[0]
    period = period or usual_period(series)
    days = has_days(series, horizon, period) if days is None else days
    lookback = lookback or max(usual[1], 7 * period if days else period)
    layout = layout_of(series, horizon, lookback).to_json()
    ends = _ends(series, horizon, lookback)
    return SeasonalNaive(*ends, layout=layout, period=period, days=days, data=data or series.name)


def make_climatology(
    series: Series,
    horizon: int | None = None,
    lookback: int | None = None,
    by: Sequence[str] | None = None,
    rows: tuple[int, int] | None = None,
    data: str = "",
) -> Climatology:
    """Means of the rows (start, stop), by default of the training part.

    Args:
        by: What is told apart, of hour, weekday and month. ``None``: what has the smallest mean absolute error in the
            validation part, in units of each target's spread; with ``rows``, in the last fifth of them.

    Raises:
        ValueError: ``by`` names something else; no rows.
    """
    usual = usual_sizes(series)
    horizon, lookback = horizon or usual[0], lookback or usual[1]
    ends = _ends(series, horizon, lookback)
    start, stop = rows or series.splits["train"]
    if stop <= start:
        raise ValueError(f"{series.name} has no rows before the origin to take means of")
    values = ordered_values(series)[:, : len(series.targets)]
    if by is None:
        cut = stop - max(1, (stop - start) // 5)
        learned = slice(start, cut) if rows else slice(start, stop)
        held = slice(cut, stop) if rows else slice(*series.splits["validation"])
        by = _choose(series, values, learned, held)
    layout = layout_of(series, horizon, lookback).to_json()
    net = Climatology(*ends, layout=layout, by=by, data=data or series.name)
    net.means.copy_(torch.from_numpy(means_by(values, groups_of(series), net.by, slice(start, stop))))
    return net


def naive_rivals(
    series: Series, horizon: int, lookback: int, rows: tuple[int, int] | None = None
) -> dict[str, Forecaster]:
    """Naive forecasters for the same windows by name; the season before only where the look-back holds one.

    Args:
        rows: Those (start, stop) of whose means the climatology is made; by default the training part.
    """
    period = usual_period(series)
    found: dict[str, Forecaster] = {PERSISTENCE: make_naive(series, horizon, lookback)}
    if period > 1 and lookback >= season_rows(series, horizon):
        found[SEASONAL] = make_seasonal(series, horizon, lookback)
    found[CLIMATOLOGY] = make_climatology(series, horizon, lookback, rows=rows)
    return found


def groups_of(series: Series) -> dict[str, np.ndarray]:
    """Hour, weekday and month of each row (T,) int64, as far as the step leaves them apart; {} without dates."""
    if series.times is None:
        return {}
    calendar = calendar_of(series.times)
    month = series.times.astype("datetime64[M]").astype(np.int64) % 12
    found = {"hour": calendar[:, 0].astype(np.int64), "weekday": calendar[:, 1].astype(np.int64), "month": month}
    seconds = seconds_of(series.step)
    kept = {"hour": 0 < seconds < DAY, "weekday": 0 < seconds < WEEK, "month": True}
    return {name: found[name] for name in GROUPS if kept[name]}


def means_by(values: np.ndarray, groups: dict[str, np.ndarray], by: Sequence[str], rows: slice) -> np.ndarray:
    """(*sizes of the groups ``by``, T): the mean of each cell over ``rows`` of ``values`` (rows, T).

    A cell without rows has the mean of all, and to it what each of its groups is off.
    """
    part = values[rows]
    mean = part.mean(axis=0)
    if not by:
        return mean
    sizes = tuple(GROUPS[name] for name in by)
    filled = np.broadcast_to(mean, (*sizes, len(mean))).copy()
    for axis, name in enumerate(by):
        one = _means(part, groups[name][rows], GROUPS[name])
        off = np.where(np.isfinite(one), one - mean, 0.0)
        filled += off.reshape(*(sizes[axis] if i == axis else 1 for i in range(len(sizes))), len(mean))
    cell = np.ravel_multi_index([groups[name][rows] for name in by], sizes)
    found = _means(part, cell, int(np.prod(sizes))).reshape(filled.shape)
    return np.where(np.isfinite(found), found, filled)


def _means(values: np.ndarray, cell: np.ndarray, cells: int) -> np.ndarray:
    """(cells, T) means of the rows of each cell; NaN where there is none."""
    count = np.bincount(cell, minlength=cells)[:, None]
    total = np.stack([np.bincount(cell, column, cells) for column in values.T], axis=1)
    return np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0)


def _choose(series: Series, values: np.ndarray, learned: slice, held: slice) -> tuple[str, ...]:
    groups = groups_of(series)
    spread = values[learned].std(axis=0)
    spread = np.where(spread > 0.0, spread, 1.0)
    best: tuple[float, tuple[str, ...]] = (np.inf, ())
    for by in (some for count in range(len(groups) + 1) for some in combinations(groups, count)):
        means = means_by(values, groups, by, learned)
        guess = means[tuple(groups[name][held] for name in by)] if by else means
        error = float((np.abs(values[held] - guess) / spread).mean())
        if error < best[0]:
            best = error, by
    return best[1]
