"""The memory of what a batch shows after each call, for its readers and as the compiled driver sees it."""

from typing import Any, NamedTuple

import numpy as np
from gymnasium import Space

from .space_layout import flags_in, shown_parts, shown_rows


class Buffers(NamedTuple):
    """What a batch shows after each command. N environments, K reward terms, A flags of a mask (1 for a Box)."""

    observation: Any  # (N, *space), or a dict of these where the space is a Dict or slots are filled
    mask: np.ndarray  # (N, A) int8, 1 = legal; all ones for an environment without a mask
    reward: np.ndarray  # (N,) float64, the sum of the terms
    terms: np.ndarray  # (N, K) float64
    terminated: np.ndarray  # (N,) bool
    truncated: np.ndarray  # (N,) bool
    # Written under SAME_STEP where an episode ended in this step, stale elsewhere; no rows at all in the other modes.
    final_observation: Any  # (N, *space), or a dict of these
    final_mask: np.ndarray  # (N, A)
    # Of the running episodes so far, this step included; where one ended in this step, of that one as a whole.
    episode_return: np.ndarray  # (N,) float64
    episode_terms: np.ndarray  # (N, K) float64, each term summed over the episode
    episode_length: np.ndarray  # (N,) int64, steps
    episode_success: np.ndarray  # (N,) bool
    # Input of RESET.
    selected: np.ndarray  # (N,) bool, which environments to reset
    seeded: np.ndarray  # (N,) bool, which of them get a new seed
    seeds: np.ndarray  # (N,) uint64


class Rows(NamedTuple):
    """The same memory as the driver sees it: fewer arrays, each of which costs compile time and 20 ns per call."""

    observation: np.ndarray  # (N, …), never a bare (N,); of a Dict (N,) records with a field for each key
    mask: np.ndarray
    reward: np.ndarray
    terms: np.ndarray
    terminated: np.ndarray
    truncated: np.ndarray
    final_observation: np.ndarray
    final_mask: np.ndarray
    episodes: np.ndarray  # (N,) records: total, terms, length, success
    orders: np.ndarray  # (N,) records: selected, seeded, seed


def _aligned(*fields: Any) -> np.dtype:
    """A record whose size is a multiple of its fields': views of a field are arrays that torch takes, too."""
    return np.dtype([*fields], align=True)


def allocate(
    num_envs: int, observation_space: Space, action_space: Space, num_terms: int, finals: int
) -> tuple[Buffers, Rows]:
    """Buffers and rows over the same memory, of environments that have these spaces each.

    Args:
        finals: Rows of the final observations and masks: ``num_envs`` under SAME_STEP, otherwise 0.
    """
    n, flags = num_envs, flags_in(action_space)
    episode = _aligned(("total", "f8"), ("terms", "f8", (num_terms,)), ("length", "i8"), ("success", "?"))
    rows = Rows(
        observation=shown_rows(observation_space, n),
        mask=np.ones((n, flags), np.int8),
        reward=np.zeros(n),
        terms=np.zeros((n, num_terms)),
        terminated=np.zeros(n, np.bool_),
        truncated=np.zeros(n, np.bool_),
        final_observation=shown_rows(observation_space, finals),
        final_mask=np.ones((finals, flags), np.int8),
        episodes=np.zeros(n, episode),
        orders=np.zeros(n, _aligned(("selected", "?"), ("seeded", "?"), ("seed", "u8"))),
    )
    shown = {name: getattr(rows, name) for name in Buffers._fields if hasattr(rows, name)}
    shown |= {name: shown_parts(observation_space, shown[name]) for name in ("observation", "final_observation")}
    episodes, orders = rows.episodes, rows.orders
    return (
        Buffers(
            **shown,
            episode_return=episodes["total"],
            episode_terms=episodes["terms"],
            episode_length=episodes["length"],
            episode_success=episodes["success"],
            selected=orders["selected"],
            seeded=orders["seeded"],
            seeds=orders["seed"],
        ),
        rows,
    )
