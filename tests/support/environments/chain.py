"""An environment file for tests, whose values can be computed by hand.

Five cells in a row. Going right from the last one ends the episode with +1, going left from the first one ends it with
+0.5. Starts are uniform.
"""

import numpy as np
from gymnasium import spaces

from ludus.envs.engine.kernels import below, kernel
from ludus.envs.engine.simulation import Simulation

CELLS = 5
LEFT, RIGHT = 0, 1


def state():
    return {"cell": "i8"}


def make_spaces():
    return spaces.Discrete(CELLS), spaces.Discrete(2)


@kernel
def reset(s, world):
    s.cell = below(s, CELLS)


@kernel
def step(s, action, world, terms):
    s.cell += 1 if action == RIGHT else -1
    if s.cell == CELLS:
        s.cell = CELLS - 1
        terms[0] = 1.0
        return True
    if s.cell < 0:
        s.cell = 0
        terms[1] = 0.5
        return True
    return False


@kernel
def observe(s, world, out):
    out[0] = s.cell


SIMULATION = Simulation(
    name="test/Chain-v0",
    state=state,
    spaces=make_spaces,
    reset=reset,
    step=step,
    observe=observe,
    terms=("right", "left"),
    action_names=("left", "right"),
)


def values(gamma: float) -> np.ndarray:
    """Q* (cell, action), by hand: from cell c the right end is worth gamma**(4-c), the left end 0.5 * gamma**c."""
    best = np.array([max(gamma ** (CELLS - 1 - c), 0.5 * gamma**c) for c in range(CELLS)])
    q = np.empty((CELLS, 2))
    for c in range(CELLS):
        q[c, RIGHT] = 1.0 if c == CELLS - 1 else gamma * best[c + 1]
        q[c, LEFT] = 0.5 if c == 0 else gamma * best[c - 1]
    return q
