"""Labelled images by the name of their set (see ``image_sets.py``), or of a folder: found, fetched, checked, read.

A set is looked for in the folders that the variable ``LUDUS_DATA`` names (several are separated as in ``PATH``), then
in the user's cache, ``~/.cache/ludus``. ``fetch`` downloads it into the latter. Every file is checked by its SHA-256
before it is read; what was read is kept in the cache as a plain array, which all processes of a machine share.
"""

import hashlib
import io
import math
import os
import re
import tarfile
import warnings
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from ..utils.files import write_atomically
from ..utils.untrusted import GIB, MIB, open_regular, read_npy_header, read_regular
from ..utils.wording import did_you_mean, in_one_line
from .image_sets import IMAGE_SETS, ImageSet

SPLITS = ("train", "test")
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp"})
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP")  # Pillow knows others, and starts Ghostscript for one of them
MOST_PIXELS = 2**26  # of a picture in a folder; below the number at which Pillow itself begins to warn
MOST_PICTURE, MOST_SET = 256 * MIB, GIB  # bytes of a file
FOLDER_SIDE = 32  # pixels, to which the images of a folder are scaled
MOST_ENTRIES = 2_000_000  # files of a class, with those in its subfolders
TEST_SHARE = 0.2  # of the images of a folder that is not split into train and test


@dataclass(frozen=True)
class LabelledImages:
    """Images (N, height, width, channels) uint8, labels (N,) int64, and the names of the classes."""

    images: np.ndarray
    labels: np.ndarray
    classes: tuple[str, ...]


def cache_folder() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ludus"


def data_folders() -> list[Path]:
    """Where sets are looked for, in this order."""
    named = [Path(part) for part in os.environ.get("LUDUS_DATA", "").split(os.pathsep) if part]
    return [*named, cache_folder()]


def find_set(name: str) -> ImageSet:
    if name not in IMAGE_SETS:
        raise ValueError(f"unknown image set {name!r}{did_you_mean(name, IMAGE_SETS)}")
    return IMAGE_SETS[name]


def locate(name: str, split: str) -> Path | None:
    """The folder that holds the files of a split, or ``None``."""
    entry = find_set(name)
    for folder in data_folders():
        for path in (folder / part for part in entry.folders):
            if all((path / file).is_file() for file in entry.files[split]):
                return path
    return None


def is_at_hand(name: str) -> bool:
    """Whether both splits of the set ``name`` can be read without a download."""
    return all(_decoded(name, split).is_file() or locate(name, split) is not None for split in SPLITS)


def fetch(name: str) -> None:
    """Download the set ``name`` into the user's cache, unless it is at hand.

    Raises:
        OSError: it cannot be downloaded; the message names the address, the folder and the variable.
    """
    if is_at_hand(name):
        return
    import pooch

    entry = find_set(name)
    target = cache_folder() / entry.folders[0]
    sums = {file: known[0] for files in entry.files.values() for file, known in files.items()}
    for url in entry.urls:
        file = url.rpartition("/")[2]
        try:
            got = pooch.retrieve(url, f"sha256:{entry.archive or sums[file]}", file, target, progressbar=True)
        except Exception as fault:  # whatever requests, the network or the disk raise
            raise OSError(f"{entry.title} cannot be downloaded ({fault}); {_where(name)}") from None
        if entry.archive is not None:
            with tarfile.open(got) as archive:
                for member in archive.getmembers():
                    base = member.name.rpartition("/")[2]
                    if member.isfile() and base in sums:
                        stream = archive.extractfile(member)
                        assert stream is not None
                        write_atomically(target / base, stream.read())


def _where(name: str) -> str:
    entry = find_set(name)
    return (
        f"get it from {entry.urls[0]} and put its files into {cache_folder() / entry.folders[0]}, or let the variable "
        f"LUDUS_DATA name the folder in which {entry.folders[0]} lies"
    )


@lru_cache(maxsize=8)
def load_images(name: str, split: str) -> LabelledImages:
    """The images of a public set by its name, or of a folder with a subfolder for each class.

    The array of images is read-only and shared with all other processes of the machine.

    Raises:
        FileNotFoundError: the set is not at hand; the message names the address, the folder and the variable.
        ValueError: unknown name or split; a file is damaged: with its name, the hash that it has and the expected one.
    """
    if split not in SPLITS:
        raise ValueError(f"unknown split {split!r}{did_you_mean(split, SPLITS)}")
    if name not in IMAGE_SETS and Path(name).is_dir():
        return read_folder(Path(name), split)
    entry = find_set(name)
    kept = _decoded(name, split)
    if not (_is_whole(kept) and _is_whole(kept.with_suffix(".labels.npy"))):
        images, labels = _read_split(name, split)
        try:
            kept.parent.mkdir(parents=True, exist_ok=True)
            _write_array(kept.with_suffix(".labels.npy"), labels)
            _write_array(kept, images)
        except OSError:  # no cache: this process keeps its own
            return LabelledImages(_sealed(images), _sealed(labels), entry.classes)
    images, labels = np.load(kept, mmap_mode="r"), np.load(kept.with_suffix(".labels.npy"))
    return LabelledImages(np.asarray(images), _sealed(labels), entry.classes)


