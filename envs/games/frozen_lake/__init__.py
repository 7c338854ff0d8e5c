"""FrozenLake: cross the ice to the gift without falling into a hole; the ice is slippery.

World         A lake of `size` x `size` tiles: frozen ones, holes, and a gift (the goal) on the last tile. An elf starts
              on the first one. On slippery ice it goes where it wants with probability `success_rate` only, and
              otherwise to one of the two sides of that way, each as likely. At the bank it stays where it is.
Actions       0 left · 1 down · 2 right · 3 up
Observation   Discrete(size * size): row * size + column of the elf, row 0 on top
Reward        `arrival`: `reward_goal` for a step that ends on the gift, `reward_hole` for one into a hole,
              `reward_frozen` for any other (1, 0, 0)
Start         always on tile 0, at the top left
End           terminated by a hole and by the gift, which is success; truncated after 100 steps
Parameters    see PARAMETERS below. `is_slippery=0` is `success_rate=1` without a random number
Sizes         `size` 4 … 8, 4 by default. 4 and 8 are Gymnasium's two maps, 5 to 7 our own. Gymnasium ends its 8 x 8
              after 200 steps: `size=8, max_episode_steps=200`. Other maps (its `desc`) cannot be given: they are no
              number
Reference     the optimum: the best action for the steps that are left (100 on 4 x 4, as registered; 200 on 8 x 8, as
              Gymnasium's; 100, 150, 200 on 5, 6, 7; none with another limit), for the nearest thirtieth of
              `success_rate`, and for the reward's defaults. It knows the clock, which is not observed: without it 0.740
              is the best on 4 x 4, with it 0.744
Source        the rules and the maps of Gymnasium's `FrozenLake-v1`, whose transition table it reproduces; its
              `info["prob"]` is left out
"""

import functools
from typing import NamedTuple

import numpy as np
from gymnasium import spaces

from ...engine.simulation import Parameter, Simulation, Size
from .constants import DOWN, GOAL, HOLE, LEFT, MOVES, RIGHT, UP
from .invariants import INVARIANTS, invariant
from .policies import heuristic, solve_by_backward_induction
from .rendering import render
from .rules import make_tiles, observe, reset, step

PARAMETERS = {
    "is_slippery": Parameter(1.0, 0.0, 1.0, "", "0: every step goes where it should; anything else: slippery"),
    "success_rate": Parameter(1 / 3, 0.0, 1.0, "", "on slippery ice: the probability to go where one wants"),
    "reward_goal": Parameter(1.0, -1000.0, 1000.0, "", "reward of the step that reaches the gift"),
    "reward_hole": Parameter(0.0, -1000.0, 1000.0, "", "reward of the step into a hole"),
    "reward_frozen": Parameter(0.0, -1000.0, 1000.0, "", "reward of any other step"),
}


class World(NamedTuple):
    tiles: np.ndarray  # (size, size) uint8: FROZEN, HOLE or GOAL
    policy: np.ndarray  # (rates, steps left, cells) int8, the best action


@functools.cache
def make_world(size):
    tiles = make_tiles(size)
    return World(tiles, solve_by_backward_induction(tiles == HOLE, tiles == GOAL))


def state(size):
    return {
        "row": "i8",
        "column": "i8",
        "wish": "i8",  # the last action, NOWHERE before the first
        "way": "i8",  # and the way that it went
    }


def make_spaces(size):
    return spaces.Discrete(size * size), spaces.Discrete(MOVES)


def names(size):
    return {f"row * {size} + column": ""}


SIMULATION = Simulation(
    name="ludus/FrozenLake-v1",
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
    sizes={"size": Size(4, 4, 8, "rows and columns of the lake; 4 and 8 are Gymnasium's maps")},
    world=make_world,
    terms=("arrival",),
    action_names=("left", "down", "right", "up"),
    succeeds=True,
    scores={"random": 0.0139, "optimum": 0.7442},
    turn_based=True,
    frame=(620, 580),
    fps=6,
    keys={"left": LEFT, "down": DOWN, "right": RIGHT, "up": UP, "a": LEFT, "s": DOWN, "d": RIGHT, "w": UP},
)
