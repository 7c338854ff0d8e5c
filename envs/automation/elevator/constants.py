"""The numbers that several files of Elevator share: names for phases and indices, and units."""

import math

ROOM = 200  # passengers who can wait at the same time
RATE_TIME = 300.0  # s in which `arrival_rate` passengers arrive

NOBODY = -1  # stands for no passenger, no lift and no floor
NEVER = math.inf  # s, the time of what does not happen
PARKED, MOVING, OPENING, BOARDING, CLOSING = range(5)  # what a lift does: its phase

# Indices of the observation, whose layout is in the card; the floors and the lifts follow.
CALL, CALL_UP, CALL_DOWN, TIME_LEFT, GLOBALS = range(5)
# And of the numbers of each lift. A phase has the index LIFT_PHASE + phase; PARKED has none.
LIFT_SAME_WAY, LIFT_OTHER_WAY = 0, 1
LIFT_PHASE = 1
LIFT_BUSY, LIFT_LOAD = 6, 7
LIFT_NUMBERS = 8  # its planes follow
PLANES = 4  # of 2F - 1 columns each: where it is, where it lets out, its calls in this direction and in the other
PLACE_PLANE, WANTED_PLANE, CALLS_PLANE, OTHER_CALLS_PLANE = range(PLANES)


def plane_columns(floors):
    """The columns of a lift's plane: the middle one for the call's floor, and as many as the others on either side."""
    return 2 * floors - 1


def lift_index(floors, columns, lift):
    """Where a lift's numbers begin; for the lift after the last one, how many numbers the observation has."""
    return GLOBALS + 2 * floors + lift * (LIFT_NUMBERS + PLANES * columns)
