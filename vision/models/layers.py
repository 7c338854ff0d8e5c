"""Layers of image models."""

from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

# Where a convolution is made of matrix products over patches: few pixels, many channels. In bf16 on a Xeon with AMX
# (torch 2.13, 512 pictures, forwards and backwards) oneDNN takes 285 to 620 ms for 512 channels at 4 x 4 pixels, the
# products 105; for 256 channels 50 to 76, and 33. At 7 x 7 and 8 x 8 pixels they are as fast, above they are slower.
MOST_PIXELS, LEAST_CHANNELS = 35, 128


class _SmallMap(torch.autograd.Function):
    """A convolution 3 x 3 (padding 1, stride 1) by matrix products, and its gradients."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x, weight)
        return _product(x, weight)

    @staticmethod
    def backward(ctx: Any, gradient: torch.Tensor) -> Any:  # type: ignore[override]
        x, weight = ctx.saved_tensors
        outputs, inputs = weight.shape[:2]
        turned = weight.flip(2, 3).transpose(0, 1)  # what an input does to the outputs around it
        flat = gradient.permute(0, 2, 3, 1).reshape(-1, outputs)
        change = (flat.T @ patches(x)).view(outputs, 3, 3, inputs).permute(0, 3, 1, 2)
        return _product(gradient, turned), change


def patches(x: torch.Tensor) -> torch.Tensor:
    """(N, C, H, W) -> (N H W, 9 C): around each pixel, row by row, all channels of the 3 x 3; zeros outside."""
    n, c, h, w = x.shape
    padded = F.pad(x.permute(0, 2, 3, 1), (0, 0, 1, 1, 1, 1)).contiguous()
    a, b, d, e = padded.stride()
    return padded.as_strided((n, h, w, 3, 3, c), (a, b, d, b, d, e)).reshape(n * h * w, 9 * c)


def _product(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """The convolution of ``x`` (N, C, H, W) with ``weight`` (O, C, 3, 3): (N, O, H, W)."""
    n, _, h, w = x.shape
    y = patches(x) @ weight.permute(2, 3, 1, 0).reshape(-1, len(weight))
    return y.view(n, h, w, len(weight)).permute(0, 3, 1, 2)  # channels-last, as it came


class Conv3x3(nn.Conv2d):
    """A convolution 3 x 3 with padding 1; in a training in bf16 on the CPU faster than torch's where maps are small."""

    def __init__(self, inputs: int, outputs: int, bias: bool, stride: int = 1) -> None:
        super().__init__(inputs, outputs, 3, stride, padding=1, bias=bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        small = x.shape[2] * x.shape[3] <= MOST_PIXELS and min(self.in_channels, self.out_channels) >= LEAST_CHANNELS
        if (
            self.bias is None
            and self.stride == (1, 1)
            and small
            and x.device.type == "cpu"
            and torch.is_autocast_enabled("cpu")
        ):
            kind = torch.get_autocast_dtype("cpu")
            return _SmallMap.apply(x.to(kind), self.weight.to(kind))
        return super().forward(x)


class ConvNorm(nn.Sequential):
    """Convolution 3 x 3 -> pooling (a half in each direction) if asked for -> batch norm if asked for -> GELU."""

    def __init__(
        self,
        inputs: int,
        outputs: int,
        pool: bool = False,
        norm: bool = True,
        momentum: float = 0.3,
        stride: int = 1,
    ) -> None:
        layers: list[nn.Module] = [Conv3x3(inputs, outputs, bias=not norm, stride=stride)]
        if pool:  # before the norm and the activation, which then have a quarter of the work
            layers.append(nn.MaxPool2d(2, ceil_mode=True))  # an odd last row or column is kept
        if norm:
            layers.append(nn.BatchNorm2d(outputs, momentum=momentum))
        super().__init__(*layers, nn.GELU())


class Whitening(nn.Module):
    """A first layer that is computed and not learned: it makes the pixels of a small patch uncorrelated.

    Its filters are the main directions of the patches of training images, each divided by the spread along it (Page
    2019, *How to train your ResNet 8: bag of tricks*), and their negatives, since what follows is not symmetric. All of
    it is frozen, so that no gradient goes back through the layer after it, which has the most pixels.
    """

    def __init__(self, channels: int, kernel: int, directions: int) -> None:
        super().__init__()
        self.kernel, self.directions, self.outputs = kernel, directions, 2 * directions
        self.conv = nn.Conv2d(channels, self.outputs, kernel, padding=kernel // 2, bias=False)
        self.conv.weight.requires_grad = False
        self.act = nn.GELU()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.act(self.conv(x))

    @torch.no_grad()
    def fit(self, x: torch.Tensor, floor: float = 5e-3) -> None:
        """Compute the filters from normalised images (N, C, H, W); ``floor`` bounds how much a direction is amplified.

        The sign of an eigenvector is a free choice of the library; here its largest entry is positive.
        """
        k, channels = self.kernel, x.shape[1]
        patches = x.unfold(2, k, 1).unfold(3, k, 1)  # (N, C, h, w, k, k)
        flat = patches.permute(0, 2, 3, 1, 4, 5).reshape(-1, channels * k * k).double()
        flat = flat - flat.mean(dim=0)
        values, vectors = torch.linalg.eigh(flat.T @ flat / len(flat))  # ascending
        values, vectors = values.flip(0)[: self.directions], vectors.T.flip(0)[: self.directions]  # (D,), (D, C k k)
        vectors = vectors * vectors.gather(1, vectors.abs().argmax(dim=1, keepdim=True)).sign()
        filters = vectors / (values.clamp(min=0.0) + floor).sqrt()[:, None]
        self.conv.weight.copy_(torch.cat([filters, -filters]).view(self.outputs, channels, k, k))
