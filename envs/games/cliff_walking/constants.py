"""Constants of CliffWalking that several of its files use."""

from ..rules_ways import MOVES

UP, RIGHT, DOWN, LEFT = range(MOVES)  # actions, and the ways that they go
ROW_STEP, COLUMN_STEP = (-1, 0, 1, 0), (0, 1, 0, -1)  # fields, by way
NO_FALL = -1  # the column where nobody fell

ROWS, COLUMNS = 4, 12  # of fields
LAST_ROW, LAST_COLUMN = ROWS - 1, COLUMNS - 1  # the start is in the first column of the last row, the goal in its last

TIME, FALL = range(2)  # the reward's terms
STEP_REWARD, FALL_REWARD = -1.0, -100.0
