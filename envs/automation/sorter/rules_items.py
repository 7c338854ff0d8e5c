"""The items on Sorter's belt: a set of images, held once for all environments, or parcels that are made here."""

import warnings
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ....components.names import is_component
from ....data.datasets import cache_folder
from ....data.image_sets import IMAGE_SETS
from ....data.images import LabelledImages, fingerprint, is_at_hand, load_images

DEFAULT_SET = "fashion-mnist"
PARCELS = "parcels"
SIDE = 32  # pixels of a parcel's picture
COUNTS = {"train": 4000, "test": 1000}  # parcels
PARCEL_KINDS = tuple(f"chute {digit}" for digit in range(10))
# The digits on the labels, 3 x 5 pixels each, as rows of bits.
DIGITS = (
    (7, 5, 5, 5, 7), (2, 6, 2, 2, 7), (7, 1, 7, 4, 7), (7, 1, 7, 1, 7), (5, 5, 7, 1, 1),
    (7, 4, 7, 1, 7), (7, 4, 7, 5, 7), (7, 1, 1, 2, 2), (7, 5, 7, 5, 7), (7, 5, 7, 1, 7),
)  # fmt: skip
CARDBOARD = np.array([[196, 154, 108], [172, 130, 88], [214, 178, 134], [226, 226, 220], [120, 140, 168]])


class Items(NamedTuple):
    """The world of Sorter: M images of K classes."""

    images: np.ndarray  # (M, height, width, channels) uint8
    labels: np.ndarray  # (M,) int64
    order: np.ndarray  # (M,) int64, the images' indices, class by class
    first: np.ndarray  # (K + 1,) int64, where in `order` each class begins
    means: np.ndarray  # (K, height, width, channels) float32, mean image of each class in the training split


def resolve(images: str) -> str:
    """The set that is meant: ``auto`` is Fashion-MNIST if it is at hand, else the parcels, with a warning.

    A generator's folder is named with its fingerprint, so that another generator there is another set.
    """
    if images != "auto":
        return pinned(images)
    if is_at_hand(DEFAULT_SET):
        return DEFAULT_SET
    _say_that_there_are_parcels()
    return PARCELS


def pin(images: str) -> tuple[str, str]:
    """What ``images`` means here, so that it means the same later (a folder is absolute), and the data's SHA-256.

    Parcels have none, for they are made here, and a generator has its fingerprint.

    Raises:
        FileNotFoundError, ValueError: it names no images.
    """
    name = resolve(images)
    if name == PARCELS or is_generator(images):
        return name, ""
    if name not in IMAGE_SETS and Path(name).is_dir():
        name = str(Path(name).resolve())
    return name, fingerprint(name)


def is_generator(images: str) -> bool:
    """Whether the folder of a component is meant."""
    return images not in (*IMAGE_SETS, PARCELS) and is_component(images)


def pinned(images: str) -> str:
    """``images``; the folder of a component as FOLDER@FINGERPRINT."""
    if not is_generator(images):
        return images
    from ....components.component import pin  # and torch, which the other images do without

    return pin(images)


@lru_cache(maxsize=1)
def _say_that_there_are_parcels() -> None:
    warnings.warn(
        f"Sorter makes parcels of its own, because {DEFAULT_SET} is not here; "
        f"`ludus fit vision/classify --data {DEFAULT_SET}` fetches it, the variable LUDUS_DATA names a folder that "
        "holds it, images='parcels' means them",
        stacklevel=2,
    )


def load_items(images: str, split: str) -> LabelledImages:
    """The images (M, height, width, channels) uint8 of ``split`` and their kinds."""
    name = resolve(images)
    if name == PARCELS:
        return make_parcels(split)
    if is_generator(name):
        from ....components.picture_source import drawn_images

        return LabelledImages(*drawn_images(name, split, cache_folder()))
    return load_images(name, split)


def describe(images: str) -> tuple[tuple[int, int, int], tuple[str, ...]]:
    """Shape of one image and the names of the classes."""
    name = resolve(images)
    if name == PARCELS:
        return (SIDE, SIDE, 3), PARCEL_KINDS
    if name in IMAGE_SETS:
        side, channels = (28, 1) if name == "fashion-mnist" else (32, 3)
        return (side, side, channels), IMAGE_SETS[name].classes
    content = load_items(name, "train")
    return content.images.shape[1:], content.classes  # type: ignore[return-value]


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


@lru_cache(maxsize=2)
def make_parcels(split: str) -> LabelledImages:
    """Parcels of several shapes and colours; the digit on a parcel's label names its chute."""
    generator = np.random.default_rng({"train": 0, "test": 1}[split])
    count = COUNTS[split]
    labels = np.arange(count) % len(PARCEL_KINDS)
    images = np.stack([_render_parcel(int(label), generator) for label in labels])
    images.flags.writeable = labels.flags.writeable = False
    return LabelledImages(images, labels.astype(np.int64), PARCEL_KINDS)


def _render_parcel(digit: int, generator: np.random.Generator) -> np.ndarray:
    picture = np.full((SIDE, SIDE, 3), 58.0) + generator.normal(0.0, 3.0, (SIDE, SIDE, 1))  # the belt
    width, height = generator.integers(20, 31, 2)
    left, top = generator.integers(0, SIDE - width + 1), generator.integers(0, SIDE - height + 1)
    color = CARDBOARD[generator.integers(len(CARDBOARD))] * generator.uniform(0.85, 1.1)
    picture[top : top + height, left : left + width] = color
    tape = generator.integers(2, 5)
    if generator.random() < 0.5:
        middle = left + (width - tape) // 2
        picture[top : top + height, middle : middle + tape] = 0.8 * color
    else:
        middle = top + (height - tape) // 2
        picture[middle : middle + tape, left : left + width] = 0.8 * color
    scale = 2
    wide, tall = 3 * scale + 4, 5 * scale + 4
    x = left + generator.integers(1, width - wide)
    y = top + generator.integers(1, height - tall)
    picture[y : y + tall, x : x + wide] = 240.0
    bits = np.array([[row >> (2 - column) & 1 for column in range(3)] for row in DIGITS[digit]], bool)
    ink = np.kron(bits, np.ones((scale, scale), bool))
    picture[y + 2 : y + 2 + 5 * scale, x + 2 : x + 2 + 3 * scale][ink] = 30.0
    return np.clip(picture + generator.normal(0.0, 6.0, picture.shape), 0, 255).astype(np.uint8)