def _is_whole(path: Path) -> bool:
    """Whether a file of the cache is there with all of its array."""
    try:
        with open_regular(path, MOST_SET) as stream:
            shape, dtype = read_npy_header(stream)
            return os.fstat(stream.fileno()).st_size - stream.tell() == math.prod(shape) * dtype.itemsize
    except (OSError, ValueError):
        return False


def _sealed(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array


def _write_array(path: Path, array: np.ndarray) -> None:
    data = io.BytesIO()
    np.save(data, array)
    write_atomically(path, data.getvalue())


def _decoded(name: str, split: str) -> Path:
    """Where what was read is kept; named after the expected hashes, so that other files make another one."""
    sums = "".join(known[0] for known in find_set(name).files[split].values())
    return cache_folder() / "arrays" / f"{name}-{split}-{hashlib.sha256(sums.encode()).hexdigest()[:12]}.npy"


def _read_split(name: str, split: str) -> tuple[np.ndarray, np.ndarray]:
    entry, folder = find_set(name), locate(name, split)
    if folder is None:
        raise FileNotFoundError(f"{entry.title} is not here; {_where(name)}")
    contents = []
    for file, known in entry.files[split].items():
        data = read_regular(folder / file, MOST_SET)
        found = hashlib.sha256(data).hexdigest()
        if found not in known:
            raise ValueError(
                f"{folder / file} is damaged or of another edition: its SHA-256 is {found} ({len(data):,} bytes), "
                f"expected {known[0]}; remove it and fetch it again from {entry.urls[0]}"
            )
        contents.append(data)
    try:
        return entry.read(contents)
    except ValueError as fault:  # the hash was right, so this is ours
        raise ValueError(f"{folder} cannot be read: {fault}") from None


def read_picture(path: Path) -> np.ndarray:
    """A picture of one of the ``FORMATS``, scaled to (32, 32, 3) uint8.

    Raises:
        OSError: it cannot be opened.
        ValueError: it is no regular file, none of the formats, damaged, or larger than ``MOST_PIXELS``.
    """
    from PIL import Image

    data = io.BytesIO(read_regular(path, MOST_PICTURE))
    try:
        with warnings.catch_warnings():  # Pillow's own limits are other ones
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(data, formats=FORMATS) as image:
                width, height = image.size
                if width * height > MOST_PIXELS:
                    raise ValueError(f"it has {width * height:,} pixels, at most {MOST_PIXELS:,} are read")
                scaled = image.convert("RGB").resize((FOLDER_SIDE, FOLDER_SIDE), Image.Resampling.BILINEAR)
    except Image.DecompressionBombError as fault:
        found = re.search("[0-9]+", str(fault))
        size = f"{int(found[0]):,}" if found else "far too many"
        raise ValueError(
            f"{path} is no image that can be read: it has {size} pixels, at most {MOST_PIXELS:,} are read"
        ) from None
    except Image.UnidentifiedImageError:  # its text names the stream, not the file
        raise ValueError(f"{path} is no image that can be read: expected {', '.join(FORMATS)}") from None
    except Exception as fault:  # whatever Pillow's decoders raise at damaged data
        raise ValueError(f"{path} is no image that can be read: {in_one_line(fault)}") from None
    return np.asarray(scaled, np.uint8)


def read_folder(folder: Path, split: str) -> LabelledImages:
    """Images in subfolders named after their classes, scaled to 32 x 32 RGB.

    With subfolders ``train`` and ``test`` these are the splits; else a fifth of the images, chosen by a hash of their
    names, is for testing.

    Raises:
        ValueError: a file is no picture that can be read, see ``read_picture``; or there are too few. Or a folder of a
            split or of a class is a link, or holds more than ``MOST_ENTRIES`` files.
    """
    is_split = all((folder / part).is_dir() for part in SPLITS)
    root = _no_link(folder / split) if is_split else folder
    classes = tuple(sorted(path.name for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")))
    images, labels = [], []
    for label, name in enumerate(classes):
        for path in _pictures_in(root / name):
            ticket = hashlib.sha256(path.relative_to(root).as_posix().encode()).digest()[0] / 256.0
            if not is_split and (ticket < TEST_SHARE) != (split == "test"):
                continue
            images.append(read_picture(path))
            labels.append(label)
    if len(classes) < 2 or len(set(labels)) < len(classes):
        raise ValueError(
            f"{root} has images for {len(set(labels))} of {len(classes)} classes in the split {split!r}; expected two "
            "subfolders or more, named after their classes, with images in each"
        )
    return LabelledImages(_sealed(np.stack(images)), _sealed(np.array(labels, np.int64)), classes)


def _pictures_in(folder: Path) -> list[Path]:
    """The files in ``folder`` and below that may be pictures; links to folders are not followed."""
    found, seen, folders = [], 0, [str(_no_link(folder))]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                seen += 1
                if seen > MOST_ENTRIES:
                    raise ValueError(
                        f"{folder} holds more than {MOST_ENTRIES:,} files, expected the pictures of a class; take fewer"
                    )
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                if os.path.splitext(entry.name)[1].lower() in SUFFIXES:
                    found.append(Path(entry.path))
    return sorted(found)


def _no_link(folder: Path) -> Path:
    if folder.is_symlink():  # of a stranger, it may lead to a whole disk
        raise ValueError(f"{folder} is a link, expected a folder of pictures; put the folder itself there")
    return folder
