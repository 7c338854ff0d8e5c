"""The wait until an environment is compiled: its first picture meanwhile, and what is being done.

What takes long runs in a second thread, because windows belong to the first; while LLVM works, Python goes on. A third
thread has the first picture drawn by kernels that are interpreted.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

import numpy as np
from rich.console import Console
from rich.markup import escape

from .display import start_pygame
from .video import BACKGROUND
from .window import MARGIN, VALUE, Window

Result = TypeVar("Result")
Draw = Callable[[], np.ndarray | None]  # the first picture (height, width, 3) uint8, made without compiling; None: none
KEPT = "the machine code is kept for the next time, other sizes or slots are compiled anew"
PATIENCE = 1.5  # s without a word: with machine code on disk the picture is there before
HEAD_START = 3.0  # s, at most, that the first picture is ahead of the compiler, with which it shares Python's time
LOOK = 0.25  # s that a picture of the wait stands
GLANCE = 0.02  # s between two looks at what is compiled, while nothing is shown
SIZE = (360, 640)  # height and width of a window without a picture, in pixels


class Compiling:
    """What Numba compiles, as it says itself: machine code that was read from disk is none of it.

    Args:
        head_start: Called when the first kernel is to be compiled, which begins when it returns.
    """

    def __init__(self, head_start: Callable[[], None] | None = None) -> None:
        self.kernel = ""  # the one that is compiled, or was last
        self.count = 0
        self._head_start = head_start

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        from numba.core import event  # numba alone takes a third of a second, in which the window could be there

        class Listener(event.Listener):
            def on_start(_, event: Any) -> None:
                self.count += 1
                self.kernel = event.data["dispatcher"].py_func.__name__
                if self.count == 1 and self._head_start is not None:
                    self._head_start()

            def on_end(_, event: Any) -> None:
                """The next one begins at once."""

        with event.install_listener("numba:compile", Listener()):
            yield


class Work(Generic[Result]):
    """``do`` in a thread of its own, and in another one the first picture, as soon as something is compiled.

    Attributes:
        picture: The first picture once it is drawn. Where drawing fails there is none: what is compiled meanwhile fails
            as well, and says why.
    """

    def __init__(self, do: Callable[[], Result], draw: Draw | None, name: str) -> None:
        self.picture: np.ndarray | None = None
        self.compiling = Compiling(None if draw is None else self._draw_first)
        self._do, self._draw, self._began = do, draw, time.perf_counter()
        self._outcome: dict[str, Any] = {}
        self._thread = threading.Thread(target=self._run, name=f"ludus: {name}", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            with self.compiling.listening():
                self._outcome["value"] = self._do()
        except BaseException as fault:  # raised again where somebody waits for it
            self._outcome["fault"] = fault

    def _draw_first(self) -> None:
        thread = threading.Thread(target=self._draw_picture, name="ludus: first picture", daemon=True)
        thread.start()
        thread.join(HEAD_START)

    def _draw_picture(self) -> None:
        assert self._draw is not None
        with contextlib.suppress(Exception):
            self.picture = self._draw()

    @property
    def seconds(self) -> float:
        """Since it was begun."""
        return time.perf_counter() - self._began

    def runs_on(self, seconds: float = 0.0) -> bool:
        """Whether it is still being done after so many more seconds."""
        self._thread.join(seconds)
        return self._thread.is_alive()

    def result(self) -> Result:
        """What it returned, or raises what it raised."""
        self._thread.join()
        if "fault" in self._outcome:
            raise self._outcome["fault"]
        return self._outcome["value"]

    def word(self) -> str:
        """What is being done, in a few words above a picture."""
        return f"compiling · {self.compiling.kernel} · {self.seconds:.0f} s"


class WaitingWindow(Window):
    """A window in which a few lines say what is being done, or a few words above the first picture do."""

    lines: tuple[str, ...] = ()

    def __init__(self, title: str, size: tuple[int, int] = SIZE) -> None:
        super().__init__(title, size)
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
        if not self.lines:
            super()._paint_badge(badge, area)
            return
        y = area.centery - len(self.lines) * (self._large.height + MARGIN) / 2
        for i, line in enumerate(self.lines):
            font = self._large if i == 0 else self._small
            for part in font.wrap(line, area.width):
                self._write(font, part, (area.centerx - font.width(part) / 2, y), VALUE)
                y += font.height + MARGIN

    def say(self, *lines: str) -> bool:
        """Show the lines, the first one large; returns whether the window is still there."""
        self.lines = lines
        return self.show(nothing(), badge=lines[0], seconds=LOOK)

    def hang(self, picture: np.ndarray, words: str) -> bool:
        """Show a picture (height, width, 3) with words above it; returns whether the window is still there."""
        self.lines = ()
        if self.frame_size != picture.shape[:2] and not self.closed:
            self.frame_size = picture.shape[0], picture.shape[1]
            self._window.size = self._whole_size()
        return self.show(picture[None], badge=words, seconds=LOOK)


def nothing() -> np.ndarray:
    """Frames for a window that has none yet."""
    return np.full((1, 2, 2, 3), BACKGROUND, np.uint8)


def wait_for(
    work: Callable[[], Result],
    name: str,
    console: Console,
    *,
    in_window: bool,
    patience: float | None = None,
    draw: Draw | None = None,
) -> Result:
    """What ``work()`` returns or raises; where it takes long, what is done stands in a window and on the console.

    Args:
        work: Runs in a thread of its own, so it opens no window.
        name: Of what begins, such as "ludus/Elevator-v0".
        in_window: Open a window, which is closed at the end; otherwise the console alone says it.
        patience: Seconds of silence at first; ``PATIENCE`` by default.
        draw: Asked for the first picture as soon as ``work`` compiles.

    Raises:
        KeyboardInterrupt: the person has closed the window, or pressed q. What was begun ends with the process.
        NoDisplayError: a window is asked for, and there is no screen.
    """
    if in_window:
        start_pygame()  # before any work: where there is no screen, nobody waits for it
    begun = Work(work, draw if in_window else None, name)
    window: WaitingWindow | None = None
    told = False
    try:
        while begun.runs_on():
            picture = begun.picture
            is_patient = begun.seconds < (PATIENCE if patience is None else patience)
            if begun.compiling.count and not told and not is_patient:
                console.print(f"Compiling {escape(name)}; {KEPT}.")
                told = True
            if window is None and in_window and (picture is not None or not is_patient):
                window = WaitingWindow(name, SIZE if picture is None else (picture.shape[0], picture.shape[1]))
            if window is None:
                begun.runs_on(GLANCE if is_patient else LOOK)
            elif picture is None:
                window.say(*describe(name, begun.compiling, begun.seconds))
            else:
                window.hang(picture, begun.word())
            if window is not None and window.left:
                raise KeyboardInterrupt
    finally:
        if window is not None:
            window.close()
    return begun.result()


def describe(name: str, compiling: Compiling, seconds: float) -> tuple[str, ...]:
    """The lines of the window: what is done, when it is done again, and how far it is."""
    if not compiling.count:
        return f"Starting {name}", f"{seconds:.0f} s"
    return (
        f"Compiling {name}",
        f"{KEPT[0].upper()}{KEPT[1:]}.",
        f"kernel {compiling.count}, {compiling.kernel} · {seconds:.0f} s",
    )


def compile_behind(window: Window, work: Callable[[], None], draw: Draw | None) -> None:
    """Do ``work``, which compiles, while ``window`` shows the first picture; closing it ends nothing."""
    if window.closed:
        work()
        return
    begun = Work(work, draw, window.title)
    while begun.runs_on(GLANCE):
        picture = begun.picture
        if not window.closed and (picture is not None or begun.seconds > PATIENCE):
            window.show(nothing() if picture is None else picture[None], badge=begun.word(), seconds=LOOK)
    begun.result()
