"""The rules of Snake: how an episode starts, and what a move does."""

from ...engine.kernels import below, kernel
from .constants import COLUMN_STEP, FRUIT_EATEN, NONE, NOWHERE, ROW_STEP


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
    s.heading = NONE
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
        terms[FRUIT_EATEN] = 1.0
        place_fruit(s)
        s.success = s.length == cells
    return s.success
