"""The rules of FrozenLake: the maps, slippery steps, and the observation."""

import numpy as np

from ...engine.kernels import kernel, uniform
from .constants import ARRIVAL, COLUMN_STEP, FROZEN, GOAL, HOLE, NONE, ROW_STEP

TILES = ".o*"  # the letters of FROZEN, HOLE and GOAL
MAPS = {
    4: ("....", ".o.o", "...o", "o..*"),
    5: (".....", ".o..o", "...o.", "o....", "..o.*"),
    6: ("......", "..o..o", "......", "o..o..", "....o.", ".o...*"),
    7: (".......", "...o...", ".o....o", "....o..", "..o....", "o...o..", "...o..*"),
    8: ("........", "........", "...o....", ".....o..", "...o....", ".oo...o.", ".o..o.o.", "...o...*"),
}


def make_tiles(size):
    """(size, size) uint8: FROZEN, HOLE or GOAL."""
    return np.array([[TILES.index(letter) for letter in row] for row in MAPS[size]], np.uint8)


@kernel
def slide(action, luck, success_rate):
    """The way of one who wants to go ``action``; ``luck`` is a random number in [0, 1).

    Lots of equal numbers give what Gymnasium's give: first the side before the action in their order, then the action,
    then the side after it.
    """
    side = (1.0 - success_rate) / 2.0
    turn = int(luck >= side) + int(luck >= side + success_rate)  # no branch that no processor can foresee
    return (action + 3 + turn) & 3  # the ways form a circle of four


@kernel
def reset(s, world):
    s.row = s.column = 0
    s.wish = s.way = NONE


@kernel
def step(s, action, world, terms):
    if world.tiles[s.row, s.column] != FROZEN:  # who has arrived, or drowned, stays: only records set by hand get here
        return True
    last = world.tiles.shape[0] - 1
    s.wish = s.way = action
    if s.is_slippery != 0.0:
        s.way = slide(action, uniform(s), s.success_rate)
    s.row = min(max(s.row + ROW_STEP[s.way], 0), last)
    s.column = min(max(s.column + COLUMN_STEP[s.way], 0), last)
    tile = world.tiles[s.row, s.column]
    s.success = tile == GOAL
    terms[ARRIVAL] = s.reward_goal if tile == GOAL else s.reward_hole if tile == HOLE else s.reward_frozen
    return tile != FROZEN


@kernel
def observe(s, world, out):
    out[0] = s.row * world.tiles.shape[0] + s.column
