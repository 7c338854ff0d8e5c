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
Sizes         `size` 4 … 32 cells, 12 by default
Source        the rules of `Snake-v1` of Jumanji (Bonnet et al. 2024, arXiv:2306.09884). Two things differ: the age is a
              number (there a share of the length), and the time limit truncates (there it terminates).
"""

from typing import NamedTuple

import numpy as np
from gymnasium import spaces

from ..engine.kernels import below, clear, copy_rows, disc, fill, kernel, line, number, repeat_rows
from ..engine.simulation import Simulation, Size

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


class World(NamedTuple):
    """The streets of the heuristic; cells are numbers, -1 stands for none."""

    around: np.ndarray  # (cells,) int16, the next cell round the block
    across: np.ndarray  # (cells,) int16, the cell of the next block, or -1
    distance: np.ndarray  # (cells, cells) uint8, steps along the streets from one cell to another


def make_world(size):
    """One-way streets over the board: each block of 2 x 2 cells is a roundabout, with one exit from each of its cells.

    Where the size is odd, the last row and column are cut into pairs of cells, each of them a dead end that is entered
    from its block and left into it; the corner that is left over is a detour round the inner cell diagonal to it.
    """
    cells = size * size
    around, across = np.full(cells, -1, np.int16), np.full(cells, -1, np.int16)
    odd_end = size - 1 if size % 2 else size
    for cell in range(cells):
        row, column = divmod(cell, size)
        # Even rows lead to the right and odd ones to the left, even columns up and odd ones down …
        along_row, along_column = (RIGHT, LEFT)[row % 2], (UP, DOWN)[column % 2]
        actions = (along_row, along_column) if row % 2 == column % 2 else (along_column, along_row)
        if row == odd_end:  # … but the pairs at an odd board's end lead back
            actions = (LEFT if column % 2 or column == odd_end else UP,)
        elif column == odd_end:
            actions = (LEFT, DOWN) if row == odd_end - 1 else (LEFT if row % 2 else DOWN,)
        for street, action in zip((around, across), actions, strict=False):
            next_row, next_column = row + ROW_STEP[action], column + COLUMN_STEP[action]
            if 0 <= next_row < size and 0 <= next_column < size:
                street[cell] = next_row * size + next_column

    distance = np.full((cells, cells), 254, np.uint8)  # far, and still room for one more
    np.fill_diagonal(distance, 0)
    second = np.where(across >= 0, across, around)
    while True:  # one step further in each round
        shorter = np.minimum(distance, np.minimum(distance[around], distance[second]) + np.uint8(1))
        if (shorter == distance).all():
            return World(around, across, distance)
        distance = shorter


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
    "the observation shows the body with its ages, head, tail and fruit, and nothing else",
    "the mask allows the moves to a free cell or to the tail's",
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
            return 6
        if planes[AGE] != min(age, MAX_AGE):
            return 6
    marked = 0
    for cell in range(cells):
        planes = shown[cell // size, cell % size]
        if s.occupied[cell // size, cell % size] != 0:
            marked += 1
        elif planes[BODY] != 0 or planes[HEAD] != 0 or planes[TAIL] != 0 or planes[AGE] != 0:
            return 6
        if planes[FRUIT] != (cell == s.fruit):
            return 6
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
    for action in range(4):
        row, column = head // size + ROW_STEP[action], head % size + COLUMN_STEP[action]
        allowed = 0 <= row < size and 0 <= column < size
        allowed = allowed and (s.occupied[row, column] == 0 or s.body[s.tail] == row * size + column)
        if legal[action] != allowed:
            return 7
    return 0


@kernel
def stays_occupied(s, cell, target):
    """Whether the body still lies on ``cell`` after a move to ``target``."""
    size = s.occupied.shape[0]
    leaves = cell == s.body[s.tail] and target != s.fruit
    return s.occupied[cell // size, cell % size] != 0 and not leaves


@kernel
def is_corner_free(s, target):
    """On a board of odd size a cycle leaves out the last corner or the inner cell beside it: only one may be used."""
    size, cells = s.occupied.shape[0], s.body.shape[0]
    corner, inner = cells - 1, cells - 2 - size
    if size % 2 == 0 or (target != corner and target != inner) or s.length == cells - 1:
        return True
    return not stays_occupied(s, corner + inner - target, target)


@kernel
def is_block_free(s, target):
    """Whether a move to ``target`` enters a block on which no other part of the body lies."""
    size = s.occupied.shape[0]
    top, left = target // size // 2 * 2, target % size // 2 * 2
    for row in range(top, min(top + 2, size)):
        for column in range(left, min(left + 2, size)):
            if stays_occupied(s, row * size + column, target):
                return False
    return True


@kernel
def heuristic(s, world, out):
    """Keep to a Hamiltonian cycle that is made on the way: the walk around a tree of blocks, along the streets.

    The body always lies in order on the walk around the tree of the blocks that it touches, so the walk leads out
    behind the tail, and the snake never dies. The next cell round the block is safe unless the body is there: then the
    exit is a branch of the tree. An exit into a block without body adds a branch and is safe too. Of two safe moves
    the one nearer to the fruit is the shortcut.
    """
    size = s.occupied.shape[0]
    head = head_cell(s)
    around, across = world.around[head], world.across[head]
    target = around
    if stays_occupied(s, around, around) or not is_corner_free(s, around):
        target = across
    elif across >= 0 and is_block_free(s, across) and is_corner_free(s, across):
        nearer = world.distance[around, s.fruit] < world.distance[across, s.fruit]
        # If the body fills the whole walk (the next cell is the tail), only a new block can bring it to the fruit.
        target = around if nearer and around != s.body[s.tail] else across
    # A snake that somebody else has steered may lie across the streets; it gets any legal action, and no promise.
    choice = -1
    for action in range(4):
        leads_there = head + ROW_STEP[action] * size + COLUMN_STEP[action] == target
        if is_legal(s, action) and (choice < 0 or leads_there):
            choice = action
    out[0] = max(choice, UP)


GRASS, GRASS_DARK = (170, 208, 96), (160, 199, 86)
BODY_OLD, BODY_NEW, HEAD_COLOR = (98, 134, 214), (58, 92, 190), (44, 72, 164)
FRUIT_COLOR, SHINE, STALK, LEAF = (222, 62, 52), (246, 146, 132), (96, 66, 40), (62, 128, 52)
EYE, PUPIL, TONGUE = (252, 252, 252), (24, 24, 40), (214, 60, 78)
INK, INK_SHADOW = (252, 252, 244), (44, 64, 30)
FADE = 32  # cells over which a snake changes from the neck's colour to the tail's, at least: fewer would show steps


@kernel
def body_color(share):
    """From the tail (share 0) to the neck (share 1)."""
    return (
        int(BODY_OLD[0] + share * (BODY_NEW[0] - BODY_OLD[0])),
        int(BODY_OLD[1] + share * (BODY_NEW[1] - BODY_OLD[1])),
        int(BODY_OLD[2] + share * (BODY_NEW[2] - BODY_OLD[2])),
    )


@kernel
def color_cell(s, frame, cell, color):
    """Colour the uppermost pixels of a cell only; `draw` repeats them downwards."""
    size = s.occupied.shape[0]
    row, column = cell // size, cell % size
    top, width = row * frame.shape[0] // size, frame.shape[1]
    fill(frame, column * width // size, top, (column + 1) * width // size, top + 1, color)


@kernel
def draw(s, world, frame):
    """Plain cells where pixels are few; a rounded snake with eyes, an apple and the score where there are more."""
    size, cells = s.occupied.shape[0], s.body.shape[0]
    height, width = frame.shape[0], frame.shape[1]
    fine = min(height, width) >= 12 * size
    for cell in range(2 * size):
        color_cell(s, frame, cell, GRASS if (cell // size + cell % size) % 2 == 0 else GRASS_DARK)
    for row in range(2, size):
        copy_rows(frame, row % 2 * height // size, row * height // size, 1)
    if not fine:
        index = s.tail
        for age in range(1, s.length + 1):
            color_cell(s, frame, s.body[index], HEAD_COLOR if age == s.length else body_color(age / s.length))
            index = index + 1 if index + 1 < cells else 0
        if s.fruit != NOWHERE:
            color_cell(s, frame, s.fruit, FRUIT_COLOR)
    for row in range(size):
        repeat_rows(frame, row * height // size, 1, (row + 1) * height // size)
    if fine:
        draw_fine(s, frame)


@kernel
def draw_fine(s, frame):
    size, cells = s.occupied.shape[0], s.body.shape[0]
    unit_x, unit_y = frame.shape[1] / size, frame.shape[0] / size
    unit = min(unit_x, unit_y)
    if s.fruit != NOWHERE:
        draw_apple(frame, (s.fruit % size + 0.5) * unit_x, (s.fruit // size + 0.54) * unit_y, unit)
    # Whole pixels everywhere, so that the straight pieces need no anti-aliasing and meet the round ones without a seam.
    radius = int(0.37 * unit)
    index = s.tail
    x, y = int((s.body[index] % size + 0.5) * unit_x), int((s.body[index] // size + 0.5) * unit_y)
    for age in range(1, s.length + 1):
        share = max(1.0 - (s.length - age) / max(s.length, FADE), 0.0)
        color = body_color(share)
        disc(frame, x, y, radius, color)
        if age < s.length:
            index = index + 1 if index + 1 < cells else 0
            next_x, next_y = int((s.body[index] % size + 0.5) * unit_x), int((s.body[index] // size + 0.5) * unit_y)
            wide, high = (0, radius) if next_y == y else (radius, 0)
            left, top = min(x, next_x) - wide, min(y, next_y) - high
            fill(frame, left, top, max(x, next_x) + wide, max(y, next_y) + high, color)
            x, y = next_x, next_y
    draw_head(frame, x, y, unit, s.heading if s.heading >= 0 else UP)
    scale = max(frame.shape[0] // 120, 2)
    number(frame, 3 * scale, 3 * scale, int(s.totals[0]), scale, INK_SHADOW)
    number(frame, 3 * scale - scale // 2, 3 * scale - scale // 2, int(s.totals[0]), scale, INK)


@kernel
def draw_apple(frame, x, y, unit):
    for side in (-1, 1):
        disc(frame, x + side * 0.1 * unit, y, 0.27 * unit, FRUIT_COLOR)
    line(frame, x, y - 0.2 * unit, x + 0.05 * unit, y - 0.42 * unit, 0.07 * unit, STALK)
    line(frame, x + 0.1 * unit, y - 0.34 * unit, x + 0.24 * unit, y - 0.4 * unit, 0.12 * unit, LEAF)
    disc(frame, x - 0.16 * unit, y - 0.09 * unit, 0.07 * unit, SHINE)


@kernel
def draw_head(frame, x, y, unit, heading):
    dx, dy = COLUMN_STEP[heading], ROW_STEP[heading]
    line(frame, x, y, x + 0.58 * unit * dx, y + 0.58 * unit * dy, 0.08 * unit, TONGUE)
    line(frame, x, y, x + 0.06 * unit * dx, y + 0.06 * unit * dy, 0.84 * unit, HEAD_COLOR)
    for side in (-1, 1):
        eye_x = x + 0.13 * unit * dx - side * 0.2 * unit * dy
        eye_y = y + 0.13 * unit * dy + side * 0.2 * unit * dx
        disc(frame, eye_x, eye_y, 0.14 * unit, EYE)
        disc(frame, eye_x + 0.05 * unit * dx, eye_y + 0.05 * unit * dy, 0.075 * unit, PUPIL)


SIMULATION = Simulation(
    state=state,
    spaces=make_spaces,
    terms=("fruit",),
    action_names=("up", "right", "down", "left"),
    sizes={"size": Size(12, 4, 32, "rows and columns of the board")},
    world=make_world,
    succeeds=True,
    # Masked random: 4,000 games (standard error 0.03); heuristic: 1,000 games, all boards full. Seeds from 0 on.
    scores={"random": 6.2, "heuristic": 143.0},
    invariants=INVARIANTS,
    frame=(600, 600),
    fps=12,
    keys={"up": UP, "right": RIGHT, "down": DOWN, "left": LEFT, "w": UP, "d": RIGHT, "s": DOWN, "a": LEFT},
)
