"""The constants that several files of Pendulum share."""

import math

COSINE, SINE, SPEED = range(3)  # indices of the observation
ANGLE_TERM, SPEED_TERM, TORQUE_TERM = range(3)  # indices of the reward terms
LARGEST_TORQUE = 2.0  # N·m, either way: the ends of the action space
TURN = 2.0 * math.pi  # rad
