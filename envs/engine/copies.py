"""Copies of both wrappers for Gymnasium, in the same state, by ``copy.deepcopy`` or ``pickle``; their render modes."""

from copy import deepcopy
from typing import Any

from gymnasium.envs.registration import EnvSpec
from numpy.random import Generator

from .kernel_batch import KernelBatch
from .simulation import Simulation


def modes_of(simulation: Simulation, known: list[str], asked: str | None) -> list[str]:
    """The render modes of an environment: those that its wrapper knows, or none where it cannot be rendered.

    Raises:
        ValueError: ``asked`` is one, and there is no kernel for it.
    """
    if simulation.render is None and asked is not None:
        raise ValueError(f"{simulation.name} has no kernel render, so that render_mode must be None, got {asked!r}")
    return known if simulation.render is not None else []


class Copied:
    """A wrapper that can be copied: made anew with the keywords it was made with, then put in the same state.

    The same actions lead to the same future. A window stays with the original.
    """

    batch: KernelBatch
    spec: EnvSpec | None
    _made_with: dict[str, Any]
    _one_at_a_time: Any  # a threading.RLock
    _np_random: Generator | None
    _np_random_seed: int | None

    def __getstate__(self) -> dict[str, Any]:
        with self._one_at_a_time:
            return self._state()

    def _state(self) -> dict[str, Any]:
        own = {name: getattr(self, name) for name in ("spec", "_np_random", "_np_random_seed")}
        return {"made_with": self._made_with, "snapshot": self.batch.snapshot(), "own": own}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state["made_with"])  # type: ignore[misc]
        self.batch.restore(state["snapshot"])
        vars(self).update(state["own"])

    def __deepcopy__(self, memo: dict) -> "Copied":
        """Shares with the original what it was made with: a component, which may be large, is not copied."""
        other, state = type(self).__new__(type(self)), self.__getstate__()
        other.__setstate__({**state, "own": {**state["own"], "_np_random": deepcopy(self._np_random, memo)}})
        return other
