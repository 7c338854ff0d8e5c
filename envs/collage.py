"""The README's first picture: five environments at play side by side, an animated WebP in full colour."""

import io
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from ..utils.files import write_atomically
from .make import make_batch, watched_with
from .rendering.video import BACKGROUND

WIDTH, GAP = 840, 6  # pixels
FPS, SECONDS = 12, 6.0  # pictures per second, length
QUALITY = 62  # of WebP, 0 … 100
MOST_BYTES = 1_500_000  # what a page loads before anything is read
# From the top, each row with the environments and the seconds that they have played before the first picture.
ROWS: tuple[tuple[tuple[str, float], ...], ...] = (
    (("ludus/Elevator-v0", 40.0), ("ludus/Rover-v0", 2.0)),
    (("ludus/Snake-v1", 40.0), ("ludus/Breakout-v0", 12.0), ("ludus/CartPole-v1", 0.0)),
)


class Tile:
    """One environment in the hands of its reference policy (seed 0), at the pace at which `ludus watch` shows it."""

    def __init__(self, id: str, skip: float) -> None:
        settings, fps = watched_with(id)
        batch: Any = make_batch(id, 1, rendered=True, **settings)
        batch.seed_from(0)
        self.batch = batch
        self.fps: float = batch.fps if fps is None else fps
        self.skip = skip
        self.steps = 0
        height, width = batch.frame_size
        self.proportion = width / height

    def render(self, seconds: float, size: tuple[int, int]) -> np.ndarray:
        """The frame (*size, 3) uint8 after so many seconds, which never go back."""
        while self.steps < int((self.skip + seconds) * self.fps):
            self.batch.step(self.batch.heuristic())
            self.steps += 1
        frame = np.empty((1, *size, 3), np.uint8)
        self.batch.render_many(np.array([0]), frame)
        return frame[0]


def lay_out(proportions: list[list[float]]) -> list[list[tuple[int, int, int, int]]]:
    """Top, left, height and width of each tile: rows as wide as the picture, in which all tiles are equally high.

    Args:
        proportions: Width / height of each tile, row by row.
    """
    top, rows = 0, []
    for row in proportions:
        height = round((WIDTH - GAP * (len(row) - 1)) / sum(row))
        left, places = 0, []
        for i, proportion in enumerate(row):
            width = round(proportion * height) if i < len(row) - 1 else WIDTH - left
            places.append((top, left, height, width))
            left += width + GAP
        rows.append(places)
        top += height + GAP
    return rows


def film(path: Path) -> int:
    """Write the picture to ``path``, ``*.webp``; returns its bytes.

    Raises:
        ValueError: another ending, or more than ``MOST_BYTES``: nothing is written.
    """
    if path.suffix.lower() != ".webp":
        raise ValueError(f"the film is an animated WebP, got {path}; name it {path.with_suffix('.webp')}")
    tiles = [[Tile(id, skip) for id, skip in row] for row in ROWS]
    places = lay_out([[tile.proportion for tile in row] for row in tiles])
    bottom, _, high, _ = places[-1][0]
    pictures = []
    for k in range(round(FPS * SECONDS)):
        canvas = np.full((bottom + high, WIDTH, 3), BACKGROUND, np.uint8)
        for row, spots in zip(tiles, places, strict=True):
            for tile, (top, left, height, width) in zip(row, spots, strict=True):
                canvas[top : top + height, left : left + width] = tile.render(k / FPS, (height, width))
        pictures.append(Image.fromarray(canvas))
    data = io.BytesIO()
    how: dict[str, Any] = {"quality": QUALITY, "method": 4, "duration": round(1000 / FPS), "loop": 0}
    pictures[0].save(data, "WEBP", save_all=True, append_images=pictures[1:], **how)
    if len(data.getvalue()) > MOST_BYTES:
        raise ValueError(f"the film has {len(data.getvalue()):,} bytes, expected {MOST_BYTES:,} at most; lower QUALITY")
    write_atomically(path, data.getvalue())
    return len(data.getvalue())
