"""The picture of Snake: plain cells in small frames; a rounded snake, an apple and the score in large ones."""

from ...engine.drawing import disc, fill, line, number
from ...engine.kernels import copy_rows, kernel, repeat_rows
from .constants import COLUMN_STEP, FRUIT_EATEN, ROW_STEP, UP

GRASS, GRASS_DARK = (170, 208, 96), (160, 199, 86)
BODY_OLD, BODY_NEW, HEAD_COLOUR = (98, 134, 214), (58, 92, 190), (44, 72, 164)
FRUIT_COLOUR, SHINE, STALK, LEAF = (222, 62, 52), (246, 146, 132), (96, 66, 40), (62, 128, 52)
EYE, PUPIL, TONGUE = (252, 252, 252), (24, 24, 40), (214, 60, 78)
INK, INK_SHADOW = (252, 252, 244), (44, 64, 30)
FADE = 32  # cells over which a snake changes from the neck's colour to the tail's, at least: fewer would show steps


@kernel
def body_color(share):
    """From the tail (share 0) to the neck (share 1)."""
    return (
        int(BODY_OLD[0] + share * (BODY_NEW[0] - BODY_OLD[0])),
        int(BODY_OLD[1] + share * (BODY_NEW[1] - BODY_OLD[1])),
        int(BODY_OLD[2] + share * (BODY_NEW[2] - BODY_OLD[2])),
    )


@kernel
def color_cell(s, frame, cell, color):
    """Colour the uppermost pixels of a cell only; `render` repeats them downwards."""
    size = s.occupied.shape[0]
    row, column = cell // size, cell % size
    top, width = row * frame.shape[0] // size, frame.shape[1]
    fill(frame, column * width // size, top, (column + 1) * width // size, top + 1, color)


@kernel
def render(s, world, frame):
    """Plain cells where pixels are few; a rounded snake with eyes, an apple and the score where there are more."""
    size, cells = s.occupied.shape[0], s.body.shape[0]
    height, width = frame.shape[0], frame.shape[1]
    fine = min(height, width) >= 12 * size
    for cell in range(2 * size):
        color_cell(s, frame, cell, GRASS if (cell // size + cell % size) % 2 == 0 else GRASS_DARK)
    for row in range(2, size):
        copy_rows(frame, row % 2 * height // size, row * height // size, 1)
    if not fine:
        index = s.tail
        for age in range(1, s.length + 1):
            color_cell(s, frame, s.body[index], HEAD_COLOUR if age == s.length else body_color(age / s.length))
            index = index + 1 if index + 1 < cells else 0
        if s.fruit >= 0:  # a full board has none
            color_cell(s, frame, s.fruit, FRUIT_COLOUR)
    for row in range(size):
        repeat_rows(frame, row * height // size, 1, (row + 1) * height // size)
    if fine:
        render_fine(s, frame)


@kernel
def render_fine(s, frame):
    size, cells = s.occupied.shape[0], s.body.shape[0]
    unit_x, unit_y = frame.shape[1] / size, frame.shape[0] / size
    unit = min(unit_x, unit_y)
    if s.fruit >= 0:  # a full board has none
        render_apple(frame, (s.fruit % size + 0.5) * unit_x, (s.fruit // size + 0.54) * unit_y, unit)
    # Whole pixels everywhere, so that the straight pieces need no anti-aliasing and meet the round ones without a seam.
    radius = int(0.37 * unit)
    index = s.tail
    x, y = int((s.body[index] % size + 0.5) * unit_x), int((s.body[index] // size + 0.5) * unit_y)
    for age in range(1, s.length + 1):
        share = max(1.0 - (s.length - age) / max(s.length, FADE), 0.0)
        color = body_color(share)
        disc(frame, x, y, radius, color)
        if age < s.length:
            index = index + 1 if index + 1 < cells else 0
            next_x, next_y = int((s.body[index] % size + 0.5) * unit_x), int((s.body[index] // size + 0.5) * unit_y)
            wide, high = (0, radius) if next_y == y else (radius, 0)
            left, top = min(x, next_x) - wide, min(y, next_y) - high
            fill(frame, left, top, max(x, next_x) + wide, max(y, next_y) + high, color)
            x, y = next_x, next_y
    render_head(frame, x, y, unit, max(s.heading, UP))  # up before the first action
    scale = max(frame.shape[0] // 120, 2)
    number(frame, 3 * scale, 3 * scale, int(s.totals[FRUIT_EATEN]), scale, INK_SHADOW)
    number(frame, 3 * scale - scale // 2, 3 * scale - scale // 2, int(s.totals[FRUIT_EATEN]), scale, INK)


@kernel
def render_apple(frame, x, y, unit):
    for side in (-1, 1):
        disc(frame, x + side * 0.1 * unit, y, 0.27 * unit, FRUIT_COLOUR)
    line(frame, x, y - 0.2 * unit, x + 0.05 * unit, y - 0.42 * unit, 0.07 * unit, STALK)
    line(frame, x + 0.1 * unit, y - 0.34 * unit, x + 0.24 * unit, y - 0.4 * unit, 0.12 * unit, LEAF)
    disc(frame, x - 0.16 * unit, y - 0.09 * unit, 0.07 * unit, SHINE)


@kernel
def render_head(frame, x, y, unit, heading):
    dx, dy = COLUMN_STEP[heading], ROW_STEP[heading]
    line(frame, x, y, x + 0.58 * unit * dx, y + 0.58 * unit * dy, 0.08 * unit, TONGUE)
    line(frame, x, y, x + 0.06 * unit * dx, y + 0.06 * unit * dy, 0.84 * unit, HEAD_COLOUR)
    for side in (-1, 1):
        eye_x = x + 0.13 * unit * dx - side * 0.2 * unit * dy
        eye_y = y + 0.13 * unit * dy + side * 0.2 * unit * dx
        disc(frame, eye_x, eye_y, 0.14 * unit, EYE)
        disc(frame, eye_x + 0.05 * unit * dx, eye_y + 0.05 * unit * dy, 0.075 * unit, PUPIL)
