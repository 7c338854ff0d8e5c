"""Files that are written whole or not at all, and their names in commands. Part of no stage: all keep things."""

import contextlib
import os
import shlex
from pathlib import Path


def is_temporary(path: Path) -> bool:
    """Whether ``path`` is what a kill in the middle of ``write_atomically`` leaves behind."""
    return path.name.startswith(".") and path.name.endswith(".tmp") and path.is_file()


def quote(path: Path) -> str:
    """``path`` as a word of a command that can be pasted into a shell, whatever is in its name."""
    return shlex.quote(str(path))


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that it holds either its old content or the new one, whatever happens."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
