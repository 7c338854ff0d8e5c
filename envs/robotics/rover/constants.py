"""The constants that several files of Rover share."""

# Actions, observation, reward
LEFT, RIGHT = range(2)  # components of the action
BEAMS = 32  # of the lidar, and the first indices of the observation and of the noise
GOAL, SIN, COS, LEFT_SPEED, RIGHT_SPEED = range(BEAMS, BEAMS + 5)  # the other indices of the observation
OBSERVED = BEAMS + 5  # numbers in an observation
AHEAD_NOISE, ASIDE_NOISE, LEFT_NOISE, RIGHT_NOISE = range(BEAMS, BEAMS + 4)  # the other indices of the noise
NOISES = BEAMS + 4  # numbers in the noise of a step
PROGRESS, REACHED, COLLISION, TIME, EFFORT = range(5)  # indices of the reward terms
PRIZE, CRASH = 10.0, -10.0  # rewards for coming to the goal and for a collision
PER_SECOND, PER_EFFORT = -0.1, -0.05  # rewards per second, and per second at full effort

# Motion
LONGEST_STEP = 0.2  # s
FASTEST_WHEEL = 2.0  # m/s that a wheel can ever turn
TRAIL = 256  # steps for which the rover's place is kept: step n in row n % TRAIL

# The floor
ARENA = 10.0  # m, side of the square
WALLS = 7  # boxes that part the floor into four rooms: three of the long wall, two of each short one

# The grid on which the way is searched
CELL, GRID = 0.25, 40  # m; rows and columns
PITCH = GRID + 2  # the grid has a rim of blocked cells, so that every cell of the floor has eight neighbours
CELLS = PITCH * PITCH
STEPS = (-PITCH, 1, PITCH, -1)  # to the neighbours of a cell that share a side with it, in turn round it
SIDES = 4  # how many these are
STRAIGHT, DIAGONAL = 5, 7  # lengths of the grid's steps in fifths of a cell: 7 / 5 for the square root of 2
BLOCKED, UNREACHED = 65535, 65534  # cells too near an obstacle, free cells without a way to the goal
