"""The picture of CliffWalking: a meadow above the sea, two rocks that jut out of it, and a walker between them."""

from ...engine.drawing import box, disc, fill, line, number, shade, text
from ...engine.kernels import kernel
from ..rendering_shapes import arrow, ellipse, ring, tile_noise, triangle
from .constants import COLUMN_STEP, COLUMNS, FALL, LAST_COLUMN, LAST_ROW, ROW_STEP, ROWS, TIME

GRASS_FAR, GRASS_NEAR, TILE, TILE_DARK = (140, 188, 104), (158, 204, 112), (170, 214, 122), (161, 206, 114)
TURF, ROCK, ROCK_DARK, ROCK_LIGHT, CRACK = (
    (112, 160, 82),
    (158, 132, 106),
    (112, 92, 78),
    (186, 160, 130),
    (128, 104, 86),
)
SEA, SEA_DEEP, FOAM, SPLASH = (84, 158, 204), (44, 106, 164), (206, 232, 244), (240, 250, 255)
FLOWERS = ((248, 214, 80), (244, 244, 240), (232, 130, 150))
LEAVES, LEAVES_HIGH, WOOD, WOOD_DARK = (78, 138, 72), (108, 168, 88), (150, 108, 70), (112, 78, 52)
WALL, ROOF, ROOF_DARK, DOOR, WINDOW, FLAG = (
    (240, 226, 200),
    (206, 84, 66),
    (168, 60, 50),
    (116, 80, 58),
    (250, 222, 120),
    (226, 66, 58),
)
COAT, COAT_DARK, PACK, HAT, BAND = (214, 74, 62), (172, 50, 46), (74, 96, 148), (176, 128, 76), (110, 76, 48)
SKIN, TROUSERS, BOOT, EYE = (248, 210, 174), (74, 84, 112), (80, 56, 44), (44, 40, 52)
WISH, SHADOW, INK, PALE, BAD, GOOD = (
    (240, 140, 40),
    (96, 128, 74),
    (40, 66, 34),
    (84, 122, 64),
    (182, 44, 38),
    (40, 108, 52),
)


@kernel
def render(s, world, frame):
    height, width = frame.shape[0], frame.shape[1]
    header = int(0.12 * height) if height >= 200 and width >= 300 else 0
    unit = min(0.97 * width / COLUMNS, 0.98 * (height - header) / (ROWS + 0.9))
    left, top = 0.5 * (width - COLUMNS * unit), header + max(0.45 * (height - header - (ROWS + 0.9) * unit), 0.0)
    edge = top + LAST_ROW * unit  # where the meadow ends
    for y in range(height):
        fill(frame, 0, y, width, y + 1, shade(min(y / edge, 1.0), GRASS_FAR, GRASS_NEAR))
    render_meadow(frame, left, top, unit)
    render_cliff(frame, left, edge, unit)
    render_house(frame, left + (LAST_COLUMN + 0.5) * unit, top + (LAST_ROW + 0.5) * unit, unit)
    render_sign(frame, left + 0.5 * unit, top + (LAST_ROW + 0.5) * unit, unit)
    if s.fell >= 0:
        render_splash(frame, left + (s.fell + 0.5) * unit, edge + 1.45 * unit, unit)
    render_walker(s, frame, left, top, unit)
    if header > 0:
        render_words(s, frame, header)


@kernel
def render_meadow(frame, left, top, unit):
    for row in range(LAST_ROW):
        for column in range(COLUMNS):
            x, y, gap = left + column * unit, top + row * unit, 0.02 * unit
            tone = TILE if (row + column) % 2 == 0 else TILE_DARK
            box(frame, x + gap, y + gap, x + unit - gap, y + unit - gap, 0.1 * unit, tone)
            if unit < 20.0:
                continue
            kind = tile_noise(row, column, 1)
            at_x, at_y = (
                x + (0.2 + 0.6 * tile_noise(row, column, 2)) * unit,
                y + (0.25 + 0.5 * tile_noise(row, column, 3)) * unit,
            )
            if kind < 0.3:  # blades of grass
                for blade in range(3):
                    off = (blade - 1) * 0.05 * unit
                    line(frame, at_x + 0.5 * off, at_y, at_x + 1.3 * off, at_y - 0.12 * unit, 0.025 * unit, TURF)
            elif kind < 0.55:  # a flower
                color = FLOWERS[int(3.0 * tile_noise(row, column, 4))]
                for petal in range(4):
                    across, along = (0.04 if petal < 2 else 0.0) * unit, (0.0 if petal < 2 else 0.04) * unit
                    sign = 1 if petal % 2 == 0 else -1
                    disc(frame, at_x + sign * across, at_y + sign * along, 0.035 * unit, color)
                disc(frame, at_x, at_y, 0.028 * unit, FLOWERS[0] if color != FLOWERS[0] else FLOWERS[1])


