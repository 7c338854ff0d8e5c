"""Letters of a proportional font for frames: small and large ones, anti-aliased, at any size. See `drawing.py`.

The font is the one that Pillow brings along (Aileron, CC0). Its glyphs are drawn once, large, and are part of a world;
each is shrunk where it is written, by the mean of what lies under a pixel.
"""

from functools import lru_cache

import numpy as np

from .drawing import blend
from .kernels import kernel

FIRST, LAST = 32, 126  # ASCII codes that have a glyph
TALL, WIDE = 48, 56  # pixels of a glyph's picture
POINTS = 38  # size at which it is drawn, so that the line with all that hangs below it is TALL high


@lru_cache(maxsize=1)
def font() -> tuple[np.ndarray, np.ndarray]:
    """Glyphs (95, 48, 56) uint8, 255 = ink, and how far each moves the next one on, in their pixels (95,) float64."""
    from PIL import Image, ImageDraw, ImageFont

    face = ImageFont.load_default(POINTS)
    glyphs, steps = [], []
    for code in range(FIRST, LAST + 1):
        picture = Image.new("L", (WIDE, TALL), 0)
        ImageDraw.Draw(picture).text((0, 0), chr(code), fill=255, font=face)
        glyphs.append(np.asarray(picture))
        steps.append(float(ImageDraw.Draw(picture).textlength(chr(code), font=face)))
    return np.stack(glyphs), np.array(steps)


@kernel
def letter_width(code, steps, high):
    """How far the letter ``code`` moves the next one on in a line ``high`` pixels high; others count as blanks."""
    index = int(code) - FIRST if FIRST <= code <= LAST else 0
    return steps[index] * high / TALL


@kernel
def text_width(characters, begin, stop, most, steps, high):
    """The width of ``characters[begin:stop]``, codes of letters modulo ``most``, in pixels."""
    width = 0.0
    for k in range(begin, stop):
        width += letter_width(int(characters[k]) % most, steps, high)
    return width


@kernel
def letter(frame, x, y, code, glyphs, steps, high, color):
    """One letter, its top left corner at (x, y), in a line ``high`` pixels high; returns the x behind it."""
    if FIRST < code <= LAST:
        index = int(code) - FIRST
        scale = TALL / high  # pixels of the glyph for one of the frame
        wide = steps[index] / scale
        for row in range(max(int(y), 0), min(int(y + high) + 1, frame.shape[0])):
            for column in range(max(int(x), 0), min(int(x + wide) + 1, frame.shape[1])):
                ink = mean_ink(glyphs[index], (row - y) * scale, (column - x) * scale, scale)
                if ink > 0.0:
                    blend(frame, column, row, color, ink)
    return x + letter_width(code, steps, high)


@kernel
def mean_ink(glyph, top, left, side):
    """The mean of a glyph, 0 … 1, in the square with this corner and side, in its pixels."""
    total = 0.0
    for row in range(max(int(top), 0), min(int(top + side) + 1, TALL)):
        share = min(row + 1.0, top + side) - max(row + 0.0, top)
        for column in range(max(int(left), 0), min(int(left + side) + 1, WIDE)):
            wide = min(column + 1.0, left + side) - max(column + 0.0, left)
            if share > 0.0 and wide > 0.0:
                total += share * wide * glyph[row, column]
    return total / (255.0 * side * side)
