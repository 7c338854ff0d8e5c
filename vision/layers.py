"""Layers of image models, and what they cost."""

from typing import Any

import torch
from torch import nn


class ConvNorm(nn.Sequential):
    """Convolution 3 x 3 -> pooling (a half in each direction) if asked for -> batch norm if asked for -> GELU."""

    def __init__(self, inputs: int, outputs: int, pool: bool = False, norm: bool = True, momentum: float = 0.3) -> None:
        layers: list[nn.Module] = [nn.Conv2d(inputs, outputs, 3, padding=1, bias=not norm)]
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


def parameters(module: nn.Module) -> int:
    """How many numbers are learned."""
    return sum(p.numel() for p in module.parameters() if p.requires_grad)


def multiply_adds(module: nn.Module, *inputs: Any) -> int:
    """Multiplications (each with its addition) of the convolutions and dense layers in one call of ``module``.

    A FLOP count is twice that. Norms, activations and pooling are left out, as is usual: they are a per cent or so.
    """
    total = 0

    def count(layer: nn.Module, given: tuple[torch.Tensor, ...], out: torch.Tensor) -> None:
        nonlocal total
        if isinstance(layer, nn.Conv2d):
            total += out.numel() * layer.weight[0].numel()  # a dot product per output number
        elif isinstance(layer, nn.Linear):
            total += out.numel() * layer.in_features

    hooks = [layer.register_forward_hook(count) for layer in module.modules()]
    try:
        with torch.no_grad():
            module(*inputs)
    finally:
        for hook in hooks:
            hook.remove()
    return total
