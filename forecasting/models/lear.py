"""LEAR: a LASSO for each hour of the coming day over lagged prices, what is known in advance and the weekday.

Sources: Uniejewski, Nowotarski & Weron, *Automated variable selection and forecast combination for day-ahead
electricity prices*, Energies 9, 2016; Lago, Marcjasz, De Schutter & Weron, *Forecasting day-ahead electricity prices*,
Applied Energy 293, 2021: several calibration windows, whose forecasts are averaged, and a calibration each day; the
transform is that of Uniejewski, Weron & Ziel, *Variance stabilizing transformations*, IEEE Trans. Power Systems 33,
2018. The strength of the penalty is chosen on the validation part, where the papers take AIC or cross-validation.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from gymnasium import Space

from ...components.layout import Layout
from .forecaster import Forecaster

WEEKDAYS = 7
WEEKDAY, DAY = 1, 3  # columns of the calendar
MOST_CALIBRATIONS, MOST_WINDOWS = 100_000, 32
MAD_OF_NORMAL = 0.6744897501960817  # median absolute deviation of a standard normal


def taken(layout: Layout, lags: Sequence[int], known_lags: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Which numbers of a flat input are regressors, and the column of ``past`` each belongs to: two (F,) int64.

    Args:
        lags: Days back whose hours of the target are taken.
        known_lags: Days back whose hours of the known columns are taken; 0: those of the coming day.

    Raises:
        ValueError: the past is shorter than the longest lag, or a lag is none.
    """
    past, known = layout.part("past"), layout.part("known")
    day = known.shape[0]
    for name, values, least in (("lags", lags, 1), ("known_lags", known_lags, 0)):
        if not all(type(lag) is int and least <= lag and lag * day <= past.shape[0] for lag in values) or not values:
            raise ValueError(
                f"{name} are days back from {least} to {past.shape[0] // day}, as far as the look-back of "
                f"{past.shape[0]} rows goes; got {list(values)}"
            )
    index: list[int] = []
    column: list[int] = []

    def add(place: int, number: int, at: int, name: str) -> None:
        index.extend(layout.slice(name).start + (place + hour) * number + at for hour in range(day))

    for lag in lags:
        add(past.shape[0] - lag * day, past.shape[1], 0, "past")
        column += [0] * day
    for at, name in enumerate(known.columns):
        own = past.columns.index(name)
        for lag in known_lags:
            if lag:
                add(past.shape[0] - lag * day, past.shape[1], own, "past")
            else:
                add(0, known.shape[1], at, "known")
            column += [own] * day
    return np.array(index), np.array(column)


class LEAR(Forecaster):
    """Sparse linear maps of what was transformed, one for each calibration, window and hour.

    A calibration looked at days up to a last one (``until``). A day is forecast by the newest calibration that ended
    before it; one before all of them by the first, which has seen it.

    Args:
        layout, data: See ``Forecaster``; past (L, C), known (24, K), calendar (4,) of hourly rows.
        lags, known_lags: See ``taken``.
        windows: Days of each calibration window; their forecasts are averaged.
        calibrations: How many there are.

    Weights, for D calibrations, W windows, C columns and F regressors with an intercept behind:

        until (D,)  coefficients (D, W, F + 1, 24)  middle (D, W, C)  spread (D, W, C)

    Raises:
        ValueError: the layout is no day-ahead one, or the lags do not fit it.
    """

    until: torch.Tensor
    coefficients: torch.Tensor
    middle: torch.Tensor
    spread: torch.Tensor
    index: torch.Tensor
    column: torch.Tensor

    def __init__(
        self,
        input_space: Space,
        output_space: Space,
        *,
        layout: Any,
        lags: Sequence[int] = (1, 2, 3, 7),
        known_lags: Sequence[int] = (0, 1, 7),
        windows: Sequence[int] = (56, 84, 1092, 1456),
        calibrations: int = 1,
        data: str = "",
    ) -> None:
        own = {"layout": layout, "lags": list(lags), "known_lags": list(known_lags), "windows": list(windows)}
        super().__init__(input_space, output_space, {**own, "calibrations": calibrations, "data": data})
        check_day_ahead(self.layout, output_space.shape or ())
        if not 1 <= len(windows) <= MOST_WINDOWS or not all(type(days) is int and days > 0 for days in windows):
            raise ValueError(f"windows are 1 to {MOST_WINDOWS} numbers of days, got {list(windows)}"[:200])
        if type(calibrations) is not int or not 1 <= calibrations <= MOST_CALIBRATIONS:
            raise ValueError(f"calibrations is a number from 1 to {MOST_CALIBRATIONS:,}, got {calibrations!r}")
        index, column = taken(self.layout, lags, known_lags)
        self.register_buffer("index", torch.tensor(index), persistent=False)
        self.register_buffer("column", torch.tensor(column), persistent=False)
        shape = (calibrations, len(windows))
        self.register_buffer("until", torch.zeros(calibrations, dtype=torch.int64))
        self.register_buffer("coefficients", torch.zeros(*shape, len(index) + WEEKDAYS + 1, self.horizon))
        self.register_buffer("middle", torch.zeros(*shape, self.channels))
        self.register_buffer("spread", torch.ones(*shape, self.channels))

    def chosen(self, calendar: torch.Tensor) -> torch.Tensor:
        """(N,) which calibration forecasts the days of (N, 4) calendars."""
        days = calendar[:, DAY].long().contiguous()
        return (torch.searchsorted(self.until, days) - 1).clamp(min=0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        calendar = self.layout.take(x, "calendar")
        which = self.chosen(calendar)
        middle, spread = self.middle[which], self.spread[which]
        z = torch.asinh((x[:, None, self.index] - middle[:, :, self.column]) / spread[:, :, self.column])
        weekday = torch.nn.functional.one_hot(calendar[:, WEEKDAY].long(), WEEKDAYS).to(z)
        rest = torch.cat([weekday, torch.ones_like(weekday[:, :1])], dim=1)[:, None].expand(-1, z.shape[1], -1)
        y = torch.einsum("nwf,nwfh->nwh", torch.cat([z, rest], dim=2), self.coefficients[which])
        return (torch.sinh(y) * spread[:, :, :1] + middle[:, :, :1]).mean(dim=1)


def check_day_ahead(layout: Layout, output: tuple[int, ...]) -> None:
    """``ValueError`` unless a layout is that of an hourly series whose coming day is forecast, with what is known."""
    names = ("past", "known", "calendar")
    if layout.names != names or layout.part("past").step != "1h" or output != (24,):
        raise ValueError(
            "LEAR forecasts the 24 hours of a day of one target, from hourly rows with dates and columns known "
            f"in advance; got {', '.join(layout.names)} in steps of {layout.part('past').step}, and {output} numbers"
        )
