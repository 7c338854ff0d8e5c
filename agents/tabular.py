"""Tabular temporal-difference learning: Q-learning, SARSA, expected SARSA and double Q-learning on a whole batch.

Sources: Sutton & Barto 2018, *Reinforcement Learning: An Introduction*, sections 6.4 to 6.7; Watkins 1989 (Q-learning);
Rummery & Niranjan 1994 (SARSA); van Seijen et al. 2009 (expected SARSA); van Hasselt 2010 (double Q-learning).

All N environments of the batch act on the same values, then update them in the order of their numbers. With
``shared=True`` there is one table, so that the batch learns as one; with ``shared=False`` each environment has a table
of its own, so that the batch is N learners that know nothing of each other.

All but SARSA update before they choose the next action, as in the book; SARSA, whose target is that action, chooses
first. A truncated episode bootstraps from its last observation, SARSA with an action that is sampled there.
"""

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import numpy as np
import torch

from ..envs.engine.batch import Batch
from ..training.settings import check_range, check_types
from ..utils.untrusted import is_number, is_whole
from ..utils.wording import did_you_mean
from .batch_agent import LONGEST, MANY, BatchAgent, config_from
from .exploration import check_actions, coin_streams, toss
from .tables import DOUBLE_Q, EVERYBODY, METHODS, SARSA, Grid, gather, update

MOST_VALUES = 20_000_000  # in all tables; 320 MB with their counts
TABLE_SALT = 0x7461626C65  # keeps the coins that choose a table (double Q) apart from those of exploration


@dataclass(frozen=True)
class TabularConfig:
    """Hyperparameters of tabular learning. The defaults learn small Discrete tasks; presets/*.yaml hold tuned ones."""

    SEARCH: ClassVar[dict[str, str]] = {
        "method": "q-learning|sarsa|expected-sarsa|double-q",
        "step_size": "0.01..0.9 log",
        "gamma": "0.9|0.95|0.99|0.995|1.0",
        "epsilon_end": "0.001..0.2 log",
        "epsilon_fraction": "0.1..0.9",
    }

    method: str = "q-learning"  # or sarsa, expected-sarsa, double-q
    num_envs: int = 32  # environments stepped together
    rollout_steps: int = 256  # steps of each environment between two log lines; learning happens in each step
    shared: bool = True  # one table for all environments; false: one table per environment
    step_size: float = 0.1  # share of the error that is corrected
    step_size_end: float = 1.0  # share of step_size that is left at the end (linear)
    sample_average: bool = False  # a step size of 1 / (number of updates of the entry) instead
    gamma: float = 0.99  # discount per step
    initial_value: float = 0.0  # of every entry; above what can be earned it makes even a greedy agent try everything
    epsilon_start: float = 1.0
    epsilon_end: float = 0.05
    epsilon_fraction: float = 0.5  # share of the training over which epsilon falls
    epsilon_repeat: int = 1  # what is tried is kept for k steps or more with probability 1 / k, at most for so many
    reheat_height: float = 0.0  # epsilon is raised by this when the return drops; 0: never
    reheat_drop: float = 0.5  # the world has changed when this share of what was learned is left
    reheat_half_life: float = 200.0  # episodes
    bins: int | tuple[int, ...] = 10  # cells of the grid over a Box: for all components, or for each
    low: tuple[float | None, ...] = ()  # where the grid begins, per component; null or nothing: the space's own bound
    high: tuple[float | None, ...] = ()  # where it ends

    def __post_init__(self) -> None:
        check_types(self)
        for name in ("low", "high"):
            value = getattr(self, name)
            if not all(map(_is_bound, value)):
                raise ValueError(f"{name} must be a list of numbers or null, such as [-2.4, null], got {value!r}")
        if self.method not in METHODS:
            raise ValueError(f"unknown method {self.method!r} of tabular{did_you_mean(str(self.method), METHODS)}")
        counts = self.bins if isinstance(self.bins, tuple) else (self.bins,)
        if not all(is_whole(count, 1, MANY) for count in counts):
            raise ValueError(f"bins must be a whole number >= 1 or a list of these, got {self.bins!r}")
        check_range(self, 1, float("inf"), "num_envs", "rollout_steps")
        check_range(self, 1, MANY, "rollout_steps")
        check_range(self, 1, LONGEST, "epsilon_repeat")
        check_range(self, 0, 1, "gamma", "step_size_end")
        if not 0.0 < self.step_size <= 1.0:
            raise ValueError(f"step_size must be > 0 and <= 1, got {self.step_size}")


