"""SB3's replay buffers in memory-mapped files: too large for a checkpoint, so they lie beside the checkpoints.

The files are the buffer itself, written as the training goes on. After a kill they may hold a few transitions that are
newer than the checkpoint: true ones of the same environments, but not those that would be there without the kill, which
is why the agents with a replay buffer resume approximately.

``generation.txt`` is written once all files are there, full of zeros: a random name, which is in the checkpoints that
count on these files, too. Files of another name, or of none, hold nothing of what such a checkpoint has seen.
"""

import os
import secrets
from pathlib import Path
from typing import Any

import numpy as np

from ..files import write_atomically

GENERATION = "generation.txt"
ARRAYS = ("observations", "next_observations", "actions", "rewards", "dones", "timeouts")


def move_to_files(buffer: Any, folder: Path, expected: str | None) -> str:
    """Put the arrays of ``buffer`` into ``folder/NAME.npy``.

    Args:
        expected: The generation of the files that a checkpoint counts on; ``None`` without a checkpoint.

    Returns:
        The generation of the files. ``expected``, if these were whole and there: what they hold, stays. Else a new one,
        and all begin anew, filled with zeros.

    Raises:
        ValueError: a file is there and holds no whole array of the buffer's shape and type.
        OSError: the disk has no room for them; it is reserved now, because a full disk kills whoever writes later.
    """
    folder.mkdir(parents=True, exist_ok=True)
    places = [(owner, key, folder / f"{name}.npy") for owner, key, name in _places(buffer)]
    name = folder / GENERATION
    found = name.read_text() if name.exists() else None
    kept = found is not None and found == expected and all(path.exists() for *_, path in places)
    if not kept:  # before anything else: a kill in the middle leaves files without a name
        name.unlink(missing_ok=True)
    for owner, key, path in places:
        if not kept:
            path.unlink(missing_ok=True)
        owner[key] = (_open if kept else _create)(path, owner[key].shape, owner[key].dtype)
    if kept:
        return str(expected)
    generation = secrets.token_hex(8)  # not of the global random numbers, which belong to the training
    write_atomically(name, generation.encode())
    return generation


def flush(buffer: Any) -> None:
    """Write what the system still keeps in memory to the disk."""
    for owner, key, _ in _places(buffer):
        if isinstance(owner[key], np.memmap):
            owner[key].flush()


def _places(buffer: Any) -> list[tuple[dict[str, Any], str, str]]:
    """(dict, key in it, file name) of each array; observations may be dicts of arrays."""
    places = []
    for name in ARRAYS:
        value = getattr(buffer, name, None)
        if isinstance(value, dict):
            places += [(value, key, f"{name}-{key}") for key in value]
        elif value is not None:
            places.append((vars(buffer), name, name))
    return places


def _create(path: Path, shape: tuple[int, ...], dtype: np.dtype) -> np.memmap:
    array = np.lib.format.open_memmap(path, "w+", dtype=dtype, shape=shape)
    try:
        with open(path, "r+b") as stream:
            os.posix_fallocate(stream.fileno(), 0, path.stat().st_size)
    except OSError as fault:
        path.unlink()
        size = array.nbytes / 2**20
        raise OSError(
            f"{path} needs {size:,.0f} MiB: {fault.strerror}; make room or take a smaller buffer_size"
        ) from None
    return array


def _open(path: Path, shape: tuple[int, ...], dtype: np.dtype) -> np.memmap:
    try:
        np.load(path, mmap_mode="r")  # refuses a file that is too short; "r+" would lengthen it
        array = np.lib.format.open_memmap(path, "r+")
    except ValueError as fault:
        raise ValueError(
            f"{path} is damaged ({fault}); delete the folder to go on with an empty replay buffer"
        ) from None
    if array.shape != shape or array.dtype != dtype:
        raise ValueError(
            f"{path} holds {array.dtype} {array.shape}, expected {dtype} {shape}; "
            "delete the folder to go on with an empty replay buffer"
        )
    return array
