"""A plain convolutional network: convolution -> pooling, a few times, then dense layers (LeCun et al. 1998).

What is of today: batch norm, GELU instead of the sigmoid, dropout before the dense layers. Each block halves height and
width; the dense layers see where something is, unlike those behind a global pooling.
"""

from collections.abc import Sequence

import torch
from gymnasium import Space
from torch import nn

from .classifier import Classifier
from .layers import ConvNorm


class ConvNet(Classifier):
    """See the head of this file.

    Args:
        widths: Channels of each block.
        convolutions: Per block; the last one pools.
        dense: Units of the hidden dense layer, which are the features.
        dropout: Share of the numbers that are hidden before each dense layer in training.
        norm: Whether there is batch norm after each convolution.
        classes, mean, std, mirror, data: See ``Classifier``.
    """

    def __init__(
        self,
        input_space: Space,
        output_space: Space,
        widths: Sequence[int] = (32, 64, 128),
        convolutions: int = 1,
        dense: int = 128,
        dropout: float = 0.2,
        norm: bool = True,
        classes: Sequence[str] = (),
        mean: Sequence[float] = (),
        std: Sequence[float] = (),
        mirror: bool = False,
        data: str = "",
    ) -> None:
        config = {
            "widths": list(widths), "convolutions": convolutions, "dense": dense, "dropout": dropout, "norm": norm,
            "classes": list(classes), "mean": list(mean), "std": list(std), "mirror": mirror, "data": data,
        }  # fmt: skip
        super().__init__(input_space, output_space, config)
        check_widths(widths, min(self.height, self.width))
        if not 1 <= convolutions <= 100 or dense < 1 or not 0.0 <= dropout < 1.0:
            raise ValueError(
                f"expected convolutions 1 … 100, dense >= 1 and dropout in [0, 1), "
                f"got {convolutions}, {dense}, {dropout}"
            )
        blocks, inputs = [], self.channels
        for width in widths:
            for i in range(convolutions):
                blocks.append(ConvNorm(inputs, width, pool=i == convolutions - 1, norm=norm, momentum=0.1))
                inputs = width
        self.blocks = nn.Sequential(*blocks)
        flat = inputs * -(-self.height // 2 ** len(widths)) * -(-self.width // 2 ** len(widths))
        self.hidden = nn.Sequential(nn.Flatten(), nn.Dropout(dropout), nn.Linear(flat, dense), nn.GELU())
        self.drop, self.classify = nn.Dropout(dropout), nn.Linear(dense, self.num_classes)
        self.num_features = dense

    def features(self, x: torch.Tensor) -> torch.Tensor:
        return self.hidden(self.blocks(self.prepare(x)))  # (N, dense)

    def head(self, f: torch.Tensor) -> torch.Tensor:
        return self.classify(self.drop(f))  # (N, classes)


def check_widths(widths: Sequence[int], side: int) -> None:
    """``ValueError`` unless each block has channels and the last one a pixel; ``side`` is what the first block sees."""
    if not widths or min(widths) < 1:
        raise ValueError(f"widths are {list(widths)}, expected the channels (>= 1) of one block or more")
    if side >> len(widths) < 1:
        raise ValueError(f"{len(widths)} blocks halve {side} pixels to nothing; give fewer widths or larger pictures")
