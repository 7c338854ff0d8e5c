"""The picture of Rover: the floor from above, with what the lidar sees and where the rover has been."""

import math

import numpy as np

from ...engine.drawing import blend, disc, fill, line, number, shade, text
from ...engine.kernels import kernel
from .constants import ARENA, BEAMS, TRAIL, WALLS
from .rules_geometry import clearance

RIM = 0.35  # m of the outer wall that are shown round the floor
FLOOR, TILE, SHADOW = (238, 234, 225), (231, 226, 215), (58, 50, 66)
WALL, WALL_TOP, INK = (66, 74, 92), (92, 102, 124), (222, 228, 240)
WOOD, WOOD_TOP, STONE, STONE_TOP = (150, 104, 66), (188, 138, 92), (120, 128, 138), (166, 174, 184)
BEAM, LIGHT, HIT, TRACE = (16, 158, 176), (206, 240, 240), (10, 120, 150), (74, 112, 214)
GOAL_COLOUR, GOAL_FLOOR, POLE, FLAG = (70, 176, 96), (214, 240, 214), (82, 72, 66), (226, 62, 58)
BODY, BODY_EDGE, TYRE, LAMP = (250, 170, 48), (186, 84, 20), (44, 44, 52), (255, 250, 226)
CRASH_COLOUR, SKIN, HAIR = (222, 48, 44), (236, 192, 158), (74, 54, 42)
COATS = ((92, 128, 196), (176, 92, 140), (84, 152, 122), (198, 132, 62), (120, 104, 178), (96, 140, 158))
BLUR, DEPTH = 0.3, 0.32  # m over which a shadow fades, and how dark it is at its obstacle


@kernel
def render(s, world, frame):
    height, width = frame.shape[0], frame.shape[1]
    unit = min(height, width) / (ARENA + 2.0 * RIM)  # pixels per metre
    left, low = 0.5 * (width - ARENA * unit), 0.5 * (height + ARENA * unit)  # where the floor's corner (0, 0) is
    render_floor(s, frame, left, low, unit)
    render_goal(s, frame, left + s.goal_x * unit, low - s.goal_y * unit, unit)
    render_beams(s, frame, left, low, unit)
    render_trail(s, frame, left, low, unit)
    render_obstacles(s, frame, left, low, unit)
    for walker in range(s.walkers):
        k = s.pillars + walker
        render_walker(s, frame, left + s.disc_x[k] * unit, low - s.disc_y[k] * unit, unit, walker)
    if not s.success:  # else the rover stands before it
        render_rover(s, frame, left + s.x * unit, low - s.y * unit, unit)
    render_flag(frame, left + s.goal_x * unit, low - s.goal_y * unit, unit)
    if s.success:
        render_rover(s, frame, left + s.x * unit, low - s.y * unit, unit)
    scale = int(RIM * unit / 7.0)
    if scale >= 2:
        render_figures(s, frame, scale, int(0.5 * (RIM * unit - 5 * scale)))


@kernel
def render_floor(s, frame, left, low, unit):
    """Tiles of one metre, darker towards the wall and round all that stands on them."""
    fill(frame, 0, 0, frame.shape[1], frame.shape[0], WALL)
    for row in range(int(ARENA)):
        top, bottom = round(low - (row + 1) * unit), round(low - row * unit)
        for column in range(int(ARENA)):
            start, end = round(left + column * unit), round(left + (column + 1) * unit)
            fill(frame, start, top, end, bottom, FLOOR if (row + column) % 2 == 0 else TILE)
    blur = BLUR * unit
    for k in range(s.boxes):
        x0, x1 = left + s.box_x0[k] * unit, left + s.box_x1[k] * unit
        cast_shadow(frame, x0, low - s.box_y1[k] * unit, x1, low - s.box_y0[k] * unit, 0.0, blur)
    for k in range(s.pillars + s.walkers):
        x, y = left + s.disc_x[k] * unit, low - s.disc_y[k] * unit
        cast_shadow(frame, x, y, x, y, s.disc_r[k] * unit, blur)
    right, top = left + ARENA * unit, low - ARENA * unit
    cast_shadow(frame, left, top - 1.0, right, top, 0.0, blur)
    cast_shadow(frame, left - 1.0, top, left, low, 0.0, blur)


@kernel
def cast_shadow(frame, x0, y0, x1, y1, radius, blur):
    """A soft shadow of a box (rounded by ``radius``) whose light comes from the upper left."""
    shift = 0.3 * blur
    x0, y0, x1, y1 = x0 + shift, y0 + shift, x1 + shift, y1 + shift
    reach = radius + blur
    for y in range(max(int(y0 - reach), 0), min(int(y1 + reach) + 1, frame.shape[0])):
        for x in range(max(int(x0 - reach), 0), min(int(x1 + reach) + 1, frame.shape[1])):
            dx, dy = max(x0 - x - 0.5, x + 0.5 - x1, 0.0), max(y0 - y - 0.5, y + 0.5 - y1, 0.0)
            share = 1.0 - max(math.sqrt(dx * dx + dy * dy) - radius, 0.0) / blur
            if share > 0.0:
                blend(frame, x, y, SHADOW, DEPTH * share * share)


