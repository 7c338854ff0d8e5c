"""The four ways of CliffWalking and FrozenLake: how one slides on slippery ground, and what holds of wish and way."""

from ..engine.kernels import kernel

MOVES = 4  # actions, and ways, in a circle: each is a quarter turn after the one before
NOWHERE = -1  # wish and way before the first step


@kernel
def slide(action, luck, first, second):
    """The way of one who wants to go ``action`` on slippery ground; ``luck`` is a random number in [0, 1).

    Lots of equal numbers give what Gymnasium's give: below ``first`` the side before the action in their order, below
    ``second`` the action, else the side after it.
    """
    turn = int(luck >= first) + int(luck >= second)  # no branch that no processor can foresee
    return (action + MOVES - 1 + turn) & (MOVES - 1)  # 4 is a power of two: the remainder without a division


@kernel
def is_way_sound(s):
    """One went where one wanted or to a side of that, on firm ground to no side; nowhere before the first step."""
    if s.clock == 0:
        return s.wish == NOWHERE and s.way == NOWHERE
    if not (0 <= s.wish < MOVES and 0 <= s.way < MOVES) or (s.way - s.wish) % MOVES == MOVES // 2:  # backwards
        return False
    return s.is_slippery != 0.0 or s.way == s.wish
