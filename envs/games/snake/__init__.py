"""Snake: eat fruit, grow by a cell each time, hit neither the wall nor yourself.

World         A board of `size` x `size` cells. The snake starts as a single cell; one fruit lies on a free cell.
Actions       0 up · 1 right · 2 down · 3 left
Observation   uint8 (size, size, 5), row 0 on top
              | plane | what                                                                | low | high | unit  |
              |-------|---------------------------------------------------------------------|-----|------|-------|
              | 0     | body, the head included                                             | 0   | 1    |       |
              | 1     | head                                                                | 0   | 1    |       |
              | 2     | tail, the last cell of the body (of a snake of one cell: the head)  | 0   | 1    |       |
              | 3     | fruit (none on a full board)                                        | 0   | 1    |       |
              | 4     | body age: until the cell is free if nothing is eaten, tail = 1,     | 0   | 255  | steps |
              |       | head = length; 0 off the body; 255 also stands for more             |     |      |       |
Mask          A move is illegal that leaves the board or enters the body, except into the tail, which moves away as the
              head arrives. Backwards is therefore illegal from length 3 on, and legal for a snake of 1 or 2 cells.
Reward        `fruit`: +1 for each fruit
Start         head and fruit uniform over the cells, never on the same one
End           terminated by an illegal move (the board stays as it was before) and by a full board, which is success;
              truncated after 4,000 steps
Slot          `vision`, off unless filled: the frame of 84 x 84 pixels instead of the observation; the colour of a
              cell of the body tells its age as a share of the length
Sizes         `size` 4 … 32 cells, 12 by default
Source        the rules of `Snake-v1` of Jumanji (Bonnet et al. 2024, arXiv:2306.09884). Two things differ: the age is a
              number (there a share of the length), and the time limit truncates (there it terminates).
"""

import numpy as np
from gymnasium import spaces

from ...engine.simulation import Simulation, Size, vision_slot
from .constants import DOWN, LEFT, MAX_AGE, MOVES, PLANES, RIGHT, UP
from .invariants import INVARIANTS, invariant
from .observation import mask, observe
from .policies import heuristic, make_world
from .rendering import render
from .rules import reset, step

# A cell is numbered row * size + column. The body is a ring of cell numbers: `tail` is the index of its oldest cell,
# the newest stands `length - 1` places further.


def state(size):
    return {
        "body": ("i2", (size * size,)),
        "occupied": ("u1", (size, size)),
        "tail": "i8",
        "length": "i8",
        "fruit": "i8",
        "heading": "i8",  # last action, NONE before the first: only for rendering
    }


def make_spaces(size):
    return spaces.Box(0, MAX_AGE, (size, size, PLANES), np.uint8), spaces.Discrete(MOVES)


def names(size):
    return {"body": "", "head": "", "tail": "", "fruit": "", "body age": "steps"}  # of the planes, the last axis


SIMULATION = Simulation(
    name="ludus/Snake-v1",
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
    slots={"vision": vision_slot(make_spaces, render=render, observe=observe)},
    terms=("fruit",),
    action_names=("up", "right", "down", "left"),
    sizes={"size": Size(12, 4, 32, "rows and columns of the board")},
    world=make_world,
    succeeds=True,
    # Masked random: 4,000 games (standard error 0.03); heuristic: 1,000 games, all boards full. Seeds from 0 on.
    scores={"random": 6.2, "heuristic": 143.0},
    frame=(600, 600),
    fps=12,
    keys={"up": UP, "right": RIGHT, "down": DOWN, "left": LEFT, "w": UP, "d": RIGHT, "s": DOWN, "a": LEFT},
)
