"""Time series: rows at equal distances, columns with names, and the parts of time for training and testing."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

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
