"""Demands of the fuzzer on arrays that hold a row per environment, the fault that names the row, and rows as bytes."""

from collections.abc import Collection, Iterable
from typing import Any

import numpy as np
from gymnasium import Space, spaces

from ..engine.kernel_batch import KernelBatch
from ..engine.slots.slot import STATE
from ..engine.slots.slotted_batch import SlottedBatch
from ..engine.space_layout import bounds_of, shown_parts


class Fault(Exception):
    """Something that must hold does not, in ``environment`` (its index in the batch)."""

    def __init__(self, environment: int, message: str) -> None:
        super().__init__(message)
        self.environment = environment


def demand(holds: np.ndarray, message: str) -> None:
    """A ``Fault`` in the first environment of which something in ``holds`` (N, …) is false."""
    rows = holds.reshape(len(holds), -1).all(axis=1)
    if not rows.all():
        raise Fault(int(np.argmin(rows)), message)


def demand_within(space: Space, values: Any, what: str, slots: Collection[str] = ()) -> None:
    """A ``Fault`` in the first environment whose ``values`` (N, *space) are no member of ``space``.

    Infinity is a fault in any space: a world in which a number can grow beyond all bounds must end, or hold it back,
    before float32 overflows. Of a dict of spaces, each part is looked at under its name: those of ``slots`` are such.
    """
    if isinstance(space, spaces.Dict):
        for key, part in space.items():
            own = what if key == STATE else f"{key!r} of {what}"
            demand_within(part, values[key], f"what slot {key} shows" if key in slots else own)
        return
    if values.dtype != space.dtype or values.shape[1:] != space.shape:
        raise Fault(0, f"{what} is {values.dtype} {values.shape[1:]}, its space is {space.dtype} {space.shape}")
    if values.dtype.kind == "f":
        demand(np.isfinite(values), f"{what} is not finite")
    low, high = bounds_of(space)
    inside = (values >= low) & (values <= high)
    if not inside.all():
        i, *where = map(int, np.argwhere(~inside)[0])
        place = tuple(where)
        came, least, most = (np.broadcast_to(a, values.shape)[i][place] for a in (values, low, high))
        raise Fault(i, f"{what} is outside its space: number {place} is {came}, allowed {least} … {most}")


def senses_of(batch: KernelBatch, observation: Any) -> np.ndarray:
    """(N, bytes) the ``observation`` of a batch with slots, all of its keys side by side; (N, 0) of a plain batch."""
    if not isinstance(batch, SlottedBatch):
        return np.empty((batch.num_envs, 0), np.uint8)
    return bytes_of(observation.values() if isinstance(observation, dict) else [observation])


def bytes_of(parts: Iterable[np.ndarray]) -> np.ndarray:
    """(N, bytes) arrays (N, …) side by side, without what lies between the fields of a record."""
    rows = [np.ascontiguousarray(part).reshape(len(part), -1) for part in parts]
    return np.concatenate([row.view(np.uint8) for row in rows], axis=1)


def observed(batch: KernelBatch, rows: np.ndarray) -> np.ndarray:
    """What ``observe`` wrote into ``rows`` (N, …), a copy; of a Dict its parts (N, bytes)."""
    space = batch.state_space if isinstance(batch, SlottedBatch) else batch.observation_space
    return bytes_of(shown_parts(space, rows).values()) if isinstance(space, spaces.Dict) else rows.copy()
