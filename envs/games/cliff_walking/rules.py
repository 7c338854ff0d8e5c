"""The rules of CliffWalking: steps on firm and on slippery ground, falls, and the observation."""

from ...engine.kernels import kernel, uniform
from ..rules_ways import NOWHERE, slide
from .constants import (
    COLUMN_STEP,
    COLUMNS,
    FALL,
    FALL_REWARD,
    LAST_COLUMN,
    LAST_ROW,
    NO_FALL,
    ROW_STEP,
    STEP_REWARD,
    TIME,
)


@kernel
def reset(s, world):
    s.row, s.column = LAST_ROW, 0
    s.wish = s.way = NOWHERE
    s.fell = NO_FALL
    s.falls = 0


@kernel
def step(s, action, world, terms):
    s.wish = s.way = action
    s.fell = NO_FALL
    if s.is_slippery != 0.0:
        s.way = slide(action, uniform(s), 1.0 / 3.0, 2.0 / 3.0)
    s.row = min(max(s.row + ROW_STEP[s.way], 0), LAST_ROW)
    s.column = min(max(s.column + COLUMN_STEP[s.way], 0), LAST_COLUMN)
    if s.row == LAST_ROW and 0 < s.column < LAST_COLUMN:
        s.fell = s.column
        s.falls += 1
        s.column = 0
        terms[FALL] = FALL_REWARD
        return False
    terms[TIME] = STEP_REWARD
    s.success = s.row == LAST_ROW and s.column == LAST_COLUMN
    return s.success


@kernel
def observe(s, world, out):
    out[0] = s.row * COLUMNS + s.column
