"""Streams of an environment's slot as a detector takes them: rows of channels, anomalous where the truth is high."""

from typing import Any

import numpy as np
from gymnasium import Space, spaces

from ..data.streams.stream import Stream, windows_of
from ..envs.make import make_batch, slots_of
from ..envs.streams import SlotStreams


def spaces_of_slot(id: str, slot: str, environment: dict[str, Any]) -> tuple[Space, Space]:
    """What the slot senses, a Box (samples, channels), and its truth, a Box of one number.

    Raises:
        ValueError: no such slot, or one of another kind.
    """
    if slot not in slots_of(id):
        raise ValueError(f"{id} has no slot {slot!r}; it has {', '.join(slots_of(id)) or 'none'}")
    batch = make_batch(id, 1, **{**environment, slot: "truth"})
    declared = batch.simulation.slots[slot]  # type: ignore[union-attr]
    raw = declared.raw(**batch.sizes)  # type: ignore[union-attr]
    truth = batch.simulation.truth_for(slot, batch.sizes, batch.spans)  # type: ignore[union-attr]
    batch.close()
    if not isinstance(raw, spaces.Box) or len(raw.shape) != 2 or raw.dtype != np.float32:
        raise ValueError(f"slot {slot} of {id} senses {raw}, a detector's stream is a float32 Box (samples, channels)")
    if not isinstance(truth, spaces.Box) or int(np.prod(truth.shape)) != 1 or truth.dtype != np.float32:
        raise ValueError(f"the truth of slot {slot} of {id} is {truth}, a detector needs one float32 number")
    return raw, truth


def streams_of(recorded: SlotStreams, level: float, name: str) -> tuple[Stream, ...]:
    """Each stream (T, samples, channels) as rows (T * samples, channels).

    Its windows are the rows of the steps whose truth is ``level`` or more.
    """
    samples, channels = recorded.raw.shape[2:]
    found = []
    for i, (raw, truth, policy) in enumerate(zip(recorded.raw, recorded.truth, recorded.policies, strict=True)):
        values = raw.reshape(-1, channels).astype(np.float64)
        windows = windows_of(np.repeat(truth.reshape(-1) >= level, samples))
        found.append(Stream(f"{name} {i} ({policy})", None, values, windows))
    return tuple(found)
