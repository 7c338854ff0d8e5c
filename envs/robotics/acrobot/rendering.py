"""The picture of Acrobot: a gymnast at dusk, the way of the free end behind it, and the line that it must pass."""

import math

import numpy as np

from ...engine.drawing import disc, fill, line, number, shade, text
from ...engine.kernels import kernel
from .constants import ANGLE_1, ANGLE_2, NONE, TRAIL, TURN, VELOCITY_1, VELOCITY_2

PIECES = 8  # of the trail's curve between two steps
SKY_TOP, SKY_LOW = (52, 66, 118), (232, 170, 146)
RING, STAND = (150, 148, 178), (44, 46, 70)
GOAL, GOAL_SOLVED = (255, 214, 92), (130, 240, 160)
UPPER, UPPER_EDGE = (238, 242, 250), (96, 108, 150)
LOWER, LOWER_EDGE = (255, 138, 92), (168, 66, 56)
JOINT, HUB, TIP, TORQUE, INK = (40, 42, 66), (250, 236, 200), (255, 246, 214), (120, 236, 255), (226, 232, 250)


@kernel
def sky(frame, y):
    """The background's colour in row ``y``."""
    return shade(min(max(y / frame.shape[0], 0.0), 1.0), SKY_TOP, SKY_LOW)


@kernel
def scales(s, frame):
    """(x, y) of the hinge in pixels, and pixels per metre: all that the links can reach is in view."""
    height, width = frame.shape[0], frame.shape[1]
    return 0.5 * width, 0.5 * height, 0.5 * min(height, width) / (1.1 * (s.link_length_1 + s.link_length_2))


@kernel
def joints(s, frame, angle_1, angle_2):
    """(x, y, x, y) of the waist and of the free end, pixels."""
    hinge_x, hinge_y, unit = scales(s, frame)
    x, y = hinge_x + unit * s.link_length_1 * math.sin(angle_1), hinge_y + unit * s.link_length_1 * math.cos(angle_1)
    both = angle_1 + angle_2
    return x, y, x + unit * s.link_length_2 * math.sin(both), y + unit * s.link_length_2 * math.cos(both)


@kernel
def between(start, start_velocity, end, end_velocity, time, share):
    """The angle after ``share`` of a step: the cubic curve through both ends with their velocities.

    Angles are wrapped; how often the joint turned on the way follows from its velocities.
    """
    way = end - start
    way += TURN * math.floor((0.5 * time * (start_velocity + end_velocity) - way) / TURN + 0.5)
    rest = 1.0 - share
    bent = share * rest * (rest * (time * start_velocity - way) - share * (time * end_velocity - way))
    return start + share * way + bent


