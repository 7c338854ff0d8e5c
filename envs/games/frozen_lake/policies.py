"""The optimum of FrozenLake, by backward induction from the end of an episode."""

import numpy as np

from ...engine.kernels import kernel
from .constants import COLUMN_STEP, MOVES, ROW_STEP

RATES = 31  # the policy is solved for success rates 0, 1/30, 2/30 … 1; the default, 1/3, is one of them
# A gift one step later is worth less by this share, so that of actions that are equally good the quicker one is taken.
HASTE = 1e-9
LIMITS = {4: 100, 5: 100, 6: 150, 7: 200, 8: 200}  # steps of an episode for which it is solved, by size


def solve_by_backward_induction(hole: np.ndarray, goal: np.ndarray) -> np.ndarray:
    """The action with the highest probability of reaching ``goal`` within the steps that are left.

    Args:
        hole, goal: (size, size) bool.

    Returns:
        (RATES, limit + 1, size * size) int8, the limit that of the size: by success rate, steps left and cell. 0 where
        nothing can be gained.
    """
    size, limit = len(hole), LIMITS[len(hole)]
    rows, columns = np.divmod(np.arange(size * size), size)
    goes_to = np.stack(
        [
            np.clip(rows + ROW_STEP[way], 0, size - 1) * size + np.clip(columns + COLUMN_STEP[way], 0, size - 1)
            for way in range(MOVES)
        ]
    )  # (MOVES, cells)
    over = (hole | goal).ravel()
    rates = np.linspace(0.0, 1.0, RATES)[:, None, None]
    worth = np.repeat(goal.ravel().astype(float)[None], RATES, axis=0)  # (RATES, cells) of standing there
    policy = np.zeros((RATES, limit + 1, size * size), np.int8)
    for left in range(1, limit + 1):
        ahead = worth[:, goes_to]  # (RATES, MOVES, cells)
        sides = np.roll(ahead, 1, axis=1) + np.roll(ahead, -1, axis=1)
        value = rates * ahead + 0.5 * (1.0 - rates) * sides
        policy[:, left] = value.argmax(axis=1)
        worth = np.where(over, worth, (1.0 - HASTE) * value.max(axis=1))
    return policy


@kernel
def heuristic(s, world, out):
    """The best action for the steps that are left; where the clock has no end, for as many as at the start."""
    limit = world.policy.shape[1] - 1
    left = limit - s.clock if s.clock < limit else limit
    rate = s.success_rate if s.is_slippery != 0.0 else 1.0
    out[0] = world.policy[int(rate * (RATES - 1) + 0.5), left, s.row * world.tiles.shape[0] + s.column]
