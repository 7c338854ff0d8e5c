"""Labelled images, by the name of a set or of a folder of pictures (``picture_folders.py``).

A set is a public one (``image_sets.py``), or the parcels that Ludus makes up (``generated_parcels.py``). What was read
of a public one is kept in the user's cache as a plain array, which all processes of a machine share.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from ..utils.arrays import keep_array, kept_array, sealed
from ..utils.wording import did_you_mean
from . import datasets, generated_parcels
from .image_sets import IMAGE_SETS, ImageSet
from .picture_folders import SPLITS, read_folder

NAMES = (*IMAGE_SETS, generated_parcels.NAME)


@dataclass(frozen=True)
class LabelledImages:
    """Images (N, height, width, channels) uint8, labels (N,) int64, and the names of the classes."""

    images: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]


def is_at_hand(name: str) -> bool:
    """Whether both splits of the set ``name`` can be read without a download; ``ValueError`` if unknown."""
    if name == generated_parcels.NAME:
        return True
    entry = _find_set(name)
    return all(_place_of(name, split).is_file() or datasets.locate(entry, split) is not None for split in entry.files)


def classes_of(name: str) -> tuple[str, ...]:
    """The names of the classes of a set, without reading it; ``ValueError`` if unknown."""
    return generated_parcels.CLASSES if name == generated_parcels.NAME else _find_set(name).classes


def fetch(name: str) -> None:
    """Download the set ``name`` into the user's cache, unless it is at hand.

    Raises:
        OSError: it cannot be downloaded; the message names the address, the folder and the variable.
        ValueError: an unknown name.
    """
    if not is_at_hand(name):
        datasets.fetch(_find_set(name))


def load_images(name: str, split: str) -> LabelledImages:
    """The images of a set by its name, or of a folder with a subfolder for each class.

    The array of images is read-only and, of a public set, shared with all other processes of the machine.

    Raises:
        FileNotFoundError: the set is not at hand; the message names the address, the folder and the variable.
        ValueError: unknown name or split; a file is damaged: with its name, the hash that it has and the expected one;
            or what ``read_folder`` says of a folder.
    """
    datasets.check_split(split, SPLITS)
    is_folder = name not in NAMES and Path(name).is_dir()
    # A relative path is another folder in another place.
    return _load(name, split, str(Path(name).absolute()) if is_folder else None)


@lru_cache(maxsize=8)
def _load(name: str, split: str, folder: str | None) -> LabelledImages:
    if folder is not None:
        own, kinds, classes = read_folder(Path(name), split)
        return LabelledImages(sealed(own), sealed(kinds), classes)
    if name == generated_parcels.NAME:
        return LabelledImages(*generated_parcels.make_parcels(split), generated_parcels.CLASSES)
    entry = _find_set(name)
    kept = _place_of(name, split)
    named = kept.with_suffix(".labels.npy")
    found, labels = kept_array(kept), kept_array(named)
    if found is None or labels is None:
        images, labels = _read_split(name, split)
        keep_array(named, labels)
        keep_array(kept, images)
        shared = kept_array(kept)  # the memory that all processes share
        found = images if shared is None else shared  # no cache: this process keeps its own
    return LabelledImages(sealed(found), sealed(labels), entry.classes)


def fingerprint(name: str) -> str:
    """The SHA-256 of a set: of a public one that of its files, of a folder that of its pixels, labels and classes.

    Raises:
        FileNotFoundError, ValueError: as ``load_images`` says.
    """
    if name in IMAGE_SETS:
        if not is_at_hand(name):
            raise datasets.NotAtHand(IMAGE_SETS[name])
        return datasets.fingerprint(IMAGE_SETS[name])
    found = hashlib.sha256()
    for split in SPLITS:
        own = load_images(name, split)
        found.update(repr((own.images.shape, own.classes)).encode())
        found.update(own.images.tobytes())
        found.update(own.labels.tobytes())
    return found.hexdigest()


def _find_set(name: str) -> ImageSet:
    if name not in IMAGE_SETS:
        raise ValueError(f"unknown image set {name!r}{did_you_mean(name, NAMES)}")
    return IMAGE_SETS[name]


def _read_split(name: str, split: str) -> tuple[np.ndarray, np.ndarray]:
    entry = _find_set(name)
    contents = datasets.read_files(entry, split)
    try:
        return entry.read(list(contents.values()))
    except ValueError as fault:  # the hash was right, so this is ours
        raise ValueError(f"{next(iter(contents)).parent} cannot be read: {fault}") from None


def _place_of(name: str, split: str) -> Path:
    """Where what was read is kept; named after the expected hashes, so that other files make another one."""
    sums = "".join(known[0] for known in _find_set(name).files[split].values())
    return datasets.cache_folder() / "arrays" / f"{name}-{split}-{hashlib.sha256(sums.encode()).hexdigest()[:12]}.npy"
