"""The picture of FrozenLake: slabs of ice between banks of snow, broken holes, a gift, and the elf who goes there."""

import math

from ...engine.drawing import box, disc, fill, line, number, shade, text
from ...engine.kernels import kernel
from ..rendering_shapes import arrow, ellipse, ring, tile_noise, triangle
from .constants import COLUMN_STEP, FROZEN, GOAL, HOLE, ROW_STEP

SNOW, SNOW_LOW, BANK = (240, 246, 251), (219, 231, 242), (202, 218, 234)
ICE, ICE_FAR, ICE_EDGE, SHINE, SCRATCH = (
    (176, 217, 239),
    (192, 227, 245),
    (134, 184, 214),
    (226, 243, 251),
    (152, 198, 226),
)
RIM, RIM_LOW, WATER, DEEP, GLINT = (222, 238, 248), (140, 178, 204), (38, 92, 138), (22, 62, 104), (110, 168, 208)
RED, RED_DARK, GOLD, GOLD_DARK, HALO = (212, 52, 60), (164, 34, 46), (246, 200, 76), (206, 150, 36), (255, 244, 190)
GREEN, GREEN_DARK, SKIN, BOOT, WHITE, EYE = (
    (52, 150, 84),
    (34, 112, 62),
    (250, 212, 176),
    (104, 66, 44),
    (255, 255, 255),
    (44, 40, 52),
)
SCARF, WISH, SKID, POLE, FLAG, INK, PALE = (
    (226, 70, 62),
    (240, 140, 40),
    (236, 247, 253),
    (128, 98, 72),
    (66, 122, 206),
    (52, 84, 118),
    (120, 150, 180),
)


@kernel
def render(s, world, frame):
    height, width = frame.shape[0], frame.shape[1]
    header = int(0.075 * height) if height >= 200 and width >= 200 else 0
    size = world.tiles.shape[0]
    for y in range(height):
        fill(frame, 0, y, width, y + 1, shade(y / height, SNOW, SNOW_LOW))
    side = 0.93 * min(width, height - header)
    unit = side / size  # pixels per tile
    left, top = 0.5 * (width - side), header + 0.5 * (height - header - side)
    rim = 0.02 * side
    box(frame, left - rim, top - rim, left + side + rim, top + side + 1.6 * rim, 2.0 * rim, BANK)
    box(frame, left - 0.4 * rim, top - 0.4 * rim, left + side + 0.4 * rim, top + side + 0.6 * rim, rim, ICE_EDGE)
    for row in range(size):
        for column in range(size):
            render_tile(frame, world, row, column, left + column * unit, top + row * unit, unit)
    render_elf(s, world, frame, left, top, unit)
    if header > 0:
        render_words(s, world, frame, header)


@kernel
def render_tile(frame, world, row, column, x, y, unit):
    gap, last = 0.03 * unit, world.tiles.shape[0] - 1
    middle_x, middle_y = x + 0.5 * unit, y + 0.5 * unit
    box(frame, x + gap, y + gap, x + unit - gap, y + unit - 0.3 * gap, 0.1 * unit, ICE_EDGE)
    tone = shade(tile_noise(row, column, 3), ICE, ICE_FAR)
    box(frame, x + gap, y + gap, x + unit - gap, y + unit - 2.0 * gap, 0.1 * unit, tone)
    if world.tiles[row, column] == HOLE:
        render_hole(frame, row, column, middle_x, middle_y - 0.01 * unit, unit)
        return
    if unit >= 20.0:  # two reflections and now and then a scratch of skates
        at, thick = x + (0.2 + 0.25 * tile_noise(row, column, 4)) * unit, 0.035 * unit
        line(frame, at, y + 0.42 * unit, at + 0.2 * unit, y + 0.2 * unit, thick, SHINE)
        line(frame, at + 0.14 * unit, y + 0.42 * unit, at + 0.26 * unit, y + 0.29 * unit, thick, SHINE)
        if tile_noise(row, column, 5) < 0.5:
            from_x, from_y = x + (0.15 + 0.3 * tile_noise(row, column, 6)) * unit, y + 0.8 * unit
            to_x, to_y = (
                x + (0.6 + 0.3 * tile_noise(row, column, 7)) * unit,
                y + (0.62 + 0.2 * tile_noise(row, column, 8)) * unit,
            )
            line(frame, from_x, from_y, to_x, to_y, 0.018 * unit, SCRATCH)
    if row == 0 and column == 0 and unit >= 12.0:  # a flag where the way begins
        line(frame, x + 0.16 * unit, y + 0.14 * unit, x + 0.16 * unit, y + 0.5 * unit, 0.035 * unit, POLE)
        flag_y = y + 0.14 * unit
        triangle(
            frame,
            x + 0.17 * unit,
            flag_y,
            x + 0.17 * unit,
            flag_y + 0.18 * unit,
            x + 0.37 * unit,
            flag_y + 0.09 * unit,
            FLAG,
        )
    if row == last and column == last:
        render_gift(frame, middle_x, middle_y, unit)


