"""Naive forecasters, which every other one has to beat: the last row, the rows of a season ago, and the mean.

Sources: Hyndman & Athanasopoulos, *Forecasting: principles and practice*, 5.2; the rule of days for electricity prices
is that of Nogales et al. 2002, as in Lago et al. 2021.
"""

from collections.abc import Sequence
from typing import Any

import torch
from gymnasium import Space

from ...data.series import parse_step, seconds_of
from .forecaster import Forecaster

GROUPS = {"hour": 24, "weekday": 7, "month": 12}  # what a climatology may tell apart, and how many there are
ALIKE_AS_A_WEEK_AGO = (0, 5, 6)  # weekdays: Monday, Saturday, Sunday
HOUR, DAY = 3600, 86400  # seconds


class Rule(Forecaster):
    """A forecaster without quantiles that gives (N, H, T); see ``rows``."""

    def rows(self, past: torch.Tensor, calendar: torch.Tensor | None) -> torch.Tensor:
        """(N, L, T) of the targets and (N, 4) -> (N, H, T)."""
        raise NotImplementedError

    def predict(self, past: torch.Tensor, known: torch.Tensor | None, calendar: torch.Tensor | None) -> torch.Tensor:
        y = self.rows(past[:, :, : self.targets], calendar)
        return y.reshape(len(past), *(self.output_space.shape or ()))


class Naive(Rule):
    """The last row again and again.

    Args:
        layout, data: See ``Forecaster``.
    """

    def __init__(self, input_space: Space, output_space: Space, *, layout: Any, data: str = "") -> None:
        super().__init__(input_space, output_space, {"layout": layout, "data": data})

    def rows(self, past: torch.Tensor, calendar: torch.Tensor | None) -> torch.Tensor:
        return past[:, -1:].expand(-1, self.horizon, -1)


class SeasonalNaive(Rule):
    """The rows of a season ago; with ``days`` each day is the one before, or that of a week ago.

    Args:
        layout, data: See ``Forecaster``.
        period: Rows of a season; with ``days``, of a day.
        days: Whether Monday, Saturday and Sunday are as a week ago and the others as the day before, the rule of the
            literature on electricity prices. Needs a calendar, and horizons of a day.

    Raises:
        ValueError: the past is shorter than the season, or the rule of days does not fit.
    """

    def __init__(
        self,
        input_space: Space,
        output_space: Space,
        *,
        layout: Any,
        period: int,
        days: bool = False,
        data: str = "",
    ) -> None:
        super().__init__(input_space, output_space, {"layout": layout, "period": period, "days": days, "data": data})
        if type(period) is not int or period < 1 or type(days) is not bool:
            raise ValueError(f"period is 1 row or more and days a truth, got {period!r} and {days!r}")
        if days and ("calendar" not in self.layout.names or self.horizon > period):
            raise ValueError(f"the rule of days needs a calendar and a horizon of at most a day, {period} rows")
        self.period, self.days = period, days
        if self.lookback < (reach := 7 * period if days else period):
            raise ValueError(f"a season of {reach} rows needs a look-back of as many, got {self.lookback}")

    def rows(self, past: torch.Tensor, calendar: torch.Tensor | None) -> torch.Tensor:
        ahead = torch.arange(self.horizon, device=past.device) % self.period
        season = past[:, self.lookback - self.period + ahead]
        if not self.days:
            return season
        assert calendar is not None
        week = past[:, self.lookback - 7 * self.period + ahead]
        alike = torch.isin(calendar[:, 1].long(), torch.tensor(ALIKE_AS_A_WEEK_AGO, device=past.device))
        return torch.where(alike[:, None, None], week, season)


class Climatology(Rule):
    """The mean of the training part, or of those of its rows whose hour, weekday or month are the same.

    Args:
        layout, data: See ``Forecaster``.
        by: What is told apart: some of hour, weekday and month, in this order; none for one mean of all.

    The means are its weights (``means``), as one table (*sizes of the groups, T) whose empty cells were filled.

    Raises:
        ValueError: ``by`` names something else, or there is no calendar for it.
    """

    means: torch.Tensor

    def __init__(
        self, input_space: Space, output_space: Space, *, layout: Any, by: Sequence[str] = (), data: str = ""
    ) -> None:
        super().__init__(input_space, output_space, {"layout": layout, "by": list(by), "data": data})
        self.by = tuple(by)
        if self.by != tuple(name for name in GROUPS if name in self.by):
            raise ValueError(f"by takes some of {', '.join(GROUPS)}, in this order; got {list(by)}")
        if self.by and "calendar" not in self.layout.names:
            raise ValueError("a mean by time needs a calendar; the series has no dates")
        sizes = [GROUPS[name] for name in self.by]
        self.register_buffer("means", torch.zeros(*sizes, self.targets))

    def rows(self, past: torch.Tensor, calendar: torch.Tensor | None) -> torch.Tensor:
        if not self.by:
            return self.means.expand(len(past), self.horizon, -1)
        assert calendar is not None
        groups = dict(zip(GROUPS, self.groups(calendar), strict=True))
        return self.means[tuple(groups[name] for name in self.by)]

    def groups(self, calendar: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Hour, weekday (0 Monday) and month (0 January) of the coming rows, each (N, H) int64."""
        count, unit = parse_step(self.layout.part("past").step)
        ahead = torch.arange(self.horizon, device=calendar.device) * count
        first = calendar[:, 3].long() * DAY + (calendar[:, 0] * HOUR).round().long()
        seconds = first[:, None] + (0 if unit == "mo" else ahead * seconds_of(f"1{unit}"))
        days = seconds // DAY
        month = month_of(days)
        if unit == "mo":
            month = (month + ahead) % 12
        return seconds % DAY // HOUR, (days + 3) % 7, month  # 1970-01-01 was a Thursday


def month_of(days: torch.Tensor) -> torch.Tensor:
    """The month, 0 January, of days since 1970-01-01: int64 of any shape."""
    # Years are counted from March here, so that the leap day is the last of one (H. Hinnant, chrono algorithms).
    day = (days + 719468) % 146097  # of a cycle of 400 years, from 0000-03-01 on
    year = (day - day // 1460 + day // 36524 - day // 146096) // 365
    of_year = day - (365 * year + year // 4 - year // 100)
    return ((5 * of_year + 2) // 153 + 2) % 12