@kernel
def render(s, world, frame):
    height, width = frame.shape[0], frame.shape[1]
    for y in range(height):
        fill(frame, 0, y, width, y + 1, sky(frame, y))
    hinge_x, hinge_y = scales(s, frame)[:2]
    thick = max(min(height, width) / 100.0, 0.9)
    render_reach(s, frame, thick)
    render_goal(s, frame, thick)
    render_trail(s, frame, thick)

    waist_x, waist_y, tip_x, tip_y = joints(s, frame, s.angle_1, s.angle_2)
    line(frame, hinge_x, hinge_y, waist_x, waist_y, 5.6 * thick, UPPER_EDGE)
    line(frame, hinge_x, hinge_y, waist_x, waist_y, 4.0 * thick, UPPER)
    line(frame, waist_x, waist_y, tip_x, tip_y, 5.0 * thick, LOWER_EDGE)
    line(frame, waist_x, waist_y, tip_x, tip_y, 3.5 * thick, LOWER)
    disc(frame, hinge_x, hinge_y, 3.8 * thick, STAND)
    disc(frame, hinge_x, hinge_y, 1.7 * thick, HUB)
    disc(frame, waist_x, waist_y, 3.2 * thick, JOINT)
    turned = s.turned - NONE if s.torque >= 0.0 else NONE - s.turned
    disc(frame, waist_x, waist_y, 1.5 * thick, HUB if turned == 0 else TORQUE)
    disc(frame, tip_x, tip_y, 3.0 * thick, GOAL_SOLVED if s.success else TIP)
    if turned != 0 and thick > 1.5:
        render_torque(frame, waist_x, waist_y, turned, s.angle_1 + s.angle_2, thick)
    if height >= 200:
        scale = max(height // 150, 2)
        number(frame, text(frame, 4 * scale, 4 * scale, b"STEP ", scale, INK), 4 * scale, s.clock, scale, INK)


@kernel
def render_reach(s, frame, thick):
    """Dots on the circle that the stretched links reach, and the stand of the hinge."""
    hinge_x, hinge_y, unit = scales(s, frame)
    reach = unit * (s.link_length_1 + s.link_length_2)
    for k in range(72):
        x, y = hinge_x + reach * math.sin(k * TURN / 72), hinge_y + reach * math.cos(k * TURN / 72)
        disc(frame, x, y, 0.35 * thick, shade(0.5, sky(frame, y), RING))


@kernel
def render_goal(s, frame, thick):
    """A dashed line at the height that the free end must pass; a whole one when it has."""
    hinge_y, unit = scales(s, frame)[1:]
    width, y = frame.shape[1], hinge_y - unit * s.goal_height
    if s.success:
        line(frame, 0.0, y, width, y, 1.4 * thick, GOAL_SOLVED)
        return
    dashes = 16
    for k in range(dashes):
        x = (k + 0.5) * width / dashes
        line(frame, x - 0.25 * width / dashes, y, x + 0.25 * width / dashes, y, thick, GOAL)


@kernel
def pose(s, back):
    """Angles and velocities ``back`` steps ago; not as float32, with which Python would go on computing."""
    row = s.trail[(s.clock - back) % TRAIL]
    return np.float64(row[0]), np.float64(row[1]), np.float64(row[2]), np.float64(row[3])


@kernel
def render_trail(s, frame, thick):
    """Where the free end was in the last steps, fading, and two former poses as shadows."""
    length = min(s.clock, TRAIL - 1)
    hinge_x, hinge_y = scales(s, frame)[:2]
    for back in (4, 2):
        if back <= length:
            then = pose(s, back)
            waist_x, waist_y, x, y = joints(s, frame, then[ANGLE_1], then[ANGLE_2])
            share = 0.34 - 0.06 * back
            color = shade(share, sky(frame, 0.5 * (hinge_y + waist_y)), UPPER)
            line(frame, hinge_x, hinge_y, waist_x, waist_y, 4.0 * thick, color)
            color = shade(share, sky(frame, 0.5 * (waist_y + y)), LOWER)
            line(frame, waist_x, waist_y, x, y, 3.5 * thick, color)
    for back in range(length, 0, -1):
        start, end = pose(s, back), pose(s, back - 1)
        old_x, old_y = joints(s, frame, start[ANGLE_1], start[ANGLE_2])[2:]
        for piece in range(1, PIECES + 1):
            share = piece / PIECES
            angle_1 = between(start[ANGLE_1], start[VELOCITY_1], end[ANGLE_1], end[VELOCITY_1], s.time_step, share)
            angle_2 = between(start[ANGLE_2], start[VELOCITY_2], end[ANGLE_2], end[VELOCITY_2], s.time_step, share)
            x, y = joints(s, frame, angle_1, angle_2)[2:]
            age = (back - share) / TRAIL  # 0 now, 1 where the trail ends
            color = shade((1.0 - age) * (1.0 - age), sky(frame, y), TIP)
            line(frame, old_x, old_y, x, y, (1.8 - 1.3 * age) * thick, color)
            old_x, old_y = x, y


@kernel
def render_torque(frame, x, y, turned, angle, thick):
    """A bent arrow round the waist, open towards the lower link; ``turned``: 1 counter-clockwise, -1 clockwise."""
    radius, first = 6.5 * thick, angle + math.pi - 1.3 * turned
    old_x, old_y = x + radius * math.sin(first), y + radius * math.cos(first)
    for k in range(1, 13):
        at = first + 2.6 * turned * k / 12
        new_x, new_y = x + radius * math.sin(at), y + radius * math.cos(at)
        line(frame, old_x, old_y, new_x, new_y, 1.1 * thick, TORQUE)
        old_x, old_y = new_x, new_y
    for side in (-1.0, 1.0):
        back = first + 2.6 * turned - 0.42 * turned
        barb = radius + side * 2.4 * thick
        line(frame, x + barb * math.sin(back), y + barb * math.cos(back), old_x, old_y, 1.1 * thick, TORQUE)
