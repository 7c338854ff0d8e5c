"""Machine code on disk: Numba's cache, of which no file is believed before its checksum was compared.

Numba keeps an index (``.nbi``) and machine code (``.nbc``) as pickles in the ``__pycache__`` beside the source, or in
the user's cache. A damaged one would be a traceback or, where it still unpickles, machine code with a wrong byte. So
each file ends with the SHA-256 of the rest; one that does not fit, or cannot be read, counts as missing: the code is
made and written anew. That guards against accidents. Whoever may write into these folders may also write the ``.pyc``
files there, and is trusted as far.
"""

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import numba
import numpy as np
from numba.core.caching import FunctionCache, IndexDataCacheFile

MARK = b"ludus sha256 "  # before the checksum; unpickling ends before either


class CheckedFiles(IndexDataCacheFile):
    """Numba's index and data files, each with a checksum at its end."""

    def save(self, key: Any, data: Any) -> None:
        with contextlib.suppress(OSError):  # a folder has the file's name, or the disk is full: it stays in memory only
            super().save(key, data)

    def _load_index(self) -> dict:
        try:
            _verify(self._index_path)
            return super()._load_index()
        except Exception:  # none, damaged, or it names a type (a `World`) that has moved to another file since
            return {}

    def _load_data(self, name: str) -> Any:
        _verify(self._data_path(name))
        return super()._load_data(name)

    @contextlib.contextmanager
    def _open_for_write(self, filepath: str) -> Iterator[BinaryIO]:
        with super()._open_for_write(filepath) as stream:
            yield stream
            stream.flush()
            with open(stream.name, "rb") as written:
                stream.write(_ending(written.read()))


def _ending(data: bytes) -> bytes:
    return MARK + hashlib.sha256(data).digest()


def _verify(path: str) -> None:
    """``OSError``, which Numba takes for a file that has gone, unless the file is what was written."""
    if not os.path.isfile(path):
        raise OSError(f"{path} is no file")
    with open(path, "rb") as stream:
        data = stream.read()
    length = len(_ending(b""))
    if _ending(data[:-length]) != data[-length:]:
        raise OSError(f"{path} is damaged")


class SourceCache(FunctionCache):
    """Numba's cache of one function, whose entries are of one state of all the sources that it was made from.

    Numba's own key sees an edit of the function alone, and of the file in which it claims to stand.

    Raises:
        RuntimeError: there is no folder to cache in: neither beside the file nor in the user's cache is writable.
    """

    def __init__(self, function: Callable, source_hash: int) -> None:
        super().__init__(function)
        self._source_hash = source_hash
        stamp = self._impl.locator.get_source_stamp()
        self._cache_file = CheckedFiles(self.cache_path, self._impl.filename_base, stamp)

    def _index_key(self, sig: Any, codegen: Any) -> tuple:
        return (*super()._index_key(sig, codegen), self._source_hash)


def compile_cached(function: Callable, options: dict[str, Any], source_hash: int) -> Callable:
    """``function`` compiled at its first call, with its machine code on disk where there is a folder for it.

    Args:
        source_hash: See ``binding.hash_sources``: machine code of another one is not used.
    """
    compiled = numba.njit(**options)(function)
    if not hasattr(compiled, "compile"):  # NUMBA_DISABLE_JIT=1: Python, in which 64-bit hashes wrap around, too
        return np.errstate(over="ignore")(function)
    with contextlib.suppress(RuntimeError):  # no folder: it stays in memory
        compiled._cache = SourceCache(function, source_hash)
    return compiled
