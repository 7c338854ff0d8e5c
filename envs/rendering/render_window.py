"""The window of ``render_mode="human"``: a real one, or none at all where there is no screen.

Gymnasium's own environments render into memory there, so scripts and checkers that ask for a window run on servers
too. Whoever wants to watch (`ludus watch`, `ludus play`) opens a ``Window`` and is told in one line that there is
no screen.
"""

from typing import Any

import gymnasium
import numpy as np

from .display import NoDisplayError


class UnseenWindow:
    """Stands for a window where there is no screen: takes the frames and shows nothing."""

    closed = True

    def __init__(self, frame_size: tuple[int, int]) -> None:
        self.tile_size = frame_size

    def show(self, frames: np.ndarray) -> None:
        """Nobody sees them."""

    def close(self) -> None:
        """Nothing is open."""


def open_render_window(title: str, frame_size: tuple[int, int], num_tiles: int, fps: float) -> Any:
    """A ``Window`` for ``num_tiles`` frames (height, width); with a warning an ``UnseenWindow`` without a screen."""
    from .window import Window

    try:
        return Window(title, frame_size, num_tiles=num_tiles, fps=fps)
    except NoDisplayError as fault:
        gymnasium.logger.warn(
            f"{title} is rendered, but nobody sees it: no display found: {fault.why}; the frames themselves come with "
            'render_mode="rgb_array"'
        )
        return UnseenWindow(frame_size)
