"""The invariants of CliffWalking: rules that its record and its observation keep in every state."""

from ...engine.kernels import kernel
from ...engine.simulation import Shown
from ..rules_ways import is_way_sound
from .constants import COLUMNS, FALL, FALL_REWARD, LAST_COLUMN, LAST_ROW, NO_FALL, STEP_REWARD, TIME

INVARIANTS = (
    "the walker is on the meadow, at the start or at the goal",
    "success is the goal, and the goal is the end",
    "every step costs 1, or 100 with a fall",
    "the walker went where it wanted or to a side of that, on firm ground to no side; nowhere before the first step",
    "who has just fallen is at the start",
    Shown("the observation is the walker's field"),
)


@kernel
def invariant(s, world, shown, legal):
    if not (0 <= s.row <= LAST_ROW and 0 <= s.column <= LAST_COLUMN):
        return 1
    if s.row == LAST_ROW and s.column not in (0, LAST_COLUMN):
        return 1
    if s.success != (s.row == LAST_ROW and s.column == LAST_COLUMN) or (s.success and not s.pending):
        return 2
    if s.totals[FALL] != FALL_REWARD * s.falls or s.totals[TIME] != STEP_REWARD * (s.clock - s.falls):
        return 3
    if not is_way_sound(s):
        return 4
    if s.fell != NO_FALL and not (s.row == LAST_ROW and s.column == 0 and 0 < s.fell < LAST_COLUMN and s.falls > 0):
        return 5
    if shown[0] // COLUMNS != s.row or shown[0] % COLUMNS != s.column:
        return 6
    return 0
