"""SB3's replay buffers in memory-mapped files: too large for a checkpoint, so they lie beside the checkpoints.

The files are the buffer itself, written as the training goes on. After a kill they may hold a few transitions that are
newer than the checkpoint: true ones of the same environments, but not those that would be there without the kill, which
is why the agents with a replay buffer resume approximately.
"""

from pathlib import Path
from typing import Any

import numpy as np

ARRAYS = ("observations", "next_observations", "actions", "rewards", "dones", "timeouts")


def move_to_files(buffer: Any, folder: Path) -> None:
    """Put the arrays of ``buffer`` into ``folder/NAME.npy``; what files of the right shape hold already, stays.

    Raises:
        ValueError: a file is there and holds no array of the buffer's shape and type.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for owner, key, name in _places(buffer):
        owner[key] = _open(folder / f"{name}.npy", owner[key].shape, owner[key].dtype)


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


def _open(path: Path, shape: tuple[int, ...], dtype: np.dtype) -> np.memmap:
    if not path.exists():
        return np.lib.format.open_memmap(path, "w+", dtype=dtype, shape=shape)
    try:
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
