"""Files that are written whole or not at all, and their names in commands."""

import contextlib
import os
import shlex
import shutil
from pathlib import Path


def is_temporary(path: Path) -> bool:
    """Whether ``path`` is what a kill in the middle of ``write_atomically`` leaves behind."""
    return path.name.startswith(".") and path.name.endswith(".tmp") and path.is_file()


def quote(path: Path) -> str:
    """``path`` as a word of a command that can be pasted into a shell, whatever is in its name."""
    return shlex.quote(str(path))


def own_folder(path: Path) -> Path:
    """``path``, in which a training may write and remove: a folder, or nothing yet.

    Raises:
        ValueError: it is a link or no folder. In somebody else's folder a link may lead to what is not the training's.
    """
    if path.is_symlink() or (os.path.lexists(path) and not path.is_dir()):
        what = "is a link" if path.is_symlink() else "is no folder"
        raise ValueError(f"{path} {what}, expected a folder of the training's own; put the folder itself there")
    return path


def check_alone(path: Path, found: os.stat_result) -> None:
    """``ValueError`` if a file that is about to be changed has other names (hard links), which would change, too."""
    if found.st_nlink > 1:
        raise ValueError(
            f"{path} is one file with {found.st_nlink - 1} more (hard links), which would be changed along; "
            "put a copy of it there"
        )


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file so that it holds either its old content or the new one, whatever happens."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.unlink(missing_ok=True)  # a link under this name, in somebody else's folder, would be written through
    try:
        with open(temporary, "xb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()


def write_folder(folder: Path, contents: dict[str, bytes]) -> None:
    """Make ``folder`` with these files: it appears whole or not at all, and takes the place of one that exists.

    A process that is killed may leave ``.writing-NAME-PID`` beside it, which the next call removes, or, in the moment
    of the exchange, the old folder as ``.replaced-NAME-PID``.
    """
    for stale in folder.parent.glob(f".writing-{folder.name}-*"):
        shutil.rmtree(stale, ignore_errors=True)
    temporary = folder.parent / f".writing-{folder.name}-{os.getpid()}"
    temporary.mkdir(parents=True)
    try:
        for name, data in contents.items():
            with open(temporary / name, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
        _sync_folder(temporary)
        before = folder.parent / f".replaced-{folder.name}-{os.getpid()}"
        if folder.exists():
            os.rename(folder, before)
        os.rename(temporary, folder)
        _sync_folder(folder.parent)
        shutil.rmtree(before, ignore_errors=True)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows opens no folders
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
