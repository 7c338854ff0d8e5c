"""The constants that several files of MountainCar share."""

LEFT, ROLL, RIGHT = range(3)  # actions
ACTIONS = 3  # how many there are
POSITION, VELOCITY = range(2)  # indices of the observation
TIME = 0  # index of the reward term
