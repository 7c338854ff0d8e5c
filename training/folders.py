"""The folder of a training: free when it begins, made whole or not at all, and held by one process while it goes on."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ..utils.files import is_temporary
from ..utils.locks import lock
from ..utils.untrusted import MOST_YAML, open_regular


def check_free(folder: Path, option: str) -> None:
    """``ValueError`` unless nothing is there but what a beginning that was killed has left; ``option`` chooses it."""
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"{folder} is a file, expected a folder or a new name; choose another {option}")
    if folder.exists() and any(not is_temporary(path) for path in folder.iterdir()):
        raise ValueError(f"{folder} exists and is not empty; choose another {option}")


def begin(folder: Path, option: str, write: Callable[[], None]) -> None:
    """Make a folder that is free, and ``write`` into it what decides the training; ``OSError`` if it cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            path.unlink()
        write()
    except OSError as fault:
        raise OSError(f"{folder} cannot be made: {fault.strerror or fault}; choose another {option}") from None


@contextmanager
def held(settings: Path, option: str) -> Iterator[None]:
    """A block, or the rest of this process, in which no other trains in the folder of the file ``settings``.

    Raises:
        ValueError: another process does.
    """
    with open_regular(settings, MOST_YAML) as stream:
        if not lock(stream.fileno()):  # until this process ends, however it ends
            raise ValueError(
                f"{settings.parent} is being trained by another process; stop that one first, or choose another "
                f"{option}"
            )
        yield
