"""Integrated gradients of entries: the slope of an answer along the straight way from a baseline, summed.

After Sundararajan et al. 2017. What they add up to, and what it should be (the answer minus that to the baseline),
differ by the error of the sum: the *completeness error*. The steps are doubled for the rows in which it is above
``ENOUGH``.
"""

from collections.abc import Callable

import numpy as np
import torch

from .shapley import AT_ONCE, Shares

FIRST_STEPS, MOST_STEPS = 32, 4096  # along the way
ENOUGH = 0.01  # completeness error, as a share of all that was moved

# Answers (M, K) to M rows (M, D), each in the place of the row ``who`` (M,); with slopes.
Slopes = Callable[[torch.Tensor, np.ndarray], torch.Tensor]


def integrated_gradients(
    answers: Slopes,
    rows: np.ndarray,
    baseline: np.ndarray,
    owner: np.ndarray,
    target: np.ndarray,
    enough: float = ENOUGH,
) -> tuple[Shares, np.ndarray]:
    """What each entry moved, and the steps (N,) that were needed; arguments as of ``shapley``.

    Rows whose completeness error is above ``enough`` after ``MOST_STEPS`` keep it, and ``Shares.completeness`` says so.
    """
    count, everybody = int(owner.max()) + 1, np.arange(len(rows))
    with torch.no_grad():
        said, rested = (
            _chosen(answers(torch.from_numpy(x), everybody), target).double().numpy()
            for x in (
                np.ascontiguousarray(rows, np.float32),
                np.repeat(baseline[None].astype(np.float32), len(rows), axis=0),
            )
        )
    values, used = np.zeros((len(rows), count)), np.zeros(len(rows), np.int64)
    open_rows, steps = everybody, FIRST_STEPS
    while len(open_rows):
        numbers = np.zeros((len(open_rows), rows.shape[1]))
        block = max(AT_ONCE // (steps * rows.shape[1]), 1)
        for first in range(0, len(open_rows), block):
            some = open_rows[first : first + block]
            numbers[first : first + block] = _summed(answers, rows[some], baseline, some, target, steps)
        for k in range(count):
            values[open_rows, k] = numbers[:, owner == k].sum(axis=1)
        used[open_rows] = steps
        found = Shares(values, np.zeros_like(values), said, rested)
        steps *= 2
        if steps > MOST_STEPS:
            break
        open_rows = open_rows[found.completeness[open_rows] > enough]
    return Shares(values, np.zeros_like(values), said, rested), used


def _summed(
    answers: Slopes, rows: np.ndarray, baseline: np.ndarray, who: np.ndarray, target: np.ndarray, steps: int
) -> np.ndarray:
    """(M, D) the slopes at the middles of ``steps`` pieces of the way, summed."""
    places = (np.arange(steps) + 0.5) / steps
    way = rows.astype(np.float64) - baseline  # (M, D)
    points = baseline + places[None, :, None] * way[:, None, :]
    x = torch.from_numpy(points.reshape(-1, rows.shape[1]).astype(np.float32)).requires_grad_()
    many = np.repeat(who, steps)
    with torch.enable_grad():
        total = _chosen(answers(x, many), target[many]).sum() + 0.0 * x.sum()  # has a slope, whatever it looks at
        (slopes,) = torch.autograd.grad(total, x)
    return slopes.double().numpy().reshape(len(rows), steps, -1).mean(axis=1) * way


def _chosen(said: torch.Tensor, target: np.ndarray) -> torch.Tensor:
    return said.gather(1, torch.from_numpy(target[:, None])).squeeze(1)