@kernel
def render_cliff(frame, left, edge, unit):
    """The face of the rock from one side to the other, the sea below, and the two rocks of the last row before it."""
    height, width = frame.shape[0], frame.shape[1]
    foot = edge + 1.25 * unit
    for y in range(max(int(edge), 0), height):
        color = shade(min((y - edge) / (foot - edge), 1.0), ROCK, ROCK_DARK)
        if y >= foot:
            color = shade(min((y - foot) / (1.5 * unit), 1.0), SEA, SEA_DEEP)
        fill(frame, 0, y, width, y + 1, color)
    box(frame, 0.0, edge - 0.06 * unit, float(width), edge + 0.07 * unit, 0.0, TURF)
    count = int(width / unit) + 1
    if unit >= 12.0:
        for k in range(2 * count):  # cracks and ledges
            x, y = (k + tile_noise(k, 1, 5)) * 0.5 * unit, edge + (0.15 + 0.6 * tile_noise(k, 2, 6)) * unit
            line(frame, x, y, x + 0.1 * (tile_noise(k, 3, 7) - 0.5) * unit, y + 0.3 * unit, 0.03 * unit, CRACK)
            x += 0.2 * unit
            line(frame, x, y + 0.1 * unit, x + 0.2 * unit, y + 0.08 * unit, 0.03 * unit, ROCK_LIGHT)
        for k in range(2 * count):  # turf hangs over the edge
            disc(frame, (k + 0.3 * tile_noise(k, 4, 8)) * 0.5 * unit, edge + 0.05 * unit, 0.09 * unit, TURF)
        for row in range(3):  # waves
            y = foot + (0.08 + 0.24 * row) * unit
            for k in range(count + 1):
                x = (k + 0.5 * (row % 2) + 0.3 * tile_noise(k, row, 9)) * unit
                line(frame, x, y, x + (0.4 - 0.08 * row) * unit, y, 0.035 * unit, FOAM)
    for k in range(2):
        x = left + k * LAST_COLUMN * unit
        box(frame, x - 0.04 * unit, edge, x + 1.04 * unit, foot + 0.22 * unit, 0.12 * unit, ROCK_DARK)
        box(frame, x - 0.01 * unit, edge, x + 0.86 * unit, foot + 0.18 * unit, 0.12 * unit, ROCK)
        box(frame, x, edge - 0.1 * unit, x + unit, edge + 0.98 * unit, 0.12 * unit, TURF)
        box(frame, x + 0.03 * unit, edge - 0.1 * unit, x + 0.97 * unit, edge + 0.9 * unit, 0.1 * unit, TILE)


@kernel
def render_sign(frame, x, y, unit):
    line(frame, x - 0.32 * unit, y + 0.3 * unit, x - 0.32 * unit, y - 0.28 * unit, 0.06 * unit, WOOD_DARK)
    box(frame, x - 0.46 * unit, y - 0.34 * unit, x - 0.12 * unit, y - 0.12 * unit, 0.02 * unit, WOOD)
    triangle(frame, x - 0.13 * unit, y - 0.34 * unit, x - 0.13 * unit, y - 0.12 * unit, x, y - 0.23 * unit, WOOD)


@kernel
def render_house(frame, x, y, unit):
    box(frame, x - 0.26 * unit, y - 0.1 * unit, x + 0.3 * unit, y + 0.28 * unit, 0.0, WALL)
    triangle(
        frame, x - 0.36 * unit, y - 0.06 * unit, x + 0.4 * unit, y - 0.06 * unit, x + 0.02 * unit, y - 0.42 * unit, ROOF
    )
    line(frame, x - 0.34 * unit, y - 0.07 * unit, x + 0.38 * unit, y - 0.07 * unit, 0.05 * unit, ROOF_DARK)
    box(frame, x - 0.18 * unit, y + 0.02 * unit, x - 0.02 * unit, y + 0.28 * unit, 0.02 * unit, DOOR)
    box(frame, x + 0.08 * unit, y + 0.03 * unit, x + 0.23 * unit, y + 0.16 * unit, 0.01 * unit, WINDOW)
    line(frame, x + 0.3 * unit, y - 0.12 * unit, x + 0.3 * unit, y - 0.56 * unit, 0.035 * unit, WOOD_DARK)
    triangle(
        frame,
        x + 0.31 * unit,
        y - 0.57 * unit,
        x + 0.31 * unit,
        y - 0.37 * unit,
        x + 0.52 * unit,
        y - 0.47 * unit,
        FLAG,
    )


