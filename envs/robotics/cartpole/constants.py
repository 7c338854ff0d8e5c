"""The constants that several files of CartPole share."""

LEFT, RIGHT = range(2)  # actions
ACTIONS = 2  # how many there are
NO_PUSH = -1  # what was pushed last, before the first step
X, X_DOT, THETA, THETA_DOT = range(4)  # indices of the observation
UPRIGHT = 0  # index of the reward term
