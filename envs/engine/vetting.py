"""The vetting of records that somebody hands in: looked at with bounds on, before a batch takes them over.

Compiled kernels index with what stands in a record. So neither a snapshot's body nor what a person has set by hand
meets the code that runs without bounds before it was observed by code that runs with them (`loops.Driver.vet`).
"""

from typing import Any, NamedTuple

import numpy as np

from . import snapshot
from .simulation import Shown, Simulation


class Seen(NamedTuple):
    """What records show. N environments."""

    observation: np.ndarray  # (N, …); zeros where an environment was never reset
    mask: np.ndarray  # (N, A)
    broken: np.ndarray  # (N,) number of the first invariant that does not hold, 0 where all do


def look(batch: Any, records: np.ndarray, judged_first: bool) -> Seen:
    """Observe ``records`` (N,), which may hold anything, and ask the invariants of ``batch`` about them.

    Args:
        judged_first: Records that break an invariant which is not about the observation are not observed.

    Raises:
        IndexError: a kernel would leave an array.
    """
    rules = batch.simulation.invariants
    is_shown = np.array([False, *(isinstance(rule, Shown) or not judged_first for rule in rules)])
    rows = batch.rows
    seen = Seen(np.zeros_like(rows.observation), np.ones_like(rows.mask), np.zeros(len(records), np.int64))
    interpreted = not hasattr(batch.vet, "compile")  # NUMBA_DISABLE_JIT=1
    shape = records.view(np.recarray) if interpreted else records
    batch.vet(shape, batch.world, seen.observation, seen.mask, is_shown, seen.broken)
    return seen


def check(batch: Any, body: memoryview) -> tuple[np.ndarray, Seen]:
    """The records in the ``body`` of a snapshot, and what they show.

    Raises:
        ValueError: they are none that ``batch`` can have.
    """
    simulation: Simulation = batch.simulation
    records = np.frombuffer(bytearray(body), batch.dtype)
    snapshot.check_records(records, batch.spans)
    if simulation.starts and (records["start"][records["ready"]] != -1).any():
        raise ValueError("the snapshot is damaged: a start is still asked for, which only a reset does")
    try:
        seen = look(batch, records, judged_first=True)
    except IndexError as fault:
        raise ValueError(f"the snapshot is damaged: a kernel of {batch.name} leaves an array ({fault})") from None
    if seen.broken.any():
        i = int(np.argmax(seen.broken != 0))
        rule = simulation.invariants[seen.broken[i] - 1]
        raise ValueError(f"the snapshot is damaged: in environment {i} of {batch.name} it does not hold that {rule}")
    return records, seen
