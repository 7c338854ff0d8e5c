"""Compiled shapes and letters, of which environments draw their frames; see `kernels.py`.

They write RGB into ``frame`` (height, width, 3) uint8; coordinates are pixels, x to the right, y down, and an edge at a
fraction of a pixel is blended (anti-aliased). Shapes are cut at the frame's border.
"""

import math

import numpy as np

from .kernels import kernel


@kernel
def shade(share, start, end):
    """The colour ``share`` (0 … 1) of the way from ``start`` to ``end``."""
    return (
        int(start[0] + share * (end[0] - start[0])),
        int(start[1] + share * (end[1] - start[1])),
        int(start[2] + share * (end[2] - start[2])),
    )


@kernel
def hypotenuse(x, y):
    """The length of (x, y). The C library's function has other last bits than Python's, and frames would differ."""
    return math.sqrt(x * x + y * y)


@kernel
def fill(frame, x0, y0, x1, y1, color):
    """Fill the whole pixels x0 <= x < x1, y0 <= y < y1. The fast one: no blending."""
    x0, y0 = max(x0, 0), max(y0, 0)
    x1, y1 = min(x1, frame.shape[1]), min(y1, frame.shape[0])
    for y in range(y0, y1):
        for x in range(x0, x1):
            frame[y, x, 0] = color[0]
            frame[y, x, 1] = color[1]
            frame[y, x, 2] = color[2]


@kernel
def blend(frame, x, y, color, coverage):
    """Mix ``color`` over one pixel; ``coverage`` in 0 … 1 is the share of the pixel that the shape covers."""
    for c in range(3):
        old = int(frame[y, x, c])  # in Python a uint8 would take no number beyond 255
        frame[y, x, c] = int(old + (color[c] - old) * coverage + 0.5)


@kernel
def box(frame, x0, y0, x1, y1, radius, color):
    """A rectangle with rounded corners (``radius`` pixels; 0 for sharp ones), anti-aliased."""
    cx, cy = 0.5 * (x0 + x1), 0.5 * (y0 + y1)
    half_w, half_h = 0.5 * (x1 - x0) - radius, 0.5 * (y1 - y0) - radius
    left, right = int(x0 + radius) + 1, int(x1 - radius)  # between them all pixels of the inner rows are covered whole
    for y in range(max(int(y0) - 1, 0), min(int(y1) + 2, frame.shape[0])):
        is_inner = int(y0) < y < int(y1)
        if is_inner:
            fill(frame, left, y, right, y + 1, color)
        for x in range(max(int(x0) - 1, 0), min(int(x1) + 2, frame.shape[1])):
            if is_inner and left <= x < right:
                continue
            dx = abs(x + 0.5 - cx) - half_w
            dy = abs(y + 0.5 - cy) - half_h
            distance = hypotenuse(max(dx, 0.0), max(dy, 0.0)) + min(max(dx, dy), 0.0) - radius
            coverage = min(max(0.5 - distance, 0.0), 1.0)
            if coverage > 0.0:
                blend(frame, x, y, color, coverage)


@kernel
def disc(frame, cx, cy, radius, color):
    """A filled disc, anti-aliased."""
    for y in range(max(int(cy - radius) - 1, 0), min(int(cy + radius) + 2, frame.shape[0])):
        for x in range(max(int(cx - radius) - 1, 0), min(int(cx + radius) + 2, frame.shape[1])):
            distance = hypotenuse(x + 0.5 - cx, y + 0.5 - cy) - radius
            coverage = min(max(0.5 - distance, 0.0), 1.0)
            if coverage > 0.0:
                blend(frame, x, y, color, coverage)


@kernel
def line(frame, x0, y0, x1, y1, width, color):
    """A line with round ends, ``width`` pixels thick, anti-aliased."""
    dx, dy = x1 - x0, y1 - y0
    squared = max(dx * dx + dy * dy, 1e-12)
    reach = 0.5 * width + 1.0
    for y in range(max(int(min(y0, y1) - reach), 0), min(int(max(y0, y1) + reach) + 1, frame.shape[0])):
        for x in range(max(int(min(x0, x1) - reach), 0), min(int(max(x0, x1) + reach) + 1, frame.shape[1])):
            px, py = x + 0.5 - x0, y + 0.5 - y0
            along = min(max((px * dx + py * dy) / squared, 0.0), 1.0)
            distance = hypotenuse(px - along * dx, py - along * dy) - 0.5 * width
            coverage = min(max(0.5 - distance, 0.0), 1.0)
            if coverage > 0.0:
                blend(frame, x, y, color, coverage)


