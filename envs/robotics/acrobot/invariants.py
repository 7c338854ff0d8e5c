"""The invariants of Acrobot: what holds after every reset and step, whatever the parameters and actions."""

import math

import numpy as np

from ...engine.kernels import kernel
from ...engine.simulation import Shown
from .constants import (
    ANGLE_1,
    ANGLE_2,
    CLOCKWISE,
    COS_1,
    COS_2,
    COUNTER_CLOCKWISE,
    NONE,
    SIN_1,
    SIN_2,
    SPEED_1,
    SPEED_2,
    TIME,
    TRAIL,
    VELOCITY_1,
    VELOCITY_2,
)
from .rules_motion import pose_of, tip_height

TOLERANCE = 1e-15  # by which a sine or cosine may be off

INVARIANTS = (
    "the state is finite",
    "both angles are in -pi … pi after a step",
    "both angular velocities are within their limits after a step",
    f"sines and cosines are those of the angles, within {TOLERANCE:g}",
    "the episode goes on if and only if the free end is not above its goal, or the time is up",
    "the sum of `time` is minus the clock, and 1 more where the goal was reached",
    "the last torque is an action, and none before the first",
    "the trail ends with the state",
    Shown("the observation is the state"),
)


@kernel
def invariant(s, world, shown, legal):
    fast = max(abs(s.velocity_1), abs(s.velocity_2))
    if not (math.isfinite(s.angle_1) and math.isfinite(s.angle_2) and math.isfinite(fast)):
        return 1
    if s.clock > 0:  # the first state may lie beyond the limits, if the parameters say so
        if max(abs(s.angle_1), abs(s.angle_2)) > math.pi:
            return 2
        if abs(s.velocity_1) > s.max_velocity_1 or abs(s.velocity_2) > s.max_velocity_2:
            return 3
    if max(abs(s.sin_1 - math.sin(s.angle_1)), abs(s.cos_1 - math.cos(s.angle_1))) > TOLERANCE:
        return 4
    if max(abs(s.sin_2 - math.sin(s.angle_2)), abs(s.cos_2 - math.cos(s.angle_2))) > TOLERANCE:
        return 4
    solved = s.clock > 0 and tip_height(s, pose_of(s)) > s.goal_height
    if solved != s.success or (solved and not s.pending):
        return 5
    if s.totals[TIME] != (1.0 if solved else 0.0) - s.clock:
        return 6
    if not CLOCKWISE <= s.turned <= COUNTER_CLOCKWISE or (s.clock == 0 and s.turned != NONE):
        return 7
    row = s.trail[s.clock % TRAIL]
    if row[ANGLE_1] != np.float32(s.angle_1) or row[ANGLE_2] != np.float32(s.angle_2):
        return 8
    if row[VELOCITY_1] != np.float32(s.velocity_1) or row[VELOCITY_2] != np.float32(s.velocity_2):
        return 8
    if shown[COS_1] != np.float32(s.cos_1) or shown[SIN_1] != np.float32(s.sin_1):
        return 9
    if shown[COS_2] != np.float32(s.cos_2) or shown[SIN_2] != np.float32(s.sin_2):
        return 9
    if shown[SPEED_1] != np.float32(s.velocity_1) or shown[SPEED_2] != np.float32(s.velocity_2):
        return 9
    return 0
