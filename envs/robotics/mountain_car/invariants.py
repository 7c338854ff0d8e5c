"""The invariants of MountainCar: what holds after every reset and step, whatever the parameters and actions."""

import math

import numpy as np

from ...engine.kernels import kernel
from ...engine.simulation import Shown
from .constants import LEFT, POSITION, RIGHT, ROLL, TIME, VELOCITY

INVARIANTS = (
    "the state is finite",
    "the car is within the world's ends, and no faster than the limit, after a step",
    "a car at the wall does not move into it after a step",
    "the episode goes on if and only if the flag is not reached, or the time is up",
    "the sum of `time` is minus the clock",
    "the last push is an action, and none before the first",
    Shown("the observation is the state"),
)


@kernel
def invariant(s, world, shown, legal):
    if not (math.isfinite(s.position) and math.isfinite(s.velocity)):
        return 1
    if s.clock > 0:  # the first state may lie anywhere, if the parameters say so
        # The left end comes first: parameters may put it to the right of the right one.
        if not min(s.min_position, s.max_position) <= s.position <= s.max_position or abs(s.velocity) > s.max_speed:
            return 2
        if s.position == s.min_position and s.velocity < 0.0:
            return 3
        solved = s.position >= s.goal_position and s.velocity >= s.goal_velocity
        if solved != s.success or (solved and not s.pending):
            return 4
    if s.totals[TIME] != -s.clock:
        return 5
    if not LEFT <= s.pushed <= RIGHT or (s.clock == 0 and s.pushed != ROLL):
        return 6
    if shown[POSITION] != np.float32(s.position) or shown[VELOCITY] != np.float32(s.velocity):
        return 7
    return 0
