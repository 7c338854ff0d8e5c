"""DLinear and NLinear: one linear map from the look-back to the horizon, the same for all targets.

Source: Zeng, Chen, Zhang & Xu, *Are Transformers Effective for Time Series Forecasting?*, AAAI 2023. Only the targets'
own past is seen.
"""

from collections.abc import Sequence
from typing import Any

import torch
from gymnasium import Space
from torch import nn
from torch.nn import functional as F

from .neural import Neural, check_sizes


class NLinear(Neural):
    """A linear map of what differs from the last value.

    Args:
        layout, quantiles, data: See ``Forecaster``.
    """

    def __init__(
        self,
        input_space: Space,
        output_space: Space,
        *,
        layout: Any,
        quantiles: Sequence[float] = (),
        data: str = "",
    ) -> None:
        own = {"layout": layout, "quantiles": list(quantiles), "data": data}
        super().__init__(input_space, output_space, own, instance="last")
        self.map = nn.Linear(self.lookback, self.horizon * self.levels)

    def scaled(self, past: torch.Tensor, known: torch.Tensor | None, time: torch.Tensor | None) -> torch.Tensor:
        x = past[:, :, : self.targets].transpose(1, 2).reshape(-1, self.lookback)
        return self.output_of(self.map(x), len(past))


class DLinear(Neural):
    """A linear map each of the trend, a moving average, and of what is left.

    Args:
        layout, quantiles, data: See ``Forecaster``.
        kernel: Rows of the moving average, an odd number.
        instance: See ``Neural``; the paper has none.
    """

    def __init__(
        self,
        input_space: Space,
        output_space: Space,
        *,
        layout: Any,
        quantiles: Sequence[float] = (),
        data: str = "",
        kernel: int = 25,
        instance: str = "none",
    ) -> None:
        own = {"layout": layout, "quantiles": list(quantiles), "data": data, "kernel": kernel, "instance": instance}
        super().__init__(input_space, output_space, own, instance)
        check_sizes(1, 10_001, kernel=kernel)
        if kernel % 2 == 0:
            raise ValueError(f"kernel is an odd number of rows, got {kernel}")
        self.kernel = kernel
        self.trend = nn.Linear(self.lookback, self.horizon * self.levels)
        self.rest = nn.Linear(self.lookback, self.horizon * self.levels)

    def scaled(self, past: torch.Tensor, known: torch.Tensor | None, time: torch.Tensor | None) -> torch.Tensor:
        x = past[:, :, : self.targets].transpose(1, 2).reshape(-1, 1, self.lookback)
        half = self.kernel // 2
        trend = F.avg_pool1d(F.pad(x, (half, half), "replicate"), self.kernel, 1)
        return self.output_of((self.trend(trend) + self.rest(x - trend))[:, 0], len(past))