def _is_bound(value: Any) -> bool:
    return value is None or is_number(value)


class Tabular(BatchAgent):
    """A table of action values, learned on a batch.

    Args:
        batch: What to learn on, under the SAME_STEP autoreset. Actions must be ``Discrete``.
        config: Hyperparameters. To learn with ``shared=False`` the batch must have its ``num_envs`` environments.
        seed: Of the environments and of exploration.
    """

    config: TabularConfig
    acts_with = ("tables",)

    def __init__(self, batch: Batch, config: TabularConfig, seed: int = 0) -> None:
        self.grid = Grid(batch.observation_space, config.bins, config.low, config.high)
        super().__init__("tabular", object, batch, config, config.step_size, seed, "cpu")

    def _setup_model(self) -> None:
        c, n = self.config, self.n_envs
        self.method = METHODS[c.method]
        learners, actions = 1 if c.shared else c.num_envs, int(self.action_space.n)  # type: ignore[attr-defined]
        tables = 2 if self.method == DOUBLE_Q else 1
        magnitude = self.grid.magnitude + float(np.log10(tables * learners * actions))
        if magnitude > np.log10(MOST_VALUES):
            digit, power = 10.0 ** (magnitude % 1), int(magnitude)
            raise ValueError(
                f"a table over {self.observation_space} would hold {digit:.1f}e{power} values, and {MOST_VALUES:,} are "
                "the most; take fewer bins, or an agent that generalises (pqn)"
            )
        self.tables = np.full((tables, learners, self.grid.states, actions), float(c.initial_value))  # (M, L, S, A)
        self.counts = np.zeros(self.tables.shape, np.int64)
        self.learners = np.zeros(n, np.int64) if c.shared else np.arange(n)
        self.table_coins = coin_streams(n, self.seed or 0, TABLE_SALT)
        self._q = np.empty((n, actions))
        self._actions = np.zeros(n, np.int64)  # what will be done next, counted from 0
        self._has_chosen = False

    @property
    def values(self) -> np.ndarray:
        """(L, S, A) the action values of each learner; double Q-learning's are the mean of its two tables."""
        return self.tables.mean(axis=0)

    # --- Acting ---

    def q_values(self, observation: np.ndarray) -> np.ndarray:
        """(N, A) float64, the values of the actions at observations (N, *space); separate tables act by their mean."""
        q = np.empty((len(observation), self.tables.shape[-1]))
        gather(self.tables, np.full(len(q), EVERYBODY), self.grid(observation), q)
        return q

    # --- Learning ---

    def _prepare(self) -> None:
        if not self.config.shared and self.n_envs != self.config.num_envs:
            raise ValueError(
                f"with shared=False each environment has a table: num_envs is {self.config.num_envs}, but the batch "
                f"has {self.n_envs} environments"
            )
        self._states = self.grid(self.batch.buffers.observation)
        if not self._has_chosen:
            self._choose_next()

    def _choose_next(self) -> None:
        gather(self.tables, self.learners, self._states, self._q)
        self._actions[:] = self.explore(self._q, self.batch.buffers.mask, self.epsilon)[0]
        self._has_chosen = True

    def _collect(self, callback: Any) -> bool:
        """``rollout_steps`` steps, each of them learned from at once; False if the callback stops the training."""
        c, batch = self.config, self.batch
        b, errors = batch.buffers, 0.0
        callback.update_locals(locals())
        for _ in range(c.rollout_steps):
            states, actions = self._states, self._actions.copy()
            np.add(actions, self.first_action, out=batch.action_buffer)
            ended = batch.step_prepared()
            self._states = next_states = self.grid(b.observation)
            next_mask = b.mask
            if ended:
                self.explore.let_go(b.terminated | b.truncated)
                self.reheating.update(self.statistics.add(b))
                next_states, next_mask = self._where_they_ended()
            self.num_timesteps += batch.num_envs
            next_actions = self._actions
            if self.method == SARSA:
                self._choose_next()
                if ended:
                    next_actions = self._choose_at_ends(next_states, next_mask)
            errors += toss(
                update, self.method, self.tables, self.counts, self.learners, states, actions, b.reward, b.terminated,
                next_states, next_mask, next_actions, self.epsilon, c.gamma, self._step_size, c.sample_average,
                self.table_coins,
            )  # fmt: skip
            if self.method != SARSA:
                self._choose_next()
            if not callback.on_step():
                return False
        self._mean_error = errors / c.rollout_steps
        return True

    @property
    def _step_size(self) -> float:
        return self.config.step_size * (1.0 - self.progress * (1.0 - self.config.step_size_end))

    def _where_they_ended(self) -> tuple[np.ndarray, np.ndarray]:
        """The states (N,) and masks (N, A) after this step, of ended episodes those before their reset."""
        b = self.batch.buffers
        rows = np.flatnonzero(b.terminated | b.truncated)
        states, mask = self._states.copy(), b.mask.copy()
        states[rows], mask[rows] = self.grid(b.final_observation[rows]), b.final_mask[rows]
        return states, mask

    def _choose_at_ends(self, states: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """The next actions (N,), of truncated episodes those that would have followed their last observation."""
        b, actions = self.batch.buffers, self._actions.copy()
        rows = np.flatnonzero(b.truncated & ~b.terminated)
        if len(rows):
            q = np.empty((len(rows), self._q.shape[1]))
            gather(self.tables, self.learners[rows], states[rows], q)
            actions[rows] = self.explore.at(rows, q, mask[rows], self.epsilon)
        return actions

    def _update(self) -> None:
        """Everything is learned already, step by step."""
        self.metrics = {
            "train/error": self._mean_error,
            "train/visited": np.count_nonzero(self.counts) / self.counts.size,
            "train/step_size": self._step_size,
        }

    # --- Persistence: tensors and plain values, for checkpoints without pickle ---

    def tensors(self) -> dict[str, torch.Tensor]:
        """Everything that is a tensor: values, counts, random states, and what each environment will do next."""
        arrays = {
            "tables": self.tables,
            "counts": self.counts,
            "actions": self._actions,
            "table_coins": self.table_coins["rng"].view(np.int64),
        }
        return {**self.explore.tensors(), **{name: torch.from_numpy(array.copy()) for name, array in arrays.items()}}

    def state(self) -> dict[str, Any]:
        """Everything else that training needs to go on exactly."""
        return {**super().state(), "has_chosen": self._has_chosen}

    def load_network(self, tensors: dict[str, torch.Tensor]) -> None:
        """The values alone: enough to act."""
        saved = tensors["tables"].numpy() if "tables" in tensors else np.empty(0)
        if saved.shape != self.tables.shape:
            raise ValueError(
                f"the saved table does not fit this configuration of tabular: its shape is {saved.shape}, "
                f"expected {self.tables.shape}"
            )
        self.tables[...] = saved

    def load(self, tensors: dict[str, torch.Tensor], state: dict[str, Any]) -> None:  # type: ignore[override]
        """Go on from ``tensors()`` and ``state()`` of an agent of the same configuration."""
        self.load_network(tensors)
        self.counts[...] = tensors["counts"].numpy()
        self._actions[...] = tensors["actions"].numpy()
        check_actions("what will be done next", self._actions, self.tables.shape[-1])
        self.explore.load(tensors, self.tables.shape[-1])
        self.table_coins["rng"] = tensors["table_coins"].numpy().view(np.uint64)
        self._has_chosen = bool(state["has_chosen"])
        self._load_state(state)

    def begin_anew(self) -> None:
        """New episodes: what was to be done next belonged to the old ones."""
        self._has_chosen = False


def resolve(name: str, values: dict[str, Any]) -> dict[str, Any]:
    """See ``registry.resolve``."""
    for key in ("encoder", "freeze"):
        if key in values:
            raise ValueError(
                f"{name} learns in a table and takes no {key}, which is for networks; take pqn, ppo, a2c or dqn"
            )
    return asdict(config_from(TabularConfig, name, values))


def searched(name: str) -> dict[str, str]:
    """See ``registry.searched``."""
    return TabularConfig.SEARCH


def make(name: str, batch: Batch, values: dict[str, Any], seed: int, device: str, acting: bool) -> Tabular:
    """See ``registry.make``."""
    return Tabular(batch, config_from(TabularConfig, name, values), seed)
