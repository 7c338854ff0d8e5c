"""PatchTST: a transformer over patches of each target's own past, the same one for all targets.

Source: Nie, Nguyen, Sinthong & Kalagnanam, *A Time Series is Worth 64 Words: Long-term Forecasting with Transformers*,
ICLR 2023. Norms are layer norms in front of each part (Xiong et al. 2020), where the paper has batch norms behind it.
"""

from collections.abc import Sequence
from typing import Any

import torch
from gymnasium import Space
from torch import nn
from torch.nn import functional as F

from .neural import Neural, check_dropout, check_sizes


class Layer(nn.Module):
    """Attention and a dense part over (N, P, width), each added to what it was given."""

    def __init__(self, width: int, heads: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.share = heads, dropout
        self.norms = nn.ModuleList([nn.LayerNorm(width), nn.LayerNorm(width)])
        self.mix, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.dense = nn.Sequential(
            nn.Linear(width, hidden), nn.GELU(), nn.Dropout(dropout), nn.Linear(hidden, width), nn.Dropout(dropout)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        count, patches, width = x.shape
        q, k, v = self.mix(self.norms[0](x)).view(count, patches, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        seen = F.scaled_dot_product_attention(q, k, v)
        x = x + F.dropout(self.out(seen.transpose(1, 2).reshape(count, patches, width)), self.share, self.training)
        return x + self.dense(self.norms[1](x))


class PatchTST(Neural):
    """A transformer over patches.

    Args:
        layout, quantiles, data: See ``Forecaster``.
        patch: Rows of a patch.
        stride: Rows from one patch to the next.
        width, heads, layers, hidden: Of the transformer; ``heads`` divides ``width``.
        dropout: Share of its numbers that are dropped while training.
        head_dropout: The same before the last layer.
        instance, asinh: See ``Neural``.
    """

    def __init__(
        self,
        input_space: Space,
        output_space: Space,
        *,
        layout: Any,
        quantiles: Sequence[float] = (),
        data: str = "",
        patch: int = 16,
        stride: int = 8,
        width: int = 16,
        heads: int = 4,
        layers: int = 3,
        hidden: int = 128,
        dropout: float = 0.3,
        head_dropout: float = 0.0,
        instance: str = "standard",
        asinh: bool = False,
    ) -> None:
        own: dict[str, Any] = {
            "patch": patch,
            "stride": stride,
            "width": width,
            "heads": heads,
            "layers": layers,
            "hidden": hidden,
        }
        own |= {"dropout": dropout, "head_dropout": head_dropout, "instance": instance, "asinh": asinh}
        own |= {"layout": layout, "quantiles": list(quantiles), "data": data}
        super().__init__(input_space, output_space, own, instance, asinh)
        check_sizes(1, self.lookback, patch=patch, stride=stride)
        check_sizes(1, 2**14, width=width, heads=heads, hidden=hidden)
        check_sizes(1, 64, layers=layers)
        if width % heads:
            raise ValueError(f"width {width} is not divided by heads {heads}")
        self.patch, self.stride = patch, stride
        self.patches = (self.lookback - patch) // stride + 2  # the last one is filled up with the last value
        self.embed = nn.Linear(patch, width)
        self.places = nn.Parameter(torch.empty(self.patches, width).uniform_(-0.02, 0.02))
        self.dropout = nn.Dropout(check_dropout(dropout))
        self.layers = nn.Sequential(*(Layer(width, heads, hidden, dropout) for _ in range(layers)))
        self.norm = nn.LayerNorm(width)
        self.head_dropout = nn.Dropout(check_dropout(head_dropout))
        self.head = nn.Linear(self.patches * width, self.horizon * self.levels)

    def scaled(self, past: torch.Tensor, known: torch.Tensor | None, time: torch.Tensor | None) -> torch.Tensor:
        x = past[:, :, : self.targets].transpose(1, 2).reshape(-1, self.lookback)
        x = F.pad(x, (0, self.stride), "replicate").unfold(1, self.patch, self.stride)[:, : self.patches]
        x = self.norm(self.layers(self.dropout(self.embed(x) + self.places)))
        return self.output_of(self.head(self.head_dropout(x.flatten(1))), len(past))
