"""Folders of pictures with a subfolder for each class: anybody's, so nothing in them is trusted."""

import hashlib
import io
import os
import re
import warnings
from pathlib import Path

import numpy as np

from ..utils.untrusted import MIB, read_regular
from ..utils.wording import in_one_line

SPLITS = ("train", "test")
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp"})
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP")  # Pillow knows others, and starts Ghostscript for one of them
MOST_PIXELS = 2**26  # of a picture in a folder; below the number at which Pillow itself begins to warn
MOST_PICTURE = 256 * MIB  # bytes of a file
FOLDER_SIDE = 32  # pixels, to which the images of a folder are scaled
MOST_ENTRIES = 2_000_000  # files of a class, with those in its subfolders
TEST_SHARE = 0.2  # of the images of a folder that is not split into train and test


def read_picture(path: Path) -> np.ndarray:
    """A picture of one of the ``FORMATS``, scaled to (32, 32, 3) uint8; raises what ``read_scaled`` does."""
    return read_scaled(path, FOLDER_SIDE)[0]


def read_scaled(path: Path, side: int) -> tuple[np.ndarray, tuple[int, int]]:
    """A picture of one of the ``FORMATS``, scaled to (side, side, 3) uint8, and the width and height that it has.

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
                scaled = image.convert("RGB").resize((side, side), Image.Resampling.BILINEAR)
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
    return np.asarray(scaled, np.uint8), (width, height)


def read_folder(folder: Path, split: str) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Images (N, 32, 32, 3) uint8, labels (N,) int64 and classes: of pictures in subfolders named after the classes.

    With subfolders ``train`` and ``test`` these are the splits; else a fifth of the images, chosen by a hash of their
    names, is for testing.

    Raises:
        ValueError: a file is no picture that can be read, see ``read_scaled``; or there are too few. Or a folder of a
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
    return np.stack(images), np.array(labels, np.int64), classes


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
    if folder.is_symlink():  # of a third party's, it may lead to a whole disk
        raise ValueError(f"{folder} is a link, expected a folder of pictures; put the folder itself there")
    return folder
