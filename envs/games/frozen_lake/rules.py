"""The rules of FrozenLake: the maps, slippery steps, and the observation."""

import numpy as np

from ...engine.kernels import kernel, uniform
from ..rules_ways import NOWHERE, slide
from .constants import ARRIVAL, COLUMN_STEP, FROZEN, GOAL, HOLE, ROW_STEP

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
def reset(s, world):
    s.row = s.column = 0
    s.wish = s.way = NOWHERE


@kernel
def step(s, action, world, terms):
    if world.tiles[s.row, s.column] != FROZEN:  # who has arrived, or drowned, stays: only records set by hand get here
        return True
    last = world.tiles.shape[0] - 1
    s.wish = s.way = action
    if s.is_slippery != 0.0:
        side = (1.0 - s.success_rate) / 2.0
        s.way = slide(action, uniform(s), side, side + s.success_rate)
    s.row = min(max(s.row + ROW_STEP[s.way], 0), last)
    s.column = min(max(s.column + COLUMN_STEP[s.way], 0), last)
    tile = world.tiles[s.row, s.column]
    s.success = tile == GOAL
    terms[ARRIVAL] = s.reward_goal if tile == GOAL else s.reward_hole if tile == HOLE else s.reward_frozen
    return tile != FROZEN


@kernel
def observe(s, world, out):
    out[0] = s.row * world.tiles.shape[0] + s.column
