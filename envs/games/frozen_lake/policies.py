"""The optimum of FrozenLake, computed when an environment is made: backward from the end of an episode, step by step.

Imports nothing from `frozen_lake.py`: the movement is written once more here, for whole maps at a time.
"""

import numpy as np

RATES = 31  # the policy is planned for success rates 0, 1/30, 2/30 … 1; the default, 1/3, is one of them
# A gift one step later is worth less by this share, so that of actions that are equally good the quicker one is taken.
HASTE = 1e-9
WAYS = ((0, -1), (1, 0), (0, 1), (-1, 0))  # rows and columns of the actions left, down, right, up


def plan(hole: np.ndarray, goal: np.ndarray, limit: int) -> np.ndarray:
    """The action with the highest probability of reaching ``goal`` within the steps that are left.

    Args:
        hole, goal: (size, size) bool.
        limit: Steps of an episode.

    Returns:
        (RATES, limit + 1, size * size) int8: by success rate, steps left and cell. 0 where nothing can be gained.
    """
    size = len(hole)
    rows, columns = np.divmod(np.arange(size * size), size)
    goes_to = np.stack(
        [np.clip(rows + down, 0, size - 1) * size + np.clip(columns + right, 0, size - 1) for down, right in WAYS]
    )  # (4, cells)
    over = (hole | goal).ravel()
    rates = np.linspace(0.0, 1.0, RATES)[:, None, None]
    worth = np.repeat(goal.ravel().astype(float)[None], RATES, axis=0)  # (RATES, cells) of standing there
    policy = np.zeros((RATES, limit + 1, size * size), np.int8)
    for left in range(1, limit + 1):
        ahead = worth[:, goes_to]  # (RATES, 4, cells)
        sides = np.roll(ahead, 1, axis=1) + np.roll(ahead, -1, axis=1)
        value = rates * ahead + 0.5 * (1.0 - rates) * sides
        policy[:, left] = value.argmax(axis=1)
        worth = np.where(over, worth, (1.0 - HASTE) * value.max(axis=1))
    return policy
