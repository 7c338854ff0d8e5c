"""The value of the action that an agent takes next, as a function of what a slot shows."""

from typing import Any

import numpy as np
import torch

from .pqn import PQN


class ActionValue:
    """How far the action that an agent takes is above the mean of the legal ones, if a slot showed something else.

    Args:
        agent: An agent of ours, whose network has values of actions.
        batch: One environment, at the moment in question; what else it shows stays as it is now.
        slot: Whose numbers are exchanged.
    """

    def __init__(self, agent: PQN, batch: Any, slot: str) -> None:
        b = batch.buffers
        self.agent, self.slot = agent, slot
        self.action = int(agent.choose(b.observation, b.mask if batch.has_mask else None)[0])
        self._legal = torch.from_numpy(b.mask[0] > 0) if batch.has_mask else torch.ones(batch.action_space.n).bool()
        self._observation = {key: torch.from_numpy(np.array(rows[:1])) for key, rows in b.observation.items()}

    def __call__(self, shown: torch.Tensor) -> torch.Tensor:
        """(M,) the action's lead, for what the slot shows (M, *space); it has a slope."""
        given = {key: rows.expand(len(shown), *rows.shape[1:]) for key, rows in self._observation.items()}
        values = self.agent.network(given | {self.slot: shown.float()})
        return values[:, self.action] - values[:, self._legal].mean(dim=1)


def value_of_next_action(policy: Any, batch: Any, slot: str) -> ActionValue | None:
    """The value of what a policy does next; ``None`` where it is a rule, or an agent without values and slopes."""
    agent = getattr(policy, "agent", None)
    return ActionValue(agent, batch, slot) if isinstance(agent, PQN) and agent.view is None else None
