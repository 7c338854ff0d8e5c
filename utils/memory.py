"""A setting of malloc: a process keeps the memory that it frees, where it would only go to the system and back."""

import ctypes
import os

M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # of glibc's malloc.h


def keep_memory() -> None:
    """Make this process keep the memory that it frees, for the next step of the training.

    glibc gives large blocks back to the system and asks for fresh pages in each step; that was 12 % of it. Other C
    libraries have no ``mallopt``, and nothing changes.
    """
    if os.name == "nt":
        return
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallopt"):
        libc.mallopt(M_MMAP_MAX, 0)
        libc.mallopt(M_TRIM_THRESHOLD, 2**31 - 1)  # bytes; the largest that it takes
