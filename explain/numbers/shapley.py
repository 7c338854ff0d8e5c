"""Shapley values of entries: what each adds to an answer, on the average over all orders in which they become known.

A coalition of entries is asked about by giving the others the values of a *baseline* (Lundberg and Lee 2017;
Sundararajan and Najmi 2020 call these baseline Shapley values). Up to ``MOST_EXACT`` entries all coalitions are asked
about, and the values are exact (Shapley 1953); beyond, orders are sampled (Castro et al. 2009), each with its reverse
(Mitchell et al. 2022). Whatever is sampled, the values of a row add up to what it says more than the baseline. They are
shares of a sum, and no causes: see ``alone_at_rest``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import factorial

import numpy as np

MOST_EXACT = 8  # entries; 256 coalitions
AT_ONCE = 2**21  # numbers in one question

# Answers (M, K) to M rows (M, D), each in the place of the row ``who`` (M,) of what is explained.
Answers = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Shares:
    """What each entry moved, in the units of the answer."""

    values: np.ndarray  # (N, E)
    errors: np.ndarray  # (N, E) their standard errors: 0 if exact, NaN where one pair of orders says nothing of them
    said: np.ndarray  # (N,) the answer
    rested: np.ndarray  # (N,) that to the baseline

    @property
    def completeness(self) -> np.ndarray:
        """(N,) what the values do not account for, as a share of all that was moved; 0 where nothing was."""
        missing = np.abs(self.values.sum(axis=1) - (self.said - self.rested))
        moved = np.abs(self.values).sum(axis=1)
        small = 1e-9 * (np.abs(self.said) + np.abs(self.rested))  # rounding
        return np.where(missing > small, missing / np.maximum(moved, np.maximum(small, 1e-300)), 0.0)


def shapley(
    answers: Answers,
    rows: np.ndarray,
    baseline: np.ndarray,
    owner: np.ndarray,
    target: np.ndarray,
    pairs: int = 8,
    seed: int = 0,
) -> Shares:
    """The Shapley values of entries.

    Args:
        answers: See ``Answers``.
        rows: What is explained, (N, D) float32.
        baseline: (D,).
        owner: (D,) the entry 0 … E-1 of each number.
        target: (N,) which of the K answers.
        pairs: Orders and their reverses, for each row, where there are too many entries for all coalitions.

    Raises:
        ValueError: no pair.
    """
    if pairs < 1:
        raise ValueError(f"Shapley sampling needs 1 pair of orders or more, got {pairs}")
    count = int(owner.max()) + 1
    said = _asked(answers, rows, np.arange(len(rows)), target)
    rested = _asked(answers, np.repeat(baseline[None], len(rows), axis=0), np.arange(len(rows)), target)
    if count <= MOST_EXACT:
        values = _exact(answers, rows, baseline, owner, target, count)
        return Shares(values, np.zeros_like(values), said, rested)
    generator = np.random.default_rng(seed)
    values, squares = np.zeros((len(rows), count)), np.zeros((len(rows), count))
    for pair in range(pairs):
        order = generator.permuted(np.tile(np.arange(count), (len(rows), 1)), axis=1)  # (N, E)
        mean = np.zeros((len(rows), count))
        for one in (order, order[:, ::-1]):
            mean += 0.5 * _marginals(answers, rows, baseline, owner, target, one, said, rested)
        off = mean - values  # Welford's running mean and variance: no difference of large squares
        values += off / (pair + 1)
        squares += off * (mean - values)
    if pairs == 1:
        return Shares(values, np.full_like(values, np.nan), said, rested)
    return Shares(values, np.sqrt(squares / (pairs - 1) / pairs), said, rested)


def alone_at_rest(answers: Answers, rows: np.ndarray, baseline: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """(N, E, K) the answers where one entry alone has the value of the baseline, and all others their own."""
    count = int(owner.max()) + 1
    chosen = owner[None, :] == np.arange(count)[:, None]  # (E, D)
    parts = []
    for first, last in _blocks(len(rows), count * rows.shape[1]):
        some = rows[first:last]
        changed = np.where(chosen[None], baseline, some[:, None, :])
        who = np.repeat(np.arange(first, last), count)
        parts.append(answers(changed.reshape(-1, rows.shape[1]), who).reshape(len(some), count, -1))
    return np.concatenate(parts)


def _exact(
    answers: Answers, rows: np.ndarray, baseline: np.ndarray, owner: np.ndarray, target: np.ndarray, count: int
) -> np.ndarray:
    coalitions = (np.arange(2**count)[:, None] >> np.arange(count)) & 1 == 1  # (2^E, E)
    worth = _worth(answers, rows, baseline, target, np.broadcast_to(coalitions[:, owner], (1, 2**count, len(owner))))
    sizes = coalitions.sum(axis=1)
    values = np.empty((len(rows), count))
    for k in range(count):
        without = np.flatnonzero(~coalitions[:, k])
        weight = [factorial(s) * factorial(count - 1 - s) / factorial(count) for s in sizes[without].tolist()]
        values[:, k] = (worth[:, without + 2**k] - worth[:, without]) @ np.array(weight)
    return values


def _marginals(
    answers: Answers,
    rows: np.ndarray,
    baseline: np.ndarray,
    owner: np.ndarray,
    target: np.ndarray,
    order: np.ndarray,
    said: np.ndarray,
    rested: np.ndarray,
) -> np.ndarray:
    """(N, E) what each entry adds when the entries become known in ``order`` (N, E)."""
    count = order.shape[1]
    rank = np.argsort(order, axis=1)  # (N, E) when an entry becomes known
    known = rank[:, owner][:, None, :] < np.arange(1, count)[None, :, None]  # (N, E-1, D)
    between = _worth(answers, rows, baseline, target, known)
    path = np.concatenate([rested[:, None], between, said[:, None]], axis=1)
    return np.take_along_axis(np.diff(path, axis=1), rank, axis=1)


def _worth(
    answers: Answers, rows: np.ndarray, baseline: np.ndarray, target: np.ndarray, known: np.ndarray
) -> np.ndarray:
    """(N, S) answers where the numbers that are ``known`` (N or 1, S, D) are a row's own, the others the baseline's."""
    number, size = known.shape[1], rows.shape[1]
    parts = []
    for first, last in _blocks(len(rows), number * size):
        some = known[first:last] if len(known) > 1 else known
        mixed = np.where(some, rows[first:last, None, :], baseline).reshape(-1, size)
        who = np.repeat(np.arange(first, last), number)
        parts.append(_asked(answers, mixed, who, target).reshape(last - first, number))
    return np.concatenate(parts)


def _asked(answers: Answers, rows: np.ndarray, who: np.ndarray, target: np.ndarray) -> np.ndarray:
    said = answers(rows.astype(np.float32, copy=False), who)
    return np.asarray(said, np.float64)[np.arange(len(rows)), target[who]]


def _blocks(count: int, each: int) -> list[tuple[int, int]]:
    """Pieces of ``count`` rows, each of which asks about ``each`` numbers, that fit into one question."""
    step = max(AT_ONCE // max(each, 1), 1)
    return [(first, min(first + step, count)) for first in range(0, count, step)]
