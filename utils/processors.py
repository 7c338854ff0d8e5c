"""The processors of this machine that a process may use."""

import os


def usable_processors() -> int:
    """How many: those of the process's affinity (Linux), else all of the machine's (macOS, Windows)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
