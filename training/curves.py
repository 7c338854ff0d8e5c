"""Curves of a training: the scalars in TensorBoard's files, read without TensorBoard's loaders, within bounds.

A file is a row of records: a length of 8 bytes, a checksum of 4, an event of protobuf's, a checksum of 4. The last one
may be cut off by a kill.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..utils.untrusted import MOST_EVENTS, open_regular
from .event_log import EVENTS

MOST_RECORD = 2**26  # bytes of an event; pictures have some
MOST_SCALARS = 10_000_000  # of a folder


def read_curves(folder: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """By tag the steps (N,) int64, rising, and the values (N,) float64 of all scalars in ``folder``.

    Of several values at a step the last one counts. Values that are no finite numbers are left out.

    Raises:
        FileNotFoundError: it holds no file of TensorBoard's.
        ValueError: one is damaged, too large, or no regular file.
    """
    found: dict[str, dict[int, float]] = {}
    paths = sorted(folder.glob(f"{EVENTS}*"))
    if not paths:
        what = "holds no TensorBoard file" if folder.exists() else "does not exist"
        raise FileNotFoundError(f"{folder} {what}; expected the folder of a run that `ludus train` made")
    count = 0
    for path in paths:
        for tag, step, value in _scalars(path):
            found.setdefault(tag, {})[step] = value
            count += 1
            if count > MOST_SCALARS:
                raise ValueError(f"{folder} has more than {MOST_SCALARS:,} scalars, which are not read")
    curves = {}
    for tag, values in found.items():
        steps = np.array(sorted(step for step, value in values.items() if np.isfinite(value)), np.int64)
        if len(steps):
            curves[tag] = steps, np.array([values[int(step)] for step in steps])
    return curves


def _scalars(path: Path) -> Iterator[tuple[str, int, float]]:
    from google.protobuf.message import DecodeError
    from tensorboard.compat.proto.event_pb2 import Event

    with open_regular(path, MOST_EVENTS) as stream:
        while len(head := stream.read(12)) == 12:
            size = int.from_bytes(head[:8], "little")
            if size > MOST_RECORD:
                raise ValueError(f"{path} is damaged: it has an event of {size:,} bytes")
            body = stream.read(size + 4)
            if len(body) < size + 4:  # cut off
                return
            try:
                event = Event.FromString(body[:size])
            except DecodeError:
                raise ValueError(f"{path} is damaged: it has an event that cannot be read") from None
            for value in event.summary.value:
                if value.HasField("simple_value"):
                    yield value.tag, int(event.step), float(value.simple_value)
