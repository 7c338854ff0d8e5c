"""Taxi: fetch a passenger at one of four stands and take him to another one.

World         5 x 5 crossings of streets with some walls between them, and four stands: red, green, yellow and blue.

                  R . | . . G        . crossing, | wall
                  . . | . . .
                  . . . . . .
                  . | . . | . .      (rows of five crossings each; see WALLS)
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

from ...engine.kernels import below, kernel, uniform
from ...engine.simulation import Parameter, Shown, Simulation
from .policies import RATES, plan
from .rendering import render

SOUTH, NORTH, EAST, WEST, PICK_UP, DROP_OFF = range(6)
ROW_STEP, COLUMN_STEP = (1, -1, 0, 0), (0, 0, 1, -1)  # by direction
LEFT_OF, RIGHT_OF = (EAST, WEST, NORTH, SOUTH), (WEST, EAST, SOUTH, NORTH)
SIZE = 5  # rows and columns
WALLS = (0b100101, 0b100101, 0b100001, 0b101011, 0b101011)  # by row: bit c is a wall to the west of column c
PAD_ROW, PAD_COLUMN = (0, 0, 4, 4), (0, 4, 0, 3)  # stands R, G, Y, B
PADS, IN_TAXI = 4, 4
QUIET, FAULT, CHANGED = range(3)  # what a picture says of the last step

PARAMETERS = {
    "is_rainy": Parameter(0.0, 0.0, 1.0, "", "0: every move goes where it should; anything else: rain"),
    "rainy_probability": Parameter(0.8, 0.0, 1.0, "", "in rain: the probability that a move goes where it should"),
    "fickle_passenger": Parameter(0.0, 0.0, 1.0, "", "0: the destination stays; anything else: it may change once"),
    "fickle_probability": Parameter(0.3, 0.0, 1.0, "", "with a fickle passenger: the probability that it changes"),
}


class World(NamedTuple):
    open: np.ndarray  # (cells, 4) uint8: 1 where a move is not stopped by a wall or the border
    pad: np.ndarray  # (cells,) int8: the stand at a crossing, or -1
    ways: np.ndarray  # (rates, stands, cells) int8, the direction in which the stand is nearest


@functools.cache  # planning takes a tenth of a second
def make_world():
    walls = np.array([[(WALLS[row] >> column) & 1 for column in range(SIZE + 1)] for row in range(SIZE)], bool)
    free = np.zeros((SIZE, SIZE, 4), np.uint8)
    free[:-1, :, SOUTH] = free[1:, :, NORTH] = 1
    free[:, :, EAST], free[:, :, WEST] = ~walls[:, 1:], ~walls[:, :-1]
    pad = np.full((SIZE, SIZE), -1, np.int8)
    pad[PAD_ROW, PAD_COLUMN] = range(PADS)
    return World(free.reshape(-1, 4), pad.ravel(), plan(walls, list(zip(PAD_ROW, PAD_COLUMN, strict=True))))


def state():
    return {
        "row": "i8",
        "column": "i8",
        "passenger": "i8",  # the stand, or IN_TAXI
        "destination": "i8",
        "wavers": "?",  # the passenger will change his mind with the first move of his ride
        "heading": "i8",  # of the last move, east before the first: only for drawing
        "event": "i8",  # QUIET, a FAULT, or a mind was CHANGED in the last step: only for drawing
    }


def make_spaces():
    return spaces.Discrete(SIZE * SIZE * (PADS + 1) * PADS), spaces.Discrete(6)


@kernel
def drift(action, luck, probability):
    """The direction of a move in the rain; ``luck`` is a random number in [0, 1).

    Lots of equal numbers give what Gymnasium's give: first the direction, then its left, then its right.
    """
    if luck < probability:
        return action
    return LEFT_OF[action] if luck < probability + (1.0 - probability) / 2.0 else RIGHT_OF[action]


@kernel
def reset(s, world):
    case = below(s, SIZE * SIZE * PADS * (PADS - 1))  # in the order of the observation
    s.row = case // (SIZE * PADS * (PADS - 1))
    s.column = case // (PADS * (PADS - 1)) % SIZE
    s.passenger = case // (PADS - 1) % PADS
    s.destination = case % (PADS - 1)
    s.destination += s.destination >= s.passenger
    s.wavers = s.fickle_passenger != 0.0 and uniform(s) < s.fickle_probability
    s.heading = EAST
    s.event = QUIET


@kernel
def drive(s, action, world):
    """Move where the way is free; the first move of a ride is when a passenger may change his mind."""
    cell = s.row * SIZE + s.column
    s.heading = action
    free = int(world.open[cell, action])
    if s.is_rainy != 0.0 and free != 0:
        s.heading = drift(action, uniform(s), s.rainy_probability)
        free = int(world.open[cell, s.heading])
    s.row += ROW_STEP[s.heading] * free  # no branch that no processor can foresee
    s.column += COLUMN_STEP[s.heading] * free
    if s.wavers and s.passenger == IN_TAXI and free != 0:
        s.wavers = False
        s.event = CHANGED
        other = below(s, PADS - 1)
        s.destination = other + (other >= s.destination)


@kernel
def step(s, action, world, terms):
    s.event = QUIET
    if action < PICK_UP:
        drive(s, action, world)
        terms[0] = -1.0
        return False
    pad = world.pad[s.row * SIZE + s.column]
    wanted = pad if action == PICK_UP else IN_TAXI  # where the passenger must be
    if pad < 0 or s.passenger != wanted:
        s.event = FAULT
        terms[2] = -10.0
        return False
    s.passenger = IN_TAXI if action == PICK_UP else pad
    s.success = s.passenger == s.destination  # the taxi is nobody's destination
    if s.success:
        terms[1] = 20.0
    else:
        terms[0] = -1.0
    return s.success


@kernel
def observe(s, world, out):
    out[0] = ((s.row * SIZE + s.column) * (PADS + 1) + s.passenger) * PADS + s.destination


@kernel
def mask(s, world, out):
    cell = s.row * SIZE + s.column
    pad = world.pad[cell]
    for way in range(PICK_UP):
        out[way] = world.open[cell, way]
    out[PICK_UP] = pad >= 0 and s.passenger == pad
    out[DROP_OFF] = pad >= 0 and s.passenger == IN_TAXI


INVARIANTS = (
    "the taxi is on the streets, and heads along one",
    "passenger and destination are stands, or he is in the taxi",
    "the passenger is at his destination at the end, which is success, and never else",
    "every step is paid once: -1, +20 or -10",
    Shown("the observation is taxi, passenger and destination"),
    Shown("the mask allows what changes something"),
)


@kernel
def has_wall(row, column, way):
    """What `world.open` says not, in the words of the map instead of its bits."""
    if way in (SOUTH, NORTH):
        return row + ROW_STEP[way] < 0 or row + ROW_STEP[way] >= SIZE
    west = column if way == EAST else column - 1  # the crossing to the west of the border between the two
    return west < 0 or west == SIZE - 1 or (west == 1 and row < 2) or (row > 2 and (west == 0 or west == 2))


@kernel
def invariant(s, world, shown, legal):
    if not (0 <= s.row < SIZE and 0 <= s.column < SIZE and 0 <= s.heading < PICK_UP):
        return 1
    if not (0 <= s.passenger <= IN_TAXI and 0 <= s.destination < PADS):
        return 2
    if s.success != (s.passenger == s.destination) or (s.success and not s.pending):
        return 3
    if -s.totals[0] + s.totals[1] / 20.0 - s.totals[2] / 10.0 != s.clock or s.totals[1] != 20.0 * s.success:
        return 4
    if shown[0] != 100 * s.row + 20 * s.column + 4 * s.passenger + s.destination:
        return 5
    at = -1
    for pad in range(PADS):
        at = pad if s.row == PAD_ROW[pad] and s.column == PAD_COLUMN[pad] else at
    for way in range(PICK_UP):
        if legal[way] == has_wall(s.row, s.column, way):
            return 6
    if legal[PICK_UP] != (at == s.passenger) or legal[DROP_OFF] != (s.passenger == IN_TAXI and at != -1):
        return 6
    return 0


@kernel
def heuristic(s, world, out):
    """To the passenger, pick up, to the destination, drop off."""
    target = s.destination if s.passenger == IN_TAXI else s.passenger
    if s.row == PAD_ROW[target] and s.column == PAD_COLUMN[target]:
        out[0] = DROP_OFF if s.passenger == IN_TAXI else PICK_UP
        return
    rate = s.rainy_probability if s.is_rainy != 0.0 else 1.0
    out[0] = world.ways[int(rate * (RATES - 1) + 0.5), target, s.row * SIZE + s.column]


SIMULATION = Simulation(
    name="ludus/Taxi-v4",
    state=state,
    spaces=make_spaces,
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
