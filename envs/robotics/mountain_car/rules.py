"""The rules of MountainCar: how an episode starts, what a step does and what of it is observed."""

import math

from ...engine.kernels import kernel, uniform_in
from .constants import POSITION, ROLL, TIME, VELOCITY


@kernel
def reset(s, world):
    s.position = uniform_in(s, s.start_low, s.start_high)
    s.velocity = 0.0
    s.pushed = ROLL


@kernel
def move(s, position, velocity, push):
    """(position, velocity) one step later; ``push`` is -1, 0 or 1 times the force."""
    pull = math.cos(s.frequency * position) * -s.gravity
    velocity = min(max(velocity + (push * s.force + pull), -s.max_speed), s.max_speed)
    position = min(max(position + velocity, s.min_position), s.max_position)
    if position == s.min_position and velocity < 0.0:
        velocity = 0.0
    return position, velocity


@kernel
def is_solved(s, position, velocity):
    return position >= s.goal_position and velocity >= s.goal_velocity


@kernel
def step(s, action, world, terms):
    s.pushed = action
    s.position, s.velocity = move(s, s.position, s.velocity, action - ROLL)
    s.success = is_solved(s, s.position, s.velocity)
    terms[TIME] = -1.0
    return s.success


@kernel
def observe(s, world, out):
    out[POSITION] = s.position
    out[VELOCITY] = s.velocity
