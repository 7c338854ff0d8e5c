"""Components that draw pictures: a source of labelled images, as a public set is one.

An environment or a training that takes the name of an image set also takes the folder of such a component. Its splits
are drawn once, from seeds of their own, and kept in the user's cache under the component's fingerprint; the same files
then serve all processes of the machine.
"""

import warnings
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import Space, spaces

from ..utils.arrays import keep_array, kept_array, sealed
from ..utils.files import quote
from .component import Component, pin
from .names import split_pinned

SEEDS = {"train": 0, "test": 1}  # of the splits
COUNTS = {"train": 10_000, "test": 2_000}  # pictures, the classes in turn


class PictureSource(Component):
    """A component that draws pictures of classes.

    Args:
        output_space: Box of bytes (height, width, channels).
        classes: Names of the classes.

    Raises:
        ValueError: no such Box, or no classes.
    """

    def __init__(self, input_space: Space, output_space: Space, config: dict[str, Any], classes: Sequence[str]) -> None:
        super().__init__(input_space, output_space, config)
        shape = output_space.shape or ()
        if not isinstance(output_space, spaces.Box) or len(shape) != 3 or output_space.dtype != "uint8":
            raise ValueError(f"pictures are uint8 (height, width, channels), got {output_space}")
        self.classes = tuple(classes)
        if not self.classes or not all(isinstance(name, str) for name in self.classes):
            raise ValueError(f"expected the names of the classes, got {list(classes)!r}")

    def draw(self, labels: np.ndarray, seed: int) -> np.ndarray:
        """A picture of each of these classes (N,) int64, as (N, H, W, C) uint8; the same for the same seed."""
        raise NotImplementedError


def balanced(count: int, classes: int) -> np.ndarray:
    """Labels (count,) int64: the classes in turn."""
    return np.arange(count, dtype=np.int64) % classes


def drawn_images(given: str | Path, split: str, cache: Path) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Images (N, H, W, C) uint8, labels (N,) int64 and classes: a split of what the component in a folder draws.

    Args:
        given: The folder, or FOLDER@FINGERPRINT (``component.pin``).
        split: ``train`` or ``test``.
        cache: The user's cache, in which it is kept.

    Raises:
        FileNotFoundError, ValueError: no component there, a damaged one, another than is expected, or one that draws
            nothing.
    """
    folder, fingerprint = split_pinned(pin(given))
    assert fingerprint is not None
    return _drawn(folder, fingerprint, split, cache)


@lru_cache(maxsize=4)
def _drawn(folder: str, fingerprint: str, split: str, cache: Path) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    source = Component.load(folder, fingerprint=fingerprint)
    if not isinstance(source, PictureSource):
        raise ValueError(
            f"{folder} is a {type(source).__name__}, which draws no pictures; expected what `ludus fit "
            "vision/generate` made, the name of an image set, or a folder of images"
        )
    labels = balanced(COUNTS[split], len(source.classes))
    path = cache / "drawn" / f"{fingerprint[:32]}-{split}-{len(labels)}.npy"
    images = kept_array(path, (len(labels), *(source.output_space.shape or ())), np.dtype(np.uint8))
    if images is None:
        warnings.warn(
            f"drawing {len(labels):,} pictures, the split {split!r} of {quote(Path(folder))}, once; they are kept in "
            f"{quote(path.parent)}",
            stacklevel=2,
        )
        images = source.draw(labels, SEEDS[split])
        keep_array(path, images)
    return sealed(images), sealed(labels), source.classes
