"""The reference policy of Snake: along one-way streets over the board, of two streets the better one."""

from typing import NamedTuple

import numpy as np

from ...engine.kernels import kernel
from .constants import COLUMN_STEP, DOWN, LEFT, MOVES, NONE, NOWHERE, RIGHT, ROW_STEP, UP
from .rules import head_cell, is_legal

FAR = 254  # steps that are more than any way has; one more is still a uint8


class World(NamedTuple):
    """The streets of the heuristic, over cells by their numbers."""

    around: np.ndarray  # (cells,) int16, the next cell round the block
    across: np.ndarray  # (cells,) int16, the cell of the next block, or NOWHERE
    distance: np.ndarray  # (cells, cells) uint8, steps along the streets from one cell to another


def make_world(size):
    """One-way streets over the board: each block of 2 x 2 cells is a roundabout, with one exit from each of its cells.

    Where the size is odd, the last row and column are cut into pairs of cells, each of them a dead end that is entered
    from its block and left into it; the corner that is left over is a detour round the inner cell diagonal to it.
    """
    cells = size * size
    around, across = np.full(cells, NOWHERE, np.int16), np.full(cells, NOWHERE, np.int16)
    odd_end = size - 1 if size % 2 else size
    for cell in range(cells):
        row, column = divmod(cell, size)
        # Even rows lead to the right and odd ones to the left, even columns up and odd ones down …
        along_row, along_column = (RIGHT, LEFT)[row % 2], (UP, DOWN)[column % 2]
        ways = (along_row, along_column) if row % 2 == column % 2 else (along_column, along_row)
        if row == odd_end:  # … but the pairs at an odd board's end lead back
            ways = (LEFT if column % 2 or column == odd_end else UP,)
        elif column == odd_end:
            ways = (LEFT, DOWN) if row == odd_end - 1 else (LEFT if row % 2 else DOWN,)
        for street, way in zip((around, across), ways, strict=False):
            next_row, next_column = row + ROW_STEP[way], column + COLUMN_STEP[way]
            if 0 <= next_row < size and 0 <= next_column < size:
                street[cell] = next_row * size + next_column

    distance = np.full((cells, cells), FAR, np.uint8)
    np.fill_diagonal(distance, 0)
    second = np.where(across != NOWHERE, across, around)
    while True:  # one step further in each round
        shorter = np.minimum(distance, np.minimum(distance[around], distance[second]) + np.uint8(1))
        if (shorter == distance).all():
            return World(around, across, distance)
        distance = shorter


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
def next_cell(s, world, head):
    """Keep to a Hamiltonian cycle that is made on the way: the walk around a tree of blocks, along the streets.

    The body always lies in order on the walk around the tree of the blocks that it touches, so the walk leads out
    behind the tail, and the snake never dies. The next cell round the block is safe unless the body is there: then the
    exit is a branch of the tree. An exit into a block without body adds a branch and is safe too. Of two safe moves
    the one nearer to the fruit is the shortcut.
    """
    around, across = world.around[head], world.across[head]
    if stays_occupied(s, around, around) or not is_corner_free(s, around):
        return across
    if across >= 0 and is_block_free(s, across) and is_corner_free(s, across):
        nearer = world.distance[around, s.fruit] < world.distance[across, s.fruit]
        # If the body fills the whole walk (the next cell is the tail), only a new block can bring it to the fruit.
        return around if nearer and around != s.body[s.tail] else across
    return around


@kernel
def heuristic(s, world, out):
    """The move along the street that `next_cell` takes.

    A snake that somebody else has steered may lie across them; it gets any legal action, and no promise.
    """
    size, head = s.occupied.shape[0], head_cell(s)
    target = next_cell(s, world, head)
    choice = NONE
    for action in range(MOVES):
        leads_there = head + ROW_STEP[action] * size + COLUMN_STEP[action] == target
        if is_legal(s, action) and (choice < 0 or leads_there):
            choice = action
    out[0] = max(choice, UP)
