"""Augmentation: what happens to training images on their way into a batch, a function of the seed and the step."""

from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional as F

from ..training.batches import Shuffled, generator
from .images import Images


@dataclass(frozen=True)
class Augmentation:
    """What may happen to a training image."""

    flip: bool = True  # mirrored in every other epoch, beginning with a random one (Jordan 2024)
    crop: int = 2  # pixels by which it may be moved in each direction
    pad: str = "reflect"  # what comes in at the edge: reflect or zero
    cutout: int = 0  # side in pixels of a square that is hidden (DeVries & Taylor 2017)
    mixup: float = 0.0  # alpha of the Beta distribution of the shares in a blend of two images (Zhang et al. 2018)
    cutmix: float = 0.0  # the same of the area of a patch of another image (Yun et al. 2019)

    def __post_init__(self) -> None:
        if self.pad not in ("reflect", "zero"):
            raise ValueError(f"pad must be reflect or zero, got {self.pad!r}")
        for name in ("crop", "cutout", "mixup", "cutmix"):
            if not 0 <= getattr(self, name) < float("inf"):
                raise ValueError(f"{name} must be >= 0, got {getattr(self, name)}")

    def check(self, height: int, width: int) -> None:
        """``ValueError`` unless it makes sense for images of this size."""
        if self.crop >= min(height, width) or self.cutout > min(height, width):
            raise ValueError(f"crop {self.crop} or cutout {self.cutout} is too large for {height} x {width} pixels")


def move(x: torch.Tensor, down: torch.Tensor, right: torch.Tensor, mirrored: torch.Tensor, pad: str) -> torch.Tensor:
    """Images (N, H, W, C), each moved by so many pixels, those with ``mirrored`` (N,) also flipped left to right."""
    height, width = x.shape[1:3]
    rows = torch.arange(height) - down[:, None]  # (N, H), where each pixel comes from
    columns = torch.arange(width) - right[:, None]  # (N, W)
    columns = torch.where(mirrored[:, None], width - 1 - columns, columns)
    from_rows, from_columns = _reflect(rows, height), _reflect(columns, width)
    picked = torch.arange(len(x))[:, None, None]
    moved = x[picked, from_rows[:, :, None], from_columns[:, None, :]]
    if pad == "zero":
        inside = (rows == from_rows)[:, :, None] & (columns == from_columns)[:, None, :]
        moved = moved * inside[..., None].to(x.dtype)
    return moved


def _reflect(index: torch.Tensor, size: int) -> torch.Tensor:
    index = index.abs()  # -1 is 1: the edge itself is not repeated
    return size - 1 - (size - 1 - index).abs()


def squares(
    count: int, height: int, width: int, tall: torch.Tensor, wide: torch.Tensor, source: torch.Generator
) -> torch.Tensor:
    """Masks (N, H, W, 1): rectangles of ``tall`` x ``wide`` pixels ((N,) each), anywhere inside the picture."""
    top = (torch.rand(count, generator=source) * (height - tall + 1)).long()
    left = (torch.rand(count, generator=source) * (width - wide + 1)).long()
    row, column = torch.arange(height)[None, :], torch.arange(width)[None, :]
    rows = (row >= top[:, None]) & (row < (top + tall)[:, None])
    columns = (column >= left[:, None]) & (column < (left + wide)[:, None])
    return (rows[:, :, None] & columns[:, None, :])[..., None]


def blend(
    x: torch.Tensor, labels: torch.Tensor, classes: int, how: Augmentation, source: torch.Generator
) -> tuple[torch.Tensor, torch.Tensor]:
    """mixup or CutMix, or one of the two at random where both are asked for; the labels become shares (N, K)."""
    both = how.mixup > 0.0 and how.cutmix > 0.0
    is_mixup = bool(torch.rand((), generator=source) < 0.5) if both else how.mixup > 0.0
    alpha = how.mixup if is_mixup else how.cutmix
    numbers = np.random.default_rng(int(torch.randint(2**62, (), generator=source)))  # torch's Beta takes no generator
    share = float(numbers.beta(alpha, alpha))
    order = torch.randperm(len(x), generator=source)
    one_hot = F.one_hot(labels, classes).float()
    if is_mixup:
        x = share * x.float() + (1.0 - share) * x[order].float()
    else:
        height, width = x.shape[1:3]
        side = (1.0 - share) ** 0.5
        tall, wide = (torch.full((len(x),), round(side * size)) for size in (height, width))
        x = torch.where(squares(len(x), height, width, tall, wide, source), x[order], x)
        share = 1.0 - float(tall[0] * wide[0]) / (height * width)  # of the pixels that were in fact kept
    return x, share * one_hot + (1.0 - share) * one_hot[order]


class AugmentedBatches(Shuffled):
    """The training batches of a data set: (images (B, H, W, C), labels (B,) or shares (B, K)).

    Raises:
        ValueError: no images, a batch size below 1, or an augmentation that is too large for the images.
    """

    def __init__(
        self, data: Images, batch_size: int, how: Augmentation, seed: int, step: int = 0, fill: tuple[int, ...] = (0,)
    ) -> None:
        super().__init__(len(data), batch_size, seed, step)
        how.check(*data.images.shape[1:3])
        self.data, self.how = data, how
        self.fill = torch.tensor(fill, dtype=torch.uint8)  # the colour of what cutout hides
        self._begins_mirrored = torch.rand(len(data), generator=generator(seed, "mirror")) < 0.5

    def batch(self, step: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The batch of this step; a function of the seed and ``step``."""
        epoch = step // len(self)
        return self._augmented(self.rows(step), epoch, generator(self.seed, "batch", step))

    def _augmented(self, rows: torch.Tensor, epoch: int, source: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        how, count = self.how, len(rows)
        x, labels = self.data.images[rows], self.data.labels[rows]
        height, width = x.shape[1:3]
        if how.flip or how.crop:
            mirrored = (
                self._begins_mirrored[rows] ^ bool(epoch % 2) if how.flip else torch.zeros(count, dtype=torch.bool)
            )
            down, right = torch.randint(-how.crop, how.crop + 1, (2, count), generator=source)
            x = move(x, down, right, mirrored, how.pad)
        if how.cutout:
            side = torch.full((count,), how.cutout)
            x = torch.where(squares(count, height, width, side, side, source), self.fill, x)
        if how.mixup or how.cutmix:
            return blend(x, labels, len(self.data.classes), how, source)
        return x, labels
