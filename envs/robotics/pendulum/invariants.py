"""The invariants of Pendulum: what holds after every reset and step, whatever the parameters and actions."""

import math

import numpy as np

from ...engine.kernels import kernel
from ...engine.simulation import Shown
from .constants import ANGLE_TERM, COSINE, SINE, SPEED, SPEED_TERM, TORQUE_TERM

INVARIANTS = (
    "the state is finite",
    "the angular velocity is within its limit after a step",
    "the torque is within its limit, and 0 before the first step",
    "sine and cosine are those of the angle",
    "no term's sum is positive",
    Shown("the observation is the state"),
)


@kernel
def invariant(s, world, shown, legal):
    if not (math.isfinite(s.theta) and math.isfinite(s.theta_dot)):
        return 1
    if s.clock > 0 and abs(s.theta_dot) > s.max_speed:
        return 2
    if abs(s.torque) > (np.float32(s.max_torque) if s.clock > 0 else 0.0):
        return 3
    if s.sine != math.sin(s.theta) or s.cosine != np.float32(math.cos(s.theta)):
        return 4
    if max(s.totals[ANGLE_TERM], s.totals[SPEED_TERM], s.totals[TORQUE_TERM]) > 0.0:
        return 5
    if shown[COSINE] != s.cosine or shown[SINE] != np.float32(s.sine):
        return 6
    if shown[SPEED] != np.float32(s.theta_dot):
        return 6
    return 0
