"""Time series: rows at equal distances, columns with names, and the parts of time for training and testing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86400, "w": 604800, "mo": 0}  # seconds; months have none
CALENDAR = ("hour", "weekday", "yearday", "day")  # columns of ``calendar_of``


@dataclass(frozen=True)
class Series:
    """A series of T rows and C columns. Its arrays are read-only."""

    name: str
    times: np.ndarray | None  # (T,) datetime64[s] of each row; None where the source has no dates
    step: str  # time between two rows: a whole number and s, min, h, d, w or mo, such as "1h"
    values: np.ndarray  # (T, C) float64
    columns: tuple[str, ...]  # (C,)
    targets: tuple[str, ...]  # those that are forecast
    known: tuple[str, ...]  # those that are known in advance, such as a load forecast that was published before
    splits: Mapping[str, tuple[int, int]]  # name -> rows (start, stop): "train", "validation", "test", in time's order
    # Published forecasts of the first target: name -> (T,), NaN where there is none.
    published: Mapping[str, np.ndarray]

    def __len__(self) -> int:
        return len(self.values)

    def column(self, name: str) -> np.ndarray:
        """(T,) one column; ``KeyError`` if there is none."""
        if name not in self.columns:
            raise KeyError(name)
        return self.values[:, self.columns.index(name)]

    @property
    def ordered(self) -> tuple[str, ...]:
        """The columns, the targets first: the order of ``past`` in a layout."""
        return (*self.targets, *(name for name in self.columns if name not in self.targets))


def calendar_of(times: np.ndarray) -> np.ndarray:
    """Hour (0 … 23, with its part), weekday (0 Monday), day of the year (0 …) and days since 1970-01-01.

    Args:
        times: (N,) datetime64.

    Returns:
        (N, 4) float32, the columns ``CALENDAR``; each number is exact but for parts of an hour.
    """
    days = times.astype("datetime64[D]")
    since = days.astype(np.int64)
    hour = (times - days).astype("timedelta64[s]").astype(np.float64) / 3600.0
    yearday = (days - days.astype("datetime64[Y]")).astype(np.int64)
    return np.stack([hour, (since + 3) % 7, yearday, since], axis=-1).astype(np.float32)  # 1970-01-01 was a Thursday


def parse_step(step: str) -> tuple[int, str]:
    """``"15min"`` as (15, "min"); ``ValueError`` for what is no step."""
    found = re.fullmatch(r"([1-9][0-9]{0,8})(s|min|h|d|w|mo)", step, re.ASCII)
    if not found:
        raise ValueError(f"a step is a whole number and one of {', '.join(UNITS)}, such as 15min; got {step!r}")
    return int(found[1]), found[2]


def seconds_of(step: str) -> int:
    """Seconds between two rows; 0 for months, which differ in length."""
    count, unit = parse_step(step)
    return count * UNITS[unit]


def later(times: np.ndarray, step: str, rows: int | np.ndarray) -> np.ndarray:
    """``times`` (…) datetime64[s], moved by so many rows of the step."""
    count, unit = parse_step(step)
    if unit != "mo":
        return times + (np.asarray(rows) * (count * UNITS[unit])).astype("timedelta64[s]")
    month = times.astype("datetime64[M]")
    within = times - month.astype("datetime64[s]")
    return (month + (np.asarray(rows) * count).astype("timedelta64[M]")).astype("datetime64[s]") + within


def times_from(series: Series, rows: np.ndarray) -> np.ndarray:
    """(N,) datetime64[s] of ``rows``, which may lie behind the last one; ``ValueError`` for a series without dates."""
    if series.times is None:
        raise ValueError(f"{series.name} has no dates")
    last = len(series) - 1
    beyond = np.maximum(rows - last, 0)
    return later(series.times[np.minimum(rows, last)], series.step, beyond)
