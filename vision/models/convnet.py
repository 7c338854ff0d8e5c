"""A plain convolutional network: convolution -> pooling, a few times, then dense layers (LeCun et al. 1998).

What is of today: batch norm, GELU instead of the sigmoid, dropout before the dense layers. Each block halves height and
width; the dense layers see where something is, unlike those behind a global pooling (Lin et al. 2014, *Network in
network*). With strides in the place of pooling, and no dense layer but the last, it is the all-convolutional net of
Springenberg et al. (2015, *Striving for simplicity*).
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
        dense: Units of the hidden dense layer, which are the features; 0: there is none.
        dropout: Share of the numbers that are hidden before each dense layer in training.
        norm: Whether there is batch norm after each convolution.
        strides: Whether a stride of the last convolution halves a block's picture, instead of pooling.
        global_pool: Whether the dense layers see the mean of each channel over all places, and no places.
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
        strides: bool = False,
        global_pool: bool = False,
        classes: Sequence[str] = (),
        mean: Sequence[float] = (),
        std: Sequence[float] = (),
        mirror: bool = False,
        data: str = "",
    ) -> None:
        config = {
            "widths": list(widths), "convolutions": convolutions, "dense": dense, "dropout": dropout, "norm": norm,
            "strides": strides, "global_pool": global_pool,
            "classes": list(classes), "mean": list(mean), "std": list(std), "mirror": mirror, "data": data,
        }  # fmt: skip
        super().__init__(input_space, output_space, config)
        check_widths(widths, min(self.height, self.width))
        if not 1 <= convolutions <= 100 or dense < 0 or not 0.0 <= dropout < 1.0:
            raise ValueError(
                f"expected convolutions 1 … 100, dense >= 0 and dropout in [0, 1), "
                f"got {convolutions}, {dense}, {dropout}"
            )
        blocks, inputs = [], self.channels
        for width in widths:
            for i in range(convolutions):
                last = i == convolutions - 1
                stride = 2 if last and strides else 1
                pool = last and not strides
                blocks.append(ConvNorm(inputs, width, pool=pool, norm=norm, momentum=0.1, stride=stride))
                inputs = width
        self.blocks = nn.Sequential(*blocks)
        high, wide = (1 if global_pool else -(-side // 2 ** len(widths)) for side in (self.height, self.width))
        flat = inputs * high * wide
        self.global_pool = global_pool
        hidden = [nn.Dropout(dropout), nn.Linear(flat, dense), nn.GELU()] if dense else []
        self.hidden = nn.Sequential(nn.Flatten(), *hidden)
        self.num_features = dense or flat
        self.drop, self.classify = nn.Dropout(dropout), nn.Linear(self.num_features, self.num_classes)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        maps = self.blocks(self.prepare(x))
        return self.hidden(maps.mean(dim=(2, 3)) if self.global_pool else maps)  # (N, num_features)

    def head(self, f: torch.Tensor) -> torch.Tensor:
        return self.classify(self.drop(f))  # (N, classes)


def check_widths(widths: Sequence[int], side: int) -> None:
    """``ValueError`` unless each block has channels and the last one a pixel; ``side`` is what the first block sees."""
    if not widths or min(widths) < 1:
        raise ValueError(f"widths are {list(widths)}, expected the channels (>= 1) of one block or more")
    if side >> len(widths) < 1:
        raise ValueError(f"{len(widths)} blocks halve {side} pixels to nothing; give fewer widths or larger pictures")
