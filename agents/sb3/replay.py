"""SB3's replay buffers in memory-mapped files: too large for a checkpoint, so they lie beside the checkpoints.

The files are the buffer itself, written as the training goes on. After a kill they may hold a few transitions that are
newer than the checkpoint: true ones of the same environments, but not those that would be there without the kill, which
is why the agents with a replay buffer resume approximately.

``generation.txt`` is written once all files are there, full of zeros: a random name, which is in the checkpoints that
count on these files, too. Files of another name, or of none, hold nothing of what such a checkpoint has seen.

``checksums.npy`` has a CRC-32 for each row of the arrays (one transition of each environment), over the generation, the
number of the row and what all arrays hold there, in the order of ``ARRAYS``. A row is sealed when it is written, while
it is in the processor's cache. So a checkpoint has nothing to compute, and a row that is newer than the checkpoint has
its seal as the others do. At a resume every row that the checkpoint counts on is compared with its seal:

* The seal is 0 (``UNDER_WAY``) while its row is written. A kill leaves one such row at the most; it is replaced by a
  copy of another, for half of it is old. A second one is damage.
* SB3's buffer for n-step returns changes the timeouts of its newest row while it samples. A kill in between leaves them
  so; what they were can be told, and is put back.
* Any other row without its seal is damage, and refused. So may be what a power cut leaves of the rows since the last
  checkpoint, because the system writes them to the disk in any order; those before it have been flushed.

A CRC-32 finds accidents, not intent. So what the arrays hold is checked, too, before SB3 indexes and learns with it:
actions inside their space, finite rewards, ends that are 0 or 1, observations that are numbers and inside their space.
"""

import math
import os
import secrets
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium import spaces

from ...utils.files import own_folder, write_atomically
from ...utils.untrusted import is_whole, open_regular, read_npy_header, read_regular

GENERATION, SEALS = "generation.txt", "checksums.npy"
ARRAYS = ("observations", "next_observations", "actions", "rewards", "dones", "timeouts")
UNDER_WAY = 0  # in the place of the checksum of a row that is being written
MOST_BYTES = 2**50  # of a file; what it must be is known
CHUNK = 2**24  # bytes of an array that are checked at a time
BESIDE = 1e-3  # share of a range: so far beyond its ends may rounding have taken a number


