"""The picture that both mountain cars share: a valley in the evening, a car on its slope, a flag on the goal.

Plain numbers come in, no record (but for `render`, which is MountainCar's own): positions in the world's own unit,
``low`` … ``high`` where the car can be, and the ground's height 0.45 sin(frequency · position) + 0.55 in the same unit.
"""

import math

from ...engine.drawing import blend, disc, fill, hypotenuse, line, number, shade, text
from ...engine.kernels import kernel
from .constants import ROLL

MARGIN = 0.16  # world's units in view beyond either end
BASE, HEIGHT = 0.55, 0.45  # of the ground: its middle, and how far it rises and falls
WHEELBASE, RIM = 0.12, 0.031  # between the axles, and a wheel's radius: world's units
SKY_TOP, SKY_LOW = (122, 170, 220), (252, 232, 204)
SUN, HALO = (255, 246, 214), (253, 238, 206)
FAR, NEAR = (176, 190, 208), (140, 168, 172)  # the mountains behind
GRASS, TURF, EARTH, DEEP = (122, 172, 88), (96, 142, 72), (150, 118, 84), (104, 80, 60)
ROCK, ROCK_LIGHT = (112, 108, 112), (146, 142, 146)
POLE, FLAG, FLAG_DARK = (70, 66, 72), (246, 190, 54), (222, 160, 32)
BODY, BODY_LOW, CABIN, GLASS = (206, 58, 54), (160, 40, 42), (186, 48, 46), (206, 230, 240)
TYRE, HUB, LAMP = (40, 40, 46), (190, 194, 202), (255, 236, 150)
SMOKE, PUSH, INK = (236, 234, 236), (38, 128, 76), (52, 74, 104)


@kernel
def ground(x, frequency):
    """Height of the ground at ``x``."""
    return HEIGHT * math.sin(frequency * x) + BASE


@kernel
def scales(frame, low, high):
    """(left, pixels per unit to the right, row of height 0, pixels per unit upwards) of the view."""
    height, width = frame.shape[0], frame.shape[1]
    unit = width / (high - low + 2.0 * MARGIN)
    rise = min(unit, 0.75 * height / (2.0 * HEIGHT))  # the hills never leave the frame
    return low - MARGIN, unit, 0.92 * height + (BASE - HEIGHT) * rise, rise


