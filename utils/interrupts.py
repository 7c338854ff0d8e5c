"""Ctrl-C and SIGTERM for long work that saves before it stops."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Protocol


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
