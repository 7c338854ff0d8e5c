"""A recurrent network over pieces of the past, with what is known of the coming rows at its end.

Sources: Cho et al., *Learning Phrase Representations using RNN Encoder-Decoder*, EMNLP 2014, for the gated recurrent
unit; Lin et al., *SegRNN: Segment Recurrent Neural Network for Long-Term Time Series Forecasting*, 2023, for pieces of
many rows in the place of single ones. Several targets are forecast one by one with the same weights.
"""

from collections.abc import Sequence
from typing import Any

import torch
from gymnasium import Space
from torch import nn

from .neural import TIME_FEATURES, Neural, check_dropout, check_sizes


class GRU(Neural):
    """Gated recurrent units.

    Args:
        layout, quantiles, data: See ``Forecaster``.
        piece: Rows of the past in one step of the recurrence; the oldest rows that fill none are not seen.
        hidden: Width of its state.
        layers: Recurrent layers, one above the other.
        dropout: Share of the numbers that are dropped before the last layer while training.
        instance, asinh, yearly: See ``Neural``.
    """

    def __init__(
        self,
        input_space: Space,
        output_space: Space,
        *,
        layout: Any,
        quantiles: Sequence[float] = (),
        data: str = "",
        piece: int = 24,
        hidden: int = 128,
        layers: int = 1,
        dropout: float = 0.1,
        instance: str = "last",
        asinh: bool = False,
        yearly: bool = False,
    ) -> None:
        own: dict[str, Any] = {"piece": piece, "hidden": hidden, "layers": layers, "dropout": dropout}
        own |= {"instance": instance, "asinh": asinh, "yearly": yearly}
        own |= {"layout": layout, "quantiles": list(quantiles), "data": data}
        super().__init__(input_space, output_space, own, instance, asinh, yearly)
        check_sizes(1, self.lookback, piece=piece)
        check_sizes(1, 2**14, hidden=hidden)
        check_sizes(1, 64, layers=layers)
        self.piece, self.pieces = piece, self.lookback // piece
        self.embed = nn.Linear(piece * (1 + self.others), hidden)
        self.cells = nn.GRU(hidden, hidden, layers, batch_first=True)
        end = hidden + self.known_count * self.horizon + (TIME_FEATURES if self.timed else 0)
        self.join = nn.Linear(end, hidden)
        self.dropout = nn.Dropout(check_dropout(dropout))
        self.head = nn.Linear(hidden, self.horizon * self.levels)

    def scaled(self, past: torch.Tensor, known: torch.Tensor | None, time: torch.Tensor | None) -> torch.Tensor:
        past = past[:, self.lookback - self.pieces * self.piece :]
        own = past[:, :, : self.targets].transpose(1, 2)[..., None]  # (N, T, rows, 1)
        others = past[:, None, :, self.targets :].expand(-1, self.targets, -1, -1)
        x = torch.cat([own, others], dim=3).reshape(-1, self.pieces, self.piece * (1 + self.others))
        _, state = self.cells(self.embed(x).relu())
        ends = [state[-1]]
        shared = [part.flatten(1) for part in (known, time) if part is not None]
        if shared:
            ends.append(torch.cat(shared, dim=1).repeat_interleave(self.targets, dim=0))
        y = self.join(torch.cat(ends, dim=1)).relu()
        return self.output_of(self.head(self.dropout(y)), len(past))
