"""The rules of CliffWalking: steps on firm and on slippery ground, falls, and the observation."""

from ...engine.kernels import kernel, uniform
from .constants import COLUMN_STEP, COLUMNS, FALL, FALL_REWARD, LAST_COLUMN, LAST_ROW, NONE, ROW_STEP, STEP_REWARD, TIME


@kernel
def slide(action, luck):
    """The way of one who wants to go ``action`` on slippery ground; ``luck`` is a random number in [0, 1).

    Lots of equal numbers give what Gymnasium's give: the side before the action in their order, the action, the other.
    """
    turn = int(luck >= 1.0 / 3.0) + int(luck >= 2.0 / 3.0)  # no branch that no processor can foresee
    return (action + 3 + turn) & 3  # the ways form a circle of four


@kernel
def reset(s, world):
    s.row, s.column = LAST_ROW, 0
    s.wish = s.way = s.fell = NONE
    s.falls = 0


@kernel
def step(s, action, world, terms):
    s.wish = s.way = action
    s.fell = NONE
    if s.is_slippery != 0.0:
        s.way = slide(action, uniform(s))
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
