"""Sanity checks of explanations of numbers that can fail, on the policy itself and not on a toy.

After Adebayo et al. 2018, *Sanity checks for saliency maps*: what looks the same for a network with random weights
shows the input and not what was learned. What a policy cannot see must have no share, and shares must add up.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch

from .entries import Entries, Entry
from .policy import GRADIENTS, SHAPLEY, NumberPolicy, move

ROWS = 64  # that are checked
PAIRS = 4
FEWEST_ENTRIES = 16  # below, shares of unlike networks are alike by chance
MOST_ALIKE = 0.7  # correlation with random weights
MOST_MISSING = {SHAPLEY: 1e-3, GRADIENTS: 0.01}  # of the completeness error: rounding; what the steps may leave


@dataclass(frozen=True)
class Check:
    """What was checked, what came of it, and whether it holds; ``None`` where that cannot be judged."""

    name: str
    found: str
    holds: bool | None


def check(
    policy: NumberPolicy,
    randomised: NumberPolicy,
    rows: np.ndarray,
    baseline: np.ndarray,
    legal: np.ndarray | None = None,
    method: str = SHAPLEY,
    seed: int = 0,
) -> list[Check]:
    """The checks of ``method`` on ``policy`` at some of ``rows`` (N, D).

    Args:
        randomised: The same policy with random weights.
        legal: (N, K).
        seed: Which rows, and which orders.
    """
    generator = np.random.default_rng(seed)
    some = generator.permutation(len(rows))[:ROWS]
    rows, legal = rows[some], None if legal is None else legal[some]
    moved = move(policy, rows, baseline, legal, method, PAIRS, seed)
    return [
        _adds_up(float(moved.shares.completeness.max()), method),
        _unseen(policy, rows, baseline, legal, method, generator),
        _randomised(
            moved.shares.values,
            move(randomised, rows, baseline, legal, method, PAIRS, seed, moved.target).shares.values,
        ),
    ]


def _adds_up(worst: float, method: str) -> Check:
    return Check("shares add up to the answer", f"worst completeness error {worst:.2g}", worst <= MOST_MISSING[method])


def _unseen(
    policy: NumberPolicy,
    rows: np.ndarray,
    baseline: np.ndarray,
    legal: np.ndarray | None,
    method: str,
    generator: np.random.Generator,
) -> Check:
    """A number that never reaches the policy, beside those that do."""
    size = policy.entries.size
    own = policy.answer

    def answer(x: torch.Tensor, may: torch.Tensor | None) -> torch.Tensor:
        return own(x[:, :size], may)

    more = Entries((*policy.entries.entries, Entry("unseen", "", (size,))), policy.entries.whole)
    column = generator.normal(size=(len(rows), 1)).astype(np.float32)
    wider = replace(policy, entries=more, answer=answer)
    moved = move(wider, np.hstack([rows, column]), np.append(baseline, np.float32(0.0)), legal, method, PAIRS)
    share, changes = np.abs(moved.shares.values[:, -1]).max(), moved.changes[:, -1].max()
    return Check("a number that it cannot see has no share", f"{max(share, changes):.2g}", not share and not changes)


def _randomised(values: np.ndarray, others: np.ndarray) -> Check:
    name = "random weights give other shares"
    alike = similarity(values, others)
    if values.shape[1] < FEWEST_ENTRIES:
        return Check(name, f"correlation {alike:.2f}; not judged below {FEWEST_ENTRIES} entries", None)
    return Check(name, f"correlation {alike:.2f}", abs(alike) <= MOST_ALIKE)


def similarity(values: np.ndarray, others: np.ndarray) -> float:
    """Mean correlation (-1 … 1) of the ranks of two kinds of signed shares (N, E), row by row."""
    ranks = [part.argsort(axis=1, kind="stable").argsort(axis=1).astype(np.float64) for part in (values, others)]
    centred = [rank - rank.mean(axis=1, keepdims=True) for rank in ranks]
    sizes = [np.maximum(np.linalg.norm(part, axis=1), 1e-12) for part in centred]
    return float(((centred[0] * centred[1]).sum(axis=1) / (sizes[0] * sizes[1])).mean())
