"""The optimum of CliffWalking, computed when an environment is made: value iteration on firm and on slippery ground.

Imports nothing from `cliff_walking.py`: the movement is written once more here, for the whole meadow at a time.
"""

import numpy as np

WAYS = ((-1, 0), (0, 1), (1, 0), (0, -1))  # rows and columns of up, right, down, left
FALL, STEP = -100.0, -1.0  # rewards


def plan(rows: int, columns: int) -> np.ndarray:
    """(2, rows * columns) int8: the action with the highest return, on firm ground and on slippery."""
    fields = rows * columns
    here_row, here_column = np.divmod(np.arange(fields), columns)
    goes_to, reward = np.zeros((4, fields), int), np.full((4, fields), STEP)
    for way, (down, right) in enumerate(WAYS):
        row, column = np.clip(here_row + down, 0, rows - 1), np.clip(here_column + right, 0, columns - 1)
        falls = (row == rows - 1) & (column > 0) & (column < columns - 1)
        goes_to[way] = np.where(falls, (rows - 1) * columns, row * columns + column)
        reward[way, falls] = FALL
    worth = np.zeros((2, fields))
    while True:
        ahead = reward + worth[:, goes_to]  # (2, 4, fields)
        slippery = (np.roll(ahead[1], 1, axis=0) + ahead[1] + np.roll(ahead[1], -1, axis=0)) / 3.0
        value = np.stack([ahead[0], slippery])
        best = value.max(axis=1)
        best[:, -1] = 0.0  # the goal is the end
        if np.abs(best - worth).max() < 1e-9:
            return value.argmax(axis=1).astype(np.int8)
        worth = best
