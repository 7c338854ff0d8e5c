"""The picture of Taxi: streets between houses and trees, four coloured stands, the taxi seen from above."""

from ...engine.drawing import box, disc, fill, glyph, line, number, shade, text
from ...engine.kernels import kernel
from ..rendering_shapes import ellipse, tile_noise, triangle
from .constants import (
    CHANGED,
    COLUMN_STEP,
    DELIVERY,
    FAULT,
    FAULTED,
    IN_TAXI,
    ROW_STEP,
    SIZE,
    STAND_COLUMN,
    STAND_ROW,
    STANDS,
    TIME,
    WALL_COLUMN,
    WALL_ROW,
)
from .rules import is_walled

GRASS, GRASS_LOW, STREET, CURB, DASH = (150, 190, 118), (128, 172, 102), (92, 97, 108), (196, 192, 184), (214, 214, 206)
ROOF, ROOF_RED, ROOF_BLUE, CHIMNEY = (222, 196, 158), (196, 112, 92), (126, 150, 178), (110, 84, 74)
LEAVES, LEAVES_HIGH, HEDGE, HEDGE_HIGH = (74, 134, 74), (106, 164, 92), (58, 108, 66), (96, 150, 86)
TAXI, TAXI_EDGE, GLASS, LIGHT, TAIL, TYRE = (
    (250, 204, 52),
    (206, 156, 24),
    (58, 74, 92),
    (255, 250, 214),
    (206, 50, 46),
    (38, 40, 46),
)
SIGN, CHECK, SHADOW, WHITE, INK, PALE = (
    (255, 255, 255),
    (36, 38, 44),
    (56, 60, 68),
    (255, 255, 255),
    (46, 62, 46),
    (96, 122, 84),
)
SKIN, HAIR, COAT, CASE, RAIN = (246, 208, 172), (92, 62, 44), (132, 82, 168), (150, 100, 60), (196, 216, 240)
GOOD, BAD = (32, 112, 54), (186, 40, 40)
STAND_COLORS = ((228, 76, 70), (66, 172, 92), (244, 206, 74), (72, 124, 222))  # R, G, Y, B
STAND_EDGES = ((176, 44, 42), (36, 126, 62), (204, 160, 30), (40, 86, 178))
STAND_LETTER = tuple(b"RGYB")


@kernel
def render(s, world, frame):
    height, width = frame.shape[0], frame.shape[1]
    header = int(0.075 * height) if height >= 200 and width >= 200 else 0
    for y in range(height):
        fill(frame, 0, y, width, y + 1, shade(y / height, GRASS, GRASS_LOW))
    side = 0.94 * min(width, height - header)
    unit = side / SIZE  # pixels per crossing
    left, top = 0.5 * (width - side), header + 0.5 * (height - header - side)
    edge = 0.05 * unit
    box(frame, left - edge, top - edge, left + side + edge, top + side + edge, 0.2 * unit, CURB)
    box(frame, left, top, left + side, top + side, 0.16 * unit, STREET)
    render_streets(frame, left, top, unit)
    for stand in range(STANDS):
        x, y = left + (STAND_COLUMN[stand] + 0.5) * unit, top + (STAND_ROW[stand] + 0.5) * unit
        render_stand(frame, stand, x, y, unit)
    render_destination(s, frame, left, top, unit, False)
    render_taxi(s, frame, left + (s.column + 0.5) * unit, top + (s.row + 0.5) * unit, unit)
    if s.passenger < STANDS:
        x, y = left + (STAND_COLUMN[s.passenger] + 0.5) * unit, top + (STAND_ROW[s.passenger] + 0.5) * unit
        render_passenger(frame, x - 0.24 * unit, y + 0.02 * unit, 1.2 * unit)
    render_destination(s, frame, left, top, unit, True)
    if s.is_rainy != 0.0 and unit >= 12.0:
        for k in range(60):
            x, y = left + side * tile_noise(k, s.clock, 1), top + side * tile_noise(k, s.clock, 2)
            line(frame, x, y, x - 0.03 * unit, y + 0.13 * unit, 0.014 * unit, RAIN)
    if header > 0:
        render_words(s, frame, header)


@kernel
def render_streets(frame, left, top, unit):
    """Lane marks between crossings, houses and trees at the corners between four of them, hedges for walls."""
    if unit >= 14.0:
        for row in range(SIZE):
            for column in range(SIZE):
                x, y = left + column * unit, top + (row + 0.5) * unit
                if column > 0 and not is_walled(row, column):
                    line(frame, x - 0.09 * unit, y, x + 0.09 * unit, y, 0.03 * unit, DASH)
                if row > 0:
                    x, y = left + (column + 0.5) * unit, top + row * unit
                    line(frame, x, y - 0.09 * unit, x, y + 0.09 * unit, 0.03 * unit, DASH)
    for k in range(len(WALL_ROW)):
        x, y = left + WALL_COLUMN[k] * unit, top + WALL_ROW[k] * unit
        box(frame, x - 0.085 * unit, y + 0.02 * unit, x + 0.085 * unit, y + 0.98 * unit, 0.06 * unit, HEDGE)
        for bush in range(5):
            disc(frame, x - 0.015 * unit, y + (0.1 + 0.2 * bush) * unit, 0.062 * unit, HEDGE_HIGH)
    for row in range(1, SIZE):
        for column in range(1, SIZE):
            render_block(frame, row, column, left + column * unit, top + row * unit, unit)


