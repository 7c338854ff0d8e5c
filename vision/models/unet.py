"""A small U-Net: from a noisy picture, a time and a class to a picture of the same shape.

The shape is Ronneberger et al.'s (2015): convolutions at fewer and fewer pixels, then back, with a bridge at each size.
Blocks are pre-activated residual ones (He et al. 2016) whose norms are scaled and shifted, and whose answers are gated,
by time and class (Peebles & Xie 2023, *DiT*, adaLN-zero); at the fewest pixels they also attend to one another (Ho et
al. 2020). Left out, for minutes on a processor: several bridges per size, attention at more than one size, dropout.
"""

import math
from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional as F

from .layers import Conv3x3

HEAD = 32  # channels of a head of attention
FREQUENCIES = 32  # of the sines and the cosines that tell the time
MOST_BLOCKS = 100  # of a size
SLOWEST, FASTEST = 1.0, 500.0  # rad per unit of time


class Norm(nn.Module):
    """Normalises over channels and pixels together (Wu & He 2018, with one group), then scales and shifts if asked to.

    One group, because on a processor, channels-last and in bf16, it takes a fifteenth of the time of eight groups:
    2.4 ms against 38 for 128 x 32 channels x 28 x 28 pixels, forwards and backwards (one core of a Zen 5, torch 2.13).
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(1, channels)

    def forward(
        self, x: torch.Tensor, scale: torch.Tensor | None = None, shift: torch.Tensor | None = None
    ) -> torch.Tensor:
        norm = self.norm
        y = F.group_norm(x, 1, norm.weight.to(x.dtype), norm.bias.to(x.dtype), norm.eps)
        return y if scale is None or shift is None else torch.addcmul(shift, y, 1.0 + scale)


class Block(nn.Module):
    """Adds to a map what two convolutions make of it, told the time and the class."""

    def __init__(self, channels: int, told: int) -> None:
        super().__init__()
        self.first, self.second = Conv3x3(channels, channels, bias=False), Conv3x3(channels, channels, bias=False)
        self.before, self.between = Norm(channels), Norm(channels)
        self.tell = nn.Linear(told, 3 * channels)
        nn.init.zeros_(self.tell.weight)  # at first each block leaves its map as it is
        nn.init.zeros_(self.tell.bias)

    def forward(self, x: torch.Tensor, about: torch.Tensor) -> torch.Tensor:
        scale, shift, gate = self.tell(about).to(x.dtype)[:, :, None, None].chunk(3, dim=1)  # (N, C, 1, 1) each
        y = self.first(F.silu(self.before(x)))
        y = self.second(F.silu(self.between(y, scale, shift)))
        return torch.addcmul(x, y.to(x.dtype), gate)


class Chain(nn.ModuleList):
    """Blocks, one after the other."""

    def forward(self, x: torch.Tensor, about: torch.Tensor) -> torch.Tensor:
        for block in self:
            x = block(x, about)
        return x


class Attention(nn.Module):
    """Adds to each pixel what it learns from the others (Vaswani et al. 2017)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.heads = max(1, channels // HEAD)
        self.norm = Norm(channels)
        self.ask, self.answer = nn.Linear(channels, 3 * channels), nn.Linear(channels, channels)
        nn.init.zeros_(self.answer.weight)
        nn.init.zeros_(self.answer.bias)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        n, c, h, w = x.shape
        flat = self.norm(x).permute(0, 2, 3, 1).reshape(n, h * w, c)
        q, k, v = (
            part.reshape(n, h * w, self.heads, -1).transpose(1, 2) for part in self.ask(flat).chunk(3, dim=2)
        )  # (N, heads, H W, channels of a head)
        # By hand: torch's fused attention takes 150 ms backwards in bf16 on a processor, this 15 (128 pictures).
        weights = (q @ k.transpose(2, 3) * q.shape[3] ** -0.5).softmax(dim=3)
        y = (weights.to(v.dtype) @ v).transpose(1, 2).reshape(n, h * w, c)
        return x + self.answer(y).to(x.dtype).view(n, h, w, c).permute(0, 3, 1, 2)


class UNet(nn.Module):
    """See the head of this file.

    Args:
        channels: Of the picture.
        classes: How many there are.
        widths: Channels at each size; each has half the height and width of the one before.
        blocks: Residual blocks at each size: before and after the smaller ones, or in all at the smallest.
        told: Numbers that tell the time and the class.
    """

    frequencies: torch.Tensor  # (FREQUENCIES,) rad per unit of time

    def __init__(self, channels: int, classes: int, widths: Sequence[int], blocks: Sequence[int], told: int) -> None:
        super().__init__()
        self.names = nn.Embedding(classes, told)
        self.clock = nn.Sequential(nn.Linear(2 * FREQUENCIES, told), nn.SiLU(), nn.Linear(told, told))
        spread = torch.linspace(math.log(SLOWEST), math.log(FASTEST), FREQUENCIES).exp()
        self.register_buffer("frequencies", spread, persistent=False)
        self.stem = Conv3x3(channels, widths[0], bias=False)

        def chain(level: int, count: int) -> Chain:
            return Chain([Block(widths[level], told) for _ in range(count)])

        upper = range(len(widths) - 1)
        self.down = nn.ModuleList([chain(i, blocks[i]) for i in upper])
        self.shrink = nn.ModuleList([nn.Conv2d(widths[i], widths[i + 1], 3, 2, 1, bias=False) for i in upper])
        half, last = blocks[-1] // 2, len(widths) - 1
        self.bottom, self.attention, self.turn = (
            chain(last, half),
            Attention(widths[-1]),
            chain(last, blocks[-1] - half),
        )
        self.grow = nn.ModuleList([nn.Conv2d(widths[i + 1], widths[i], 1, bias=False) for i in upper])
        self.up = nn.ModuleList([chain(i, blocks[i]) for i in upper])
        self.last, self.tell = Norm(widths[0]), nn.Linear(told, 2 * widths[0])
        self.picture, self.gain = Conv3x3(widths[0], channels, bias=False), nn.Parameter(torch.zeros(channels))
        nn.init.zeros_(self.tell.weight)
        nn.init.zeros_(self.tell.bias)

    def forward(self, x: torch.Tensor, time: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """Pictures (N, C, H, W), each at its time (N,) in 0 … 1 and of its class (N,) -> (N, C, H, W)."""
        angle = time[:, None] * self.frequencies  # (N, FREQUENCIES)
        about = F.silu(self.clock(torch.cat([angle.sin(), angle.cos()], dim=1)) + self.names(labels))  # (N, told)
        x, bridges = self.stem(x), []
        for chain, shrink in zip(self.down, self.shrink, strict=True):
            x = chain(x, about)
            bridges.append(x)
            x = shrink(x)
        x = self.turn(self.attention(self.bottom(x, about)), about)
        for grow, chain in zip(reversed(self.grow), reversed(self.up), strict=True):
            x = F.interpolate(grow(x), scale_factor=2.0) + bridges.pop()  # at fewer pixels the convolution is cheaper
            x = chain(x, about)
        scale, shift = self.tell(about).to(x.dtype)[:, :, None, None].chunk(2, dim=1)
        return self.picture(F.silu(self.last(x, scale, shift))) * self.gain[:, None, None]


def check_net(shape: Sequence[int], widths: Sequence[int], blocks: Sequence[int], told: int) -> None:
    """``ValueError`` unless such a ``UNet`` can be made for pictures of this shape (height, width, channels)."""
    if not widths or len(blocks) != len(widths) or min(*widths, *blocks, told) < 1 or max(blocks) > MOST_BLOCKS:
        raise ValueError(
            f"expected as many blocks as widths, all >= 1, and at most {MOST_BLOCKS} blocks of a size, got blocks "
            f"{list(blocks)}, widths {list(widths)} and told {told}"
        )
    halved = 2 ** (len(widths) - 1)
    if shape[0] % halved or shape[1] % halved:
        raise ValueError(
            f"{len(widths)} widths halve a picture {len(widths) - 1} times, which {shape[0]} x {shape[1]} pixels "
            "cannot be; give fewer"
        )
