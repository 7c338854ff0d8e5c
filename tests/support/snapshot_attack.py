"""Snapshots as somebody would make them who wants them accepted: changed, with a checksum that matches."""

import numpy as np
import xxhash

from ludus.envs.engine import snapshot


def sealed(data):
    """The same bytes with a checksum that matches: what somebody would make who wants them accepted."""
    rest = data[len(snapshot.MAGIC) + snapshot.HASH_BYTES :]
    return snapshot.MAGIC + xxhash.xxh3_128(rest).digest() + rest


def crafted(batch, change):
    """A snapshot of ``batch`` of which ``change(records)`` has changed the records, with a checksum that matches."""
    data = bytearray(batch.snapshot())
    size = batch.records.nbytes
    kept = len(data) - size - sum(array.nbytes for array in getattr(batch, "_kept", list)())
    records = np.frombuffer(data, batch.records.dtype, batch.num_envs, kept)
    change(records)
    return sealed(bytes(data))