# A font of strokes: each glyph is a few lines from point to point, two digits each, on a grid of 7 x 9 (x from left, y
# down). Points fall on whole pixels, so that what is upright or level is crisp at every size.
GLYPH_WIDTH, GLYPH_HEIGHT = 3, 5  # pixels at scale 1
_ACROSS, _DOWN = 6, 8  # the grid's last column and row
_FONT = {
    " ": "", "!": "30 34, 38 38", '"': "10 12, 50 52", "#": "10 18, 50 58, 02 62, 06 66", "%": "60 08, 00 01, 67 68",
    "'": "30 32", "(": "50 22 26 58", ")": "10 42 46 18", "*": "12 56, 16 52, 04 64", "+": "04 64, 32 36",
    ",": "36 28", "-": "04 64", ".": "38 38", "/": "60 08", ":": "32 32, 36 36", ";": "32 32, 36 28",
    "<": "50 14 58", "=": "02 62, 06 66", ">": "10 54 18", "?": "01 20 40 62 34 35, 38 38", "[": "50 20 28 58",
    "\\": "00 68", "]": "10 40 48 18", "_": "08 68", "|": "30 38",
    "0": "20 40 62 66 48 28 06 02 20", "1": "02 30 38, 08 68", "2": "01 20 40 62 63 08 68",
    "3": "00 40 62 44 24, 44 66 48 08", "4": "40 05 65, 62 68", "5": "60 00 04 44 65 66 48 08",
    "6": "04 24 44 65 66 48 28 06 04 40", "7": "00 60 38", "8": "24 02 20 40 62 44 24, 44 66 48 28 06 24",
    "9": "64 44 24 03 02 20 40 62 64 28",
    "A": "08 03 30 63 68, 05 65", "B": "00 40 62 44 04, 44 66 48 08 00", "C": "62 40 20 02 06 28 48 66",
    "D": "00 30 62 66 38 08 00", "E": "60 00 08 68, 04 44", "F": "60 00 08, 04 44", "G": "60 20 02 06 28 68 64 44",
    "H": "00 08, 60 68, 04 64", "I": "10 50, 18 58, 30 38", "J": "60 66 48 28 06", "K": "00 08, 60 04 68",
    "L": "00 08 68", "M": "08 00 34 60 68", "N": "08 00 68 60", "O": "20 40 62 66 48 28 06 02 20",
    "P": "08 00 40 62 44 04", "Q": "20 40 62 66 48 28 06 02 20, 45 68", "R": "08 00 40 62 44 04, 34 68",
    "S": "60 20 02 24 44 66 48 08", "T": "00 60, 30 38", "U": "00 07 18 58 67 60", "V": "00 04 38 64 60",
    "W": "00 08 34 68 60", "X": "00 68, 60 08", "Y": "00 34 60, 34 38", "Z": "00 60 08 68",
}  # fmt: skip
_LACKING = "00 60 68 08 00"  # an empty box
_MOVE = 10  # added to the x of a point to which no line leads
FIRST_POINT = np.zeros(130, np.int32)  # of each code, of which 128 stands for all that are not ASCII
_points: list[tuple[int, int]] = []
for _code in range(129):
    _lines = "" if _code < 32 or _code == 127 else _FONT.get(chr(_code).upper(), _LACKING)
    for _line in _lines.split(", ") if _lines else ():
        _points += [(int(_point[0]) + (0 if _k else _MOVE), int(_point[1])) for _k, _point in enumerate(_line.split())]
    FIRST_POINT[_code + 1] = len(_points)
POINTS = np.array(_points, np.uint8)  # x, y, glyph after glyph


@kernel
def grid_place(step, most, room):
    """Where the ``step`` of ``most`` steps over ``room`` pixels is: a whole pixel, the same from either end.

    The middle column may lie between two pixels, so that a T is even; the middle row does not.
    """
    if 2 * step == most:
        return 0.5 * room if most == _ACROSS else 0.5 * (room - room % 2)
    return math.floor(step * room / most + (0.49 if 2 * step < most else 0.5))  # a half goes to the nearer edge


@kernel
def glyph(frame, x, y, code, scale, color):
    """One character, its top left corner at (x, y), in a cell of 3 x 5 pixels times ``scale``.

    Small letters are drawn as capitals. An ASCII ``code`` without a glyph, and any other, is an empty box. Letters are
    a little wider than their cell.
    """
    code = code if 0 <= code < 128 else 128
    thick = scale - scale // 4
    extra = scale // 2 if code >= 65 else 0
    x -= extra // 2
    wide, high = GLYPH_WIDTH * scale + extra - thick, GLYPH_HEIGHT * scale - thick
    left, top = x + 0.5 * thick, y + 0.5 * thick
    x0 = y0 = 0.0
    for k in range(FIRST_POINT[code], FIRST_POINT[code + 1]):
        column = int(POINTS[k, 0])
        x1, y1 = left + grid_place(column % _MOVE, _ACROSS, wide), top + grid_place(int(POINTS[k, 1]), _DOWN, high)
        if column < _MOVE:
            line(frame, x0, y0, x1, y1, 1.0 * thick, color)  # floats, as others call it: no second machine code
        x0, y0 = x1, y1


@kernel
def text(frame, x, y, characters, scale, color):
    """A line of text given as bytes (``b"SCORE"``); returns the x behind it."""
    for code in characters:
        glyph(frame, x, y, code, scale, color)
        x += (GLYPH_WIDTH + 1) * scale
    return x


@kernel
def number(frame, x, y, value, scale, color):
    """A whole number; returns the x behind it."""
    power = 1
    while abs(value) // power >= 10:
        power *= 10
    while power > 0:
        code = 45  # a minus
        if value < 0:
            value = -value
        else:
            code = 48 + value // power % 10
            power //= 10
        glyph(frame, x, y, code, scale, color)
        x += (GLYPH_WIDTH + 1) * scale
    return x
