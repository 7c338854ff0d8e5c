"""The bytes of a snapshot, and what is checked before they become a batch's state again.

A snapshot is

    magic line      tells the format
    checksum        16 bytes, XXH3 of all that follows (Collet 2019); finds damage, and is no protection against malice
    length          8 bytes, little-endian, of the header
    header          JSON: which batch it is of, with its sizes, parameters, drifts and slots (``identity``)
    body            the records, and what filled slots show and remember

Compiled kernels index with what stands in a record, so records that somebody made up could read and write anywhere.
``check_records`` therefore looks at what the engine keeps in them, and `vetting.py` has the environment's own
``invariant`` look at the rest.
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import xxhash

from .parameters import NEVER, Ranges
from .simulation import Simulation

MAGIC, OLDER = b"ludus-snapshot-2\n", b"ludus-snapshot-"
HASH_BYTES, LENGTH_BYTES = 16, 8
START = len(MAGIC) + HASH_BYTES + LENGTH_BYTES  # of the header
# How a difference is told: what stands before the name of an entry of these parts of the identity.
WORDS = {"drifts": "drift of ", "slots": "slot ", "fields": "field "}
MISSING = object()  # stands for an entry that is not there
ROUNDING = 1e-12  # share of a parameter's size by which its drift may pass its end


def identity(
    simulation: Simulation, num_envs: int, limit: int | None, sizes: Mapping[str, Any], ranges: Ranges, dtype: np.dtype
) -> dict[str, Any]:
    """What tells the snapshots of one batch from those of others, as JSON can hold it."""
    names = list(simulation.parameters)
    ends = zip(names, ranges.low.tolist(), ranges.high.tolist(), strict=True)
    drifts: dict[str, list] = {}
    rows = (ranges.drift_parameter, ranges.drift_at, ranges.drift_over, ranges.drift_to)
    for parameter, *drift in zip(*(row.tolist() for row in rows), strict=True):
        drifts.setdefault(names[parameter], []).append(dict(zip(("at", "over", "to"), drift, strict=True)))
    return {
        "environment": simulation.name,
        "num_envs": num_envs,
        "max_episode_steps": limit,
        "sizes": sizes,
        "parameters": {name: low if low == high else [low, high] for name, low, high in ends},
        "drifts": drifts,
        "fields": {name: f"{field[0]} at {field[1]}" for name, field in (dtype.fields or {}).items()},
    }


def header_of(identity: dict[str, Any]) -> bytes:
    """The header of the snapshots of the batch that ``identity`` (JSON-serialisable) tells apart from others."""
    content = json.dumps(identity).encode()
    return len(content).to_bytes(LENGTH_BYTES, "little") + content


def pack(header: bytes, *parts: np.ndarray) -> bytes:
    """A snapshot with the C-contiguous arrays ``parts`` as its body."""
    views = [part.reshape(-1).view(np.uint8).data for part in parts]
    digest = xxhash.xxh3_128(header)
    for view in views:
        digest.update(view)
    return b"".join((MAGIC, digest.digest(), header, *views))


def unpack(data: bytes, header: bytes, size: int) -> memoryview:
    """The body of the snapshot ``data``.

    Raises:
        ValueError: no snapshot, a damaged one, one of a batch with another ``header``, or with a body that is not
            ``size`` bytes.
    """
    is_ours = data.startswith(MAGIC)
    if not is_ours or len(data) < START:
        was = "a snapshot of another format" if data.startswith(OLDER) and not is_ours else "no snapshot"
        raise ValueError(f"these {len(data)} bytes are {was} for this version of Ludus; take one with snapshot()")
    sealed = memoryview(data)[len(MAGIC) + HASH_BYTES :]
    if xxhash.xxh3_128(sealed).digest() != data[len(MAGIC) : len(MAGIC) + HASH_BYTES]:
        raise ValueError("the snapshot is damaged: its checksum does not match; restore another one")
    length = int.from_bytes(sealed[:LENGTH_BYTES], "little")
    try:
        theirs = json.loads(bytes(sealed[LENGTH_BYTES : LENGTH_BYTES + length]))
    except (ValueError, RecursionError):  # the latter from brackets within brackets
        theirs = None
    if not isinstance(theirs, dict):
        raise ValueError("the snapshot is damaged: its header cannot be read")
    _refuse_another(theirs, json.loads(header[LENGTH_BYTES:]))
    body = sealed[LENGTH_BYTES + length :]
    if len(body) != size:
        raise ValueError(f"the snapshot is damaged: {len(body)} bytes of state, expected {size}")
    return body


def _refuse_another(theirs: dict[str, Any], mine: dict[str, Any]) -> None:
    """``ValueError`` with the first entry in which two identities differ."""
    for key in dict.fromkeys([*mine, *theirs]):
        ours, other = mine.get(key, MISSING), theirs.get(key, MISSING)
        if ours == other:
            continue
        what = key
        if isinstance(ours, Mapping) and isinstance(other, Mapping):
            names = dict.fromkeys([*ours, *other])
            name = next(name for name in names if ours.get(name, MISSING) != other.get(name, MISSING))
            what, ours, other = f"{WORDS.get(key, '')}{name}", ours.get(name, MISSING), other.get(name, MISSING)
        raise ValueError(
            f"the snapshot is of another batch: its {what} is {_shown(other)}, this batch has {_shown(ours)}; restore "
            "into a batch made with the same arguments"
        )


def _shown(value: Any) -> str:
    """Short enough for a message, whatever stands in a third party's header."""
    text = "missing" if value is MISSING else repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"


def check_records(records: np.ndarray, spans: Mapping[str, tuple[float, float]]) -> None:
    """Refuse records (N,) that no batch with parameters within ``spans`` (lowest, highest) writes.

    Raises:
        ValueError: a flag that is neither 0 nor 1, a clock that runs backwards, a sum that is no number, a parameter
            outside its range, something in an environment that was never reset.
    """
    for name in records.dtype.names or ():
        if records.dtype[name].base.kind == "b":
            _demand(records[name].view(np.uint8) <= 1, f"the flag {name} is neither 0 nor 1")
    ready = records["ready"]
    if not ready.all():
        if records.view(np.uint8).reshape(len(records), -1)[~ready].any():  # of bytes: a copy of records leaves gaps
            raise ValueError("the snapshot is damaged: an environment that was never reset has a state")
        records = records[ready]
    clock, age = records["clock"], records["age"]
    _demand((clock >= 0) & (clock <= age) & (age < NEVER), "a clock is not between 0 and the environment's age")
    _demand(np.isfinite(records["totals"]), "a sum of rewards is no finite number")
    for name, (low, high) in spans.items():
        room = ROUNDING * max(abs(low), abs(high))
        values = records[name]
        _demand((values >= low - room) & (values <= high + room), f"the parameter {name} is outside its range")


def _demand(holds: np.ndarray, otherwise: str) -> None:
    rows = holds.reshape(len(holds), -1).all(axis=1)
    if not rows.all():
        raise ValueError(f"the snapshot is damaged: {otherwise} (environment {int(np.argmin(rows))})")
