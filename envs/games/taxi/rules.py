"""The rules of Taxi: the map, moves in dry and in rainy weather, rides; the observation and the mask."""

import numpy as np

from ...engine.kernels import below, kernel, uniform
from .constants import (
    CHANGED,
    COLUMN_STEP,
    DELIVERY,
    DELIVERY_REWARD,
    DROP_OFF,
    EAST,
    FAULT,
    FAULT_REWARD,
    FAULTED,
    IN_TAXI,
    LEFT_OF,
    MOVES,
    NO_STAND,
    NORTH,
    PICK_UP,
    QUIET,
    RIGHT_OF,
    ROW_STEP,
    SIZE,
    SOUTH,
    STAND_COLUMN,
    STAND_ROW,
    STANDS,
    STEP_REWARD,
    TIME,
    WALL_COLUMN,
    WALL_ROW,
    WEST,
)


def make_walls():
    """(SIZE, SIZE + 1) bool: whether there is a wall to the west of a crossing; the last column is the border."""
    walls = np.zeros((SIZE, SIZE + 1), bool)
    walls[WALL_ROW, WALL_COLUMN] = walls[:, [0, SIZE]] = True
    return walls


def make_open(walls):
    """(cells, MOVES) uint8: 1 where a move is not stopped by a wall or the border."""
    free = np.zeros((SIZE, SIZE, MOVES), np.uint8)
    free[:-1, :, SOUTH] = free[1:, :, NORTH] = 1
    free[:, :, EAST], free[:, :, WEST] = ~walls[:, 1:], ~walls[:, :-1]
    return free.reshape(-1, MOVES)


def make_stands():
    """(cells,) int8: the stand at a crossing, or NO_STAND."""
    stands = np.full((SIZE, SIZE), NO_STAND, np.int8)
    stands[STAND_ROW, STAND_COLUMN] = range(STANDS)
    return stands.ravel()


@kernel
def is_walled(row, column):
    """Whether there is a wall to the west of a crossing."""
    found = False
    for k in range(len(WALL_ROW)):
        found |= WALL_ROW[k] == row and WALL_COLUMN[k] == column
    return found


@kernel
def drift(action, luck, probability):
    """The direction of a move in the rain; ``luck`` is a random number in [0, 1).

    Lots of equal numbers give what Gymnasium's give: first the direction, then its left, then its right.
    """
    if luck < probability:
        return action
    return LEFT_OF[action] if luck < probability + (1.0 - probability) / 2.0 else RIGHT_OF[action]


@kernel
def reset(s, world):
    case = below(s, SIZE * SIZE * STANDS * (STANDS - 1))  # in the order of the observation
    s.row = case // (SIZE * STANDS * (STANDS - 1))
    s.column = case // (STANDS * (STANDS - 1)) % SIZE
    s.passenger = case // (STANDS - 1) % STANDS
    s.destination = case % (STANDS - 1)
    s.destination += s.destination >= s.passenger
    s.wavers = s.fickle_passenger != 0.0 and uniform(s) < s.fickle_probability
    s.heading = EAST
    s.event = QUIET


@kernel
def drive(s, action, world):
    """Move where the way is free; the first move of a ride is when a passenger may change his mind."""
    cell = s.row * SIZE + s.column
    s.heading = action
    free = int(world.open[cell, action])
    if s.is_rainy != 0.0 and free != 0:
        s.heading = drift(action, uniform(s), s.rainy_probability)
        free = int(world.open[cell, s.heading])
    s.row += ROW_STEP[s.heading] * free  # no branch that no processor can foresee
    s.column += COLUMN_STEP[s.heading] * free
    if s.wavers and s.passenger == IN_TAXI and free != 0:
        s.wavers = False
        s.event = CHANGED
        other = below(s, STANDS - 1)
        s.destination = other + (other >= s.destination)


@kernel
def step(s, action, world, terms):
    s.event = QUIET
    if action < PICK_UP:
        drive(s, action, world)
        terms[TIME] = STEP_REWARD
        return False
    stand = world.stand[s.row * SIZE + s.column]
    wanted = stand if action == PICK_UP else IN_TAXI  # where the passenger must be
    if stand == NO_STAND or s.passenger != wanted:
        s.event = FAULTED
        terms[FAULT] = FAULT_REWARD
        return False
    s.passenger = IN_TAXI if action == PICK_UP else stand
    s.success = s.passenger == s.destination  # the taxi is nobody's destination
    if s.success:
        terms[DELIVERY] = DELIVERY_REWARD
    else:
        terms[TIME] = STEP_REWARD
    return s.success


@kernel
def observe(s, world, out):
    out[0] = ((s.row * SIZE + s.column) * (STANDS + 1) + s.passenger) * STANDS + s.destination


@kernel
def mask(s, world, out):
    cell = s.row * SIZE + s.column
    stand = world.stand[cell]
    for way in range(MOVES):
        out[way] = world.open[cell, way]
    out[PICK_UP] = stand != NO_STAND and s.passenger == stand
    out[DROP_OFF] = stand != NO_STAND and s.passenger == IN_TAXI
