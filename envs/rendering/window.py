"""A window on one or many environments: their frames in a grid, a bar of figures, the keys.

pygame is imported when the first window opens. Several windows may be open in one process; each reads its own keys.
"""

import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from .display import NoDisplayError, start_pygame
from .letters import Letters
from .video import BACKGROUND, fit_tile, grid_shape, gutter_width, tile_frames
from .window_commands import KEYS, Command, find_command

SCREEN_SHARE = 0.86  # of the screen, at most, for a new window: the desktop's bars and the title need the rest
SLICE = 0.015  # s between two looks at the keyboard while a picture stands
SMALLEST = (560, 240)  # width and height of a window: the figures and keys stay readable
MARGIN = 8  # pixels around the picture and between parts of the bar
BAR, LABEL, VALUE = (34, 37, 46), (166, 173, 189), (240, 243, 248)
KEY, KEY_INK, BADGE, BADGE_INK = (58, 63, 77), (226, 230, 239), (242, 182, 60), (30, 26, 16)


_windows: dict[int, "Window"] = {}  # the open ones, by pygame's number


class Window:
    """Shows frames of ``num_tiles`` environments and collects what the person at the keyboard asks for.

    Args:
        title: What the title bar says.
        frame_size: Height and width in pixels of a frame; the first window shows it at this size, or smaller to fit.
        num_tiles: How many frames ``show`` will get.
        fps: Pictures per second.
        interactive: Show the keys and report them in ``poll``. Otherwise only the window's close button works.

    Attributes:
        closed: The window is gone, closed by the person or by ``close``. ``show`` then does nothing.
        help: Whether the help lies over the picture.

    Raises:
        NoDisplayError: there is no screen.
    """

    keys: Sequence[tuple[str, str, str]] = KEYS  # those that the bar and the help explain
    side_width = 0  # pixels at the right of the picture that it leaves to a subclass

    def __init__(
        self, title: str, frame_size: tuple[int, int], num_tiles: int = 1, fps: float = 30, *, interactive: bool = False
    ) -> None:
        self.closed = True  # until it is open
        self.help = False
        self.title = title
        self.frame_size, self.num_tiles, self.fps, self.interactive = frame_size, num_tiles, fps, interactive
        self._pygame = pygame = start_pygame()
        self._small, self._large = (Letters(pygame, size) for size in (19, 25))
        try:
            self._window = pygame.Window(title, self._whole_size(), resizable=True)
            self._window.minimum_size = self.smallest
            self._surface = self._window.get_surface()
            self._size = self._surface.get_size()  # kept: a closed window has no surface any more
        except pygame.error as problem:
            raise NoDisplayError(str(problem)) from None
        self._commands: list[Command] = []
        self._exposed = False  # resized or uncovered: the picture must be painted again
        self._due = time.perf_counter()
        self.closed = False
        self._id: int = self._window.id
        _windows[self._id] = self

    def _whole_size(self) -> tuple[int, int]:
        """Width and height of a window in which frames are as large as they like to be seen, or as the screen lets."""
        screen_width, screen_height = self._pygame.display.get_desktop_sizes()[0]
        area = (
            int(SCREEN_SHARE * screen_height) - self._bar_height - 2 * MARGIN,
            int(SCREEN_SHARE * screen_width) - self.side_width,
        )
        rows, columns = grid_shape(self.num_tiles)
        height, width = fit_tile(self.frame_size, self.num_tiles, area, enlarge=self.num_tiles > 1)
        gap = gutter_width(height, width)
        return (
            max(columns * (width + gap) - gap + 2 * MARGIN + self.side_width, self.smallest[0]),
            max(rows * (height + gap) - gap + 2 * MARGIN + self._bar_height, self.smallest[1]),
        )

    # --- The picture -------------------------------------------------------------------------------------------------

    @property
    def tile_size(self) -> tuple[int, int]:
        """Height and width at which one frame fills its place exactly: rendered at this size it is the sharpest."""
        area = self._area()
        return fit_tile(self.frame_size, self.num_tiles, (area.height, area.width))

    def show(
        self,
        frames: np.ndarray,
        *,
        figures: Sequence[tuple[str, str]] = (),
        badge: str = "",
        seconds: float | None = None,
    ) -> bool:
        """Show ``frames`` (M, height, width, 3) uint8, and return when it is time for the next picture.

        Args:
            figures: Pairs (label, value) for the bar below the picture.
            badge: A short word that stands out, such as "PAUSED"; "" for none.
            seconds: How long the picture stands; 1 / fps by default. A key or the close button ends the wait.

        Returns:
            Whether the window is still open.
        """
        _pump()
        if self.closed:
            return False
        picture, rendered_for = tile_frames(frames), (frames.shape[1], frames.shape[2])
        self._paint(picture, rendered_for, figures, badge)
        now = time.perf_counter()
        self._due = max(self._due + (1 / self.fps if seconds is None else seconds), now)  # late: do not catch up
        while True:
            _pump()
            if self.closed:
                return False
            if self._exposed:
                self._paint(picture, rendered_for, figures, badge)
            left = self._due - time.perf_counter()
            if left <= 0:
                return True
            if self._is_wanted():
                self._due = time.perf_counter()
                return True
            time.sleep(min(left, SLICE))

    @property
    def smallest(self) -> tuple[int, int]:
        """The least width and height of the window."""
        return SMALLEST

    def _is_wanted(self) -> bool:
        """Whether a person did something that ends the wait for the next picture."""
        return bool(self._commands)

    def _paint(
        self, picture: np.ndarray, rendered_for: tuple[int, int], figures: Sequence[tuple[str, str]], badge: str
    ) -> None:
        pygame = self._pygame
        self._exposed = False
        self._surface = self._window.get_surface()
        self._size = self._surface.get_size()
        self._surface.fill(BACKGROUND)
        image = pygame.image.frombuffer(np.ascontiguousarray(picture), picture.shape[1::-1], "RGB")
        area = self._area()
        if rendered_for != self.tile_size:
            place = image.get_rect().fit(area)
            times = place.width // image.get_width()
            if times > 1:  # whole multiples keep hard edges hard
                image = pygame.transform.scale_by(image, times)
            elif times == 0 or rendered_for != tuple(self.frame_size):
                image = pygame.transform.smoothscale(image, place.size)
        self._surface.blit(image, image.get_rect(center=area.center))
        if self._bar_height:
            self._paint_bar(figures)
        if badge:
            self._paint_badge(badge, area)
        if self.help:
            self._paint_help(area)
        self._window.flip()

    def _area(self) -> Any:
        """The rectangle for the picture."""
        width, height = self._size
        width -= self.side_width
        return self._pygame.Rect(MARGIN, MARGIN, width - 2 * MARGIN, height - self._bar_height - 2 * MARGIN)

    @property
    def _bar_height(self) -> int:
        if not self.interactive:
            return 0
        return self._small.height * 2 + self._large.height + 5 * MARGIN

    def _paint_bar(self, figures: Sequence[tuple[str, str]]) -> None:
        """Two lines: the figures, each in a place of its own so that nothing jumps, and the keys."""
        width, height = self._surface.get_size()
        top = height - self._bar_height
        self._surface.fill(BAR, (0, top, width, self._bar_height))
        left = 1.5 * MARGIN
        for i, (label, value) in enumerate(figures):
            x = left + i * (width - 2 * left) / len(figures)
            self._write(self._small, label, (x, top + MARGIN), LABEL)
            self._write(self._large, value, (x, top + 1.5 * MARGIN + self._small.height), VALUE)
        self._paint_keys(top + 3.25 * MARGIN + self._small.height + self._large.height)

    def _paint_keys(self, y: float) -> None:
        """The keys in a line, as many of them as there is room for."""
        left, width = 1.5 * MARGIN, self._surface.get_width()
        keys = [(key, word, self._small.width(key) + MARGIN, self._small.width(word)) for key, word, _ in self.keys]
        free = width - 2 * left - sum(chip + MARGIN // 2 + wide for _, _, chip, wide in keys)
        gap = min(max(free / (len(keys) - 1), 4), 3 * MARGIN)
        x = left
        for key, word, chip, wide in keys:
            if x + chip + wide > width:
                break
            self._paint_key(key, (x, y), chip)
            self._write(self._small, word, (x + chip + MARGIN // 2, y), LABEL)
            x += chip + MARGIN // 2 + wide + gap

    def _paint_key(self, key: str, at: tuple[float, float], width: int) -> None:
        cap = self._pygame.Rect(at[0], at[1] - 3, width, self._small.height + 6)
        self._pygame.draw.rect(self._surface, KEY, cap, border_radius=4)
        self._write(self._small, key, (at[0] + MARGIN / 2, at[1]), KEY_INK)

    def _paint_badge(self, badge: str, area: Any) -> None:
        text = self._large.render(badge, BADGE_INK)
        plate = text.get_rect(midtop=(area.centerx, area.top + 2 * MARGIN)).inflate(3 * MARGIN, MARGIN)
        self._pygame.draw.rect(self._surface, BADGE, plate, border_radius=plate.height // 2)
        self._surface.blit(text, text.get_rect(center=plate.center))

    def _help_lines(self) -> Sequence[tuple[str, str, str]]:
        return self.keys

    def _paint_help(self, area: Any) -> None:
        lines = self._help_lines()
        line = self._large.height + MARGIN
        first = max(self._large.width(key) for key, _, _ in lines) + 2 * MARGIN
        wide = first + max(self._large.width(sentence) for _, _, sentence in lines)
        panel = self._pygame.Surface((wide + 6 * MARGIN, line * len(lines) + 5 * MARGIN), self._pygame.SRCALPHA)
        self._pygame.draw.rect(panel, (*BACKGROUND, 232), panel.get_rect(), border_radius=10)
        for i, (key, _, sentence) in enumerate(lines):
            y = 3 * MARGIN + i * line
            panel.blit(self._large.render(key, BADGE), (3 * MARGIN, y))
            panel.blit(self._large.render(sentence, VALUE), (3 * MARGIN + first, y))
        self._surface.blit(panel, panel.get_rect(center=area.center))

    def _write(self, font: Letters, text: str, at: tuple[float, float], color: tuple[int, int, int]) -> None:
        self._surface.blit(font.render(text, color), at)

    # --- The keys ----------------------------------------------------------------------------------------------------

    def poll(self) -> list[Command]:
        """What was asked for since the last call, in order; ``Command.QUIT`` last once the window is closed."""
        if not self.closed:
            _pump()
        commands, self._commands = self._commands, []
        if self.closed and Command.QUIT not in commands:
            commands.append(Command.QUIT)
        return commands

    def _take(self, event: Any) -> None:
        pygame = self._pygame
        if event.type == pygame.WINDOWCLOSE:
            self.close()
        elif event.type in (pygame.WINDOWSIZECHANGED, pygame.WINDOWEXPOSED):
            self._exposed = True
        elif event.type == pygame.KEYDOWN and self.interactive:
            command = Command.STEP if event.key == pygame.K_RIGHT else find_command(pygame, event)
            if command is not None:
                self._commands.append(command)

    def close(self) -> None:
        """Close the window. May be called twice."""
        if self.closed:
            return
        self.closed = True
        del _windows[self._id]
        self._window.destroy()
        if not _windows and self._pygame.display.get_surface() is None:  # leave a window of the caller's own alone
            self._pygame.display.quit()


def _pump() -> None:
    """Hand every waiting event to the window it belongs to; a request to end the process closes all of them."""
    if not _windows:
        return
    import pygame

    if not (pygame.display.get_init() and pygame.font.get_init()):
        # A third party called pygame.quit, as some of Gymnasium's environments do in `close`; the windows went with it.
        for window in _windows.values():
            window.closed = True
        _windows.clear()
        return
    for event in pygame.event.get():
        if event.type == pygame.QUIT:  # of no window: SDL makes it of SIGTERM, and desktops when a session ends
            for window in list(_windows.values()):
                window.close()
            return
        owner = _windows.get(getattr(getattr(event, "window", None), "id", -1))
        if owner is not None:
            owner._take(event)
