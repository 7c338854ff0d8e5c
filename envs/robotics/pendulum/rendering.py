"""The picture of Pendulum: a dial, the rod on its post, where the bob has just been, and what the motor does."""

import math

from ...engine.drawing import box, disc, fill, line, number, shade, text
from ...engine.kernels import kernel
from .constants import ANGLE_TERM, LARGEST_TORQUE, SPEED_TERM, TORQUE_TERM

WALL_TOP, WALL_LOW = (244, 240, 232), (226, 218, 204)
DIAL, RIM, TICK, GOAL = (252, 250, 245), (206, 196, 180), (178, 168, 152), (108, 176, 116)
POST, POST_DARK = (120, 112, 104), (92, 86, 80)
ROD, ROD_LIGHT, HINGE, PIN = (84, 96, 118), (132, 146, 170), (58, 62, 74), (212, 206, 196)
BOB_LOW, BOB_HALF, BOB_UP, SHINE = (204, 74, 62), (226, 168, 62), (62, 156, 92), (250, 238, 226)
MOTOR, INK = (236, 150, 44), (84, 78, 70)
GHOSTS = 5  # earlier places of the bob


@kernel
def render(s, world, frame):
    height, width = frame.shape[0], frame.shape[1]
    small = min(height, width)
    x, y, thick = 0.5 * width, 0.5 * height, max(small / 120.0, 0.7)
    for row in range(height):
        fill(frame, 0, row, width, row + 1, shade(row / height, WALL_TOP, WALL_LOW))
    render_dial(frame, x, y, 0.44 * small, thick)
    box(frame, x - 2.2 * thick, y, x + 2.2 * thick, height + thick, 0.0, POST)
    box(frame, x + 0.6 * thick, y, x + 2.2 * thick, height + thick, 0.0, POST_DARK)

    reach = 0.44 * small * s.length / (s.length + 0.3)  # a longer rod looks longer, and always fits
    radius = 0.058 * small * min(max(s.mass, 0.05), 8.0) ** (1.0 / 3.0)
    upright = min(max(0.5 + 0.5 * s.cosine, 0.0), 1.0)
    bob = shade(2.0 * upright, BOB_LOW, BOB_HALF) if upright < 0.5 else shade(2.0 * upright - 1.0, BOB_HALF, BOB_UP)
    for k in range(GHOSTS, 0, -1):
        angle = s.theta - 0.6 * k * s.time_step * s.theta_dot
        share = k / (GHOSTS + 1.0)
        disc(
            frame,
            x - reach * math.sin(angle),
            y - reach * math.cos(angle),
            radius * (1.0 - 0.5 * share),
            shade(0.55 + 0.45 * share, bob, DIAL),
        )
    end_x, end_y = x - reach * s.sine, y - reach * s.cosine
    line(frame, x, y, end_x, end_y, 4.6 * thick, ROD)
    line(frame, x, y, end_x, end_y, 1.6 * thick, ROD_LIGHT)
    if s.torque != 0.0:
        render_torque(frame, x, y, 0.15 * small, s.torque / LARGEST_TORQUE, 1.7 * thick)
    disc(frame, end_x, end_y, radius, bob)
    disc(frame, end_x - 0.3 * radius, end_y - 0.34 * radius, 0.26 * radius, shade(0.6, bob, SHINE))
    disc(frame, x, y, 5.0 * thick, HINGE)
    disc(frame, x, y, 1.8 * thick, PIN)
    if small >= 200:
        scale = max(small // 160, 2)
        number(frame, text(frame, 4 * scale, 4 * scale, b"STEP ", scale, INK), 4 * scale, s.clock, scale, INK)
        cost = int(-(s.totals[ANGLE_TERM] + s.totals[SPEED_TERM] + s.totals[TORQUE_TERM]) + 0.5)
        left = width - 40 * scale
        number(frame, text(frame, left, 4 * scale, b"COST ", scale, INK), 4 * scale, cost, scale, INK)


@kernel
def render_dial(frame, x, y, radius, thick):
    """A face with a mark every 30 degrees, and the goal marked in green at the top."""
    disc(frame, x, y, radius + 1.2 * thick, RIM)
    disc(frame, x, y, radius, DIAL)
    for mark in range(12):
        sin, cos = math.sin(mark * math.pi / 6.0), math.cos(mark * math.pi / 6.0)
        inner = radius - (7.0 if mark % 3 == 0 else 4.0) * thick
        outer = radius - 2.0 * thick
        line(frame, x + inner * sin, y - inner * cos, x + outer * sin, y - outer * cos, 0.9 * thick, TICK)
    render_arc(frame, x, y, radius - 2.0 * thick, -0.2, 0.2, 2.4 * thick, GOAL)


@kernel
def render_arc(frame, x, y, radius, start, end, width, color):
    """An arc between two angles in rad, counter-clockwise from the top."""
    pieces = max(int(abs(end - start) / 0.08), 1)
    for piece in range(pieces):
        a = start + (end - start) * piece / pieces
        b = start + (end - start) * (piece + 1) / pieces
        line(
            frame,
            x - radius * math.sin(a),
            y - radius * math.cos(a),
            x - radius * math.sin(b),
            y - radius * math.cos(b),
            width,
            color,
        )


@kernel
def render_torque(frame, x, y, radius, share, width):
    """An arrow round the hinge from the top on: ``share`` -1 … 1 of the longest, positive counter-clockwise."""
    tip = 2.2 * share
    render_arc(frame, x, y, radius, 0.0, tip, width, MOTOR)
    way = 1.0 if share > 0.0 else -1.0
    barb = min(0.3 * radius, 0.8 * abs(tip) * radius)
    tip_x, tip_y = x - radius * math.sin(tip), y - radius * math.cos(tip)
    ahead_x, ahead_y = -way * math.cos(tip), way * math.sin(tip)  # along the arc
    for side in (-1.0, 1.0):
        out_x, out_y = -side * math.sin(tip), -side * math.cos(tip)
        back_x, back_y = tip_x + barb * (out_x - ahead_x) * 0.75, tip_y + barb * (out_y - ahead_y) * 0.75
        line(frame, back_x, back_y, tip_x, tip_y, width, MOTOR)
