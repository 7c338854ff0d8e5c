"""Locks between processes, which the operating system takes back when a process ends, however it ends.

On Linux and macOS they are those of ``fcntl``: nobody is kept from reading or writing, only from taking the same lock.
Windows locks bytes, which nobody else may read then, so there a byte is taken that lies beyond the end of any file of
ours. A lock ends when its descriptor is closed.
"""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

fcntl: Any
msvcrt: Any
try:
    import fcntl

    msvcrt = None
except ImportError:  # Windows
    import msvcrt

    fcntl = None

BEYOND = 0x7FFF_0000  # the offset of a byte in none of our files, in 31 bits, which is what Windows' call surely takes
CLAIMS = 0x7FFF_0000  # claims are bytes below
PAUSE = 0.05  # seconds between two tries, on Windows


def lock(descriptor: int, wait: bool = False) -> bool:
    """Take the lock of an open file for its descriptor; false if another one holds it, unless that is to be waited for.

    Two descriptors of one process exclude each other, too.
    """
    if fcntl is None:
        while not _lock_byte_of_windows(descriptor, BEYOND):
            if not wait:
                return False
            time.sleep(PAUSE)
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True


def claim(descriptor: int, number: int) -> bool:
    """Take one of the numbered locks of an open file for this process; false if another process holds it.

    Args:
        number: 0 … 2**32-1; on Windows two that differ by ``CLAIMS`` are the same.
    """
    if fcntl is None:
        return _lock_byte_of_windows(descriptor, number % CLAIMS)
    try:
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number)
    except (BlockingIOError, PermissionError):  # POSIX leaves open which
        return False
    return True


def _lock_byte_of_windows(descriptor: int, at: int) -> bool:
    os.lseek(descriptor, at, os.SEEK_SET)
    try:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    except OSError:  # somebody has it: EACCES or EDEADLOCK
        return False
    finally:
        os.lseek(descriptor, 0, os.SEEK_SET)
    return True


def open_lock(path: Path) -> int:
    """The descriptor of a file that is there to be locked, made if need be; ``OSError`` where it is a link."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
    return os.open(path, flags, mode=0o666)


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """A block in which no other process that asks for it is in ``folder``; it waits for its turn."""
    # Windows opens no folders, so there a file in it is locked.
    descriptor = open_lock(folder / ".lock") if fcntl is None else os.open(folder, os.O_RDONLY)
    try:
        lock(descriptor, wait=True)
        yield
    finally:
        os.close(descriptor)
