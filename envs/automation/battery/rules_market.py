"""The market of Battery: a series of hourly prices with what is known in advance, held once for all environments."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ....data import generated_prices, tables
from ....data.row_times import parse_times
from ....data.series import Series, calendar_of
from ....data.series_files import Reading
from ....data.series_load import load_series
from ....data.series_sets import SERIES_SETS
from ....utils.untrusted import read_regular
from ..series_choice import pin_series, read_as_it_stands, version_of
from .constants import DAYS, HOURS, YEARDAYS
from .rules_site import site_shapes

COLUMN, FORECAST = "price", "forecast"  # of files of prices, and of forecasts
MARKETS = tuple(name for name, entry in SERIES_SETS.items() if entry.market)
SPLITS = ("train", "test")
PUBLISHED = ("dnn", "lear")  # forecasts of other people, by their names in the series
MOST_TABLE = 2**26  # bytes of a file of forecasts


class Market(NamedTuple):
    """The world of Battery: D days of one split, C columns of which K are known in advance."""

    rows: np.ndarray  # (lookback + 24 D, C) float32, the price first; hour h of day d is row lookback + 24 d + h
    prices: np.ndarray  # (D, 24) €/MWh: those of `rows`, so that the truth of a forecast is what the market pays
    known: np.ndarray  # (D, 24, K) float32
    calendar: np.ndarray  # (D, 4) float32, of each day's first hour: see `calendar_of`
    weekday: np.ndarray  # (D,) int64, 0 Monday
    yearday: np.ndarray  # (D,) int64, 0 … 365
    season: np.ndarray  # (D, 2) sine and cosine of the day of the year as an angle, a year of 366 days being a turn
    month: np.ndarray  # (D,) int64, 0 … 11
    climate: np.ndarray  # (12, 7, 24) float32, mean price of a month, a weekday, an hour in the training split
    clock: np.ndarray  # (24,) -1 in the dearest three hours in a row of its mean day, 1 in the cheapest before, else 0
    dnn: np.ndarray  # (D, 24) float32 published forecasts, NaN where there is none
    lear: np.ndarray
    load_shape: np.ndarray  # (366, 24), see `site_shapes`
    sun_shape: np.ndarray


def load_prices(data: str) -> Series:
    """The series that ``data`` names; of a file all columns but the price are known in advance.

    Raises:
        FileNotFoundError, ValueError: as ``load_series`` says.
    """
    if data == generated_prices.NAME:
        return generated_prices.generate_prices()
    if data in SERIES_SETS:
        return load_series(data)
    return _read_prices(data, version_of(data))


def pin(data: str) -> tuple[str, str]:
    """See ``pin_series``."""
    return pin_series(data, generated_prices.NAME, SERIES_SETS, load_prices)


@lru_cache(maxsize=4)
def _read_prices(path: str, version: tuple[int, int]) -> Series:
    def read() -> Series:
        columns = load_series(path, targets=(COLUMN,), horizon=HOURS).columns
        known = tuple(name for name in columns if name != COLUMN)
        return load_series(path, targets=(COLUMN,), known=known, horizon=HOURS)

    return read_as_it_stands(path, "market", "Battery", (generated_prices.NAME, *MARKETS), read)


def count_weeks(world: Market) -> int:
    """Whole weeks of the split, one after the other."""
    return len(world.prices) // DAYS


def check_prices(series: Series) -> np.ndarray:
    """The times of a series that can be a market; ``ValueError`` in one line if it cannot."""
    if series.times is None:
        raise ValueError(f"{series.name} has no times; Battery needs hourly prices with their dates")
    if series.step != "1h":
        raise ValueError(f"{series.name} is in steps of {series.step}, expected 1h: Battery needs 24 prices a day")
    if COLUMN not in series.columns:
        columns = ", ".join(series.columns)
        raise ValueError(
            f"{series.name} is no market: it has the columns {columns}, and none is called {COLUMN!r}; take "
            f"{', '.join(MARKETS)} or a file with such a column"
        )
    apart = np.flatnonzero(np.diff(series.times) != np.timedelta64(3600, "s"))
    if len(apart):
        where = str(series.times[apart[0] + 1]).replace("T", " ")[:16]
        raise ValueError(
            f"{series.name}: row {apart[0] + 2} ({where}) is not one hour after the row before; Battery needs 24 rows "
            "for every day"
        )
    bad = np.argwhere(~np.isfinite(series.values))
    if len(bad):
        row, column = bad[0]
        raise ValueError(f"{series.name}: row {row + 1}, column {series.columns[column]} holds no number; fill it")
    return series.times


def make_market(data: str, split: str, lookback: int) -> Market:
    """The market of ``split``: the last part of the series is ``test``, all before it ``train``."""
    return _market(data, split, lookback, version_of(data))


@lru_cache(maxsize=4)
def _market(data: str, split: str, lookback: int, version: tuple[int, int]) -> Market:
    series = load_prices(data)
    times = check_prices(series)
    train_stop = series.splits["test"][0]
    midnight = int(np.argmax(calendar_of(times)[:, 0] == 0.0))  # the first row of the first whole day
    first, stop = (0, train_stop) if split == "train" else series.splits["test"]
    first = max(first, lookback)
    first += (midnight - first) % HOURS
    days = (stop - first) // HOURS
    if days < DAYS:
        raise ValueError(
            f"the {split} split of {series.name} has {max(days, 0)} whole days after a look-back of {lookback} h, "
            f"expected {DAYS} or more; take a longer series or a smaller lookback"
        )
    stop = first + HOURS * days
    values = series.values[:, [series.columns.index(name) for name in series.ordered]].astype(np.float32)
    calendar = calendar_of(times)
    known = np.stack([series.column(name)[first:stop] for name in series.known], axis=-1) if series.known else None
    climate = _climate(values[:train_stop, 0], calendar[:train_stop], times[:train_stop])
    published = {}
    for name in PUBLISHED:
        all_rows = series.published.get(name)
        published[name] = (
            np.full((days, HOURS), np.nan, np.float32)
            if all_rows is None
            else all_rows[first:stop].reshape(days, HOURS).astype(np.float32)
        )
    load_shape, sun_shape = site_shapes()
    midnights = slice(first, stop, HOURS)
    angle = 2.0 * np.pi * calendar[midnights, 2].astype(np.float64) / YEARDAYS
    market = Market(
        rows=values[first - lookback : stop],
        prices=values[first:stop, 0].reshape(days, HOURS).astype(np.float64),
        known=(np.zeros((days, HOURS, 0)) if known is None else known.reshape(days, HOURS, -1)).astype(np.float32),
        calendar=calendar[midnights],
        weekday=calendar[midnights, 1].astype(np.int64),
        yearday=calendar[midnights, 2].astype(np.int64),
        season=np.round(np.stack([np.sin(angle), np.cos(angle)], axis=-1), 6),  # the same on every machine
        month=_month(times[midnights]),
        climate=climate.astype(np.float32),
        clock=_clock(climate.mean(axis=(0, 1))),
        dnn=published["dnn"],
        lear=published["lear"],
        load_shape=load_shape,
        sun_shape=sun_shape,
    )
    for array in market:
        array.flags.writeable = False
    return market


def _month(times: np.ndarray) -> np.ndarray:
    return times.astype("datetime64[M]").astype(np.int64) % 12


def _climate(prices: np.ndarray, calendar: np.ndarray, times: np.ndarray) -> np.ndarray:
    """(12, 7, 24) mean price by month, weekday and hour; where a month has no such day, the mean of the others."""
    hour, weekday, month = calendar[:, 0].astype(int), calendar[:, 1].astype(int), _month(times)
    sums, counts = np.zeros((12, 7, HOURS)), np.zeros((12, 7, HOURS))
    np.add.at(sums, (month, weekday, hour), prices)
    np.add.at(counts, (month, weekday, hour), 1.0)
    of_weekday = sums.sum(axis=0) / counts.sum(axis=0)
    return np.where(counts > 0, sums / np.maximum(counts, 1.0), of_weekday)


def _clock(day: np.ndarray) -> np.ndarray:
    """Buy in the cheapest three hours in a row of a mean ``day`` (24,), and sell in the dearest three after them."""
    three = day[:-2] + day[1:-1] + day[2:]
    pairs = [(buy, sell) for buy in range(len(three)) for sell in range(buy + 3, len(three))]
    buy, sell = max(pairs, key=lambda pair: three[pair[1]] - three[pair[0]])
    clock = np.zeros(HOURS)
    clock[buy : buy + 3], clock[sell : sell + 3] = 1.0, -1.0
    return clock


def columns_of(data: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns of a market, the price first, and those of them that are known in advance."""
    series = load_prices(data)
    return series.ordered, series.known


