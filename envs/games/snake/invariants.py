"""The invariants of Snake: rules that its record, its observation and its mask keep in every state."""

from ...engine.kernels import kernel
from ...engine.simulation import Shown
from .constants import (
    AGE,
    BODY,
    COLUMN_STEP,
    FRUIT,
    FRUIT_EATEN,
    HEAD,
    MAX_AGE,
    MOVES,
    NONE,
    NOWHERE,
    ROW_STEP,
    TAIL,
)

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
    if s.length != 1 + s.totals[FRUIT_EATEN]:
        return 4
    if s.success != (s.length == cells):
        return 5
    if not NONE <= s.heading < MOVES or ((s.heading == NONE) != (s.clock == 0) and not s.pending):
        return 6
    for action in range(MOVES):
        row, column = head // size + ROW_STEP[action], head % size + COLUMN_STEP[action]
        allowed = 0 <= row < size and 0 <= column < size
        allowed = allowed and (s.occupied[row, column] == 0 or s.body[s.tail] == row * size + column)
        if legal[action] != allowed:
            return 8
    return 0
