"""The invariants of Taxi: rules that its record, its observation and its mask keep in every state."""

from ...engine.kernels import kernel
from ...engine.simulation import Shown
from .constants import (
    DELIVERY,
    DELIVERY_REWARD,
    DROP_OFF,
    EAST,
    FAULT,
    FAULT_REWARD,
    IN_TAXI,
    MOVES,
    NO_STAND,
    NORTH,
    PICK_UP,
    ROW_STEP,
    SIZE,
    SOUTH,
    STAND_COLUMN,
    STAND_ROW,
    STANDS,
    STEP_REWARD,
    TIME,
)
from .rules import is_walled

INVARIANTS = (
    "the taxi is on the streets, and heads along one",
    "passenger and destination are stands, or he is in the taxi",
    "the passenger is at his destination at the end, which is success, and never else",
    "every step is paid once: -1, +20 or -10",
    Shown("the observation is taxi, passenger and destination"),
    Shown("the mask allows what changes something"),
)


@kernel
def has_wall(row, column, way):
    """Whether a wall or the border stops a move, asked of the list of walls and not of `world.open`."""
    if way in (SOUTH, NORTH):
        return row + ROW_STEP[way] < 0 or row + ROW_STEP[way] >= SIZE
    east = column + 1 if way == EAST else column  # the crossing to the east of the wall
    return east == 0 or east == SIZE or is_walled(row, east)


@kernel
def invariant(s, world, shown, legal):
    if not (0 <= s.row < SIZE and 0 <= s.column < SIZE and 0 <= s.heading < MOVES):
        return 1
    if not (0 <= s.passenger <= IN_TAXI and 0 <= s.destination < STANDS):
        return 2
    if s.success != (s.passenger == s.destination) or (s.success and not s.pending):
        return 3
    deliveries, faults = s.totals[DELIVERY] / DELIVERY_REWARD, s.totals[FAULT] / FAULT_REWARD
    if s.totals[TIME] / STEP_REWARD + deliveries + faults != s.clock:
        return 4
    if s.totals[DELIVERY] != DELIVERY_REWARD * s.success:
        return 4
    rest, destination = shown[0] // STANDS, shown[0] % STANDS
    if destination != s.destination or rest % (STANDS + 1) != s.passenger:
        return 5
    cell = rest // (STANDS + 1)
    if cell // SIZE != s.row or cell % SIZE != s.column:
        return 5
    at = NO_STAND
    for stand in range(STANDS):
        at = stand if s.row == STAND_ROW[stand] and s.column == STAND_COLUMN[stand] else at
    for way in range(MOVES):
        if legal[way] == has_wall(s.row, s.column, way):
            return 6
    if legal[PICK_UP] != (at == s.passenger) or legal[DROP_OFF] != (s.passenger == IN_TAXI and at != NO_STAND):
        return 6
    return 0
