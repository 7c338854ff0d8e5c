"""The nearest ways of Taxi in the mean, computed when an environment is made: to each stand, in every kind of rain.

Imports nothing from `taxi.py`: the movement is written once more here, for the whole map at a time.
"""

import numpy as np

RATES = 21  # planned for probabilities 0, 1/20 … 1 that a move goes where it should
WAYS = ((1, 0), (-1, 0), (0, 1), (0, -1))  # rows and columns of south, north, east, west
SIDES = ((2, 3), (3, 2), (1, 0), (0, 1))  # left and right of each
FAR = 1000.0  # steps; no stand is as far in the mean, except where there is no way at all


def plan(walls: np.ndarray, pads: list[tuple[int, int]]) -> np.ndarray:
    """(RATES, stands, cells) int8: the direction with the fewest steps to the stand in the mean.

    Args:
        walls: (rows, columns + 1) bool, whether there is a wall to the west of a cell; the last column is the border.
        pads: (row, column) of each stand.
    """
    size = len(walls)
    goes_to, free = np.zeros((4, size * size), int), np.zeros((4, size * size), bool)
    for cell in range(size * size):
        row, column = divmod(cell, size)
        for way, (down, right) in enumerate(WAYS):
            wall = not 0 <= row + down < size or (right and walls[row, column + max(right, 0)])
            free[way, cell] = not wall
            goes_to[way, cell] = cell if wall else (row + down) * size + column + right
    there = np.zeros((len(pads), size * size), bool)
    for pad, (row, column) in enumerate(pads):
        there[pad, row * size + column] = True
    rates = np.linspace(0.0, 1.0, RATES)[:, None, None, None]
    lefts, rights = (list(side) for side in zip(*SIDES, strict=True))
    steps = np.zeros((RATES, len(pads), size * size))  # to go in the mean
    while True:
        ahead = steps[:, :, goes_to]  # (RATES, pads, 4, cells)
        drifts = 0.5 * (ahead[:, :, lefts] + ahead[:, :, rights])
        cost = 1.0 + np.where(free, rates * ahead + (1.0 - rates) * drifts, steps[:, :, None])
        best = np.where(there, 0.0, np.minimum(cost.min(axis=2), FAR))
        if np.abs(best - steps).max() < 1e-9:
            return cost.argmin(axis=2).astype(np.int8)
        steps = best
