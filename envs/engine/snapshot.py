"""The bytes of a snapshot: a magic line, the length of a header, the header (whose batch it is) and the records."""

import json
from typing import Any

MAGIC = b"ludus-snapshot-1\n"
START = len(MAGIC) + 8  # of the header, after its length (8 bytes, little-endian)


def pack(identity: dict[str, Any], body: bytes) -> bytes:
    """A snapshot of the batch that ``identity`` (JSON-serialisable) tells apart from others."""
    header = json.dumps(identity, sort_keys=True).encode()
    return MAGIC + len(header).to_bytes(8, "little") + header + body


def unpack(data: bytes, identity: dict[str, Any], size: int) -> bytes:
    """The records in ``data``.

    Raises:
        ValueError: no snapshot, one of a batch with another identity, or one whose records are not ``size`` bytes.
    """
    if data[: len(MAGIC)] != MAGIC or len(data) < START:
        raise ValueError(f"these {len(data)} bytes are no snapshot of this version of Ludus; take one with snapshot()")
    length = int.from_bytes(data[START - 8 : START], "little")
    try:
        theirs = json.loads(data[START : START + length])
    except (ValueError, RecursionError):  # the latter from brackets within brackets
        theirs = None
    if not isinstance(theirs, dict):
        raise ValueError("the snapshot is damaged: its header cannot be read")
    for key, mine in identity.items():
        if theirs.get(key) != mine:
            raise ValueError(
                f"the snapshot is of another batch: its {key} is {theirs.get(key)!r}, this batch has {mine!r}; "
                "restore into a batch made with the same arguments"
            )
    body = data[START + length :]
    if len(body) != size:
        raise ValueError(f"the snapshot is damaged: {len(body)} bytes of state, expected {size}")
    return body
