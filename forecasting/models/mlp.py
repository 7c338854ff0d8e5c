"""A network of dense layers from lagged days, what is known of the coming one and the calendar to its rows.

Sources: Lago, De Ridder & De Schutter, *Forecasting spot electricity prices: deep learning approaches and empirical
comparison of traditional algorithms*, Applied Energy 221 (2018), and Lago, Marcjasz, De Schutter & Weron, Applied
Energy 293 (2021), for the lags, the inputs and two hidden layers; the linear map beside the layers is that of Das et
al., *Long-term Forecasting with TiDE*, TMLR 2023. Several targets are forecast one by one with the same weights.
"""

from collections.abc import Sequence
from typing import Any

import torch
from gymnasium import Space
from torch import nn

from .neural import TIME_FEATURES, Neural, check_dropout, check_size_list


class MLP(Neural):
    """Dense layers.

    Args:
        layout, quantiles, data: See ``Forecaster``.
        hidden: Widths of the hidden layers.
        lags: Which blocks of a horizon's rows before the origin are seen of a target, such as [1, 2, 3, 7] for the
            last three days and that of a week ago; () for all of the look-back.
        other_lags: The same of the other columns of the past; () for none.
        dropout: Share of the hidden numbers that are dropped while training.
        skip: Whether a linear map from the inputs is added to what the layers give.
        instance, asinh, yearly: See ``Neural``.

    Raises:
        ValueError: see ``Neural``; a lag beyond the look-back.
    """

    def __init__(
        self,
        input_space: Space,
        output_space: Space,
        *,
        layout: Any,
        quantiles: Sequence[float] = (),
        data: str = "",
        hidden: Sequence[int] = (256, 128),
        lags: Sequence[int] = (),
        other_lags: Sequence[int] = (),
        dropout: float = 0.0,
        skip: bool = True,
        instance: str = "standard",
        asinh: bool = False,
        yearly: bool = False,
    ) -> None:
        own: dict[str, Any] = {"hidden": list(hidden), "lags": list(lags), "other_lags": list(other_lags)}
        own |= {"dropout": dropout, "skip": skip, "instance": instance, "asinh": asinh, "yearly": yearly}
        own |= {"layout": layout, "quantiles": list(quantiles), "data": data}
        super().__init__(input_space, output_space, own, instance, asinh, yearly)
        widths = check_size_list("hidden", hidden, 1, 2**16)
        most = self.lookback // self.horizon
        self.lags = check_size_list("lags", lags, 1, most)
        self.other_lags = check_size_list("other_lags", other_lags, 1, most)
        if type(skip) is not bool:
            raise ValueError(f"skip is a truth, got {skip!r}")
        rows = self.horizon * len(self.lags) if self.lags else self.lookback
        size = rows + self.others * self.horizon * len(self.other_lags) + self.known_count * self.horizon
        size += TIME_FEATURES if self.timed else 0
        outputs, layers = self.horizon * self.levels, []
        self.skip = nn.Linear(size, outputs) if skip else None
        for width in widths:
            layers += [nn.Linear(size, width), nn.ReLU(), nn.Dropout(check_dropout(dropout))]
            size = width
        self.layers = nn.Sequential(*layers, nn.Linear(size, outputs))

    def scaled(self, past: torch.Tensor, known: torch.Tensor | None, time: torch.Tensor | None) -> torch.Tensor:
        own, others = past[:, :, : self.targets], past[:, :, self.targets :]
        own = torch.cat([self.block(own, lag) for lag in self.lags], dim=1) if self.lags else own
        shared = [self.block(others, lag).flatten(1) for lag in self.other_lags] if self.others else []
        shared += [part.flatten(1) for part in (known, time) if part is not None]
        x = own.transpose(1, 2)  # (N, T, rows)
        if shared:
            x = torch.cat([x, torch.cat(shared, dim=1)[:, None].expand(-1, self.targets, -1)], dim=2)
        x = x.flatten(0, 1)
        y = self.layers(x)
        return self.output_of(y if self.skip is None else y + self.skip(x), len(past))

    def block(self, past: torch.Tensor, lag: int) -> torch.Tensor:
        """The rows (N, H, …) of the ``lag``-th horizon before the origin."""
        start = self.lookback - lag * self.horizon
        return past[:, start : start + self.horizon]
