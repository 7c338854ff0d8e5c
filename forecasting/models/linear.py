"""Linear and periodic maps of the past, solved in closed form, the same for all targets.

Sources: Toner & Darlow, *An Analysis of Linear Time Series Forecasting Models*, ICML 2024 (linear models of long
horizons are least squares, and have a closed form); Zeng et al., AAAI 2023, and Li et al., *Revisiting Long-term Time
Series Forecasting: An Investigation on Linear Mapping*, 2023 (measured from the last row, or from the mean); Lin et
al., *SparseTSF*, ICML 2024 (one map of the rows of equal phase, from past periods to coming ones).
"""

from typing import Any

import torch
from gymnasium import Space

from ..moments import LEVELS
from .forecaster import Forecaster


class Linear(Forecaster):
    """One linear map from the look-back to the horizon of what differs from the level.

    Only the targets' own past is seen; the map is the same for all of them.

    Args:
        layout, data: See ``Forecaster``.
        level: ``last`` row, or ``mean`` of the rows that are seen.

    Its weights: (L, H).

    Raises:
        ValueError: there is no such level.
    """

    weights: torch.Tensor

    def __init__(
        self, input_space: Space, output_space: Space, *, layout: Any, level: str = "last", data: str = ""
    ) -> None:
        super().__init__(input_space, output_space, {"layout": layout, "level": level, "data": data})
        self.level = check_level(level)
        self.register_buffer("weights", torch.zeros(self.lookback, self.horizon))

    def predict(self, past: torch.Tensor, known: torch.Tensor | None, calendar: torch.Tensor | None) -> torch.Tensor:
        x = past[:, :, : self.targets]
        level = level_of(x, self.level)
        y = level + torch.einsum("nlt,lh->nht", x - level, self.weights)
        return y.reshape(len(x), *(self.output_space.shape or ()))


class Periodic(Forecaster):
    """One linear map from past periods to coming ones, the same for each phase of a period and for all targets.

    Args:
        layout, data: See ``Forecaster``.
        period: Rows.
        level: See ``Linear``; of the whole periods that are seen.

    Its weights: (past periods, coming periods).

    Raises:
        ValueError: there is no such level, or the look-back is shorter than a period.
    """

    weights: torch.Tensor

    def __init__(
        self, input_space: Space, output_space: Space, *, layout: Any, period: int, level: str = "last", data: str = ""
    ) -> None:
        own = {"layout": layout, "period": period, "level": level, "data": data}
        super().__init__(input_space, output_space, own)
        self.level, self.period = check_level(level), period
        if type(period) is not int or not 1 <= period <= self.lookback:
            raise ValueError(f"period is 1 to {self.lookback} rows, as the look-back is; got {period!r}")
        self.register_buffer("weights", torch.zeros(self.lookback // period, -(-self.horizon // period)))

    def predict(self, past: torch.Tensor, known: torch.Tensor | None, calendar: torch.Tensor | None) -> torch.Tensor:
        before, after = self.weights.shape
        x = past[:, self.lookback - before * self.period :, : self.targets]
        level = level_of(x, self.level)
        phases = (x - level).reshape(len(x), before, self.period, self.targets)
        y = torch.einsum("nbpt,ba->napt", phases, self.weights)
        y = level + y.reshape(len(x), after * self.period, self.targets)[:, : self.horizon]
        return y.reshape(len(x), *(self.output_space.shape or ()))


def check_level(level: str) -> str:
    if level not in LEVELS:
        raise ValueError(f"level is one of {', '.join(LEVELS)}, got {level!r}")
    return level


def level_of(x: torch.Tensor, level: str) -> torch.Tensor:
    """(N, 1, T) of rows (N, L, T)."""
    return x[:, -1:] if level == "last" else x.mean(dim=1, keepdim=True)
