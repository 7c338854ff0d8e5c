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

from ...engine.kernels import kernel, uniform
from ...engine.simulation import Parameter, Shown, Simulation, Size
from .policies import RATES, plan
from .rendering import render

LEFT, DOWN, RIGHT, UP = range(4)
ROW_STEP, COLUMN_STEP = (0, 1, 0, -1), (-1, 0, 1, 0)  # by action
FROZEN, HOLE, GOAL = range(3)  # tiles
NONE = -1  # the action before the first step

MAPS = {
    4: ("....", ".o.o", "...o", "o..*"),
    5: (".....", ".o..o", "...o.", "o....", "..o.*"),
    6: ("......", "..o..o", "......", "o..o..", "....o.", ".o...*"),
    7: (".......", "...o...", ".o....o", "....o..", "..o....", "o...o..", "...o..*"),
    8: ("........", "........", "...o....", ".....o..", "...o....", ".oo...o.", ".o..o.o.", "...o...*"),
}  # . frozen, o hole, * gift
LIMITS = {4: 100, 5: 100, 6: 150, 7: 200, 8: 200}  # steps for which the optimum is planned

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
    tiles = np.array([[".o*".index(letter) for letter in row] for row in MAPS[size]], np.uint8)
    return World(tiles, plan(tiles == HOLE, tiles == GOAL, LIMITS[size]))


def state(size):
    return {
        "row": "i8",
        "column": "i8",
        "wish": "i8",  # the last action, -1 before the first
        "way": "i8",  # and the way that it went
    }


def make_spaces(size):
    return spaces.Discrete(size * size), spaces.Discrete(4)


@kernel
def slide(action, luck, success_rate):
    """The way of one who wants to go ``action``; ``luck`` is a random number in [0, 1).

    Lots of equal numbers give what Gymnasium's give: first the side before the action in their order, then the action,
    then the side after it.
    """
    side = (1.0 - success_rate) / 2.0
    turn = int(luck >= side) + int(luck >= side + success_rate)  # no branch that no processor can foresee
    return (action + 3 + turn) & 3


@kernel
def reset(s, world):
    s.row = s.column = 0
    s.wish = s.way = NONE


@kernel
def step(s, action, world, terms):
    if world.tiles[s.row, s.column] != FROZEN:  # who has arrived, or drowned, stays: only records set by hand get here
        return True
    last = world.tiles.shape[0] - 1
    s.wish = s.way = action
    if s.is_slippery != 0.0:
        s.way = slide(action, uniform(s), s.success_rate)
    s.row = min(max(s.row + ROW_STEP[s.way], 0), last)
    s.column = min(max(s.column + COLUMN_STEP[s.way], 0), last)
    tile = world.tiles[s.row, s.column]
    s.success = tile == GOAL
    terms[0] = s.reward_goal if tile == GOAL else s.reward_hole if tile == HOLE else s.reward_frozen
    return tile != FROZEN


@kernel
def observe(s, world, out):
    out[0] = s.row * world.tiles.shape[0] + s.column


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
    if s.clock == 0:
        if s.wish != NONE or s.way != NONE:
            return 4
    else:
        if not (0 <= s.wish < 4 and 0 <= s.way < 4) or (s.way - s.wish) % 4 == 2:
            return 4
        if s.is_slippery == 0.0 and s.way != s.wish:
            return 4
    if shown[0] != size * s.row + s.column:
        return 5
    return 0


@kernel
def heuristic(s, world, out):
    """The best action of `plan` for the steps that are left; without end, for as many as at the start."""
    limit = world.policy.shape[1] - 1
    left = limit - s.clock if s.clock < limit else limit
    rate = s.success_rate if s.is_slippery != 0.0 else 1.0
    out[0] = world.policy[int(rate * (RATES - 1) + 0.5), left, s.row * world.tiles.shape[0] + s.column]


SIMULATION = Simulation(
    name="ludus/FrozenLake-v1",
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