class ReplayFiles:
    """The arrays of ``buffer`` in ``folder/NAME.npy``, and their checksums.

    Args:
        saved: ``pos``, ``full`` and ``generation`` of the checkpoint that counts on the files; empty without one.
        bounded: Whether observations that leave their space are damage. Third parties' environments do it.

    Attributes:
        generation: Of the files.
        kept: Whether they were whole, and hold what the checkpoint counts on; ``buffer`` then is where it was. Else
            all begin anew, filled with zeros.

    Raises:
        ValueError: a file is damaged, or of another shape or type than the buffer; or ``saved`` is. Or
            the folder is a link, or a file a link of either kind: what it leads to is not the training's.
        OSError: the disk has no room for them; it is reserved now, because a full disk kills whoever writes later.
    """

    def __init__(self, buffer: Any, folder: Path, saved: dict[str, Any], bounded: bool = True) -> None:
        self.buffer, self.folder = buffer, folder
        own_folder(folder).mkdir(parents=True, exist_ok=True)
        places = [(owner, key, folder / f"{name}.npy") for owner, key, name in _places(buffer)]
        self.rows = len(places[0][0][places[0][1]])
        self.generation = self._find(saved, [path for *_, path in places])
        self.kept = bool(self.generation)
        name = folder / GENERATION
        if not self.kept:  # before anything else: a kill in the middle leaves files without a name
            name.unlink(missing_ok=True)
        for owner, key, path in places:
            owner[key] = self._array(path, owner[key].shape, owner[key].dtype)
        self._seals = self._array(folder / SEALS, (self.rows,), np.dtype(np.uint32))
        arrays = [owner[key] for owner, key, _ in places]
        self._bytes = [(memoryview(array).cast("B"), array.nbytes // self.rows) for array in arrays]
        if not self.kept:
            self.generation = secrets.token_hex(8)  # not of the global random numbers, which belong to the training
            write_atomically(name, self.generation.encode())
        self._salt = zlib.crc32(self.generation.encode())
        if self.kept:
            self._take_over(saved, bounded)

    def _find(self, saved: dict[str, Any], paths: list[Path]) -> str:
        """The generation of the files, if it is the expected one and they are all there; else an empty text."""
        expected = saved.get("generation")
        try:
            found = read_regular(self.folder / GENERATION, 100).decode(errors="replace")
        except FileNotFoundError:
            return ""
        if not isinstance(expected, str) or found != expected or not all(map(os.path.lexists, paths)):
            return ""
        if not os.path.lexists(self.folder / SEALS):
            raise ValueError(
                f"{self.folder / SEALS} is missing, so what is beside it cannot be checked; restore it, or "
                f"{self._remedy}"
            )
        return found

    @property
    def _remedy(self) -> str:
        return f"delete {self.folder} to go on with an empty replay buffer"

    # --- While the training goes on ---

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Around whatever adds a transition of each environment to the buffer."""
        row = self.buffer.pos
        self._seals[row] = UNDER_WAY
        yield
        self._seals[row] = self._seal(row)

    def flush(self) -> None:
        """Write what the system still keeps in memory to the disk."""
        for owner, key, _ in _places(self.buffer):
            owner[key].flush()
        self._seals.flush()

    def _seal(self, row: int) -> int:
        seal = zlib.crc32(row.to_bytes(8, "little"), self._salt)
        for data, size in self._bytes:
            seal = zlib.crc32(data[row * size : (row + 1) * size], seal)
        return seal or 1  # 0 is UNDER_WAY

    # --- At a resume ---

    def _take_over(self, saved: dict[str, Any], bounded: bool) -> None:
        pos, full = saved.get("pos"), saved.get("full")
        if not is_whole(pos, 0, self.rows - 1) or not isinstance(full, bool):
            raise ValueError(f"the checkpoint's replay buffer is at {pos!r} (full: {full!r}), expected a row of it")
        assert isinstance(pos, int)
        count = self.rows if full else pos
        half = self._check_seals(count)
        if half is not None and count > 1:
            self._copy((half - 1) % count, half)
        elif half is not None:  # the only one
            pos, count, full = 0, 0, False
        self._check_values(count, bounded)
        self.buffer.pos, self.buffer.full = pos, full

    def _check_seals(self, count: int) -> int | None:
        """The row of the first ``count`` that was being written, if any; ``ValueError`` if another has not its seal."""
        seals = self._seals[:count].tolist()
        half = [row for row, seal in enumerate(seals) if seal == UNDER_WAY]
        wrong = [row for row, seal in enumerate(seals) if seal not in (UNDER_WAY, self._seal(row))]
        wrong = [row for row in wrong if not self._put_timeouts_back(row)]
        if wrong or len(half) > 1:
            where, more = min(wrong + half), len(wrong + half) - 1
            raise ValueError(
                f"the replay buffer in {self.folder} is damaged: what row {where}{f' and {more} more' * (more > 0)} of "
                f"{count:,} hold is not what {SEALS} says; restore the files, or {self._remedy}"
            )
        return half[0] if half else None

    def _put_timeouts_back(self, row: int) -> bool:
        """Whether ``row`` is as SB3's buffer for n-step returns leaves its newest while it samples; then it is undone.

        It sets the timeouts where an episode goes on, where they were 0.
        """
        if (
            not hasattr(self.buffer, "n_steps")
            or not (self.buffer.timeouts[row][self.buffer.dones[row] == 0] == 1).all()
        ):
            return False
        found = self.buffer.timeouts[row].copy()
        self.buffer.timeouts[row] = found * self.buffer.dones[row]
        if self._seals[row] == self._seal(row):
            return True
        self.buffer.timeouts[row] = found
        return False

    def _copy(self, source: int, row: int) -> None:
        for owner, key, _ in _places(self.buffer):
            owner[key][row] = owner[key][source]
        self._seals[row] = self._seal(row)

    def _check_values(self, count: int, bounded: bool) -> None:
        """``ValueError`` if one of the first ``count`` rows holds what no training writes."""
        buffer = self.buffer
        for owner, key, name in _places(buffer):
            array = owner[key][:count]
            step = max(CHUNK // max(array[:1].nbytes, 1), 1)
            for start in range(0, count, step):
                part = array[start : start + step]
                if name == "actions":
                    why = _no_actions(part, buffer.action_space)
                elif name == "rewards":
                    why = "" if np.isfinite(part).all() else "rewards that are no numbers"
                elif name in ("dones", "timeouts"):
                    why = "" if ((part == 0) | (part == 1)).all() else "ends that are neither 0 nor 1"
                else:
                    space = buffer.observation_space
                    why = _no_observations(part, space[key] if isinstance(space, spaces.Dict) else space, bounded)
                if why:
                    raise ValueError(
                        f"{self.folder / name}.npy is damaged: it holds {why}; restore the files, or {self._remedy}"
                    )

    def _array(self, path: Path, shape: tuple[int, ...], dtype: np.dtype) -> np.memmap:
        if self.kept:
            return self._open(path, shape, dtype)
        path.unlink(missing_ok=True)
        return _create(path, shape, dtype)

    def _open(self, path: Path, shape: tuple[int, ...], dtype: np.dtype) -> np.memmap:
        with open_regular(path, MOST_BYTES, writable=True) as stream:
            try:
                found = read_npy_header(stream)
                size, expected = os.fstat(stream.fileno()).st_size - stream.tell(), math.prod(shape) * dtype.itemsize
                if found == (shape, dtype) and size != expected:
                    raise ValueError(f"it holds {size:,} bytes, expected {expected:,}")
            except ValueError as fault:
                raise ValueError(f"{path} is damaged ({fault}); restore it, or {self._remedy}") from None
            if found != (shape, dtype):
                raise ValueError(f"{path} holds {found[1]} {found[0]}, expected {dtype} {shape}; {self._remedy}")
            return np.memmap(stream, dtype, "r+", stream.tell(), shape)


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


def _no_actions(actions: np.ndarray, space: spaces.Space) -> str:
    """What is wrong with actions as SB3 keeps them: numbers from 0, or scaled to -1 … 1; empty if nothing is."""
    if isinstance(space, spaces.Discrete):
        return "" if ((actions >= 0) & (actions < space.n)).all() else f"actions outside 0 … {space.n - 1}"
    return "" if (np.abs(actions) <= 1.0 + BESIDE).all() else "actions outside -1 … 1, to which they are scaled"


def _no_observations(values: np.ndarray, space: spaces.Space, bounded: bool) -> str:
    """What is wrong with observations (T, N, …) of ``space``; empty if nothing is."""
    if values.dtype.kind == "f" and np.isnan(values).any():
        return "observations that are no numbers"
    low: Any
    high: Any
    beside: Any = 0.0
    if isinstance(space, spaces.Box):
        low, high = space.low, space.high
        whole = values.dtype.kind in "iu" and (np.iinfo(low.dtype).min, np.iinfo(low.dtype).max)
        if not bounded or (whole and (low == whole[0]).all() and (high == whole[1]).all()):
            return ""  # there is nothing outside of the bytes of pictures
        if values.dtype.kind == "f":
            span = high.astype(np.float64) - low
            beside = BESIDE * np.where(np.isfinite(span), span, 0.0)
    elif isinstance(space, (spaces.Discrete, spaces.MultiDiscrete)):  # SB3 indexes with them, whoever's they are
        size = space.n if isinstance(space, spaces.Discrete) else space.nvec
        low, high = space.start, space.start + size - 1
    else:  # MultiBinary
        low, high = 0, 1
    inside = (values >= low - beside) & (values <= high + beside)
    return "" if inside.all() else f"observations outside {space}"


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
