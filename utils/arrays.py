"""Arrays in files of a cache, which all processes of a machine share: written whole, and missing where they are not."""

import contextlib
import io
import math
import os
from pathlib import Path

import numpy as np

from .files import write_atomically
from .untrusted import GIB, open_regular, read_npy_header

MOST_ARRAY = GIB  # bytes of a file


def keep_array(path: Path, array: np.ndarray) -> None:
    """Write an array into a cache; where that cannot be written to, nothing is kept."""
    data = io.BytesIO()
    np.save(data, array)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, data.getvalue())


def kept_array(path: Path, shape: tuple[int, ...] | None = None, dtype: np.dtype | None = None) -> np.ndarray | None:
    """The array in a file, read-only and memory-mapped; ``None`` if it is missing, damaged, or of another kind."""
    try:
        with open_regular(path, MOST_ARRAY) as stream:
            found, kind = read_npy_header(stream)
            whole = os.fstat(stream.fileno()).st_size - stream.tell() == math.prod(found) * kind.itemsize
        if not whole or (shape is not None and found != shape) or (dtype is not None and kind != dtype):
            return None
        return np.asarray(np.load(path, mmap_mode="r"))
    except (OSError, ValueError):
        return None


def sealed(array: np.ndarray) -> np.ndarray:
    """The same array, which nobody can write to any more."""
    array.flags.writeable = False
    return array
