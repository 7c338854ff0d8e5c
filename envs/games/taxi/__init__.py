"""Taxi: fetch a passenger at one of four stands and take him to another one.

World         5 x 5 crossings of streets with some walls between them, and four stands: red, green, yellow and blue.

                  R . | . . G        . crossing, | wall
                  . . | . . .
                  . . . . . .
                  . | . . | . .      (rows of five crossings each; see WALL_ROW)
                  Y | . . | B .

              In the rain (`is_rainy`) the taxi goes where it should with probability `rainy_probability`, and else to
              the left or the right of that, each as likely; if a wall or the border is on that side, it stays. If there
              is one ahead, it stays for certain. A fickle passenger (`fickle_passenger`) changes his mind with
              probability `fickle_probability`: with the first move after he was picked up, to one of the three other
              stands.
Actions       0 south · 1 north · 2 east · 3 west · 4 pick up · 5 drop off
Observation   Discrete(500): ((row * 5 + column) * 5 + passenger) * 4 + destination. Row 0 is north; passenger 0 … 3 is
              the stand R, G, Y, B where he waits and 4 the taxi; destination 0 … 3
Mask          What changes something, as Gymnasium's `action_mask` has it: moves without a wall or the border ahead,
              pick up where the passenger waits, drop off at a stand with him in the taxi. Other actions are allowed,
              too, and cost what they cost
Reward        `time`: -1 for a step that is neither of the next two
              `delivery`: +20 for a drop off at the destination
              `fault`: -10 for a pick up without a passenger there, and for a drop off without one or beside a stand
Start         taxi, stand of the passenger and destination are uniform over the 300 cases in which the two stands differ
End           terminated by the delivery, which is success; truncated after 200 steps. A passenger who is dropped off at
              another stand waits there
Parameters    see PARAMETERS below
Reference     the optimum: the shortest way on average to the passenger and to his destination (in rain: for the
              nearest twentieth of `rainy_probability`). It does not foresee a change of mind
Source        Dietterich 2000, *Hierarchical reinforcement learning with the MAXQ value function decomposition*; the
              rules are those of Gymnasium's `Taxi-v4`, whose transition table it reproduces; its `info["prob"]` is left
              out
"""

import functools
from typing import NamedTuple

import numpy as np
from gymnasium import spaces

from ...engine.simulation import Parameter, Simulation
from .constants import ACTIONS, DROP_OFF, EAST, NORTH, PICK_UP, SIZE, SOUTH, STANDS, WEST
from .invariants import INVARIANTS, invariant
from .policies import heuristic, solve_by_value_iteration
from .rendering import render
from .rules import make_open, make_stands, make_walls, mask, observe, reset, step

PARAMETERS = {
    "is_rainy": Parameter(0.0, 0.0, 1.0, "", "0: every move goes where it should; anything else: rain"),
    "rainy_probability": Parameter(0.8, 0.0, 1.0, "", "in rain: the probability that a move goes where it should"),
    "fickle_passenger": Parameter(0.0, 0.0, 1.0, "", "0: the destination stays; anything else: it may change once"),
    "fickle_probability": Parameter(0.3, 0.0, 1.0, "", "with a fickle passenger: the probability that it changes"),
}


class World(NamedTuple):
    open: np.ndarray  # (cells, MOVES) uint8: 1 where a move is not stopped by a wall or the border
    stand: np.ndarray  # (cells,) int8: the stand at a crossing, or NO_STAND
    ways: np.ndarray  # (rates, stands, cells) int8, the direction in which the stand is nearest


@functools.cache  # solving takes a tenth of a second
def make_world():
    is_open, stands = make_open(make_walls()), make_stands()
    return World(is_open, stands, solve_by_value_iteration(is_open, stands))


def state():
    return {
        "row": "i8",
        "column": "i8",
        "passenger": "i8",  # the stand, or IN_TAXI
        "destination": "i8",
        "wavers": "?",  # the passenger will change his mind with the first move of his ride
        "heading": "i8",  # of the last move, east before the first: only for rendering
        "event": "i8",  # QUIET, FAULTED, or a mind was CHANGED in the last step: only for rendering
    }


def make_spaces():
    return spaces.Discrete(SIZE * SIZE * (STANDS + 1) * STANDS), spaces.Discrete(ACTIONS)


def names():
    return {f"((row * {SIZE} + column) * {STANDS + 1} + passenger) * {STANDS} + destination": ""}


SIMULATION = Simulation(
    name="ludus/Taxi-v4",
    state=state,
    spaces=make_spaces,
    names=names,
    reset=reset,
    step=step,
    observe=observe,
    mask=mask,
    render=render,
    heuristic=heuristic,
    invariant=invariant,
    invariants=INVARIANTS,
    parameters=PARAMETERS,
    world=make_world,
    terms=("time", "delivery", "fault"),
    action_names=("south", "north", "east", "west", "pick up", "drop off"),
    succeeds=True,
    scores={"random": -186.2, "optimum": 7.93},
    turn_based=True,
    frame=(660, 600),
    fps=6,
    keys={
        "down": SOUTH, "up": NORTH, "right": EAST, "left": WEST, "s": SOUTH, "w": NORTH, "d": EAST, "a": WEST,
        "p": PICK_UP, "o": DROP_OFF,
    },
)  # fmt: skip
