"""Statistics for the log: means over the episodes that ended since the last line."""

from typing import Any

import numpy as np

from ..envs.engine.buffers import Buffers
from ..utils.untrusted import is_whole


class EpisodeStatistics:
    """Collects finished episodes of a batch and hands out their means as TensorBoard tags."""

    def __init__(self, terms: tuple[str, ...], succeeds: bool = False) -> None:
        self.terms, self.succeeds = terms, succeeds
        self.latest: float | None = None  # mean return that was handed out last
        self.clear()

    def clear(self) -> None:
        self.count = 0
        self.sums = dict.fromkeys(("return", "length", "success", *self.terms), 0.0)

    def add(self, b: Buffers) -> np.ndarray:
        """Take in the episodes that ended in this step; returns their returns, in order of the environments."""
        ended = b.terminated | b.truncated
        returns = b.episode_return[ended]
        self.count += len(returns)
        self.sums["return"] += float(returns.sum())
        self.sums["length"] += float(b.episode_length[ended].sum())
        self.sums["success"] += float(b.episode_success[ended].sum())
        for k, term in enumerate(self.terms):
            self.sums[term] += float(b.episode_terms[ended, k].sum())
        return returns

    def take(self) -> dict[str, float]:
        """The means by tag, and a fresh start; nothing if no episode ended."""
        if self.count == 0:
            return {}
        mean = {name: total / self.count for name, total in self.sums.items()}
        tags = {"rollout/return": mean["return"], "rollout/length": mean["length"], "rollout/episodes": self.count}
        if self.succeeds:
            tags["rollout/success"] = mean["success"]
        tags.update({f"reward/{term}": mean[term] for term in self.terms})
        self.latest = mean["return"]
        self.clear()
        return {tag: float(value) for tag, value in tags.items()}

    def state_dict(self) -> dict[str, Any]:
        return {"count": self.count, "sums": dict(self.sums)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from ``state_dict()``; ``ValueError`` for anything else."""
        known = (
            isinstance(state, dict) and isinstance(state.get("sums"), dict) and state["sums"].keys() == self.sums.keys()
        )
        if not known or not is_whole(state.get("count"), 0, 2**62):
            raise ValueError(f"the saved statistics are {state!r}, expected a count and sums of {', '.join(self.sums)}")
        if not all(isinstance(value, float) for value in state["sums"].values()):
            raise ValueError(f"the saved statistics are {state!r}, expected sums that are numbers")
        self.count, self.sums = state["count"], {name: state["sums"][name] for name in self.sums}
