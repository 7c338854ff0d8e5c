"""The start of pygame, or the reason, in one line, why no window can be opened here."""

import os
import sys
from typing import Any


class NoDisplayError(RuntimeError):
    """There is no screen to open a window on."""

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__(
            f"no display found: {why}; a window needs a screen. Without one, record a video with --record FILE.mp4, "
            'or take the frames with render_mode="rgb_array"'
        )


def start_pygame() -> Any:
    """The module ``pygame`` with its display and fonts started; ``NoDisplayError`` where there is no screen."""
    wanted = os.environ.get("SDL_VIDEODRIVER", "")
    addresses = [f"{key}={os.environ[key]}" for key in ("DISPLAY", "WAYLAND_DISPLAY") if os.environ.get(key)]
    if sys.platform.startswith(("linux", "freebsd")) and not wanted and not addresses:
        raise NoDisplayError("neither DISPLAY nor WAYLAND_DISPLAY is set")
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    import pygame

    was_open = pygame.display.get_init()
    try:
        pygame.display.init()
    except pygame.error as problem:
        raise NoDisplayError(str(problem)) from None
    driver = pygame.display.get_driver()
    # Where it cannot reach the screen, SDL silently paints into memory: a window that nobody would see.
    if driver in ("offscreen", "dummy") and driver not in wanted:
        if not was_open:
            pygame.display.quit()
        raise NoDisplayError(f"nothing answers at {' or '.join(addresses) or 'the screen'}")
    pygame.font.init()
    return pygame
