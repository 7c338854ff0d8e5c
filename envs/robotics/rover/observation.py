"""The observation of Rover: what its lidar measures, where the goal lies, and how fast the wheels turn."""

import math
from typing import NamedTuple

import numpy as np

from ...engine.kernels import kernel
from .constants import (
    AHEAD_NOISE,
    ARENA,
    ASIDE_NOISE,
    BEAMS,
    COS,
    GOAL,
    LEFT_NOISE,
    LEFT_SPEED,
    RIGHT_NOISE,
    RIGHT_SPEED,
    SIN,
)

FARTHEST = math.sqrt(2.0) * ARENA  # m, what the goal's distance is divided by
FLAT = 1e-12  # a beam nearer than this to an axis is taken for one that crosses it as slowly


class World(NamedTuple):
    """The lidar's beams as unit vectors, the rover looking along x."""

    cos: np.ndarray  # (BEAMS,) beam k points k * 360° / BEAMS to the left of ahead
    sin: np.ndarray  # (BEAMS,)


def make_world(**sizes: int) -> World:
    angles = 2.0 * np.pi * np.arange(BEAMS) / BEAMS
    return World(np.cos(angles), np.sin(angles))


@kernel
def scan(s, world):
    """Write the distance to the first obstacle along each beam into ``s.ranges``: 0 … lidar_range, 0 inside of one.

    Obstacles outside, beams inside, no branches: the inner loops become vector code. Returns cosine and sine of the
    heading, which the caller needs, too.
    """
    x, y = s.x, s.y
    # Beyond the outer wall, where a quick rover may end, it is dark, as in any other obstacle.
    limit = s.lidar_range if min(min(x, ARENA - x), min(y, ARENA - y)) > 0.0 else 0.0
    cos, sin = math.cos(s.heading), math.sin(s.heading)
    beam_x, beam_y, slope_x, slope_y, ranges = s.beam_x, s.beam_y, s.slope_x, s.slope_y, s.ranges
    for k in range(BEAMS):
        along = cos * world.cos[k] - sin * world.sin[k]
        across = sin * world.cos[k] + cos * world.sin[k]
        beam_x[k], beam_y[k] = along, across
        # How far the beam goes per metre of x and of y; finite, or 0 * inf would be no number.
        slope_x[k] = 1.0 / (along if abs(along) > FLAT else FLAT)
        slope_y[k] = 1.0 / (across if abs(across) > FLAT else FLAT)
        to_x = max(-x * slope_x[k], (ARENA - x) * slope_x[k])
        to_y = max(-y * slope_y[k], (ARENA - y) * slope_y[k])
        ranges[k] = max(min(min(to_x, to_y), limit), 0.0)
    for b in range(s.boxes):
        x0, x1, y0, y1 = s.box_x0[b] - x, s.box_x1[b] - x, s.box_y0[b] - y, s.box_y1[b] - y
        dx, dy = max(x0, -x1, 0.0), max(y0, -y1, 0.0)
        if dx * dx + dy * dy > limit * limit:
            continue
        for k in range(BEAMS):
            # The beam is between the box's sides in x from one of these distances to the other, and so in y.
            left, right = x0 * slope_x[k], x1 * slope_x[k]
            low, high = y0 * slope_y[k], y1 * slope_y[k]
            enters = max(max(min(left, right), min(low, high)), 0.0)
            leaves = min(max(left, right), max(low, high))
            ranges[k] = min(ranges[k], enters if enters <= leaves else limit)
    for d in range(s.pillars + s.walkers):
        dx, dy, radius = s.disc_x[d] - x, s.disc_y[d] - y, s.disc_r[d]
        if dx * dx + dy * dy > (limit + radius) * (limit + radius):
            continue
        for k in range(BEAMS):
            foot = dx * beam_x[k] + dy * beam_y[k]  # how far along the beam it is nearest to the disc's middle
            aside = dx * beam_y[k] - dy * beam_x[k]
            squared = radius * radius - aside * aside
            half = math.sqrt(max(squared, 0.0))
            hits = (squared >= 0.0) & (foot + half >= 0.0)
            ranges[k] = min(ranges[k], max(foot - half, 0.0) if hits else limit)
    return cos, sin


@kernel
def clip(value, low, high):
    return min(max(value, low), high)


@kernel
def observe(s, world, out):
    cos, sin = scan(s, world)
    for k in range(BEAMS):
        out[k] = clip((s.ranges[k] + s.lidar_noise * s.noise[k]) / s.lidar_range, 0.0, 1.0)
    dx, dy = s.goal_x - s.x, s.goal_y - s.y
    ahead = cos * dx + sin * dy + s.goal_noise * s.noise[AHEAD_NOISE]
    aside = cos * dy - sin * dx + s.goal_noise * s.noise[ASIDE_NOISE]
    distance = math.sqrt(ahead * ahead + aside * aside)
    out[GOAL] = clip(distance / FARTHEST, 0.0, 1.0)
    out[SIN] = aside / distance if distance > 0.0 else 0.0
    out[COS] = ahead / distance if distance > 0.0 else 1.0
    out[LEFT_SPEED] = clip((s.left + s.odometry_noise * s.noise[LEFT_NOISE]) / s.max_speed, -1.0, 1.0)
    out[RIGHT_SPEED] = clip((s.right + s.odometry_noise * s.noise[RIGHT_NOISE]) / s.max_speed, -1.0, 1.0)
