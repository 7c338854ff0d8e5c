"""The view of a batch that policies get which read: what is shown, what slots estimate, parameters; no record."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium import Space


class PolicyView:
    """A batch of N environments, as ``Simulation.policies`` see it. Its arrays are read-only."""

    def __init__(self, batch: Any) -> None:
        self._batch = batch
        self.num_envs: int = batch.num_envs
        self.action_space: Space = batch.action_space
        self.sizes: Mapping[str, Any] = dict(batch.sizes)

    @property
    def observation(self) -> Any:
        """(N, *space), or a dict of these where slots are filled."""
        shown = self._batch.buffers.observation
        return {key: sealed(array) for key, array in shown.items()} if isinstance(shown, dict) else sealed(shown)

    @property
    def mask(self) -> np.ndarray:
        """(N, A) int8, 1 = legal."""
        return sealed(self._batch.buffers.mask)

    @property
    def parameters(self) -> dict[str, np.ndarray]:
        """(N,) float64 by name: the values of this moment."""
        values = self._batch.values_of_parameters
        return {name: sealed(values[:, i]) for i, name in enumerate(self._batch.simulation.parameters)}

    def estimate(self, slot: str) -> np.ndarray:
        """(N, *truth) what ``slot`` says of its truth.

        Raises:
            ValueError: the slot is not filled.
        """
        if slot not in getattr(self._batch, "fillings", {}):
            raise ValueError(f"this policy of {self._batch.name} reads the slot {slot}, which is not filled; fill it")
        return sealed(self._batch.estimate(slot))


def sealed(array: np.ndarray) -> np.ndarray:
    """A view that cannot be written to."""
    view = array.view()
    view.flags.writeable = False
    return view
