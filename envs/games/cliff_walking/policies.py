"""The optimum of CliffWalking, by value iteration on firm and on slippery ground."""

import functools
from typing import NamedTuple

import numpy as np

from ...engine.kernels import kernel
from .constants import COLUMN_STEP, COLUMNS, FALL_REWARD, LAST_COLUMN, LAST_ROW, MOVES, ROW_STEP, ROWS, STEP_REWARD


class World(NamedTuple):
    policy: np.ndarray  # (2, fields) int8, the best action on firm and on slippery ground


@functools.cache
def make_world():
    """The policy by value iteration, that is until no value of a field changes any more."""
    fields = ROWS * COLUMNS
    here_row, here_column = np.divmod(np.arange(fields), COLUMNS)
    goes_to, reward = np.zeros((MOVES, fields), int), np.full((MOVES, fields), STEP_REWARD)
    for way in range(MOVES):
        row = np.clip(here_row + ROW_STEP[way], 0, LAST_ROW)
        column = np.clip(here_column + COLUMN_STEP[way], 0, LAST_COLUMN)
        falls = (row == LAST_ROW) & (column > 0) & (column < LAST_COLUMN)
        goes_to[way] = np.where(falls, LAST_ROW * COLUMNS, row * COLUMNS + column)
        reward[way, falls] = FALL_REWARD
    worth = np.zeros((2, fields))
    while True:
        ahead = reward + worth[:, goes_to]  # (2, MOVES, fields)
        slippery = (np.roll(ahead[1], 1, axis=0) + ahead[1] + np.roll(ahead[1], -1, axis=0)) / 3.0
        value = np.stack([ahead[0], slippery])
        best = value.max(axis=1)
        best[:, -1] = 0.0  # the goal is the end
        if np.abs(best - worth).max() < 1e-9:
            return World(value.argmax(axis=1).astype(np.int8))
        worth = best


@kernel
def heuristic(s, world, out):
    """The best action on the ground that there is."""
    out[0] = world.policy[1 if s.is_slippery != 0.0 else 0, s.row * COLUMNS + s.column]
