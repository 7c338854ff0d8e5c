"""A small environment with actions of bits, for tests: four lamps with switches, and a pattern that they are to show.

Actions: MultiBinary(4), which switches are pressed. The mask forbids to press those of lamps that are already right and
(two flags a switch, for 0 and 1) to leave the first wrong one alone. Observation (8,): the lamps, then the pattern.
Reward: -1 for each press; the end is reached when all are right.
"""

import numpy as np
from gymnasium import spaces

from ludus.envs.engine.kernels import below, kernel
from ludus.envs.engine.simulation import Simulation

LAMPS = 4


def state():
    return {"on": ("i8", (LAMPS,)), "wanted": ("i8", (LAMPS,))}


def make_spaces():
    return spaces.Box(0, 1, (2 * LAMPS,), np.float32), spaces.MultiBinary(LAMPS)


@kernel
def reset(s, world):
    for k in range(LAMPS):
        s.on[k] = below(s, 2)
        s.wanted[k] = below(s, 2)
    s.wanted[0] = 1 - s.on[0]  # there is something to do


@kernel
def step(s, action, world, terms):
    wrong = 0
    for k in range(LAMPS):
        terms[0] -= action[k]
        if action[k] == 1:
            s.on[k] = 1 - s.on[k]
        wrong += s.on[k] != s.wanted[k]
    s.success = wrong == 0
    return wrong == 0


@kernel
def observe(s, world, out):
    for k in range(LAMPS):
        out[k] = s.on[k]
        out[LAMPS + k] = s.wanted[k]


@kernel
def mask(s, world, out):
    for k in range(2 * LAMPS):
        out[k] = 1
    first = True
    for k in range(LAMPS):
        if s.on[k] == s.wanted[k]:
            out[2 * k + 1] = 0
        elif first:
            out[2 * k] = 0
            first = False


@kernel
def heuristic(s, world, out):
    for k in range(LAMPS):
        out[k] = s.on[k] != s.wanted[k]


SIMULATION = Simulation(
    name="test/Lamps-v0",
    state=state,
    spaces=make_spaces,
    reset=reset,
    step=step,
    observe=observe,
    mask=mask,
    heuristic=heuristic,
    terms=("presses",),
    action_names=("first", "second", "third", "fourth"),
    succeeds=True,
)
