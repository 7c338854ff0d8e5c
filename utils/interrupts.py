"""Ctrl-C and SIGTERM: for long work that saves before it stops, and for a command that has just begun."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from types import FrameType
from typing import Protocol

SAID = "\nludus: interrupted"  # on standard error; below what the terminal echoes of the keys
INTERRUPTED = 130  # exit status, as a shell says it: 128 + SIGINT
COMMANDS = ("ludus", "ludus.exe", "ludus-script.py")  # what the console command is called, wherever it is installed


class Interrupted(Exception):
    """Ctrl-C or SIGTERM: the work has been saved and can be resumed. The text is the signal's name."""


class Interruptible(Protocol):
    """What looks at ``interrupted`` at its consistent moments, and raises ``Interrupted`` there."""

    interrupted: str | None  # the name of the signal that came


@contextmanager
def watch_signals(work: Interruptible) -> Iterator[None]:
    """A first signal is only noted in ``work``, which ends at its next consistent moment; a second ends it at once."""

    def note(number: int, frame: FrameType | None) -> None:
        if work.interrupted:
            raise KeyboardInterrupt
        work.interrupted = signal.Signals(number).name

    try:
        before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    except ValueError:  # not in the main thread: whoever runs us there handles its own signals
        yield
        return
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def is_command() -> bool:
    """Whether this process was started as the console command `ludus` or as `python -m ludus`.

    Processes that a command starts to share its work have its ``sys.argv``, and end as their own code says.
    """
    process = sys.modules.get("multiprocessing.process")  # which such a process has, and imports take their time
    if process is not None and process.parent_process() is not None:
        return False
    if sys.argv[:1] == ["-m"]:  # as long as the packages round a module are imported; see runpy
        return "ludus" in [after for option, after in pairwise(sys.orig_argv) if option == "-m"]
    return bool(sys.argv) and os.path.basename(sys.argv[0]) in COMMANDS


def end_when_interrupted() -> None:
    """From here on Ctrl-C ends the process with a line; ``raise_when_interrupted`` takes that back.

    For imports: what is raised in them is shown with a traceback, or caught by the library that is imported, or leaves
    it half imported. Where SIGINT is ignored (a shell's work in the background) it stays ignored.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)


def raise_when_interrupted() -> None:
    """From here on Ctrl-C raises ``KeyboardInterrupt`` again."""
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(number: int, frame: FrameType | None) -> None:
    os.write(2, f"{SAID}\n".encode())
    os._exit(INTERRUPTED)
