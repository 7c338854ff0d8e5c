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

from gymnasium import spaces

from ...engine.simulation import Parameter, Simulation
from .constants import COLUMNS, DOWN, LEFT, MOVES, RIGHT, ROWS, UP
from .invariants import INVARIANTS, invariant
from .policies import heuristic, make_world
from .rendering import render
from .rules import observe, reset, step

PARAMETERS = {
    "is_slippery": Parameter(0.0, 0.0, 1.0, "", "0: every step goes where it should; anything else: slippery"),
}


def state():
    return {
        "row": "i8",
        "column": "i8",
        "wish": "i8",  # the last action, NOWHERE before the first
        "way": "i8",  # and the way that it went
        "falls": "i8",  # in this episode
        "fell": "i8",  # the column where the last step ended in a fall, NO_FALL where it did not: only for rendering
    }


def make_spaces():
    return spaces.Discrete(ROWS * COLUMNS), spaces.Discrete(MOVES)


def names():
    return {f"row * {COLUMNS} + column": ""}


SIMULATION = Simulation(
    name="ludus/CliffWalking-v1",
    state=state,
    spaces=make_spaces,
    names=names,
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
