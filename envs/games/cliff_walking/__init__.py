"""CliffWalking: from one end of a cliff to the other; the short way leads along its edge.

World         A meadow of 4 x 12 fields. Of the last row only the two ends are firm ground, the start on the left and
              the goal on the right; the ten fields between them are the cliff. Who steps over it is back at the start,
              and the episode goes on. On slippery ground (`is_slippery`) one goes where one wants with probability 1/3,
              and to either side of that with 1/3. At the border one stays.
Actions       0 up · 1 right · 2 down · 3 left
Observation   Discrete(48): row * 12 + column, row 0 on top; the start is 36, the goal 47
Reward        `time`: -1 for each step that does not end in a fall
              `fall`: -100 for each that does
Start         always at the start
End           terminated at the goal, which is success. No time limit, as in Gymnasium: give one (`max_episode_steps`)
              where a policy may stand still for ever, as untrained ones do
Parameters    `is_slippery`: 0 by default
Reference     the optimum: the best way on the ground that there is, by value iteration
Source        Sutton & Barto 2018, *Reinforcement Learning: An Introduction*, example 6.6; the rules are those of
              Gymnasium's `CliffWalking-v1`, whose transition table it reproduces; its `info["prob"]` is left out
"""

import functools
from typing import NamedTuple

import numpy as np
from gymnasium import spaces

from ...engine.kernels import kernel, uniform
from ...engine.simulation import Parameter, Shown, Simulation
from .policies import plan
from .rendering import render

UP, RIGHT, DOWN, LEFT = range(4)
ROW_STEP, COLUMN_STEP = (-1, 0, 1, 0), (0, 1, 0, -1)  # by action
LAST_ROW, LAST_COLUMN = 3, 11
NONE = -1  # the action before the first step, and where nobody fell

PARAMETERS = {
    "is_slippery": Parameter(0.0, 0.0, 1.0, "", "0: every step goes where it should; anything else: slippery"),
}


class World(NamedTuple):
    policy: np.ndarray  # (2, fields) int8, the best action on firm and on slippery ground


@functools.cache
def make_world():
    return World(plan(LAST_ROW + 1, LAST_COLUMN + 1))


def state():
    return {
        "row": "i8",
        "column": "i8",
        "wish": "i8",  # the last action, -1 before the first
        "way": "i8",  # and the way that it went
        "falls": "i8",  # in this episode
        "fell": "i8",  # the column where the last step ended in a fall, -1 where it did not: only for drawing
    }


def make_spaces():
    return spaces.Discrete((LAST_ROW + 1) * (LAST_COLUMN + 1)), spaces.Discrete(4)


@kernel
def slide(action, luck):
    """The way of one who wants to go ``action`` on slippery ground; ``luck`` is a random number in [0, 1).

    Lots of equal numbers give what Gymnasium's give: the side before the action in their order, the action, the other.
    """
    turn = int(luck >= 1.0 / 3.0) + int(luck >= 2.0 / 3.0)  # no branch that no processor can foresee
    return (action + 3 + turn) & 3


@kernel
def reset(s, world):
    s.row, s.column = LAST_ROW, 0
    s.wish = s.way = s.fell = NONE
    s.falls = 0


@kernel
def step(s, action, world, terms):
    s.wish = s.way = action
    s.fell = NONE
    if s.is_slippery != 0.0:
        s.way = slide(action, uniform(s))
    s.row = min(max(s.row + ROW_STEP[s.way], 0), LAST_ROW)
    s.column = min(max(s.column + COLUMN_STEP[s.way], 0), LAST_COLUMN)
    if s.row == LAST_ROW and 0 < s.column < LAST_COLUMN:
        s.fell = s.column
        s.falls += 1
        s.column = 0
        terms[1] = -100.0
        return False
    terms[0] = -1.0
    s.success = s.row == LAST_ROW and s.column == LAST_COLUMN
    return s.success


@kernel
def observe(s, world, out):
    out[0] = s.row * (LAST_COLUMN + 1) + s.column


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
    if not (0 <= s.row <= 3 and 0 <= s.column <= 11) or (s.row == 3 and s.column not in (0, 11)):
        return 1
    if s.success != (s.row == 3 and s.column == 11) or (s.success and not s.pending):
        return 2
    if s.totals[1] != -100.0 * s.falls or s.totals[0] != s.falls - s.clock:
        return 3
    if s.clock == 0:
        if s.wish != NONE or s.way != NONE:
            return 4
    else:
        if not (0 <= s.wish < 4 and 0 <= s.way < 4) or (s.way - s.wish) % 4 == 2:
            return 4
        if s.is_slippery == 0.0 and s.way != s.wish:
            return 4
    if s.fell != NONE and not (s.row == 3 and s.column == 0 and 1 <= s.fell <= 10 and s.falls > 0):
        return 5
    if shown[0] != 12 * s.row + s.column:
        return 6
    return 0


@kernel
def heuristic(s, world, out):
    out[0] = world.policy[1 if s.is_slippery != 0.0 else 0, s.row * (LAST_COLUMN + 1) + s.column]


SIMULATION = Simulation(
    name="ludus/CliffWalking-v1",
    state=state,
    spaces=make_spaces,
    reset=reset,
    step=step,
    observe=observe,
    render=render,
    heuristic=heuristic,
    invariant=invariant,
    invariants=INVARIANTS,
    parameters=PARAMETERS,
    world=make_world,
    terms=("time", "fall"),
    action_names=("up", "right", "down", "left"),
    succeeds=True,
    # Random: the solution of the table's linear equations; it needs thousands of steps.
    scores={"random": -65375.0, "optimum": -13.0},
    turn_based=True,
    frame=(380, 780),
    fps=6,
    keys={"up": UP, "right": RIGHT, "down": DOWN, "left": LEFT, "w": UP, "d": RIGHT, "s": DOWN, "a": LEFT},
)