@kernel
def render_block(frame, row, column, x, y, unit):
    half = 0.23 * unit
    box(frame, x - half, y - half, x + half, y + half, 0.06 * unit, CURB)
    kind = tile_noise(row, column, 1)
    if kind < 0.3:  # a garden
        box(frame, x - 0.86 * half, y - 0.86 * half, x + 0.86 * half, y + 0.86 * half, 0.05 * unit, GRASS_LOW)
        for tree in range(3):
            off_x, off_y = (-0.4, -0.35) if tree == 0 else (0.42, -0.1) if tree == 1 else (-0.15, 0.42)
            disc(frame, x + off_x * half, y + off_y * half, 0.42 * half, LEAVES)
            disc(frame, x + (off_x - 0.08) * half, y + (off_y - 0.1) * half, 0.26 * half, LEAVES_HIGH)
        return
    color = ROOF if kind < 0.5 else ROOF_RED if kind < 0.75 else ROOF_BLUE
    dark = (color[0] * 4 // 5, color[1] * 4 // 5, color[2] * 4 // 5)
    far = 0.82 * half
    box(frame, x - far, y - far, x + far, y + far, 0.02 * unit, color)
    if tile_noise(row, column, 2) < 0.5:  # the ridge runs from west to east, or from north to south
        box(frame, x - far, y, x + far, y + far, 0.02 * unit, dark)
    else:
        box(frame, x, y - far, x + far, y + far, 0.02 * unit, dark)
    if unit >= 30.0:
        off = 0.45 * far if tile_noise(row, column, 3) < 0.5 else -0.45 * far
        box(
            frame,
            x + off - 0.035 * unit,
            y - off - 0.035 * unit,
            x + off + 0.035 * unit,
            y - off + 0.035 * unit,
            0.0,
            CHIMNEY,
        )


@kernel
def render_stand(frame, stand, x, y, unit):
    half = 0.3 * unit
    box(frame, x - half, y - half, x + half, y + half, 0.1 * unit, STAND_EDGES[stand])
    half -= max(0.025 * unit, 0.5)
    box(frame, x - half, y - half, x + half, y + half, 0.08 * unit, STAND_COLORS[stand])
    scale = int(unit * 0.07)
    if scale >= 1:
        left, top = int(x + 0.5) - 3 * scale // 2, int(y + 0.5) - 5 * scale // 2
        glyph(frame, left, top, STAND_LETTER[stand], scale, WHITE)


@kernel
def part(frame, x, y, heading, back, front, half, radius, color):
    """A piece of the car: from ``back`` to ``front`` along its heading and ``half`` to both sides, from (x, y) on."""
    dx, dy = COLUMN_STEP[heading], ROW_STEP[heading]
    x0, x1 = x + back * dx, x + front * dx
    y0, y1 = y + back * dy, y + front * dy
    wide, high = abs(dy) * half, abs(dx) * half
    box(frame, min(x0, x1) - wide, min(y0, y1) - high, max(x0, x1) + wide, max(y0, y1) + high, radius, color)


@kernel
def spot(frame, x, y, heading, along, across, radius, color):
    """A disc on the car: ``along`` its heading and ``across``, to the right of it."""
    dx, dy = COLUMN_STEP[heading], ROW_STEP[heading]
    disc(frame, x + along * dx - across * dy, y + along * dy + across * dx, radius, color)


@kernel
def render_taxi(s, frame, x, y, unit):
    way, u = s.heading, 1.22 * unit
    part(frame, x + 0.025 * u, y + 0.04 * u, way, -0.32 * u, 0.32 * u, 0.185 * u, 0.09 * u, SHADOW)
    for side in (-1, 1):
        for axle in (-1, 1):
            spot(frame, x, y, way, 0.19 * axle * u, 0.165 * side * u, 0.055 * u, TYRE)
    part(frame, x, y, way, -0.32 * u, 0.32 * u, 0.18 * u, 0.09 * u, TAXI_EDGE)
    part(frame, x, y, way, -0.3 * u, 0.3 * u, 0.16 * u, 0.08 * u, TAXI)
    for side in (-1, 1):
        spot(frame, x, y, way, 0.275 * u, 0.1 * side * u, 0.035 * u, LIGHT)
        spot(frame, x, y, way, -0.285 * u, 0.1 * side * u, 0.028 * u, TAIL)
    part(frame, x, y, way, 0.07 * u, 0.17 * u, 0.135 * u, 0.03 * u, GLASS)
    part(frame, x, y, way, -0.24 * u, -0.16 * u, 0.13 * u, 0.03 * u, GLASS)
    if u >= 30.0:  # the stripes of squares along both sides
        for k in range(6):
            for side in (-1, 1):
                spot(frame, x, y, way, (-0.12 + 0.035 * k) * u, (0.142 + 0.014 * (k % 2)) * side * u, 0.012 * u, CHECK)
    if s.passenger == IN_TAXI:  # he looks out of the roof
        disc(frame, x - 0.05 * u * COLUMN_STEP[way], y - 0.05 * u * ROW_STEP[way], 0.115 * u, GLASS)
        disc(frame, x - 0.06 * u * COLUMN_STEP[way], y - 0.06 * u * ROW_STEP[way], 0.09 * u, COAT)
        disc(frame, x - 0.05 * u * COLUMN_STEP[way], y - 0.05 * u * ROW_STEP[way], 0.07 * u, HAIR)
        disc(frame, x - 0.03 * u * COLUMN_STEP[way], y - 0.03 * u * ROW_STEP[way], 0.055 * u, SKIN)
    else:
        part(frame, x, y, way, -0.085 * u, -0.015 * u, 0.1 * u, 0.02 * u, SIGN)
        part(frame, x, y, way, -0.065 * u, -0.035 * u, 0.075 * u, 0.01 * u, GOOD)


@kernel
def render_passenger(frame, x, y, unit):
    ellipse(frame, x, y + 0.2 * unit, 0.11 * unit, 0.035 * unit, SHADOW, 0.5)
    for side in (-1, 1):
        line(
            frame, x + 0.035 * side * unit, y + 0.08 * unit, x + 0.04 * side * unit, y + 0.18 * unit, 0.05 * unit, CHECK
        )
    triangle(frame, x, y - 0.14 * unit, x - 0.12 * unit, y + 0.12 * unit, x + 0.12 * unit, y + 0.12 * unit, COAT)
    line(frame, x - 0.04 * unit, y - 0.02 * unit, x - 0.13 * unit, y + 0.06 * unit, 0.05 * unit, COAT)
    line(frame, x + 0.04 * unit, y - 0.02 * unit, x + 0.13 * unit, y - 0.15 * unit, 0.05 * unit, COAT)  # he waves
    disc(frame, x + 0.135 * unit, y - 0.165 * unit, 0.032 * unit, SKIN)
    disc(frame, x, y - 0.14 * unit, 0.092 * unit, HAIR)
    disc(frame, x, y - 0.12 * unit, 0.08 * unit, SKIN)
    box(frame, x - 0.2 * unit, y + 0.08 * unit, x - 0.07 * unit, y + 0.19 * unit, 0.02 * unit, CASE)
    if unit >= 30.0:
        for side in (-1, 1):
            disc(frame, x + 0.03 * side * unit, y - 0.115 * unit, 0.013 * unit, CHECK)


@kernel
def render_destination(s, frame, left, top, unit, above):
    """A pin in the colour of the destination; its shadow lies below the taxi."""
    stand = s.destination
    x, y = left + (STAND_COLUMN[stand] + 0.76) * unit, top + (STAND_ROW[stand] + 0.4) * unit
    if not above:
        ellipse(frame, x, y, 0.1 * unit, 0.04 * unit, SHADOW, 0.7)
        return
    for layer in range(2):
        grow, color = (0.028 * unit, WHITE) if layer == 0 else (0.0, STAND_EDGES[stand])
        disc(frame, x, y - 0.27 * unit, 0.13 * unit + grow, color)
        half, high = 0.115 * unit + grow, y - 0.21 * unit
        triangle(frame, x, y + 1.2 * grow, x - half, high, x + half, high, color)
    disc(frame, x, y - 0.27 * unit, 0.06 * unit, WHITE)


@kernel
def render_words(s, frame, header):
    """Steps at the left, the return at the right; in between what has just happened."""
    width = frame.shape[1]
    scale = max(header // 13, 2)
    y = (header - 5 * scale) // 2 + scale
    margin = int(0.04 * width)
    number(frame, text(frame, margin, y, b"STEP ", scale, PALE), y, s.clock, scale, INK)
    total = int(s.totals[TIME] + s.totals[DELIVERY] + s.totals[FAULT])  # each of them is a whole number
    digits = 1 + (abs(total) >= 10) + (abs(total) >= 100) + (abs(total) >= 1000) + (total < 0)
    x = text(frame, width - margin - (4 * (7 + digits) - 1) * scale, y, b"RETURN ", scale, PALE)
    number(frame, x, y, total, scale, INK)
    if s.success:
        text(frame, width // 2 - 15 * scale, y, b"ARRIVED", scale, GOOD)
    elif s.event == FAULTED:
        text(frame, width // 2 - 10 * scale, y, b"FAULT", scale, BAD)
    elif s.event == CHANGED:
        text(frame, width // 2 - 24 * scale, y, b"CHANGED MIND", scale, BAD)
