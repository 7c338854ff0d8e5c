"""The picture of Breakout: whole pixels in small frames; glow, a trail and the score in large ones."""

import math

import numpy as np

from ...engine.drawing import blend, box, disc, fill, hypotenuse, number, shade, text
from ...engine.kernels import kernel, repeat_rows
from .constants import BRICK_HEIGHT, FIELD, HALF_BALL, PADDLE_TOP, POINTS, WALL_TOP, WALLS

HEADER = 16  # a frame's height in heights of its header
FINE = 240  # pixels of a frame's smaller side from which on it shows details
PADDLE_HEIGHT = 2.6  # u; only its top counts

NIGHT, DUSK, HEAD, EDGE = (30, 33, 68), (58, 44, 92), (20, 22, 48), (104, 100, 168)
PLAIN, PLAIN_HEAD = (44, 46, 84), (26, 28, 58)
ROW_COLORS = (  # by the number of the row, from below
    (78, 148, 255), (58, 205, 235), (74, 222, 150), (186, 226, 84),
    (255, 212, 74), (255, 152, 66), (255, 96, 92), (240, 92, 190),
)  # fmt: skip
BALL, WARM, COOL = (255, 255, 255), (255, 226, 150), (140, 190, 255)
PADDLE, PADDLE_LIGHT = (214, 224, 255), (255, 255, 255)
INK, INK_WEAK, WON, LOST = (236, 238, 255), (146, 148, 196), (120, 235, 160), (255, 120, 120)


@kernel
def render(s, world, frame):
    if min(frame.shape[0], frame.shape[1]) < FINE:
        render_plain(s, frame)
    else:
        render_fine(s, frame)


# --- Small: each thing a rectangle of whole pixels, and whole rows copied --------------------------------------------