@kernel
def render_mountain_car(frame, position, push, low, high, goal, frequency, clock):
    """All of the picture. ``push`` in -1 … 1 is the last force as a share of the largest, ``clock`` counts steps."""
    render_backdrop(frame)
    render_hill(frame, low, high, frequency)
    render_wall(frame, low, high, frequency)
    render_flag(frame, low, high, goal, frequency, clock)
    render_car(frame, position, push, low, high, frequency)
    if frame.shape[0] >= 200:
        scale = max(frame.shape[0] // 130, 2)
        number(frame, text(frame, 4 * scale, 4 * scale, b"STEP ", scale, INK), 4 * scale, clock, scale, INK)


@kernel
def render(s, world, frame):
    push = float(s.pushed - ROLL) if s.force >= 0.0 else float(ROLL - s.pushed)
    render_mountain_car(frame, s.position, push, s.min_position, s.max_position, s.goal_position, s.frequency, s.clock)


@kernel
def render_backdrop(frame):
    """The sky, a low sun, and two rows of mountains in the haze."""
    height, width = frame.shape[0], frame.shape[1]
    for y in range(height):
        fill(frame, 0, y, width, y + 1, shade(min(y / (0.75 * height), 1.0), SKY_TOP, SKY_LOW))
    sun_x, sun_y, radius = 0.36 * width, 0.3 * height, 0.055 * min(height, width)
    disc(frame, sun_x, sun_y, 1.35 * radius, HALO)
    disc(frame, sun_x, sun_y, radius, SUN)
    for x in range(width):
        u = x / width
        far = 0.46 - 0.07 * math.sin(9.0 * u + 0.6) - 0.045 * math.sin(23.0 * u) - 0.012 * math.sin(61.0 * u + 2.0)
        near = 0.6 - 0.06 * math.sin(7.0 * u + 3.4) - 0.035 * math.sin(17.0 * u + 1.0)
        fill_column(frame, x, far * height, height, FAR, SKY_LOW, 0.45 * height)
        fill_column(frame, x, near * height, height, NEAR, SKY_LOW, 0.55 * height)


@kernel
def fill_column(frame, x, top, bottom, color, low_color, depth):
    """Column ``x`` from ``top`` (blended) down to ``bottom``, from ``color`` to ``low_color`` over ``depth`` pixels."""
    first = max(int(top), 0)
    if first < bottom:
        blend(frame, x, first, color, min(max(first + 1 - top, 0.0), 1.0))
    for y in range(first + 1, bottom):
        mixed = shade(min((y - top) / depth, 1.0), color, low_color)
        frame[y, x, 0] = mixed[0]
        frame[y, x, 1] = mixed[1]
        frame[y, x, 2] = mixed[2]


@kernel
def render_hill(frame, low, high, frequency):
    """The ground that the car drives on: grass above earth."""
    height, width = frame.shape[0], frame.shape[1]
    left, unit, zero, rise = scales(frame, low, high)
    turf = max(0.03 * height, 1.0)
    for x in range(width):
        top = zero - rise * ground(left + (x + 0.5) / unit, frequency)
        fill_column(frame, x, top, height, GRASS, TURF, turf)
        fill_column(frame, x, top + turf, height, EARTH, DEEP, 0.7 * height)


@kernel
def render_wall(frame, low, high, frequency):
    """Rocks at the left end, where the car stops."""
    left, unit, zero, rise = scales(frame, low, high)
    for k in range(3):
        x = low - 0.6 * WHEELBASE - RIM - (0.045, 0.02, 0.085)[k]
        radius = (0.05, 0.028, 0.034)[k]
        y = zero - rise * (ground(x, frequency) + 0.4 * radius)
        disc(frame, (x - left) * unit, y, radius * unit, ROCK)
        disc(frame, (x - left) * unit - 0.2 * radius * unit, y - 0.25 * radius * unit, 0.55 * radius * unit, ROCK_LIGHT)


@kernel
def render_flag(frame, low, high, goal, frequency, clock):
    """A pole on the goal and a pennant that flutters with the clock."""
    left, unit, zero, rise = scales(frame, low, high)
    thick = max(frame.shape[0] / 120.0, 1.0)
    x, foot = (goal - left) * unit, zero - rise * ground(goal, frequency)
    top, drop, reach = foot - 0.2 * unit, 0.07 * unit, 0.12 * unit
    line(frame, x, foot, x, top, thick, POLE)
    stripes = max(int(2.0 * reach), 4)
    for k in range(stripes):
        share = k / stripes
        wave = 0.12 * drop * share * math.sin(7.0 * share - 0.35 * clock)
        half = 0.5 * drop * (1.0 - share)
        middle = top + 0.55 * drop + wave
        lit = 0.5 + 0.5 * math.cos(7.0 * share - 0.35 * clock)
        line(
            frame, x + reach * share, middle - half, x + reach * share, middle + half, 1.0, shade(lit, FLAG_DARK, FLAG)
        )
    disc(frame, x, top, 0.9 * thick, POLE)


@kernel
def render_car(frame, position, push, low, high, frequency):
    """A small car whose wheels stand on the ground; smoke behind it, and an arrow above it, show the push."""
    left, unit, zero, rise = scales(frame, low, high)
    slope = math.atan2(rise * HEIGHT * frequency * math.cos(frequency * position), unit)
    half = 0.5 * WHEELBASE * math.cos(slope)
    rear_x, front_x = (position - half - left) * unit, (position + half - left) * unit
    rear_y = zero - rise * ground(position - half, frequency)
    front_y = zero - rise * ground(position + half, frequency)
    length = max(hypotenuse(front_x - rear_x, front_y - rear_y), 1e-9)
    along_x, along_y = (front_x - rear_x) / length, (front_y - rear_y) / length
    up_x, up_y = along_y, -along_x
    middle_x, middle_y = 0.5 * (rear_x + front_x), 0.5 * (rear_y + front_y)
    wheel = RIM * unit

    if abs(push) > 0.05:  # puffs at the end that the push comes from
        way = -1.0 if push > 0.0 else 1.0
        for k in range(3):
            far = (3.4 + 1.1 * k) * wheel
            x, y = middle_x + way * far * along_x, middle_y + way * far * along_y
            high_up = (0.9 + 0.45 * k) * wheel
            disc(frame, x + high_up * up_x, y + high_up * up_y, (0.35 + 0.16 * k) * wheel * abs(push), SMOKE)

    # (from, to) along the car, height above the ground, thickness: all in wheels.
    part(frame, middle_x, middle_y, along_x, along_y, wheel, -1.9, 1.9, 1.75, 2.1, BODY_LOW)
    part(frame, middle_x, middle_y, along_x, along_y, wheel, -0.75, 0.55, 3.1, 1.7, CABIN)
    part(frame, middle_x, middle_y, along_x, along_y, wheel, -0.75, 0.55, 3.05, 0.95, GLASS)
    part(frame, middle_x, middle_y, along_x, along_y, wheel, -2.0, 2.0, 2.0, 1.5, BODY)
    part(frame, middle_x, middle_y, along_x, along_y, wheel, 2.5, 2.5, 2.05, 0.55, LAMP)
    for side in range(2):
        x = (front_x if side else rear_x) + wheel * up_x
        y = (front_y if side else rear_y) + wheel * up_y
        disc(frame, x, y, wheel, TYRE)
        disc(frame, x, y, 0.42 * wheel, HUB)

    thick = frame.shape[0] / 95.0
    if thick > 2.0 and abs(push) > 0.02:
        x, y = middle_x + 5.8 * wheel * up_x, middle_y + 5.8 * wheel * up_y
        reach = 4.6 * wheel * push
        tail_x, tail_y = x - 0.5 * reach * along_x, y - 0.5 * reach * along_y
        tip_x, tip_y = x + 0.5 * reach * along_x, y + 0.5 * reach * along_y
        line(frame, tail_x, tail_y, tip_x, tip_y, thick, PUSH)
        barb = min(0.9 * wheel, 0.6 * abs(reach)) * (1.0 if push > 0.0 else -1.0)
        for side in (-1.0, 1.0):
            back_x = tip_x - barb * along_x + side * barb * 0.8 * up_x
            back_y = tip_y - barb * along_y + side * barb * 0.8 * up_y
            line(frame, back_x, back_y, tip_x, tip_y, thick, PUSH)


@kernel
def part(frame, x, y, along_x, along_y, wheel, start, end, above, thick, color):
    """A piece of the car with round ends, in the car's own axes and in wheels' radii."""
    x0, y0 = x + wheel * (start * along_x + above * along_y), y + wheel * (start * along_y - above * along_x)
    x1, y1 = x + wheel * (end * along_x + above * along_y), y + wheel * (end * along_y - above * along_x)
    line(frame, x0, y0, x1, y1, thick * wheel, color)
