"""The picture of CartPole: the cart on its rail between two posts, the pole, and an arrow for the last push."""

import math

from ...engine.drawing import box, disc, fill, line, number, shade, text
from ...engine.kernels import kernel
from .constants import NO_PUSH, RIGHT

VIEW = 2.4  # times the limit: the limits and a fifth more are in view
SKY_TOP, SKY_LOW, GROUND, GROUND_OUT = (238, 242, 250), (214, 224, 242), (196, 184, 164), (171, 156, 136)
RAIL, MARK, POST, LIMIT = (92, 84, 78), (150, 137, 119), (200, 74, 62), (190, 199, 222)
CART, CART_EDGE, WHEEL, HUB = (52, 92, 158), (36, 66, 120), (40, 40, 46), (150, 156, 168)
POLE, POLE_FALLING, HINGE, PUSH, INK = (226, 148, 60), (208, 62, 62), (250, 236, 214), (70, 160, 98), (70, 80, 100)


@kernel
def render(s, world, frame):
    height, width = frame.shape[0], frame.shape[1]
    rail, middle = int(0.78 * height), 0.5 * width
    unit = width / (VIEW * s.position_limit)  # pixels per metre
    thick = max(height / 100.0, 1.0)
    render_track(frame, rail, thick)

    x, half = middle + s.x * unit, 0.065 * width
    top, bottom = rail - 0.13 * height, rail - 0.035 * height
    length = 2.0 * s.pole_half_length * unit
    for side in (-1, 1):  # the pole may lean as far as these lines
        sin, cos = side * math.sin(s.angle_limit), math.cos(s.angle_limit)
        line(frame, x, top, x + 1.1 * length * sin, top - 1.1 * length * cos, 0.4 * thick, LIMIT)

    if s.pushed != NO_PUSH:  # an arrow behind the cart shows the last push
        way = 1.0 if (s.pushed == RIGHT) == (s.force > 0.0) else -1.0
        tip, y = x - way * 1.25 * half, 0.5 * (top + bottom)
        line(frame, x - way * 2.3 * half, y, tip, y, 1.6 * thick, PUSH)
        for side in (-1, 1):
            line(frame, tip - way * 3.5 * thick, y + side * 3.5 * thick, tip, y, 1.6 * thick, PUSH)
    box(frame, x - half, top, x + half, bottom, 1.5 * thick, CART_EDGE)
    box(frame, x - half + thick, top + thick, x + half - thick, bottom - thick, 1.2 * thick, CART)
    for side in (-1, 1):
        disc(frame, x + side * 0.6 * half, rail - 0.03 * height, 0.03 * height, WHEEL)
        disc(frame, x + side * 0.6 * half, rail - 0.03 * height, 0.01 * height, HUB)

    risk = min(abs(s.theta) / s.angle_limit, 1.0)
    tip_x, tip_y = x + length * math.sin(s.theta), top - length * math.cos(s.theta)
    line(frame, x, top, tip_x, tip_y, 2.6 * thick, shade(risk * risk, POLE, POLE_FALLING))
    disc(frame, x, top, 2.0 * thick, HINGE)
    if height >= 200:
        render_clock(s, frame)


@kernel
def render_track(frame, rail, thick):
    """Sky, ground, and the rail (at height ``rail``) with a post at each limit and marks between them."""
    height, width = frame.shape[0], frame.shape[1]
    for y in range(rail):
        fill(frame, 0, y, width, y + 1, shade(y / rail, SKY_TOP, SKY_LOW))
    fill(frame, 0, rail, width, height, GROUND_OUT)
    reach = width / VIEW  # from the middle to a limit
    fill(frame, int(0.5 * width - reach), rail, int(0.5 * width + reach), height, GROUND)
    for mark in range(-3, 4):
        x = 0.5 * width + 0.25 * mark * reach
        line(frame, x, rail + 3 * thick, x, rail + (6 if mark == 0 else 4) * thick, 0.5 * thick, MARK)
    line(frame, 0.0, rail, width, rail, thick, RAIL)
    for side in (-1, 1):
        x = 0.5 * width + side * reach
        line(frame, x, rail - 7 * thick, x, rail, 1.2 * thick, POST)


@kernel
def render_clock(s, frame):
    """Steps at the left, seconds at the right."""
    height, width = frame.shape[0], frame.shape[1]
    scale = max(height // 130, 2)
    number(frame, text(frame, 4 * scale, 4 * scale, b"STEP ", scale, INK), 4 * scale, s.clock, scale, INK)
    hundredths = int(s.clock * s.time_step * 100 + 0.5)
    x = width - 30 * scale
    for limit in (1000, 10000, 100000):  # a longer number starts further left
        x -= 4 * scale if hundredths >= limit else 0
    x = text(frame, number(frame, x, 4 * scale, hundredths // 100, scale, INK), 4 * scale, b".", scale, INK)
    x = number(frame, x, 4 * scale, hundredths // 10 % 10, scale, INK)
    text(frame, number(frame, x, 4 * scale, hundredths % 10, scale, INK), 4 * scale, b" S", scale, INK)
