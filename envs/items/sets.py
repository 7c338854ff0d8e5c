"""Image sets as items: what the choice `images` of an environment means here, and what is in it."""

import warnings
from functools import lru_cache
from pathlib import Path

from ...components.names import is_component
from ...data.datasets import cache_folder
from ...data.generated_parcels import NAME as PARCELS
from ...data.image_sets import IMAGE_SETS
from ...data.images import NAMES, LabelledImages, classes_of, fingerprint, is_at_hand, load_images
from ..engine.simulation import Choice

DEFAULT_SET = "fashion-mnist"


def item_choices(where: str) -> dict[str, Choice]:
    """The choices of an environment that shows items ``where``, such as "on the belt": `images` and `split`."""
    sets = "auto, parcels, an image set by name, a folder of images, or that of a generator"
    return {
        "images": Choice("auto", f"what lies {where}: {sets}", takes_component=True, pin=pin),
        "split": Choice("test", "which of the images", ("train", "test")),
    }


def resolve(images: str) -> str:
    """The set that is meant: ``auto`` is Fashion-MNIST if it is at hand, else the parcels, with a warning.

    A generator's folder is named with its fingerprint, so that another generator there is another set.
    """
    name = _meant(images)
    if images == "auto" and name == PARCELS:
        _say_that_there_are_parcels()
    return name


def _meant(images: str) -> str:
    if images != "auto":
        return pinned(images)
    return DEFAULT_SET if is_at_hand(DEFAULT_SET) else PARCELS


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
    return images not in NAMES and is_component(images)


def pinned(images: str) -> str:
    """``images``; the folder of a component as FOLDER@FINGERPRINT."""
    if not is_generator(images):
        return images
    from ...components.component import pin  # and torch, which the other images do without

    return pin(images)


@lru_cache(maxsize=1)
def _say_that_there_are_parcels() -> None:
    warnings.warn(
        f"the items are parcels that are made here, because {DEFAULT_SET} is not here; "
        f"`ludus fit vision/classify --data {DEFAULT_SET}` fetches it, the variable LUDUS_DATA names a folder that "
        "holds it, images='parcels' means them",
        stacklevel=2,
    )


def load_items(images: str, split: str) -> LabelledImages:
    """The images (M, height, width, channels) uint8 of ``split`` and their kinds."""
    name = resolve(images)
    if is_generator(name):
        from ...components.picture_source import drawn_images

        return LabelledImages(*drawn_images(name, split, cache_folder()))
    return load_images(name, split)


def describe(images: str) -> tuple[tuple[int, int, int], tuple[str, ...]]:
    """Shape of one image and the names of the classes. A card asks this, too, so parcels are nothing to warn of yet."""
    name = _meant(images)
    if name in NAMES:
        side, channels = (28, 1) if name == "fashion-mnist" else (32, 3)
        return (side, side, channels), classes_of(name)
    content = load_items(name, "train")
    return content.images.shape[1:], content.classes  # type: ignore[return-value]
