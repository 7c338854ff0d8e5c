"""The rules of Acrobot: how an episode starts, what a step does and what of it is observed."""

import numpy as np

from ...engine.kernels import inlined, kernel, uniform_in
from ...engine.math.sines import sines_and_cosines
from .constants import (
    ANGLE_1,
    ANGLE_2,
    COS_1,
    COS_2,
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
from .rules_motion import pose_of, swing, tip_height


@kernel
def reset(s, world):
    s.angle_1 = np.float32(uniform_in(s, s.start_low, s.start_high))
    s.angle_2 = np.float32(uniform_in(s, s.start_low, s.start_high))
    s.velocity_1 = np.float32(uniform_in(s, s.start_low, s.start_high))
    s.velocity_2 = np.float32(uniform_in(s, s.start_low, s.start_high))
    s.sin_1, s.sin_2, s.cos_1, s.cos_2 = sines_and_cosines(s.angle_1, s.angle_2)
    s.turned = NONE
    leave_trail(s)


@kernel
def leave_trail(s):
    row = s.trail[s.clock % TRAIL]
    row[ANGLE_1], row[ANGLE_2], row[VELOCITY_1], row[VELOCITY_2] = s.angle_1, s.angle_2, s.velocity_1, s.velocity_2


@inlined
def step(s, action, world, terms):
    s.turned = action
    torque = (action - NONE) * s.torque
    if s.torque_noise > 0.0:
        torque += uniform_in(s, -s.torque_noise, s.torque_noise)
    pose = swing(s, pose_of(s), torque)
    s.angle_1, s.angle_2, s.velocity_1, s.velocity_2, s.sin_1, s.sin_2, s.cos_1, s.cos_2 = pose
    leave_trail(s)
    s.success = tip_height(s, pose) > s.goal_height
    terms[TIME] = 0.0 if s.success else -1.0
    return s.success


@kernel
def observe(s, world, out):
    out[COS_1] = s.cos_1
    out[SIN_1] = s.sin_1
    out[COS_2] = s.cos_2
    out[SIN_2] = s.sin_2
    out[SPEED_1] = s.velocity_1
    out[SPEED_2] = s.velocity_2
