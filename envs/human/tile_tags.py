"""Tags on the tiles of many environments: the return so far, and for a moment how the last episode has ended."""

from functools import lru_cache

import numpy as np

from ..engine.batch import Batch
from .captions import ending, format_number

STAND = 1.2  # s at the environment's own pace that an end is shown
SHARE, LEAST, MOST = 0.075, 12, 30  # a tag's height: of the tile's, and its bounds in pixels
Color = tuple[int, int, int]
RUNNING, SOLVED, OVER, TIME_UP = (34, 37, 46), (38, 130, 84), (186, 52, 48), (150, 98, 16)
INK = (250, 250, 250)


class TileTags:
    """The tags of the first ``count`` environments of a batch."""

    def __init__(self, count: int) -> None:
        self._ends: list[tuple[int, str, Color]] = [(-1, "", RUNNING)] * count  # last step to be shown at, text, colour

    def note_ends(self, batch: Batch, step: int) -> None:
        """Remember the episodes that have ended in the step of ``batch`` that was its ``step``-th."""
        b = batch.buffers
        last = step + max(round(STAND * batch.fps), 1)
        for row in np.flatnonzero(b.terminated | b.truncated):
            if row < len(self._ends):
                solved, terminated = bool(b.episode_success[row]), bool(b.terminated[row])
                color = SOLVED if solved else OVER if terminated else TIME_UP
                text = f"{ending(solved, terminated)}  {format_number(float(b.episode_return[row]))}"
                self._ends[row] = last, text, color

    def paint(self, frames: np.ndarray, batch: Batch, step: int) -> None:
        """Write the tags into the lower left corners of ``frames`` (M, height, width, 3) uint8."""
        totals = batch.running()[0]
        for row, (last, text, color) in enumerate(self._ends):
            if step > last:
                text, color = f"return {format_number(float(totals[row]))}", RUNNING
            tag = make_tag(text, color, int(min(max(SHARE * frames.shape[1], LEAST), MOST)))
            high, wide = min(tag.shape[0], frames.shape[1]), min(tag.shape[1], frames.shape[2])
            frames[row, frames.shape[1] - high :, :wide] = tag[:high, :wide]


@lru_cache(maxsize=512)
def make_tag(text: str, color: Color, high: int) -> np.ndarray:
    """A plate (high, W, 3) uint8 with a line of text; not to be written to."""
    from PIL import Image, ImageDraw, ImageFont

    font, margin = ImageFont.load_default(0.72 * high), high // 3
    picture = Image.new("RGB", (int(font.getlength(text)) + 2 * margin, high), color)
    ImageDraw.Draw(picture).text((margin, high / 2), text, fill=INK, font=font, anchor="lm")
    return np.asarray(picture)
