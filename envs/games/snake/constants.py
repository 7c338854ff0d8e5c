"""Constants of Snake that several of its files use."""

MOVES = 4
UP, RIGHT, DOWN, LEFT = range(MOVES)  # actions
ROW_STEP, COLUMN_STEP = (-1, 0, 1, 0), (0, 1, 0, -1)  # cells, by action
NONE = -1  # the heading before the first action

NOWHERE = -1  # in the place of a cell's number: where the fruit is on a full board, and where a street ends

PLANES = 5  # of the observation
BODY, HEAD, TAIL, FRUIT, AGE = range(PLANES)
MAX_AGE = 255  # steps, what the age plane saturates at

FRUIT_EATEN = 0  # the reward's only term
