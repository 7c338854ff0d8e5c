"""Demands of the fuzzer on arrays that hold a row per environment, and the fault that names the row."""

from typing import Any

import numpy as np
from gymnasium import Space, spaces

from ..engine.slots.slotted_batch import STATE
from ..engine.space_layout import bounds_of


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


def demand_within(space: Space, values: Any, what: str) -> None:
    """A ``Fault`` in the first environment whose ``values`` (N, *space) are no member of ``space``.

    Infinity is a fault in any space: a world in which a number can grow beyond all bounds must end, or hold it back,
    before float32 overflows. Of a dict of spaces, each part is looked at under the name of its slot.
    """
    if isinstance(space, spaces.Dict):
        for key, part in space.items():
            demand_within(part, values[key], what if key == STATE else f"what slot {key} shows")
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
