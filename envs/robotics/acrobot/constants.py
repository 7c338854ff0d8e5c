"""The constants that several files of Acrobot share."""

import math

CLOCKWISE, NONE, COUNTER_CLOCKWISE = range(3)  # actions
ACTIONS = 3  # how many there are
COS_1, SIN_1, COS_2, SIN_2, SPEED_1, SPEED_2 = range(6)  # indices of the observation
ANGLE_1, ANGLE_2, VELOCITY_1, VELOCITY_2 = range(4)  # indices of a row of the trail, and the first ones of a pose
TIME = 0  # index of the reward term
TRAIL = 16  # steps that the trail holds: step n in row n % TRAIL
TURN = 2.0 * math.pi  # rad
