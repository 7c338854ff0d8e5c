"""The items on Picker's tray: a set of images, of each where the thing in it is, its middle and its long axis."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from ...items.sets import load_items, resolve

PLAIN = 24  # brightness by which the corners of a picture with a plain background differ, at most
DIFFERENT = 32  # brightness by which a thing differs from its background, at least, in one channel
MOST_PLAIN = 0.75  # share of a set's pictures with plain corners, from which on it is taken to have backgrounds
ROUND = 1.15  # ratio of the axes up to which a thing has no direction, and can be gripped from everywhere


class Items(NamedTuple):
    """The world of Picker: M images of K classes. Places in an image are in pixels, (0, 0) the middle of the first."""

    images: np.ndarray  # (M, height, width, channels) uint8
    masks: np.ndarray  # (M, height, width) uint8, 1 where the thing is
    labels: np.ndarray  # (M,) int64
    order: np.ndarray  # (M,) int64, the images' indices, class by class
    first: np.ndarray  # (K + 1,) int64, where in `order` each class begins
    middles: np.ndarray  # (M, 2) float64, x and y of the masks' centroids
    axes: np.ndarray  # (M,) float64, rad from x towards y, of the masks' long axes; NaN for round things
    edges: np.ndarray  # (M, height, 2) int64, first and last column of the masks in each row; -1 where there is nothing


def make_items(images: str, split: str) -> Items:
    """The items of what ``images`` means now."""
    return _items_of(resolve(images), split)


@lru_cache(maxsize=4)
def _items_of(images: str, split: str) -> Items:
    shown = load_items(images, split)
    order = np.argsort(shown.labels, kind="stable")
    first = np.searchsorted(shown.labels[order], np.arange(len(shown.classes) + 1))
    masks = masks_of(shown.images)
    middles, axes = moments_of(masks)
    return Items(
        shown.images,
        masks,
        shown.labels,
        order.astype(np.int64),
        first.astype(np.int64),
        middles,
        axes,
        edges_of(masks),
    )


def masks_of(images: np.ndarray) -> np.ndarray:
    """(M, height, width) uint8: 1 where the thing is in pictures (M, height, width, channels) uint8.

    Where most of the set's pictures have a plain background, that is what is not as their corners are, with what lies
    between such pixels both along its row and along its column. Else, as with photographs, it is the whole picture.
    """
    masks = np.ones(images.shape[:3], np.uint8)
    corners = images[:, [0, 0, -1, -1], [0, -1, 0, -1]].astype(np.int64)  # (M, 4, channels)
    plain = (np.ptp(corners, axis=1) <= PLAIN).all(axis=1)
    if plain.mean() < MOST_PLAIN:
        return masks
    background = np.median(corners, axis=1)  # (M, channels)
    other = (np.abs(images - background[:, None, None]) >= DIFFERENT).any(axis=3)
    found = _between(other, 1) & _between(other, 2)
    there = found.any(axis=(1, 2))  # a picture of nothing is a thing as large as the picture
    masks[there] = found[there]
    return masks


def _between(shown: np.ndarray, axis: int) -> np.ndarray:
    """Whether there is something on both sides, or here, along ``axis``."""
    return np.logical_or.accumulate(shown, axis) & np.flip(np.logical_or.accumulate(np.flip(shown, axis), axis), axis)


def moments_of(masks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Centroids (M, 2) and long axes (M,) of masks, by their first and second moments; see ``Items``."""
    rows, columns = np.arange(masks.shape[1], dtype=np.float64), np.arange(masks.shape[2], dtype=np.float64)
    weight = masks.sum(axis=(1, 2), dtype=np.float64)
    by_column, by_row = masks.sum(axis=1, dtype=np.float64), masks.sum(axis=2, dtype=np.float64)
    x, y = by_column @ columns / weight, by_row @ rows / weight
    xx, yy = by_column @ columns**2 / weight - x**2, by_row @ rows**2 / weight - y**2
    xy = np.einsum("mij,i,j->m", masks, rows, columns, optimize=True) / weight - x * y
    angle = 0.5 * np.arctan2(2.0 * xy, xx - yy)
    middle, spread = 0.5 * (xx + yy), np.hypot(0.5 * (xx - yy), xy)
    long, short = np.sqrt(middle + spread), np.sqrt(np.maximum(middle - spread, 0.0))
    return np.stack([x, y], axis=1), np.where(long > ROUND * short, angle, np.nan)


def edges_of(masks: np.ndarray) -> np.ndarray:
    """The first and the last column of each row; see ``Items``."""
    width = masks.shape[2]
    first, last = masks.argmax(axis=2), width - 1 - masks[:, :, ::-1].argmax(axis=2)
    there = masks.any(axis=2)
    return np.stack([np.where(there, first, -1), np.where(there, last, -1)], axis=2).astype(np.int64)
