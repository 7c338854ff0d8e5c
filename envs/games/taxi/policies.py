"""The optimum of Taxi: the ways with the fewest steps in the mean, to each stand in every kind of rain."""

import numpy as np

from ...engine.kernels import kernel
from .constants import (
    COLUMN_STEP,
    DROP_OFF,
    IN_TAXI,
    LEFT_OF,
    PICK_UP,
    RIGHT_OF,
    ROW_STEP,
    SIZE,
    STAND_COLUMN,
    STAND_ROW,
    STANDS,
)

RATES = 21  # solved for probabilities 0, 1/20 … 1 that a move goes where it should
FAR = 1000.0  # steps; no stand is as far in the mean, except where there is no way at all


def solve_by_value_iteration(is_open: np.ndarray, stands: np.ndarray) -> np.ndarray:
    """(RATES, STANDS, cells) int8: the direction with the fewest steps to the stand in the mean.

    Args:
        is_open: (cells, MOVES) uint8, whether a move is not stopped by a wall or the border.
        stands: (cells,) int8, the stand at a crossing, or NO_STAND.
    """
    free = is_open.T.astype(bool)
    step_to = SIZE * np.array(ROW_STEP)[:, None] + np.array(COLUMN_STEP)[:, None]
    goes_to = np.arange(SIZE * SIZE) + step_to * free  # (MOVES, cells)
    there = stands == np.arange(STANDS)[:, None]  # (STANDS, cells)
    rates = np.linspace(0.0, 1.0, RATES)[:, None, None, None]
    lefts, rights = list(LEFT_OF), list(RIGHT_OF)
    steps = np.zeros((RATES, STANDS, SIZE * SIZE))  # to go in the mean
    while True:
        ahead = steps[:, :, goes_to]  # (RATES, STANDS, MOVES, cells)
        drifts = 0.5 * (ahead[:, :, lefts] + ahead[:, :, rights])
        cost = 1.0 + np.where(free, rates * ahead + (1.0 - rates) * drifts, steps[:, :, None])
        best = np.where(there, 0.0, np.minimum(cost.min(axis=2), FAR))
        if np.abs(best - steps).max() < 1e-9:
            return cost.argmin(axis=2).astype(np.int8)
        steps = best


@kernel
def heuristic(s, world, out):
    """To the passenger, pick up, to the destination, drop off."""
    target = s.destination if s.passenger == IN_TAXI else s.passenger
    if s.row == STAND_ROW[target] and s.column == STAND_COLUMN[target]:
        out[0] = DROP_OFF if s.passenger == IN_TAXI else PICK_UP
        return
    rate = s.rainy_probability if s.is_rainy != 0.0 else 1.0
    out[0] = world.ways[int(rate * (RATES - 1) + 0.5), target, s.row * SIZE + s.column]