def published(world: Market, name: str) -> np.ndarray:
    """(D, 24) the published forecasts ``name`` of the market's days; ``ValueError`` if there is none at all."""
    table: np.ndarray = getattr(world, name)
    if np.isnan(table).all():
        raise ValueError(
            f"published-{name} forecasts the test splits of {', '.join(MARKETS)} alone; choose such a market with "
            "data=epf-de, split=test, or another filling"
        )
    return table


def read_table(path: str | Path, world: Market) -> np.ndarray:
    """(D, 24) forecasts from a CSV: its times, and €/MWh in the column ``forecast``, or in the first that is no time.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no such table, or names a time twice; NaN stands where it names no time of the split.
    """
    source = str(path)
    try:
        data = read_regular(Path(path), MOST_TABLE)
    except FileNotFoundError:
        raise FileNotFoundError(f"{source} does not exist; expected a CSV with a time and a column forecast") from None
    table = tables.read_table(data, source, Reading().times_among, _all_but_forecast)
    ((column, cells),) = table.texts.items()
    if not table.columns:
        raise ValueError(f"{source} has the column {column} alone; expected a time and a forecast")
    times = parse_times(cells, source, table.rows, column)
    hours = times.astype("datetime64[h]")
    if (hours != times).any():
        i = int(np.argmax(hours != times))
        where = tables.place(source, int(table.rows[i]), column)
        raise ValueError(f"{where}: {times[i]} is no full hour; a day has 24 forecasts, one for each hour")
    start = np.datetime64(int(world.calendar[0, 3]), "D").astype("datetime64[h]")
    at = (hours - start).astype(np.int64)
    inside = np.flatnonzero((at >= 0) & (at < world.prices.size))
    _, first = np.unique(at[inside], return_index=True)
    if len(first) < len(inside):
        i = inside[np.setdiff1d(np.arange(len(inside)), first)[0]]
        raise ValueError(f"{tables.place(source, int(table.rows[i]), column)}: {times[i]} stands there twice; keep one")
    found = np.full(world.prices.size, np.nan)
    found[at[inside]] = table.values[inside, 0]
    return found.reshape(-1, HOURS)


def _all_but_forecast(names: Sequence[str]) -> Sequence[str]:
    """What is not looked at in a table of forecasts."""
    (time,) = Reading().times_among(names)
    others = [name for name in names if name != time]
    return [name for name in others if name != (FORECAST if FORECAST in others else others[0])]