@kernel
def render_obstacles(s, frame, left, low, unit):
    """Walls, wooden boxes and stone pillars, each with a lighter top."""
    edge = max(0.035 * unit, 0.6)
    for k in range(s.boxes):
        x0, x1 = left + s.box_x0[k] * unit, left + s.box_x1[k] * unit
        y0, y1 = low - s.box_y1[k] * unit, low - s.box_y0[k] * unit
        is_wall = k < WALLS
        fill_box(frame, x0, y0, x1, y1, WALL if is_wall else WOOD)
        fill_box(frame, x0 + edge, y0 + edge, x1 - edge, y1 - edge, WALL_TOP if is_wall else WOOD_TOP)
        if not is_wall and unit > 20.0:  # a plank's grain
            for part in range(1, 4):
                y = y0 + 0.25 * part * (y1 - y0)
                stroke(frame, x0 + 2.0 * edge, y, x1 - 2.0 * edge, y, WOOD, 0.5)
    for k in range(s.pillars):
        x, y, radius = left + s.disc_x[k] * unit, low - s.disc_y[k] * unit, s.disc_r[k] * unit
        disc(frame, x, y, radius, STONE)
        disc(frame, x - 0.1 * radius, y - 0.1 * radius, 0.8 * radius, STONE_TOP)


@kernel
def fill_box(frame, x0, y0, x1, y1, color):
    """A rectangle with edges at fractions of pixels: each pixel takes the share that is covered."""
    for y in range(max(int(y0), 0), min(int(y1) + 1, frame.shape[0])):
        share = min(y1, y + 1.0) - max(y0, float(y))
        for x in range(max(int(x0), 0), min(int(x1) + 1, frame.shape[1])):
            covered = share * (min(x1, x + 1.0) - max(x0, float(x)))
            if covered > 0.0:
                blend(frame, x, y, color, covered)


@kernel
def stroke(frame, x0, y0, x1, y1, color, opacity):
    """A translucent line one pixel thick: at each step along it, the two pixels beside it share the colour."""
    dx, dy = x1 - x0, y1 - y0
    steep = abs(dy) > abs(dx)
    length = max(abs(dx), abs(dy))
    for k in range(int(length) + 1):
        part = k / max(length, 1.0)
        x, y = x0 + part * dx - 0.5, y0 + part * dy - 0.5
        main, beside = (round(y), x) if steep else (round(x), y)
        whole = math.floor(beside)
        for side in range(2):
            row, column = (main, whole + side) if steep else (whole + side, main)
            if 0 <= row < frame.shape[0] and 0 <= column < frame.shape[1]:
                share = beside - whole if side == 1 else 1.0 - (beside - whole)
                blend(frame, column, row, color, opacity * share)


@kernel
def render_beams(s, frame, left, low, unit):
    """The lidar's beams, light between neighbours, and a dot where one has hit something."""
    x, y = left + s.x * unit, low - s.y * unit
    opacity = 0.34 if unit > 20.0 else 0.16
    for k in range(BEAMS):
        after = (k + 1) % BEAMS
        hit_x, hit_y = x + s.ranges[k] * s.beam_x[k] * unit, y - s.ranges[k] * s.beam_y[k] * unit
        next_x, next_y = x + s.ranges[after] * s.beam_x[after] * unit, y - s.ranges[after] * s.beam_y[after] * unit
        glow(frame, x, y, hit_x, hit_y, next_x, next_y)
        stroke(frame, x, y, hit_x, hit_y, BEAM, opacity)
    for k in range(BEAMS):
        if s.ranges[k] < s.lidar_range and unit > 20.0:
            hit_x, hit_y = x + s.ranges[k] * s.beam_x[k] * unit, y - s.ranges[k] * s.beam_y[k] * unit
            disc(frame, hit_x, hit_y, 0.035 * unit, HIT)


@kernel
def glow(frame, x, y, x0, y0, x1, y1):
    """A touch of light on the pixels whose middles lie in the triangle; its corners run to the left round it."""
    for row in range(max(int(min(y, y0, y1)), 0), min(int(max(y, y0, y1)) + 1, frame.shape[0])):
        for column in range(max(int(min(x, x0, x1)), 0), min(int(max(x, x0, x1)) + 1, frame.shape[1])):
            px, py = column + 0.5 - x, row + 0.5 - y
            after = (x0 - x) * py - (y0 - y) * px <= 0.0
            before = (x1 - x) * py - (y1 - y) * px > 0.0
            inside = (x1 - x0) * (py - (y0 - y)) - (y1 - y0) * (px - (x0 - x)) <= 0.0
            if after and before and inside:
                blend(frame, column, row, LIGHT, 0.3)


