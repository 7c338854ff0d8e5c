"""The table of agents: name -> module below ``ludus.agents``. Adding an agent = one file + one line here.

The module has three functions,

    resolve(name, values) -> dict          the hyperparameters, checked, with every default filled in; plain values
    searched(name) -> dict                 where `ludus tune` searches them unless it is told, as it is typed there
    make(name, batch, values, seed, device, acting) -> Agent    an untrained agent; ``acting``: only to choose actions

and its agents follow the protocol below.
"""

import importlib
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Protocol

import numpy as np
import torch
from gymnasium import spaces

from ..envs.engine.batch import Batch
from ..utils.wording import did_you_mean
from .statistics import EpisodeStatistics


@dataclass(frozen=True)
class Entry:
    """Where an agent is, and what its runs can promise."""

    module: str
    exact: bool  # a resumed run has the same bits as one that was never stopped (on Ludus environments, on the CPU)
    what: str
    actions: tuple[type[spaces.Space], ...] = (spaces.Discrete,)  # kinds of action spaces in which it can act
    needs_mask: bool = False  # only where the environment says which actions are legal


AGENTS: dict[str, Entry] = {
    "pqn": Entry("pqn", True, "epsilon-greedy Q-learning on a whole batch, without replay (Gallici et al. 2024)"),
    "tabular": Entry("tabular", True, "Q-learning, SARSA, expected SARSA and double Q-learning, in a table"),
    "ppo": Entry("sb3.algorithms", True, "Stable-Baselines3's PPO", (spaces.Discrete, spaces.Box)),
    "maskable_ppo": Entry("sb3.algorithms", True, "sb3-contrib's PPO, which sees the legal actions", needs_mask=True),
    "a2c": Entry("sb3.algorithms", True, "Stable-Baselines3's A2C", (spaces.Discrete, spaces.Box)),
    "dqn": Entry("sb3.algorithms", False, "Stable-Baselines3's DQN, one exploration coin per environment"),
    "sac": Entry("sb3.algorithms", False, "Stable-Baselines3's SAC, for continuous actions", (spaces.Box,)),
    "td3": Entry("sb3.algorithms", False, "Stable-Baselines3's TD3, for continuous actions", (spaces.Box,)),
}


class Agent(Protocol):
    """What a run needs of an agent, beside SB3's ``learn`` and ``predict``."""

    num_timesteps: int
    statistics: EpisodeStatistics  # episodes of the training

    def learn(self, total_timesteps: int, callback: Any = None, log_interval: int = 1, **keywords: Any) -> Any:
        """Train until ``total_timesteps`` in all; with ``reset_num_timesteps=False`` from the present counters on."""

    def set_logger(self, logger: Any) -> None: ...
    def choose(self, observation: Any, mask: np.ndarray | None) -> np.ndarray:
        """Actions (N, …) for a batch's observations, without exploration; mask (N, A), 1 = legal."""

    def pack(self) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
        """``(tensors, state)``: what is a tensor (weights, optimiser, random states), and all else, for JSON."""

    def load(self, tensors: dict[str, torch.Tensor], state: dict[str, Any]) -> None:
        """Go on from what ``pack`` gave of an agent of the same configuration."""

    def load_network(self, tensors: dict[str, torch.Tensor]) -> None:
        """The part of the ``tensors`` that acting needs; ``ValueError`` if it does not fit."""

    def begin_anew(self) -> None:
        """The batch could not be restored and starts new episodes: forget what was seen last."""

    def keep_replay(self, folder: Any) -> bool:
        """Keep what is too large for a checkpoint in files of ``folder``, if anything is; after ``load``.

        Returns:
            False if the files are new: if they do not hold what the loaded checkpoint counts on.
        """


def find(name: str) -> Entry:
    """The entry of agent ``name``; ``ValueError`` with the nearest known one if there is none."""
    if name not in AGENTS:
        raise ValueError(f"unknown agent {name!r}{did_you_mean(name, AGENTS)}")
    return AGENTS[name]


def _module(name: str) -> ModuleType:
    return importlib.import_module(f".{find(name).module}", __package__)


def resolve(name: str, values: dict[str, Any]) -> dict[str, Any]:
    """The hyperparameters of agent ``name``: ``values`` checked, the rest its defaults."""
    return _module(name).resolve(name, values)


def searched(name: str) -> dict[str, str]:
    """Where the hyperparameters of agent ``name`` are searched: ranges and choices, as `--search` takes them."""
    return dict(_module(name).searched(name))


def make(
    name: str, batch: Batch, values: dict[str, Any], seed: int, device: str = "cpu", acting: bool = False
) -> Agent:
    """An untrained agent on ``batch``; ``acting``: without what only training needs, on any number of environments.

    Raises:
        ValueError: an unknown agent; one that cannot act in this space, observe that one, or take these ``values``.
    """
    kinds = find(name).actions
    if not isinstance(batch.action_space, kinds):
        fitting = [
            agent
            for agent, entry in AGENTS.items()
            if isinstance(batch.action_space, entry.actions) and not entry.needs_mask
        ]
        remedy = f"; take {', '.join(fitting[:-1])} or {fitting[-1]}" if fitting else ""
        raise ValueError(
            f"{name} needs a {' or '.join(kind.__name__ for kind in kinds)} action space, {batch.name} has "
            f"{batch.action_space}{remedy}"
        )
    if find(name).needs_mask and not batch.has_mask:
        raise ValueError(
            f"{name} needs an environment that says which actions are legal, {batch.name} does not; take ppo"
        )
    return _module(name).make(name, batch, values, seed, device, acting)