@kernel
def render_plain(s, frame):
    height, width = frame.shape[0], frame.shape[1]
    top = height // HEADER
    unit_x, unit_y = width / FIELD, (height - top) / FIELD
    fill(frame, 0, 0, width, 1, PLAIN_HEAD)
    repeat_rows(frame, 0, 1, top)
    fill(frame, 0, top, width, top + 1, PLAIN)
    repeat_rows(frame, top, 1, height)
    rows, columns = s.bricks.shape
    for row in range(rows):
        y = top + int((WALL_TOP + row * BRICK_HEIGHT) * unit_y)
        color = ROW_COLORS[rows - 1 - row]
        left = 0
        for column in range(columns):
            right = (column + 1) * width // columns
            if s.bricks[row, column] != 0:
                fill(frame, left, y, max(right - 1, left + 1), y + 1, color)
            left = right
        repeat_rows(frame, y, 1, y + max(int(BRICK_HEIGHT * unit_y) - 1, 1))  # a pixel is left free below
    for k in range(s.left):
        fill(frame, 2 + 4 * k, top // 3, 4 + 4 * k, max(top - top // 3, 1), BALL)
    for k in range(WALLS):
        color = WON if k < s.walls else PLAIN
        fill(frame, width - 6 - 6 * k, top // 3, width - 2 - 6 * k, max(top - top // 3, 1), color)
    x0, x1 = (
        int((s.paddle - 0.5 * s.paddle_width) * unit_x + 0.5),
        int((s.paddle + 0.5 * s.paddle_width) * unit_x + 0.5),
    )
    y = top + int(PADDLE_TOP * unit_y + 0.5)
    fill(frame, x0, y, x1, max(y + int(PADDLE_HEIGHT * unit_y), y + 1), PADDLE)
    wide = math.ceil(2.0 * HALF_BALL * unit_x)
    high = math.ceil(2.0 * HALF_BALL * unit_y)
    for back in range(2, -1, -1):  # the ball, and weaker where it was one and two steps ago
        k = (s.clock - back) & (s.trail.shape[0] - 1)
        if hypotenuse(np.float64(s.trail[k, 0]) - s.x, np.float64(s.trail[k, 1]) - s.y) > (back + 1.0) * max(
            s.speed, 1.0
        ):
            continue  # there the last ball was lost
        x, y = (
            int(np.float64(s.trail[k, 0]) * unit_x - 0.5 * wide + 0.5),
            int(np.float64(s.trail[k, 1]) * unit_y - 0.5 * high + 0.5),
        )
        color = BALL if back == 0 else shade(0.2 * (3 - back), PLAIN, BALL)
        fill(frame, x, top + y, x + wide, top + y + high, color)


# --- Large -----------------------------------------------------------------------------------------------------------


@kernel
def glow(frame, cx, cy, radius, strength, color):
    """Light that is ``strength`` (0 … 1) in the middle and fades out towards ``radius``."""
    for y in range(max(int(cy - radius), 0), min(int(cy + radius) + 1, frame.shape[0])):
        for x in range(max(int(cx - radius), 0), min(int(cx + radius) + 1, frame.shape[1])):
            dx, dy = x + 0.5 - cx, y + 0.5 - cy
            share = 1.0 - (dx * dx + dy * dy) / (radius * radius)
            if share > 0.0:
                blend(frame, x, y, color, strength * share * share)


@kernel
def render_fine(s, frame):
    height, width = frame.shape[0], frame.shape[1]
    top = height // HEADER
    unit_x, unit_y = width / FIELD, (height - top) / FIELD
    unit = min(unit_x, unit_y)
    for y in range(height):
        fill(frame, 0, y, 1, y + 1, shade((y - top) / (height - top), NIGHT, DUSK) if y >= top else HEAD)
        fill(frame, 1, y, width, y + 1, (frame[y, 0, 0], frame[y, 0, 1], frame[y, 0, 2]))
    thick = max(int(0.5 * unit), 1)
    fill(frame, 0, top - thick, width, top, EDGE)
    render_bricks(s, frame, top, unit_x, unit_y)
    render_paddle(s, frame, top, unit_x, unit_y)
    render_ball(s, frame, top, unit_x, unit_y)
    render_header(s, frame, top, unit)


@kernel
def render_bricks(s, frame, top, unit_x, unit_y):
    """Rounded, lighter above and darker below."""
    rows, columns = s.bricks.shape
    high, wide = BRICK_HEIGHT * unit_y, FIELD * unit_x / columns
    gap = 0.09 * high
    for row in range(rows):
        y = top + WALL_TOP * unit_y + row * high + gap
        color = ROW_COLORS[rows - 1 - row]
        light, dark = shade(0.45, color, (255, 255, 255)), shade(0.42, color, NIGHT)
        for column in range(columns):
            if s.bricks[row, column] != 0:
                x0, x1, y1 = column * wide + gap, (column + 1) * wide - gap, y + high - 2.0 * gap
                box(frame, x0, y, x1, y1, 0.2 * high, dark)
                box(frame, x0, y, x1, y1 - 0.12 * high, 0.2 * high, light)
                box(frame, x0, y + 0.12 * high, x1, y1 - 0.12 * high, 0.2 * high, color)


@kernel
def render_paddle(s, frame, top, unit_x, unit_y):
    x0, x1 = (s.paddle - 0.5 * s.paddle_width) * unit_x, (s.paddle + 0.5 * s.paddle_width) * unit_x
    y = top + PADDLE_TOP * unit_y
    high = PADDLE_HEIGHT * unit_y
    for k in range(5):  # light that falls from it
        glow(frame, x0 + (k + 0.5) * (x1 - x0) / 5.0, y + 0.5 * high, 0.16 * (x1 - x0) + 2.0 * high, 0.13, COOL)
    box(frame, x0, y, x1, y + high, 0.45 * high, PADDLE)
    box(frame, x0 + 0.4 * high, y + 0.16 * high, x1 - 0.4 * high, y + 0.42 * high, 0.12 * high, PADDLE_LIGHT)


@kernel
def render_ball(s, frame, top, unit_x, unit_y):
    """The ball, round, with a trail of where it was in the last steps; one to be served shines the more the sooner."""
    count, radius = s.trail.shape[0], HALF_BALL * min(unit_x, unit_y)
    x, y = s.x * unit_x, top + s.y * unit_y
    before_x, before_y = x, y
    for back in range(1, count):
        k = (s.clock - back) & (count - 1)
        now_x, now_y, share = (
            np.float64(s.trail[k, 0]) * unit_x,
            top + np.float64(s.trail[k, 1]) * unit_y,
            1.0 - back / count,
        )
        # Not across the field from where the last ball was lost to where the next one lies.
        if hypotenuse(now_x - before_x, now_y - before_y) > 12.0 * radius:
            break
        for between in range(3):
            part = between / 3.0
            mid_x, mid_y = now_x + part * (before_x - now_x), now_y + part * (before_y - now_y)
            glow(frame, mid_x, mid_y, (0.6 + 0.8 * share) * radius, 0.3 * share, WARM)
        before_x, before_y = now_x, now_y
    near = 1.0 / (1.0 + 0.2 * s.wait)
    glow(frame, x, y, 4.2 * radius, 0.5 * near, WARM)
    disc(frame, x, y, radius, BALL)


@kernel
def render_header(s, frame, top, unit):
    """Score on the left, the wall in the middle, the balls that are left on the right."""
    width = frame.shape[1]
    scale = max(top // 11, 1)
    y = (top - 5 * scale) // 2
    number(frame, text(frame, 3 * scale, y, b"SCORE ", scale, INK_WEAK), y, int(s.totals[POINTS]), scale, INK)
    if s.success:
        text(frame, (width - 31 * scale) // 2, y, b"YOU WIN", scale, WON)
    elif s.left == 0:
        text(frame, (width - 35 * scale) // 2, y, b"GAME OVER", scale, LOST)
    else:
        x = text(frame, (width - 23 * scale) // 2, y, b"WALL ", scale, INK_WEAK)
        number(frame, x, y, min(s.walls + 1, WALLS), scale, INK)
    for k in range(s.left):
        disc(frame, width - (4.0 + 6.0 * k) * scale, 0.5 * top, 2.0 * scale, BALL)
