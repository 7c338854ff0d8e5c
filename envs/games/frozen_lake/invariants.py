"""The invariants of FrozenLake: rules that its record and its observation keep in every state."""

from ...engine.kernels import kernel
from ...engine.simulation import Shown
from .constants import FROZEN, GOAL, MOVES, NONE

INVARIANTS = (
    "the elf is on the lake",
    "an episode that goes on stands on frozen ice",
    "success is the gift",
    "the elf went where it wanted or to a side of that, and to no side on rough ice; nowhere before the first step",
    Shown("the observation is the elf's tile"),
)


@kernel
def invariant(s, world, shown, legal):
    size = world.tiles.shape[0]
    if not (0 <= s.row < size and 0 <= s.column < size):
        return 1
    tile = world.tiles[s.row, s.column]
    if tile != FROZEN and not s.pending:
        return 2
    if s.success != (tile == GOAL):
        return 3
    if s.clock == 0:
        if s.wish != NONE or s.way != NONE:
            return 4
    else:
        if not (0 <= s.wish < MOVES and 0 <= s.way < MOVES) or (s.way - s.wish) % MOVES == MOVES // 2:  # backwards
            return 4
        if s.is_slippery == 0.0 and s.way != s.wish:
            return 4
    if shown[0] != size * s.row + s.column:
        return 5
    return 0