@kernel
def render_hole(frame, row, column, x, y, unit):
    """A blob of dark water with a broken rim and cracks that run away from it."""
    if unit >= 20.0:
        for k in range(6):
            angle = (k + 0.7 * tile_noise(row, column, 20 + k)) * math.pi / 3.0
            bend = angle + 0.5 * (tile_noise(row, column, 30 + k) - 0.5)
            cos, sin = math.cos(angle), math.sin(angle)
            from_x, from_y = x + 0.36 * unit * cos, y + 0.33 * unit * sin
            line(frame, x, y, from_x, from_y, 0.024 * unit, SCRATCH)
            to_x, to_y = x + 0.45 * unit * math.cos(bend), y + 0.43 * unit * math.sin(bend)
            line(frame, from_x, from_y, to_x, to_y, 0.016 * unit, SCRATCH)
    for layer in range(3):  # the rim in the light, its wall in the shade, the water
        color = RIM if layer == 0 else RIM_LOW if layer == 1 else WATER
        shrink, down = (1.0, 0.0) if layer == 0 else (0.9, 0.0) if layer == 1 else (0.84, 0.025)
        for k in range(7):
            angle = k * 2.0 * math.pi / 7.0 + tile_noise(row, column, 9)
            away = (0.13 + 0.06 * tile_noise(row, column, 10 + k)) * unit
            radius = shrink * 0.2 * unit
            disc(frame, x + away * math.cos(angle), y + (0.9 * away) * math.sin(angle) + down * unit, radius, color)
    ellipse(frame, x, y + 0.06 * unit, 0.2 * unit, 0.15 * unit, DEEP, 1.0)
    if unit >= 20.0:
        line(frame, x - 0.16 * unit, y - 0.04 * unit, x - 0.02 * unit, y - 0.04 * unit, 0.022 * unit, GLINT)
        line(frame, x + 0.06 * unit, y + 0.12 * unit, x + 0.15 * unit, y + 0.12 * unit, 0.022 * unit, GLINT)


@kernel
def render_gift(frame, x, y, unit):
    ellipse(frame, x, y + 0.04 * unit, 0.44 * unit, 0.4 * unit, HALO, 0.75)
    ellipse(frame, x, y + 0.3 * unit, 0.3 * unit, 0.06 * unit, ICE_EDGE, 0.8)
    half, thick = 0.25 * unit, 0.05 * unit
    box(frame, x - half, y - 0.06 * unit, x + half, y + 0.3 * unit, 0.03 * unit, RED)
    box(frame, x + 0.4 * half, y - 0.06 * unit, x + half, y + 0.3 * unit, 0.03 * unit, RED_DARK)
    box(frame, x - thick, y - 0.06 * unit, x + thick, y + 0.3 * unit, 0.0, GOLD)
    box(frame, x - 1.14 * half, y - 0.15 * unit, x + 1.14 * half, y - 0.02 * unit, 0.03 * unit, RED)
    box(frame, x - thick, y - 0.15 * unit, x + thick, y - 0.02 * unit, 0.0, GOLD)
    for side in (-1, 1):
        ellipse(frame, x + side * 0.11 * unit, y - 0.21 * unit, 0.11 * unit, 0.07 * unit, GOLD, 1.0)
        ellipse(frame, x + side * 0.12 * unit, y - 0.21 * unit, 0.055 * unit, 0.03 * unit, GOLD_DARK, 1.0)
    disc(frame, x, y - 0.19 * unit, 0.05 * unit, GOLD_DARK)


