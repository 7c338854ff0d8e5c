"""The logs of a training: files that only grow, TensorBoard's among them, and are cut back when it is resumed.

A checkpoint holds their sizes, and a resumed training cuts them back to these: curves have neither gaps nor doubles.
"""

import contextlib
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..utils.files import check_alone
from ..utils.untrusted import MOST_EVENTS, is_whole, open_regular

EVENTS = "events.out."  # how the names of TensorBoard's files begin
STEP_TAG = b"\x10"  # protobuf's, of the second field, a number
FIRST_EVENTS = 1000  # more than those of step 0, such as hyperparameters


def log_sizes(folder: Path, *others: str) -> dict[str, int]:
    """Name -> size in bytes of TensorBoard's files in ``folder`` and of those of the ``others`` that exist.

    Raises:
        ValueError: one is a link or no regular file. A resumed training cuts its logs back and adds to them, and what
            a link in a stranger's folder leads to is not the training's.
    """
    sizes = {}
    for path in sorted([*folder.glob(f"{EVENTS}*"), *(folder / name for name in others)]):
        if os.path.lexists(path):
            found = path.lstat()
            if not stat.S_ISREG(found.st_mode):
                raise ValueError(f"{path} is no regular file, expected a log of the training; remove it")
            sizes[path.name] = found.st_size
    return sizes


def check_sizes(sizes: Any) -> None:
    """``ValueError`` unless they are what ``log_sizes`` gives."""
    if not isinstance(sizes, dict) or not all(is_whole(size, 0, 2**62) for size in sizes.values()):
        raise ValueError("state.json is damaged (the sizes of the logs are no whole numbers)")


def cut_back(folder: Path, sizes: dict[str, int], *others: str) -> None:
    """Make the logs of ``log_sizes`` what they were at these ``sizes``: what came later goes, files included.

    Raises:
        ValueError: see ``log_sizes``; or one that stays is a hard link. Then nothing was changed.
    """
    found = log_sizes(folder, *others)
    for name in found.keys() & sizes.keys():
        check_alone(folder / name, (folder / name).lstat())
    for name, size in found.items():
        if name not in sizes:
            (folder / name).unlink()
        elif size > sizes[name]:
            os.truncate(folder / name, sizes[name])


def tells_of_steps(path: Path, size: int) -> bool:
    """Whether TensorBoard's file of so many bytes has an event of a step above 0, or is none that just began.

    What it says is not decoded, for it may be a stranger's. A record is a length of 8 bytes, a checksum of 4, the
    event, and another of 4; an event is a time in 9 bytes, then its step with a tag in front, unless that is 0.
    """
    with open_regular(path, MOST_EVENTS) as stream:
        start = 0
        for _ in range(FIRST_EVENTS):
            stream.seek(start)
            head = stream.read(12 + 9 + 1)
            if head[21:] == STEP_TAG:
                return True
            start += 8 + 4 + int.from_bytes(head[:8], "little") + 4
            if start >= size:  # the end, or an event that a kill has cut off
                return False
    return True


@contextmanager
def writing(folder: Path, again: str) -> Iterator[None]:
    """A block that writes into the folder of a training: a failure is one line, and ends with the command ``again``.

    TensorBoard writes in a thread of its own; a full disk is reported once, and not by that thread, too.

    Raises:
        OSError: the folder cannot be written.
    """
    before = threading.excepthook
    threading.excepthook = lambda failure: None if isinstance(failure.exc_value, OSError) else before(failure)
    try:
        yield
    except OSError as fault:
        raise OSError(
            f"{folder} cannot be written: {fault.strerror or fault}; make room or make it writable, then go on with: "
            f"{again}"
        ) from fault
    finally:
        threading.excepthook = before


def close(writer: Any) -> None:
    """Close TensorBoard's writer, which may have failed before."""
    with contextlib.suppress(OSError):
        writer.close()
