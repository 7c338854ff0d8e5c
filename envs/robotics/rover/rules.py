"""The rules of Rover: how an episode starts, how wheels and walkers move, and what a step is worth."""

import math

from ...engine.kernels import gaussian, kernel, uniform, uniform_in
from .constants import (
    COLLISION,
    CRASH,
    EFFORT,
    LEFT,
    PER_EFFORT,
    PER_SECOND,
    PITCH,
    PRIZE,
    PROGRESS,
    REACHED,
    RIGHT,
    TIME,
    TRAIL,
)
from .rules_geometry import clearance, wrapped
from .rules_map import length_of_way, middle_of, sample_crowd, sample_direction, sample_map, start_of_way

COMFORT = 0.3  # m that a walker keeps from the rover


@kernel
def reset(s, world):
    start = sample_map(s)
    s.x, s.y = middle_of(start % PITCH), middle_of(start // PITCH)
    s.heading = uniform_in(s, -math.pi, math.pi)
    s.left = s.right = 0.0
    s.way_left = length_of_way(s, start_of_way(s, s.x, s.y), s.x, s.y)
    sample_crowd(s, s.x, s.y)
    s.trail[0, 0], s.trail[0, 1] = s.x, s.y
    sample_noise(s)


@kernel
def sample_noise(s):
    """Normal numbers for the readings of this step, if any are disturbed."""
    if s.lidar_noise > 0.0 or s.odometry_noise > 0.0 or s.goal_noise > 0.0:
        for k in range(s.noise.shape[0]):
            s.noise[k] = gaussian(s)


@kernel
def drive(s, action):
    """The wheels take up their commands; the rover goes along an arc. Returns whether it drove into something on it.

    What it may have passed at the end of a step that is longer than its radius is looked for in parts of the arc.
    """
    taken = 1.0 - math.exp(-s.time_step / s.motor_lag)  # without lag the quotient is infinite: all of it
    s.left += (action[LEFT] * s.max_speed - s.left) * taken
    s.right += (action[RIGHT] * s.max_speed - s.right) * taken
    left, right = s.left * s.time_step, s.right * s.time_step
    if s.slip > 0.0:
        left *= 1.0 - s.slip * uniform(s)
        right *= 1.0 - s.slip * uniform(s)
    parts = math.ceil(max(0.5 * (abs(left) + abs(right)) / s.radius, 1.0))
    half_turn = 0.5 * (right - left) / s.axle / parts
    # The chord of an arc is its length times sin(a) / a of half the turn; of a straight line, its length.
    square = half_turn * half_turn
    share = math.sin(half_turn) / half_turn if square > 1e-8 else 1.0 - square / 6.0
    chord = 0.5 * (left + right) / parts * share
    for part in range(parts):
        if part > 0 and clearance(s, s.x, s.y, s.pillars + s.walkers) < s.radius:
            return True  # and there it stays
        along = s.heading + half_turn
        s.x += chord * math.cos(along)
        s.y += chord * math.sin(along)
        s.heading = wrapped(along + half_turn)
    return False


@kernel
def walk(s):
    """One step of the crowd, one walker after the other."""
    for walker in range(s.walkers):
        k = s.pillars + walker
        s.disc_r[k] = s.crowd_radius
        way, free = s.crowd_speed * s.time_step, True
        parts = math.ceil(max(way / s.crowd_radius, 1.0))  # nobody walks through what is thinner than a step
        for part in range(parts):
            x = s.disc_x[k] + way * (part + 1) / parts * s.walk_x[walker]
            y = s.disc_y[k] + way * (part + 1) / parts * s.walk_y[walker]
            free &= clearance(s, x, y, s.pillars) >= s.crowd_radius
            free &= not comes_too_near(s, k, x, y, s.x, s.y, s.radius + s.crowd_radius + COMFORT)
            for other in range(s.pillars, s.pillars + s.walkers):
                free &= not comes_too_near(s, k, x, y, s.disc_x[other], s.disc_y[other], 2.0 * s.crowd_radius)
        if free:
            s.disc_x[k], s.disc_y[k] = x, y
        else:
            sample_direction(s, walker)


@kernel
def comes_too_near(s, k, x, y, other_x, other_y, distance):
    """Whether disc ``k``, in going to (x, y), comes nearer to the other place, and within ``distance`` of it."""
    after = (x - other_x) ** 2 + (y - other_y) ** 2
    before = (s.disc_x[k] - other_x) ** 2 + (s.disc_y[k] - other_y) ** 2
    return after < before and after < distance * distance


@kernel
def step(s, action, world, terms):
    touches = drive(s, action)
    walk(s)
    sample_noise(s)
    s.trail[s.clock % TRAIL, 0], s.trail[s.clock % TRAIL, 1] = s.x, s.y
    cell = start_of_way(s, s.x, s.y)
    if cell >= 0:
        way = length_of_way(s, cell, s.x, s.y)
        terms[PROGRESS] = s.way_left - way
        s.way_left = way
    terms[TIME] = PER_SECOND * s.time_step
    mean_square = 0.5 * (action[LEFT] * action[LEFT] + action[RIGHT] * action[RIGHT])
    terms[EFFORT] = PER_EFFORT * s.time_step * mean_square
    collides = touches or clearance(s, s.x, s.y, s.pillars + s.walkers) < s.radius
    dx, dy = s.goal_x - s.x, s.goal_y - s.y
    if collides:
        terms[COLLISION] = CRASH
    elif math.sqrt(dx * dx + dy * dy) <= s.goal_radius:
        terms[REACHED] = PRIZE
        s.success = True
    return collides or s.success
