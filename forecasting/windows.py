"""Windows of a series: what a forecaster is shown at an origin, and what came after it, a batch at a time.

An origin is the first row that is forecast. Rows before it are seen, of those from it on only the columns that are
known in advance. Every row is an origin; of day-ahead series (hourly, with such columns) only midnights are, as the
markets have it. Windows of the validation and the test part may reach back by the look-back into the part before.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..components.layout import Layout, Part
from ..data.series import CALENDAR, Series, calendar_of, parse_step, times_from
from ..utils.wording import counted, did_you_mean

BATCH = 256  # windows
DAY = 24  # rows of an hourly series
# Unit of the step -> (rows that are forecast, rows that are seen), where nobody says otherwise.
USUAL = {"s": (96, 336), "min": (96, 336), "h": (96, 336), "d": (14, 84), "w": (24, 104), "mo": (12, 36)}
USUAL_DAY_AHEAD = (DAY, 28 * DAY)


def is_day_ahead(series: Series) -> bool:
    """Whether each day is forecast at its midnight: hourly rows with dates, and columns that are known in advance."""
    return series.step == "1h" and bool(series.known) and series.times is not None


def usual_sizes(series: Series) -> tuple[int, int]:
    """Horizon and look-back in rows, where nobody says otherwise."""
    return USUAL_DAY_AHEAD if is_day_ahead(series) else USUAL[parse_step(series.step)[1]]


def layout_of(series: Series, horizon: int, lookback: int) -> Layout:
    """What a forecaster of a series is shown: see ``forecasting/models/forecaster.py``."""
    parts = [Part("past", (lookback, len(series.columns)), series.ordered, series.step)]
    if series.known:
        parts.append(Part("known", (horizon, len(series.known)), series.known, series.step))
    if series.times is not None:
        parts.append(Part("calendar", (len(CALENDAR),), CALENDAR))
    return Layout(tuple(parts))


@dataclass(frozen=True)
class Scaler:
    """Mean and standard deviation of each column in the training part; 1 for a column that is constant there."""

    mean: np.ndarray  # (C,) float64, in the order of ``Series.ordered``
    std: np.ndarray  # (C,) float64

    @staticmethod
    def fit(series: Series) -> "Scaler":
        values = part_of(series, "train")
        std = values.std(axis=0)
        return Scaler(values.mean(axis=0), np.where(std > 0.0, std, 1.0))


def ordered_values(series: Series) -> np.ndarray:
    """(T, C) float64, the columns in the order of ``Series.ordered``."""
    return series.values[:, [series.columns.index(name) for name in series.ordered]]


def part_of(series: Series, split: str) -> np.ndarray:
    """(rows, C) float64 of a split, the columns in the order of ``Series.ordered``."""
    start, stop = _rows_of(series, split)
    return ordered_values(series)[start:stop]


def _rows_of(series: Series, split: str) -> tuple[int, int]:
    if split not in series.splits:
        raise ValueError(f"{series.name} has no part {split!r}{did_you_mean(split, series.splits)}")
    return series.splits[split]


def origins_of(series: Series, split: str, horizon: int, lookback: int) -> np.ndarray:
    """(N,) int64, the origins of a split whose windows are whole: all of them, rising.

    Raises:
        ValueError: there are none, with the rows that are there and those that are needed.
    """
    start, stop = _rows_of(series, split)
    rows = np.arange(max(start, lookback), stop - horizon + 1)
    if is_day_ahead(series):
        assert series.times is not None
        rows = rows[series.times[rows] == series.times[rows].astype("datetime64[D]")]
    if not len(rows):
        reach = stop if start < lookback else stop - start
        need = lookback + horizon if start < lookback else horizon
        raise ValueError(
            f"the {split} part of {series.name} is too short: {counted(reach, 'row')}, a look-back of {lookback} and a "
            f"horizon of {horizon} need {need} or more; take shorter ones, or a longer series"
        )
    return rows


@dataclass(frozen=True)
class Windows:
    """Windows at some origins of a series.

    Raises:
        ValueError: a window begins before the series.
    """

    series: Series
    origins: np.ndarray  # (N,) int64
    horizon: int
    lookback: int

    def __post_init__(self) -> None:
        if self.horizon < 1 or self.lookback < 1:
            raise ValueError(f"horizon and look-back are 1 row or more, got {self.horizon} and {self.lookback}")
        if len(self.origins) and self.origins.min() < self.lookback:
            raise ValueError(
                f"the window at row {self.origins.min()} of {self.series.name} begins before it; a look-back of "
                f"{self.lookback} needs as many rows"
            )

    @staticmethod
    def of(series: Series, split: str, horizon: int | None = None, lookback: int | None = None) -> "Windows":
        """All windows of a split; horizon and look-back are the usual ones where they are left out."""
        usual = usual_sizes(series)
        horizon, lookback = horizon or usual[0], lookback or usual[1]
        return Windows(series, origins_of(series, split, horizon, lookback), horizon, lookback)

    def __len__(self) -> int:
        return len(self.origins)

    @property
    def layout(self) -> Layout:
        return layout_of(self.series, self.horizon, self.lookback)

    @property
    def output(self) -> tuple[int, ...]:
        """Shape of the truth of one window: (H,) of one target, (H, T) of several."""
        count = len(self.series.targets)
        return (self.horizon,) if count == 1 else (self.horizon, count)

    @cached_property
    def _values(self) -> np.ndarray:
        return ordered_values(self.series).astype(np.float32)

    @cached_property
    def _known(self) -> np.ndarray:
        return np.stack([self.series.column(name) for name in self.series.known], axis=1).astype(np.float32)

    def inputs(self, index: slice | np.ndarray) -> np.ndarray:
        """(n, layout.size) float32, what is seen at the origins ``index``.

        Raises:
            ValueError: something of it is no number, with the row and the column.
        """
        origins = self.origins[index]
        past = self._values[origins[:, None] + np.arange(-self.lookback, 0)]
        parts = [past.reshape(len(origins), -1)]
        if self.series.known:
            if len(origins) and origins.max() + self.horizon > len(self.series):
                raise ValueError(
                    f"what is known in advance ({', '.join(self.series.known)}) ends at row {len(self.series)} of "
                    f"{self.series.name}, row {origins.max() + self.horizon} is needed; add these rows, their target "
                    "left empty"
                )
            parts.append(self._known[origins[:, None] + np.arange(self.horizon)].reshape(len(origins), -1))
        if self.series.times is not None:
            parts.append(calendar_of(times_from(self.series, origins)))
        x = np.concatenate(parts, axis=1)
        if not np.isfinite(x).all():
            self._refuse(x)
        return x

    def _refuse(self, x: np.ndarray) -> None:
        window, place = np.argwhere(~np.isfinite(x))[0]
        origin, layout = self.origins[window], self.layout
        for part in layout.parts:
            at = layout.slice(part.name)
            if at.start <= place < at.stop:
                row, column = divmod(int(place - at.start), part.shape[-1])
                row += int(origin) - (self.lookback if part.name == "past" else 0)
                raise ValueError(
                    f"{self.series.name}, row {row + 1}, column {part.columns[column]}: no number in a window; fill it "
                    "(--repair), or leave the column out"
                )

    def truths(self, index: slice | np.ndarray) -> np.ndarray:
        """(n, *output) float32, the targets of the rows that follow the origins ``index``."""
        origins = self.origins[index]
        y = self._values[origins[:, None] + np.arange(self.horizon), : len(self.series.targets)]
        return y.reshape(len(origins), *self.output)

    def batches(self, size: int = BATCH) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        """(which, inputs, truths) of all windows in their order; the last batch may be smaller, none is left out."""
        for start in range(0, len(self), size):
            which = slice(start, min(start + size, len(self)))
            yield which, self.inputs(which), self.truths(which)
