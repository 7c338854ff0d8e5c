"""A small residual network for pictures of about 32 pixels, made for minutes on two processor cores.

Residual connections are He et al.'s (2016). The arrangement follows the nets of the CIFAR-10 speed runs (Page 2019,
ResNet-9; Jordan 2024, *94% on CIFAR-10 in 3.29 seconds*): a whitened stem of 3 x 3 pixels (grey: 5 x 5) without stride,
three stages that pool first and think after, a global maximum, and a dense layer. An ImageNet stem (7 x 7, stride 2,
pooling) would leave 8 x 8 pixels to see; it costs 30 points of accuracy on CIFAR-100.
"""

from collections.abc import Sequence

import torch
from gymnasium import Space
from torch import nn

from .classifier import Classifier
from .convnet import check_widths
from .layers import ConvNorm, Whitening

# Main directions of a patch that the stem keeps; the rest is little more than noise. With their negatives 32 channels.
DIRECTIONS = 16
# Measured with oneDNN of torch 2.13 on a Zen 4 (bf16, batch 512): where a convolution makes four times as many channels
# as it takes (64 -> 256 at 16 x 16 pixels) its gradient is ten times slower than at three times (64 -> 192). So are 384
# and 512 channels at 3 x 3 pixels or with batches of 256. The default widths avoid that.


class Stage(nn.Module):
    """Halves height and width, then adds to the result what some more convolutions make of it."""

    def __init__(self, inputs: int, outputs: int, convolutions: int) -> None:
        super().__init__()
        self.down = ConvNorm(inputs, outputs, pool=True)
        self.body = nn.Sequential(*[ConvNorm(outputs, outputs) for _ in range(convolutions - 1)])

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.down(x)
        return x + self.body(x) if len(self.body) else x


class ResNet(Classifier):
    """See the head of this file.

    Args:
        widths: Channels of each stage.
        convolutions: Per stage; all but the first stand in the residual branch.
        scale: What the features are multiplied with before the dense layer.
        dropout: Share of the features that are hidden in training.
        classes, mean, std, mirror, data: See ``Classifier``.
    """

    def __init__(
        self,
        input_space: Space,
        output_space: Space,
        widths: Sequence[int] = (64, 128, 256),
        convolutions: int = 2,
        scale: float = 0.125,
        dropout: float = 0.0,
        classes: Sequence[str] = (),
        mean: Sequence[float] = (),
        std: Sequence[float] = (),
        mirror: bool = False,
        data: str = "",
    ) -> None:
        config = {
            "widths": list(widths), "convolutions": convolutions, "scale": scale, "dropout": dropout,
            "classes": list(classes), "mean": list(mean), "std": list(std), "mirror": mirror, "data": data,
        }  # fmt: skip
        super().__init__(input_space, output_space, config)
        check_widths(widths, min(self.height, self.width))
        if not 1 <= convolutions <= 100 or not 0.0 <= dropout < 1.0 or not scale > 0.0:
            raise ValueError(
                f"expected convolutions 1 … 100, dropout in [0, 1) and scale > 0, "
                f"got {convolutions}, {dropout}, {scale}"
            )
        self.stem = Whitening(self.channels, 3 if self.channels > 1 else 5, DIRECTIONS)
        inputs = (self.stem.outputs, *widths[:-1])
        self.stages = nn.Sequential(
            *[Stage(before, after, convolutions) for before, after in zip(inputs, widths, strict=True)]
        )
        self.scale, self.num_features = scale, widths[-1]
        self.drop, self.classify = nn.Dropout(dropout), nn.Linear(self.num_features, self.num_classes, bias=False)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        return self.stages(self.stem(self.prepare(x))).amax(dim=(2, 3))  # (N, num_features)

    def head(self, f: torch.Tensor) -> torch.Tensor:
        return self.classify(self.drop(f) * self.scale)  # (N, classes)

    def look_at(self, images: torch.Tensor) -> None:
        """Compute the stem from training images (N, H, W, C)."""
        self.stem.fit(self.prepare(images))
