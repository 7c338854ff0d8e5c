"""The observation of Snake, in planes, and the mask of legal moves."""

from ...engine.kernels import clear, kernel
from .constants import AGE, BODY, FRUIT, HEAD, MAX_AGE, MOVES, NOWHERE, TAIL
from .rules import head_cell, is_legal


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
    for action in range(MOVES):
        out[action] = is_legal(s, action)
