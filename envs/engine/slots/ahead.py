"""Paths through time, as agents observe them: moved so that they begin with the present.

A forecast of a day is made once, and is read each hour. Laid out by the hours of the day, a network would first have to
learn which of its inputs the present hour is, for each hour anew; laid out from the present on, the coming hour is
always the first number. Estimates and measures see the whole path, as the filling gave it.
"""

from typing import Any

import numpy as np
from gymnasium import Space, spaces

from ..compile.binding import loop
from .slot import Slot


@loop
def _move(paths, now, rows, out):
    """Write ``paths`` (N, H, n) from ``now`` (N,) on into ``out`` (N, H, n), zeros behind; the first bad row, or -1."""
    length, width = paths.shape[1], paths.shape[2]
    for row in rows:
        begin = now[row]
        if begin < 0:
            return row
        for h in range(length):
            for k in range(width):
                out[row, h, k] = paths[row, begin + h, k] if begin + h < length else 0
    return -1


def is_path(slot: Slot, given: Any, shown: Space, truth: Space) -> bool:
    """Whether ``given``, which fills ``slot`` and shows the space ``shown``, is a path, observed from now on."""
    raw = isinstance(given, str) and given == "raw"
    return bool(slot.now) and not raw and (shown.shape or ())[:1] == (truth.shape or ())[:1]


def ahead_space(space: Space) -> spaces.Box:
    """The space (H, …) of what is shown of paths of ``space`` (H, …): any of its numbers may be the first, or zero."""
    assert isinstance(space, spaces.Box)
    low, high = (
        np.broadcast_to(edge(bound, axis=0, keepdims=True), space.shape)
        for edge, bound in ((np.min, np.minimum(space.low, 0)), (np.max, np.maximum(space.high, 0)))
    )
    return spaces.Box(low, high, dtype=space.dtype.type)  # type: ignore[arg-type]


class Ahead:
    """The paths of one slot of N environments, from the present on.

    Args:
        field: The integer field of the records that says how many numbers of the path are past.
        paths: (N, H, …) what the slot shows of each environment; read anew by each ``show``.
        finals: (M, H, …) what the ends of episodes showed, M = N or 0.
    """

    def __init__(self, field: str, paths: np.ndarray, finals: np.ndarray) -> None:
        self.field = field
        self._paths, self._finals = paths, finals
        self.observation, self.final_observation = np.zeros_like(paths), np.zeros_like(finals)

    def show(self, store: np.ndarray, rows: np.ndarray) -> None:
        """Write ``observation`` of ``rows`` (M,), whose records stand in ``store`` (N,).

        Raises:
            IndexError: the field of a record is negative.
        """
        self._write(self._paths, store, rows, self.observation)

    def show_final(self, store: np.ndarray, rows: np.ndarray) -> None:
        """The same for ``final_observation``, before the next episodes begin."""
        self._write(self._finals, store, rows, self.final_observation)

    def _write(self, paths: np.ndarray, store: np.ndarray, rows: np.ndarray, out: np.ndarray) -> None:
        flat = (*paths.shape[:2], -1) if paths.size else (0, 1, 1)
        bad = _move(paths.reshape(flat), store[self.field], rows, out.reshape(flat))
        if bad >= 0:
            raise IndexError(f"{self.field} is {store[self.field][bad]}, expected how many numbers are past, 0 or more")
