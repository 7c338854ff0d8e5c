"""A policy's own play: what it sees while it acts, the rows that an explanation starts from and compares with."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..evaluation import Policy
from ..vecenv.observations import map_observation

BASELINE_SEED = 900_000_011  # far from the seeds of training and of evaluation
ENVS = 16  # that are played side by side
BASELINE_STEPS = 2_000  # of all of them, from which a mean is taken


@dataclass(frozen=True)
class OwnPlay:
    """N observations of a policy's play, in the order of steps and then of environments."""

    rows: np.ndarray  # (N, D) float32
    legal: np.ndarray | None  # (N, K) which actions were legal


def own_play(
    make: Callable[..., Any],
    policy: Policy,
    prepare: Callable[[Any], np.ndarray],
    steps: int,
    seed: int = BASELINE_SEED,
    age: int = 0,
    discrete: bool = True,
    progress: Callable[[float], Any] = lambda share: None,
) -> OwnPlay:
    """Play ``policy`` greedily and keep what it sees.

    Args:
        make: ``make(num_envs)`` makes the environments.
        prepare: From observations as a batch shows them to rows (N, D).
        steps: Of all environments together; no more are kept.
        age: How old the environments are, in steps, where parameters drift.
        discrete: Whether masks are kept.
        progress: Called with the share that is played.
    """
    if steps < 1:
        raise ValueError(f"a policy must play 1 step or more to be explained, got {steps}")
    batch = make(min(ENVS, steps))
    try:
        batch.seed_from(seed, age)
        rows, masks = [], []
        rounds = -(-steps // batch.num_envs)
        for done in range(rounds):
            b = batch.buffers
            rows.append(prepare(map_observation(np.copy, b.observation)))
            if discrete and batch.has_mask:
                masks.append(b.mask > 0)
            progress((done + 1) / rounds)
            batch.step(policy(batch))
    finally:
        batch.close()
    return OwnPlay(np.concatenate(rows)[:steps], np.concatenate(masks)[:steps] if masks else None)
