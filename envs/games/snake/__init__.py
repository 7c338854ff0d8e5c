"""Snake: eat fruit, grow by a cell each time, hit neither the wall nor yourself.

World         A board of `size` x `size` cells. The snake starts as a single cell; one fruit lies on a free cell.
Actions       0 up · 1 right · 2 down · 3 left
Observation   uint8 (size, size, 5), row 0 on top
              | plane | what                                                                   | range   |
              |-------|------------------------------------------------------------------------|---------|
              | 0     | body, the head included                                                | 0, 1    |
              | 1     | head                                                                   | 0, 1    |
              | 2     | tail, the last cell of the body (of a snake of one cell: the head)     | 0, 1    |
              | 3     | fruit (none on a full board)                                           | 0, 1    |
              | 4     | body age: steps until the cell is free if nothing is eaten, tail = 1,  | 0 … 255 |
              |       | head = length; 0 off the body; 255 also stands for more                |         |
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

from ...engine.kernels import below, clear, kernel
from ...engine.simulation import Shown, Simulation, Size, vision_slot
from .policies import make_world, next_cell
from .rendering import render

UP, RIGHT, DOWN, LEFT = range(4)
ROW_STEP, COLUMN_STEP = (-1, 0, 1, 0), (0, 1, 0, -1)  # by action
BODY, HEAD, TAIL, FRUIT, AGE = range(5)  # planes of the observation
NOWHERE = -1  # the fruit's cell on a full board
MAX_AGE = 255  # what the age plane saturates at

# A cell is numbered row * size + column. The body is a ring of cell numbers: `tail` is the index of its oldest cell,
# the newest stands `length - 1` places further.


def state(size):
    return {
        "body": ("i2", (size * size,)),
        "occupied": ("u1", (size, size)),
        "tail": "i8",
        "length": "i8",
        "fruit": "i8",
        "heading": "i8",  # last action, -1 before the first: only for drawing
    }


def make_spaces(size):
    return spaces.Box(0, 255, (size, size, 5), np.uint8), spaces.Discrete(4)


@kernel
def head_cell(s):
    return s.body[(s.tail + s.length - 1) % s.body.shape[0]]


@kernel
def place_fruit(s):
    """Put the fruit on a free cell, uniformly; nowhere if there is none."""
    size, cells = s.occupied.shape[0], s.body.shape[0]
    if s.length == cells:
        s.fruit = NOWHERE
        return
    # Throw until a free cell is hit, which is quick while the board is not crowded; then count. Both are uniform.
    for _ in range(8):
        cell = below(s, cells)
        if s.occupied[cell // size, cell % size] == 0:
            s.fruit = cell
            return
    nth = below(s, cells - s.length)
    for cell in range(cells):
        if s.occupied[cell // size, cell % size] == 0:
            if nth == 0:
                s.fruit = cell
                return
            nth -= 1


@kernel
def is_legal(s, action):
    size = s.occupied.shape[0]
    head = head_cell(s)
    row, column = head // size + ROW_STEP[action], head % size + COLUMN_STEP[action]
    if not (0 <= row < size and 0 <= column < size):
        return False
    return s.occupied[row, column] == 0 or row * size + column == s.body[s.tail]


@kernel
def reset(s, world):
    size, cells = s.occupied.shape[0], s.body.shape[0]
    for row in range(size):
        for column in range(size):
            s.occupied[row, column] = 0
    s.tail = 0
    s.length = 1
    s.body[0] = below(s, cells)
    s.occupied[s.body[0] // size, s.body[0] % size] = 1
    s.heading = -1
    place_fruit(s)


@kernel
def step(s, action, world, terms):
    if not is_legal(s, action):
        return True
    size, cells = s.occupied.shape[0], s.body.shape[0]
    head = head_cell(s)
    row, column = head // size + ROW_STEP[action], head % size + COLUMN_STEP[action]
    cell = row * size + column
    s.heading = action
    eats = cell == s.fruit
    if eats:
        s.length += 1
    else:
        leaving = s.body[s.tail]
        s.occupied[leaving // size, leaving % size] = 0
        s.tail = (s.tail + 1) % cells
    s.body[(s.tail + s.length - 1) % cells] = cell
    s.occupied[row, column] = 1
    if eats:
        terms[0] = 1.0
        place_fruit(s)
        s.success = s.length == cells
    return s.success


@kernel
def observe(s, world, out):
    size, cells = s.occupied.shape[0], s.body.shape[0]
    clear(out)
    index = s.tail
    for age in range(1, s.length + 1):
        row, column = s.body[index] // size, s.body[index] % size
        out[row, column, BODY] = 1
        out[row, column, AGE] = min(age, MAX_AGE)
        index = index + 1 if index + 1 < cells else 0
    head, tail = head_cell(s), s.body[s.tail]
    out[head // size, head % size, HEAD] = 1
    out[tail // size, tail % size, TAIL] = 1
    if s.fruit != NOWHERE:
        out[s.fruit // size, s.fruit % size, FRUIT] = 1


@kernel
def mask(s, world, out):
    for action in range(4):
        out[action] = is_legal(s, action)


INVARIANTS = (
    "the body is a chain of neighbouring cells",
    "the cells marked as occupied are those of the body, each of which lies in it once",
    "one fruit lies on a free cell, and none on a full board",
    "the length is 1 + the fruit eaten",
    "success is a full board",
    "the heading is a move, and none before the first (nor after an illegal one)",
    Shown("the observation shows the body with its ages, head, tail and fruit, and nothing else"),
    Shown("the mask allows the moves to a free cell or to the tail's"),
)


@kernel
def invariant(s, world, shown, legal):
    size, cells = s.occupied.shape[0], s.body.shape[0]
    if not (1 <= s.length <= cells and 0 <= s.tail < cells):
        return 1
    head = NOWHERE
    for age in range(1, s.length + 1):
        before, head = head, s.body[(s.tail + age - 1) % cells]
        row, column = head // size, head % size
        if not 0 <= head < cells or (age > 1 and abs(row - before // size) + abs(column - before % size) != 1):
            return 1
        if s.occupied[row, column] != 1:
            return 2
        planes = shown[row, column]
        if planes[BODY] != 1 or planes[HEAD] != (age == s.length) or planes[TAIL] != (age == 1):
            return 7
        if planes[AGE] != min(age, MAX_AGE):
            return 7
    marked = 0
    for cell in range(cells):
        planes = shown[cell // size, cell % size]
        if s.occupied[cell // size, cell % size] != 0:
            marked += 1
        elif planes[BODY] != 0 or planes[HEAD] != 0 or planes[TAIL] != 0 or planes[AGE] != 0:
            return 7
        if planes[FRUIT] != (cell == s.fruit):
            return 7
    if marked != s.length:
        return 2
    if s.length == cells:
        if s.fruit != NOWHERE:
            return 3
    elif not 0 <= s.fruit < cells or s.occupied[s.fruit // size, s.fruit % size] != 0:
        return 3
    if s.length != 1 + s.totals[0]:
        return 4
    if s.success != (s.length == cells):
        return 5
    if not -1 <= s.heading < 4 or ((s.heading == -1) != (s.clock == 0) and not s.pending):
        return 6
    for action in range(4):
        row, column = head // size + ROW_STEP[action], head % size + COLUMN_STEP[action]
        allowed = 0 <= row < size and 0 <= column < size
        allowed = allowed and (s.occupied[row, column] == 0 or s.body[s.tail] == row * size + column)
        if legal[action] != allowed:
            return 8
    return 0


@kernel
def heuristic(s, world, out):
    """Along the streets of `snake_heuristic.py`.

    A snake that somebody else has steered may lie across them; it gets any legal action, and no promise.
    """
    size, head = s.occupied.shape[0], head_cell(s)
    target = next_cell(s, world, head)
    choice = -1
    for action in range(4):
        leads_there = head + ROW_STEP[action] * size + COLUMN_STEP[action] == target
        if is_legal(s, action) and (choice < 0 or leads_there):
            choice = action
    out[0] = max(choice, UP)


SIMULATION = Simulation(
    name="ludus/Snake-v1",
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
