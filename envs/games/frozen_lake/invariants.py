"""The invariants of FrozenLake: rules that its record and its observation keep in every state."""

from ...engine.kernels import kernel
from ...engine.simulation import Shown
from ..rules_ways import is_way_sound
from .constants import FROZEN, GOAL

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
    if not is_way_sound(s):
        return 4
    if shown[0] != size * s.row + s.column:
        return 5
    return 0
