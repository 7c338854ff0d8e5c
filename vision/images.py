"""Labelled images as tensors."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from ..components.names import is_component
from ..components.picture_source import drawn_images
from ..data.datasets import cache_folder
from ..data.images import NAMES, LabelledImages, load_images
from ..training import batches

WATCHED = 2000  # test images, at most, that are judged after each epoch; nothing is chosen by them


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


class Splits(NamedTuple):
    """Training images, those that are watched while training, and test images."""

    train: Images
    watched: Images
    test: Images


def load_splits(name: str, holdout: float, share: float = 1.0) -> Splits:
    """The images of a training. Watched are ``holdout`` of the training images, or some test images where that is 0.

    Args:
        name: As of ``load_tensors``.
        holdout: Share of the training images that are not learned from, the same ones for all seeds.
        share: Of the training images, see ``part_of``.

    Raises:
        ValueError: the two splits have other classes, or too few images are left. Others as ``load_tensors``.
    """
    train, test = (load_tensors(name, split) for split in ("train", "test"))
    if train.classes != test.classes:
        raise ValueError(f"{name}: its splits have other classes, {train.classes} and {test.classes}")
    train = part_of(train, share)
    if holdout:
        train, held = hold_out(train, holdout, seed=0)
        return Splits(train, held, test)
    rows = torch.randperm(len(test), generator=batches.generator(0, "watched"))[:WATCHED]
    return Splits(train, test.subset(rows), test)


def load_tensors(name: str, split: str) -> Images:
    """The tensors of a set, of a folder of images, or of what a generator in a folder draws.

    Errors as ``ludus.data.images.load_images`` and ``ludus.components.picture_source.drawn_images``.
    """
    drawn = name not in NAMES and is_component(name)
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
