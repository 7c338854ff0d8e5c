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


# A 3 x 5 font: fifteen bits per glyph, rows from the top, the leftmost pixel of a row highest.
GLYPH_WIDTH, GLYPH_HEIGHT = 3, 5  # pixels at scale 1
_FONT = {
    " ": "000 000 000 000 000", "-": "000 000 111 000 000", ".": "000 000 000 000 010", ":": "000 010 000 010 000",
    "0": "111 101 101 101 111", "1": "010 110 010 010 111", "2": "111 001 111 100 111", "3": "111 001 111 001 111",
    "4": "101 101 111 001 001", "5": "111 100 111 001 111", "6": "111 100 111 101 111", "7": "111 001 010 010 010",
    "8": "111 101 111 101 111", "9": "111 101 111 001 111", "A": "010 101 111 101 101", "B": "110 101 110 101 110",
    "C": "011 100 100 100 011", "D": "110 101 101 101 110", "E": "111 100 110 100 111", "F": "111 100 110 100 100",
    "G": "011 100 101 101 011", "H": "101 101 111 101 101", "I": "111 010 010 010 111", "J": "001 001 001 101 010",
    "K": "101 101 110 101 101", "L": "100 100 100 100 111", "M": "101 111 111 101 101", "N": "110 101 101 101 101",
    "O": "010 101 101 101 010", "P": "110 101 110 100 100", "Q": "010 101 101 110 011", "R": "110 101 110 101 101",
    "S": "011 100 010 001 110", "T": "111 010 010 010 010", "U": "101 101 101 101 111", "V": "101 101 101 101 010",
    "W": "101 101 111 111 101", "X": "101 101 010 101 101", "Y": "101 101 010 010 010", "Z": "111 001 010 100 111",
}  # fmt: skip
FONT = np.zeros(128, np.int32)
for _character, _rows in _FONT.items():
    FONT[ord(_character)] = int(_rows.replace(" ", ""), 2)


@kernel
def glyph(frame, x, y, code, scale, color):
    """One character (ASCII ``code``, capitals and digits; others are blank), its top left corner at (x, y)."""
    bits = FONT[code] if 0 <= code < FONT.shape[0] else 0
    for row in range(GLYPH_HEIGHT):
        for column in range(GLYPH_WIDTH):
            if bits >> (14 - GLYPH_WIDTH * row - column) & 1:
                left, top = x + column * scale, y + row * scale
                fill(frame, left, top, left + scale, top + scale, color)


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
    if value < 0:
        glyph(frame, x, y, 45, scale, color)
        x += (GLYPH_WIDTH + 1) * scale
        value = -value
    power = 1
    while value // power >= 10:
        power *= 10
    while power > 0:
        glyph(frame, x, y, 48 + value // power % 10, scale, color)
        x += (GLYPH_WIDTH + 1) * scale
        power //= 10
    return x