@kernel
def render_splash(frame, x, y, unit):
    """What is seen of a fall: foam, drops, and a hat that swims."""
    for k in range(2):
        wide = (0.26 + 0.14 * k) * unit
        ring(frame, x, y, wide, 0.3 * wide, 0.035 * unit, SPLASH, 0.9)
    for k in range(5):
        across = (k - 2) * 0.11 * unit
        drop = y - (0.34 - 0.07 * abs(k - 2)) * unit
        line(frame, x + 0.7 * across, y - 0.06 * unit, x + across, drop, 0.04 * unit, SPLASH)
        disc(frame, x + 1.2 * across, drop - 0.08 * unit, 0.035 * unit, SPLASH)
    ellipse(frame, x, y - 0.02 * unit, 0.17 * unit, 0.05 * unit, HAT, 1.0)
    ellipse(frame, x, y - 0.07 * unit, 0.09 * unit, 0.07 * unit, HAT, 1.0)


@kernel
def render_walker(s, frame, left, top, unit):
    x, y = left + (s.column + 0.5) * unit, top + (s.row + 0.5) * unit
    if s.success:  # before the door
        x, y = x - 0.12 * unit, y + 0.08 * unit
    u = unit
    ellipse(frame, x, y + 0.36 * u, 0.22 * u, 0.06 * u, SHADOW, 0.8)
    box(frame, x - 0.2 * u, y - 0.08 * u, x + 0.2 * u, y + 0.16 * u, 0.07 * u, PACK)
    for side in (-1, 1):
        line(frame, x + 0.07 * side * u, y + 0.18 * u, x + 0.08 * side * u, y + 0.31 * u, 0.09 * u, TROUSERS)
        ellipse(frame, x + 0.1 * side * u, y + 0.345 * u, 0.08 * u, 0.045 * u, BOOT, 1.0)
    box(frame, x - 0.14 * u, y - 0.06 * u, x + 0.14 * u, y + 0.22 * u, 0.06 * u, COAT)
    line(frame, x, y, x, y + 0.2 * u, 0.02 * u, COAT_DARK)
    line(frame, x + 0.26 * u, y - 0.12 * u, x + 0.29 * u, y + 0.36 * u, 0.03 * u, WOOD_DARK)  # the stick
    for side in (-1, 1):
        hand_x, hand_y = x + 0.26 * side * u, y + (0.06 if side > 0 or not s.success else -0.2) * u
        line(frame, x + 0.12 * side * u, y, hand_x, hand_y, 0.075 * u, COAT)
        disc(frame, hand_x, hand_y, 0.045 * u, SKIN)
    disc(frame, x, y - 0.17 * u, 0.135 * u, SKIN)
    for side in (-1, 1):
        disc(frame, x + 0.05 * side * u, y - 0.16 * u, 0.02 * u, EYE)
    ellipse(frame, x, y - 0.25 * u, 0.2 * u, 0.05 * u, HAT, 1.0)
    box(frame, x - 0.11 * u, y - 0.38 * u, x + 0.11 * u, y - 0.25 * u, 0.05 * u, HAT)
    line(frame, x - 0.1 * u, y - 0.28 * u, x + 0.1 * u, y - 0.28 * u, 0.035 * u, BAND)
    if s.wish >= 0 and s.way != s.wish and unit >= 12.0:  # where it wanted to go, instead
        dx, dy = COLUMN_STEP[s.wish], ROW_STEP[s.wish]
        away = (0.4 if dy != 0 else 0.32) * u
        arrow(frame, x + away * dx, y + away * dy, dx, dy, 0.2 * u, 0.07 * u, WISH)


@kernel
def render_words(s, frame, header):
    """Steps and falls at the left, the return at the right; in between what has just happened."""
    width = frame.shape[1]
    scale = max(header // 15, 2)
    y, margin = (header - 5 * scale) // 2, int(0.02 * width)
    x = number(frame, text(frame, margin, y, b"STEP ", scale, PALE), y, s.clock, scale, INK)
    number(frame, text(frame, x + 4 * scale, y, b"FALLS ", scale, PALE), y, s.falls, scale, INK)
    total = int(s.totals[TIME] + s.totals[FALL])  # both are whole numbers
    digits, power = 1 + (total < 0), 10
    while -total >= power:
        digits, power = digits + 1, power * 10
    x = text(frame, width - margin - (4 * (7 + digits) - 1) * scale, y, b"RETURN ", scale, PALE)
    number(frame, x, y, total, scale, INK)
    middle = width // 2
    if s.success:
        text(frame, middle - 7 * scale, y, b"HOME", scale, GOOD)
    elif s.fell >= 0:
        text(frame, middle - 7 * scale, y, b"FELL", scale, BAD)
    elif s.wish >= 0 and s.way != s.wish:
        text(frame, middle - 13 * scale, y, b"SLIPPED", scale, WISH)