@kernel
def render_trail(s, frame, left, low, unit):
    """Where the rover was, the older the paler."""
    count = min(s.clock, TRAIL - 1)
    for back in range(count, 0, -1):
        here, there = (s.clock - back) % TRAIL, (s.clock - back + 1) % TRAIL
        x0, y0 = left + np.float64(s.trail[here, 0]) * unit, low - np.float64(s.trail[here, 1]) * unit
        x1, y1 = left + np.float64(s.trail[there, 0]) * unit, low - np.float64(s.trail[there, 1]) * unit
        color = shade(1.0 - back / TRAIL, TILE, TRACE)
        line(frame, x0, y0, x1, y1, max(0.06 * unit, 1.0), color)


@kernel
def render_goal(s, frame, x, y, unit):
    """The place that counts as the goal; it lights up when the rover has come there."""
    radius = s.goal_radius * unit
    ring = max(0.05 * unit, 1.0)
    if s.success:
        for halo in range(3):
            disc(frame, x, y, radius + (9 - 3 * halo) * ring, shade(0.25 + 0.25 * halo, FLOOR, GOAL_COLOUR))
    disc(frame, x, y, radius + ring, GOAL_COLOUR)
    disc(frame, x, y, radius, GOAL_COLOUR if s.success else GOAL_FLOOR)
    disc(frame, x, y, 0.3 * radius, GOAL_COLOUR)


@kernel
def render_flag(frame, x, y, unit):
    """A flag in the middle of the goal, above whatever comes there."""
    top = y - 0.75 * unit
    line(frame, x, y, x, top, max(0.06 * unit, 1.0), POLE)
    for row in range(int(0.36 * unit) + 1):
        share = row / max(0.36 * unit, 1.0)
        end = 0.5 * unit * (1.0 - abs(2.0 * share - 1.0))
        fill_box(frame, x + 0.03 * unit, top + row, x + 0.03 * unit + end, top + row + 1.0, FLAG)


@kernel
def render_walker(s, frame, x, y, unit, walker):
    """Somebody from above: shoulders across the way they go, and a head."""
    radius = s.crowd_radius * unit
    along_x, along_y = s.walk_x[walker] * radius, -s.walk_y[walker] * radius
    coat = COATS[walker % len(COATS)]
    disc(frame, x, y, radius, shade(0.45, coat, (255, 255, 255)))
    line(frame, x - 0.5 * along_y, y + 0.5 * along_x, x + 0.5 * along_y, y - 0.5 * along_x, 0.9 * radius, coat)
    disc(frame, x + 0.15 * along_x, y + 0.15 * along_y, 0.42 * radius, SKIN)
    disc(frame, x, y, 0.4 * radius, HAIR)


@kernel
def render_rover(s, frame, x, y, unit):
    """The body with the radius that collides, two wheels, the lidar in its middle, lamps and an arrow ahead.

    A red ring surrounds it where it touches something.
    """
    cos, sin = math.cos(s.heading), -math.sin(s.heading)  # y is down here
    radius = max(s.radius * unit, 3.0)
    if clearance(s, s.x, s.y, s.pillars + s.walkers) < s.radius:
        disc(frame, x, y, 2.2 * radius, CRASH_COLOUR)
        disc(frame, x, y, 1.7 * radius, FLOOR)
    cast_shadow(frame, x, y, x, y, radius, 0.6 * radius)
    disc(frame, x, y, radius, TYRE)
    disc(frame, x, y, 0.88 * radius, BODY)
    for part in range(6):  # a wheel, half of the arrow's head and a lamp on either side
        side, kind = 2.0 * (part % 2) - 1.0, part // 2
        start, end = (-0.42, 0.42) if kind == 0 else (1.3, 1.7) if kind == 1 else (0.62, 0.62)  # in radii ahead
        before, after = (0.74, 0.74) if kind == 0 else (0.5, 0.0) if kind == 1 else (0.34, 0.34)  # and to the side
        line(
            frame,
            x + radius * (start * cos - side * before * sin),
            y + radius * (start * sin + side * before * cos),
            x + radius * (end * cos - side * after * sin),
            y + radius * (end * sin + side * after * cos),
            (0.42 if kind == 0 else 0.22 if kind == 1 else 0.26) * radius,
            TYRE if kind == 0 else BODY_EDGE if kind == 1 else LAMP,
        )
    disc(frame, x, y, 0.42 * radius, TYRE)
    disc(frame, x, y, 0.26 * radius, BEAM)


@kernel
def render_figures(s, frame, scale, top):
    """In the outer wall: the length of the way to the goal at the left, steps at the right."""
    tenths = int(10.0 * s.way_left + 0.5)
    x = number(frame, text(frame, 2 * scale, top, b"WAY ", scale, INK), top, tenths // 10, scale, INK)
    x = number(frame, text(frame, x, top, b".", scale, INK), top, tenths % 10, scale, INK)
    text(frame, x, top, b" M", scale, INK)
    digits = 1 + int(s.clock >= 10) + int(s.clock >= 100) + int(s.clock >= 1000)
    x = frame.shape[1] - (4 * (5 + digits) + 2) * scale
    number(frame, text(frame, x, top, b"STEP ", scale, INK), top, s.clock, scale, INK)