@kernel
def render_elf(s, world, frame, left, top, unit):
    x, y = left + (s.column + 0.5) * unit, top + (s.row + 0.5) * unit
    tile = world.tiles[s.row, s.column]
    if tile == HOLE:  # to the chest in the water, with the arms in the air
        y += 0.12 * unit
        render_head(frame, x, y, unit, 0.0, True)
        for k in range(2):
            wide = (0.2 + 0.09 * k) * unit
            ring(frame, x, y + 0.13 * unit, wide, 0.32 * wide, 0.022 * unit, GLINT, 0.9)
        ellipse(frame, x, y + 0.18 * unit, 0.22 * unit, 0.075 * unit, WATER, 1.0)
        return
    if tile == GOAL:  # on top of the gift
        y -= 0.3 * unit
    elif s.wish >= 0 and unit >= 12.0 and s.way != s.wish:  # traces of a slide, from where it came
        back_x, back_y = -COLUMN_STEP[s.way] * unit, -ROW_STEP[s.way] * unit
        for side in (-1, 1):
            off_x, off_y = 0.09 * side * ROW_STEP[s.way] * unit, (0.09 * side * COLUMN_STEP[s.way] + 0.3) * unit
            line(frame, x + 0.8 * back_x + off_x, y + 0.8 * back_y + off_y, x + off_x, y + off_y, 0.03 * unit, SKID)
    if tile != GOAL:
        ellipse(frame, x, y + 0.33 * unit, 0.19 * unit, 0.05 * unit, ICE_EDGE, 0.9)
    lean = 0.0
    if s.wish >= 0 and tile == FROZEN:
        lean = 0.06 * COLUMN_STEP[s.way] * unit
    for side in (-1, 1):
        line(
            frame,
            x + side * 0.07 * unit,
            y + 0.18 * unit,
            x + side * 0.08 * unit,
            y + 0.29 * unit,
            0.08 * unit,
            GREEN_DARK,
        )
        ellipse(frame, x + side * 0.1 * unit, y + 0.31 * unit, 0.075 * unit, 0.045 * unit, BOOT, 1.0)
    render_head(frame, x, y, unit, lean, tile == GOAL)
    if s.wish >= 0 and tile == FROZEN and unit >= 12.0:
        wish_x, wish_y = COLUMN_STEP[s.wish], ROW_STEP[s.wish]
        away = (0.4 if wish_y < 0 else 0.27) * unit  # beyond the hat
        arrow(frame, x + away * wish_x, y + away * wish_y, wish_x, wish_y, 0.19 * unit, 0.07 * unit, WISH)


@kernel
def render_head(frame, x, y, unit, lean, cheers):
    """Body, arms, head and hat; ``lean`` is how far the hat's tip hangs to the right, in pixels."""
    triangle(frame, x, y - 0.16 * unit, x - 0.19 * unit, y + 0.23 * unit, x + 0.19 * unit, y + 0.23 * unit, GREEN)
    for side in (-1, 1):
        hand_x, hand_y = x + side * 0.22 * unit, y + (-0.14 if cheers else 0.12) * unit
        line(frame, x + side * 0.08 * unit, y + 0.02 * unit, hand_x, hand_y, 0.075 * unit, GREEN)
        disc(frame, hand_x, hand_y, 0.045 * unit, SKIN)
    line(frame, x - 0.13 * unit, y + 0.135 * unit, x + 0.13 * unit, y + 0.135 * unit, 0.04 * unit, BOOT)
    disc(frame, x, y + 0.135 * unit, 0.03 * unit, GOLD)
    line(frame, x - 0.1 * unit, y, x + 0.1 * unit, y, 0.075 * unit, SCARF)
    line(frame, x + 0.07 * unit, y, x + 0.09 * unit, y + 0.1 * unit, 0.05 * unit, SCARF)
    disc(frame, x, y - 0.12 * unit, 0.135 * unit, SKIN)
    for side in (-1, 1):
        triangle(
            frame, x + side * 0.12 * unit, y - 0.15 * unit, x + side * 0.11 * unit, y - 0.07 * unit,
            x + side * 0.21 * unit, y - 0.15 * unit, SKIN,
        )  # fmt: skip
        disc(frame, x + side * 0.05 * unit, y - 0.11 * unit, 0.02 * unit, EYE)
    disc(frame, x, y - 0.07 * unit, 0.018 * unit, SCARF)
    tip_x, tip_y = x + lean + 0.03 * unit, y - 0.44 * unit
    triangle(frame, tip_x, tip_y, x - 0.14 * unit, y - 0.17 * unit, x + 0.14 * unit, y - 0.17 * unit, GREEN_DARK)
    line(frame, x - 0.12 * unit, y - 0.18 * unit, x + 0.12 * unit, y - 0.18 * unit, 0.06 * unit, WHITE)
    disc(frame, tip_x, tip_y, 0.045 * unit, WHITE)


@kernel
def render_words(s, world, frame, header):
    """Steps at the left; at the right what has just happened."""
    width = frame.shape[1]
    scale = max(header // 13, 2)
    y = (header - 5 * scale) // 2 + scale
    margin = int(0.04 * width)
    number(frame, text(frame, margin, y, b"STEP ", scale, PALE), y, s.clock, scale, INK)
    tile = world.tiles[s.row, s.column]
    if tile == GOAL:
        text(frame, width - margin - 39 * scale, y, b"GIFT FOUND", scale, RED)
    elif tile == HOLE:
        text(frame, width - margin - 23 * scale, y, b"SPLASH", scale, WATER)
    elif s.wish >= 0 and s.way != s.wish:
        text(frame, width - margin - 27 * scale, y, b"SLIPPED", scale, WISH)
