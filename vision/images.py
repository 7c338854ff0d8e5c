"""Labelled images as tensors."""

from dataclasses import dataclass

import numpy as np
import torch

from ..components.names import is_component
from ..components.picture_source import drawn_images
from ..data.datasets import cache_folder
from ..data.image_sets import IMAGE_SETS
from ..data.images import LabelledImages, load_images
from ..training import batches


@dataclass(frozen=True)
class Images:
    """Images (N, H, W, C) uint8, labels (N,) int64, and the names of the classes."""

    images: torch.Tensor
    labels: torch.Tensor
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)

    def subset(self, rows: torch.Tensor) -> "Images":
        return Images(self.images[rows], self.labels[rows], self.classes)


def load_tensors(name: str, split: str) -> Images:
    """The tensors of a public set, of a folder of images, or of what a generator in a folder draws.

    Errors as ``ludus.data.images.load_images`` and ``ludus.components.picture_source.drawn_images``.
    """
    drawn = name not in IMAGE_SETS and is_component(name)
    found = LabelledImages(*drawn_images(name, split, cache_folder())) if drawn else load_images(name, split)
    # Copies: torch does not know arrays that must not be written.
    return Images(torch.from_numpy(np.array(found.images)), torch.from_numpy(np.array(found.labels)), found.classes)


def part_of(data: Images, share: float) -> Images:
    """``share`` of the images of each class, the same ones whenever they are asked for; all with 1.

    Raises:
        ValueError: that leaves none at all.
    """
    if share == 1.0:
        return data
    try:
        return hold_out(data, share, seed=1)[1]
    except ValueError:
        raise ValueError(f"share {share:g} of {len(data)} images leaves too few of each class; give more") from None


def hold_out(data: Images, share: float, seed: int) -> tuple[Images, Images]:
    """Two parts without common images; the second has ``share`` of each class. Errors as ``batches.hold_out``."""
    mask = batches.hold_out(data.labels, len(data.classes), share, seed)
    return data.subset((~mask).nonzero()[:, 0]), data.subset(mask.nonzero()[:, 0])
