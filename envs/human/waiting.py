"""The wait for the first picture: a window at once, which says what is compiled meanwhile.

An environment is compiled when it is first used with its sizes and slots, later its machine code is read from disk:
half a minute without a word, if nobody says it. What takes long runs in a second thread, because windows belong to the
first; while LLVM works, Python goes on.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np
from rich.console import Console
from rich.markup import escape

from ..rendering.display import start_pygame
from ..rendering.video import BACKGROUND
from ..rendering.window import MARGIN, VALUE, Window

Result = TypeVar("Result")
KEPT = "the machine code is kept for the next time, other sizes or slots are compiled anew"
PATIENCE = 1.5  # s without a word: with machine code on disk the picture is there before
LOOK = 0.25  # s that a picture of the wait stands
SIZE = (360, 640)  # height and width of its window, in pixels


class Compiling:
    """What Numba compiles, as it says itself: machine code that was read from disk is none of it."""

    def __init__(self) -> None:
        self.kernel = ""  # the one that is compiled, or was last
        self.count = 0

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        from numba.core import event  # numba alone takes a third of a second, in which the window could be there

        class Listener(event.Listener):
            def on_start(_, event: Any) -> None:
                self.count += 1
                self.kernel = event.data["dispatcher"].py_func.__name__

            def on_end(_, event: Any) -> None:
                """The next one begins at once."""

        with event.install_listener("numba:compile", Listener()):
            yield


class WaitingWindow(Window):
    """A window without a picture, in which a few lines say what is being done."""

    lines: tuple[str, ...] = ()

    def __init__(self, title: str) -> None:
        super().__init__(title, SIZE)
        self.left = False  # by the person

    def close(self) -> None:
        self.left = self.left or not self.closed
        super().close()

    def _take(self, event: Any) -> None:
        if event.type == self._pygame.KEYDOWN and event.key in (self._pygame.K_q, self._pygame.K_ESCAPE):
            self.close()
        else:
            super()._take(event)

    def _paint_badge(self, badge: str, area: Any) -> None:
        y = area.centery - len(self.lines) * (self._large.height + MARGIN) / 2
        for i, line in enumerate(self.lines):
            font = self._large if i == 0 else self._small
            for part in font.wrap(line, area.width):
                self._write(font, part, (area.centerx - font.width(part) / 2, y), VALUE)
                y += font.height + MARGIN

    def say(self, *lines: str) -> bool:
        """Show the lines, the first one large; returns whether the window is still there."""
        self.lines = lines
        return self.show(np.full((1, 2, 2, 3), BACKGROUND, np.uint8), badge="lines", seconds=LOOK)


def wait_for(
    work: Callable[[], Result], name: str, console: Console, *, in_window: bool, patience: float | None = None
) -> Result:
    """What ``work()`` returns or raises; where it takes long, what is done stands in a window and on the console.

    Args:
        work: Runs in a thread of its own, so it opens no window.
        name: Of what begins, such as "ludus/Elevator-v0".
        in_window: Open a window, which is closed at the end; otherwise the console alone says it.
        patience: Seconds of silence at first; ``PATIENCE`` by default.

    Raises:
        KeyboardInterrupt: the person has closed the window, or pressed q. What was begun ends with the process.
        NoDisplayError: a window is asked for, and there is no screen.
    """
    if in_window:
        start_pygame()  # before any work: where there is no screen, nobody waits for it
    compiling, start = Compiling(), time.perf_counter()
    outcome: dict[str, Any] = {}

    def run() -> None:
        try:
            with compiling.listening():
                outcome["value"] = work()
        except BaseException as fault:  # raised again where somebody waits for it
            outcome["fault"] = fault

    worker = threading.Thread(target=run, name=f"ludus: {name}", daemon=True)
    worker.start()
    worker.join(PATIENCE if patience is None else patience)
    window = WaitingWindow(name) if in_window and worker.is_alive() else None
    told = False
    try:
        while worker.is_alive():
            if compiling.count and not told:
                console.print(f"Compiling {escape(name)}; {KEPT}.")
                told = True
            if window is None:
                worker.join(LOOK)
            elif not window.say(*describe(name, compiling, time.perf_counter() - start)) and window.left:
                raise KeyboardInterrupt
    finally:
        if window is not None:
            window.close()
    worker.join()
    if "fault" in outcome:
        raise outcome["fault"]
    return outcome["value"]


def describe(name: str, compiling: Compiling, seconds: float) -> tuple[str, ...]:
    """The lines of the window: what is done, when it is done again, and how far it is."""
    if not compiling.count:
        return f"Starting {name}", f"{seconds:.0f} s"
    return (
        f"Compiling {name}",
        f"{KEPT[0].upper()}{KEPT[1:]}.",
        f"kernel {compiling.count}, {compiling.kernel} · {seconds:.0f} s",
    )
