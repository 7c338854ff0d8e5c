"""Policies that see numbers, whoever's they are, and what moved their choices: Shapley values, or gradients."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from .entries import Entries
from .path_gradients import integrated_gradients
from .shapley import Shares, alone_at_rest, shapley

VALUE, PROBABILITY, ACTION = "value", "probability", "action"
SHAPLEY, GRADIENTS = "shapley", "integrated-gradients"
METHODS = {SHAPLEY: "Shapley values", GRADIENTS: "integrated gradients"}  # as asked for -> in words


@dataclass(frozen=True)
class NumberPolicy:
    """A policy whose observation is numbers; no matter which agent's it is.

    Attributes:
        says: What its answers are: ``"value"`` of each Discrete action, its ``"probability"``, or the components of
            the one ``"action"`` of a Box, before they are clipped to it.
        prepare: From observations as a batch shows them, (N, …), to rows (N, D) float32.
        answer: From rows (M, D), and which actions are legal, (M, K) or ``None``, to (M, K).
        has_slopes: Whether the answers can be differentiated.
        low, high: (K,) the ends of a Box's components; ``None`` for Discrete actions.
    """

    entries: Entries
    says: str
    prepare: Callable[[Any], np.ndarray]
    answer: Callable[[torch.Tensor, torch.Tensor | None], torch.Tensor]
    has_slopes: bool
    heeds_masks: bool = True  # whether it chooses among the legal actions only
    low: np.ndarray | None = None
    high: np.ndarray | None = None

    @property
    def ranges(self) -> np.ndarray:
        """(K,) how far apart the ends of a Box's components are; 1 where there are none."""
        assert self.low is not None
        assert self.high is not None
        wide = self.high.astype(np.float64) - self.low
        return np.where(np.isfinite(wide) & (wide > 0.0), wide, 1.0)

    @property
    def chooses(self) -> bool:
        """Whether it chooses one of several actions."""
        return self.says != ACTION

    def answers(self, rows: np.ndarray, legal: np.ndarray | None = None) -> np.ndarray:
        """(M, K) float64 to rows (M, D); ``legal`` (M, K)."""
        with torch.no_grad():
            told = torch.from_numpy(legal) if legal is not None and self.heeds_masks else None
            return self.answer(torch.from_numpy(np.ascontiguousarray(rows, np.float32)), told).double().numpy()

    def chosen(self, said: np.ndarray, legal: np.ndarray | None = None) -> np.ndarray:
        """(…,) the number of the action of answers (…, K); of a Box the component that is largest for its range."""
        if not self.chooses:
            return np.abs(said / self.ranges).argmax(axis=-1)
        if legal is not None and self.heeds_masks:  # where nothing is legal, everything is
            said = np.where(legal | ~legal.any(axis=-1, keepdims=True), said, -np.inf)
        return said.argmax(axis=-1)


@dataclass(frozen=True)
class Moved:
    """What moved the choices of N rows.

    Attributes:
        shares: Of the entries.
        target: (N,) what is explained: the action that was chosen, or a component of it.
        alone: (N, E) the same with one entry alone at the baseline: the action chosen then, or the component's number,
            as the environment would get it.
        changes: (N, E) 1 where that is another action; of a Box the most that any component moves, as a part of its
            range.
        steps: (N,) of integrated gradients; 0 for Shapley values.
    """

    shares: Shares
    target: np.ndarray
    alone: np.ndarray
    changes: np.ndarray
    steps: np.ndarray


def move(
    policy: NumberPolicy,
    rows: np.ndarray,
    baseline: np.ndarray,
    legal: np.ndarray | None = None,
    method: str = SHAPLEY,
    pairs: int = 8,
    seed: int = 0,
    target: np.ndarray | None = None,
) -> Moved:
    """What moved the choices of ``policy`` at ``rows`` (N, D), against ``baseline`` (D,).

    Args:
        legal: (N, K) which actions are legal; a coalition is asked about with those of its row.
        method: ``"shapley"`` or ``"integrated-gradients"``.
        pairs: See ``shapley``.
        target: (N,) what is explained; by default what it chooses.

    Raises:
        ValueError: an unknown method, or gradients of a policy that has none.
    """
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}; expected {' or '.join(METHODS)}")
    if method == GRADIENTS and not policy.has_slopes:
        raise ValueError(f"a table has no gradients; take the method {SHAPLEY!r}")
    owner = policy.entries.owner
    legal = legal if policy.heeds_masks else None

    def answers(x: np.ndarray, who: np.ndarray) -> np.ndarray:
        return policy.answers(x, None if legal is None else legal[who])

    def slopes(x: torch.Tensor, who: np.ndarray) -> torch.Tensor:
        return policy.answer(x, None if legal is None else torch.from_numpy(legal[who]))

    if target is None:
        target = policy.chosen(answers(rows, np.arange(len(rows))), legal)
    steps = np.zeros(len(rows), np.int64)
    if method == GRADIENTS:
        shares, steps = integrated_gradients(slopes, rows, baseline, owner, target)
    else:
        shares = shapley(answers, rows, baseline, owner, target, pairs, seed)
    without = alone_at_rest(answers, rows, baseline, owner)  # (N, E, K)
    if policy.chooses:
        alone = policy.chosen(without, None if legal is None else legal[:, None, :])
        return Moved(shares, target, alone, (alone != target[:, None]).astype(np.float64), steps)
    assert policy.low is not None
    assert policy.high is not None
    low, high = policy.low[target], policy.high[target]
    alone = np.clip(np.take_along_axis(without, target[:, None, None], axis=2)[:, :, 0], low[:, None], high[:, None])
    done = np.clip(answers(rows, np.arange(len(rows))), policy.low, policy.high)  # (N, K)
    moves = np.abs(np.clip(without, policy.low, policy.high) - done[:, None, :]) / policy.ranges
    return Moved(shares, target, alone, moves.max(axis=2), steps)
