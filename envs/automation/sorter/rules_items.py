"""The items on Sorter's belt: a set of images, held once for all environments, or parcels that are made up."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ...items.sets import load_items, resolve


class Items(NamedTuple):
    """The world of Sorter: M images of K classes."""

    images: np.ndarray  # (M, height, width, channels) uint8
    labels: np.ndarray  # (M,) int64
    order: np.ndarray  # (M,) int64, the images' indices, class by class
    first: np.ndarray  # (K + 1,) int64, where in `order` each class begins
    means: np.ndarray  # (K, height, width, channels) float32, mean image of each class in the training split


def make_items(images: str, split: str) -> Items:
    """The items of what ``images`` means now, as `describe` says it: ``auto`` changes when a set is fetched."""
    return _items_of(resolve(images), split)


@lru_cache(maxsize=4)
def _items_of(images: str, split: str) -> Items:
    shown, known = load_items(images, split), load_items(images, "train")
    count = len(shown.classes)
    order = np.argsort(shown.labels, kind="stable")
    first = np.searchsorted(shown.labels[order], np.arange(count + 1))
    means = np.stack([known.images[known.labels == k].mean(axis=0, dtype=np.float64) for k in range(count)])
    return Items(shown.images, shown.labels, order.astype(np.int64), first.astype(np.int64), means.astype(np.float32))
