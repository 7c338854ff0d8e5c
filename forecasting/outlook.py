"""Outlooks: what a forecaster says at one origin, beside naive forecasters and, where it is known, what came."""

import csv
import io
from dataclasses import dataclass

import numpy as np

from ..components.quantiles import point_of
from ..data.series import Series, later, times_from
from .backtest import check_fits, forecast
from .baselines import naive_rivals
from .models.forecaster import Forecaster
from .windows import Windows, is_day_ahead, ordered_values


@dataclass(frozen=True)
class Outlook:
    """A forecast of H rows and T targets."""

    series: Series
    origin: int  # the first row that is forecast
    x: np.ndarray  # (layout.size,) float32, what was seen
    times: np.ndarray | None  # (H,) datetime64[s]
    values: np.ndarray  # (H, T) the forecast; of quantiles the median
    quantiles: tuple[float, ...]
    bands: np.ndarray | None  # (H, Q) of one target
    truth: np.ndarray  # (H, T), NaN where nothing came yet
    beside: dict[str, np.ndarray]  # naive forecasters' (H, T), by name

    @property
    def targets(self) -> tuple[str, ...]:
        return self.series.targets

    @property
    def labels(self) -> list[str]:
        """(H,) what stands for each row: its time, or its number where the series has no dates."""
        if self.times is None:
            return [str(self.origin + 1 + ahead) for ahead in range(len(self.values))]
        whole_days = (self.times == self.times.astype("datetime64[D]")).all()
        shown = self.times.astype("datetime64[D]" if whole_days else "datetime64[m]")
        return [str(time).replace("T", " ") for time in shown]

    def errors(self) -> dict[str, np.ndarray]:
        """Name -> (T,) mean absolute error over the rows that came, its own as "forecast"; {} if none did."""
        came = np.isfinite(self.truth).all(axis=1)
        if not came.any():
            return {}
        every = {"forecast": self.values, **self.beside}
        return {name: np.abs(values[came] - self.truth[came]).mean(axis=0) for name, values in every.items()}


def find_origin(series: Series, horizon: int, lookback: int, asked: str = "") -> int:
    """The row of an origin.

    Args:
        asked: Its time, or its number from 1 in a series without dates; "" for the last one that can be.

    Raises:
        ValueError: it is none, or not in reach, with the first and the last one.
    """
    values = ordered_values(series)[:, : len(series.targets)]
    end = len(series) - int(np.isfinite(values).all(axis=1)[::-1].argmax())  # the row after the last with its targets
    last = min(end, len(series) - horizon) if series.known else end
    first, daily = lookback, is_day_ahead(series)
    if daily:  # first and last are midnights, too
        midnight = times_from(series, np.arange(len(series) + 1)).astype("datetime64[h]").astype(np.int64) % 24 == 0
        possible = np.flatnonzero(midnight[: last + 1]) if last >= 0 else np.zeros(0, np.int64)
        possible = possible[possible >= first]
        first, last = (int(possible[0]), int(possible[-1])) if len(possible) else (1, 0)
    if last < first:
        more = f", and {horizon} with what is known in advance" if series.known else ""
        need = f"{lookback} rows to look back on{more}"
        raise ValueError(f"{series.name} has {end} rows with targets and {len(series)} in all; a forecast needs {need}")
    if not asked:
        return last
    row, reach = _row_of(series, asked), [_name_of(series, row) for row in (first, last)]
    if not first <= row <= last or (daily and not midnight[row]):
        only = ", midnights only" if daily else ""
        raise ValueError(
            f"--origin {asked} is not in reach; {series.name} has origins from {reach[0]} to {reach[1]}{only}"
        )
    return row


def _name_of(series: Series, row: int) -> str:
    if series.times is None:
        return str(row + 1)
    return str(times_from(series, np.array([row]))[0].astype("datetime64[m]")).replace("T", " ")


def _row_of(series: Series, asked: str) -> int:
    if series.times is None:
        if not asked.isdecimal() or not asked.isascii():
            raise ValueError(f"--origin {asked}: {series.name} has no dates; give the number of a row, from 1 on")
        return int(asked) - 1
    try:
        time = np.datetime64(asked, "s")
    except ValueError:
        raise ValueError(f"--origin {asked} is no time; write it as 2017-06-30 or 2017-06-30T12:00") from None
    ends = times_from(series, np.arange(len(series) + 1))
    row = int(np.searchsorted(ends, time))
    if row > len(series) or ends[row] != time:
        near = _name_of(series, min(row, len(series)))
        raise ValueError(f"--origin {asked} is no row of {series.name}; the nearest after it is {near}")
    return row


def look_ahead(forecaster: Forecaster, series: Series, origin: int) -> Outlook:
    """What ``forecaster`` says of the rows from ``origin`` on; climatology has the means of the rows before it.

    Raises:
        ValueError: the forecaster does not fit the series, or something in its window is no number.
    """
    horizon, lookback = forecaster.horizon, forecaster.lookback
    windows = Windows(series, np.array([origin]), horizon, lookback)
    check_fits(forecaster, windows)
    x = windows.inputs(slice(0, 1))
    found = forecast(forecaster, x)[0].astype(np.float64)
    bands = found if forecaster.quantiles else None
    values = found if bands is None else point_of(bands[None], forecaster.quantiles)[0]
    naive = naive_rivals(series, horizon, lookback, rows=(0, origin))
    truth = np.full((horizon, len(series.targets)), np.nan)
    came = ordered_values(series)[origin : origin + horizon, : len(series.targets)]
    truth[: len(came)] = came
    times = None
    if series.times is not None:
        times = later(times_from(series, np.array([origin])), series.step, np.arange(horizon))
        inside = min(horizon, len(series) - origin)
        times[:inside] = series.times[origin : origin + inside]
    beside = {name: forecast(net, x)[0].astype(np.float64).reshape(horizon, -1) for name, net in naive.items()}
    return Outlook(
        series=series,
        origin=origin,
        x=x[0],
        times=times,
        values=values.reshape(horizon, -1),
        quantiles=forecaster.quantiles,
        bands=bands,
        truth=truth,
        beside=beside,
    )


def to_csv(outlook: Outlook) -> bytes:
    """One line for each row and target: time, target, forecast, quantiles, naive forecasts, and what came."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    levels = [f"q{level:g}" for level in outlook.quantiles]
    writer.writerow(["time", "target", "forecast", *levels, *outlook.beside, "truth"])
    for k, target in enumerate(outlook.targets):
        for ahead, label in enumerate(outlook.labels):
            bands = [] if outlook.bands is None else outlook.bands[ahead].tolist()
            numbers = [outlook.values[ahead, k], *bands, *(values[ahead, k] for values in outlook.beside.values())]
            came = outlook.truth[ahead, k]
            said = [f"{number:.6g}" for number in numbers]
            writer.writerow([label, target, *said, f"{came:.6g}" if np.isfinite(came) else ""])
    return stream.getvalue().encode()
