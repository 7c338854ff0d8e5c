"""Constants of FrozenLake that several of its files use."""

from ..rules_ways import MOVES

LEFT, DOWN, RIGHT, UP = range(MOVES)  # actions, and the ways that they go
ROW_STEP, COLUMN_STEP = (0, 1, 0, -1), (-1, 0, 1, 0)  # tiles, by way

FROZEN, HOLE, GOAL = range(3)  # tiles

ARRIVAL = 0  # the reward's only term
