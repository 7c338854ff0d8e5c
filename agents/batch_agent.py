"""The base of Ludus' own agents: SB3's interface over a batch, acting, log lines, and reading hyperparameters."""

import time
from dataclasses import fields
from typing import Any, TypeVar

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.utils import configure_logger

from ..envs.engine.batch import Batch
from ..utils.torch_threads import let_sleep
from ..utils.untrusted import is_whole
from ..utils.wording import did_you_mean
from .exploration import AskedEpsilonGreedy, EpsilonGreedy, LinearSchedule, Reheating, greedy
from .questions import as_batch, masks_of
from .statistics import EpisodeStatistics
from .vecenv.vecenv import BatchVecEnv, check_autoreset

Config = TypeVar("Config")
MOST_THREADS = 256  # torch crashes for want of memory at some number above
MANY = 10**9  # of environments, steps of a rollout and whatever else is counted
LONGEST = 1_000_000  # steps that an action may be tried for


class BatchAgent(BaseAlgorithm):
    """An epsilon-greedy agent that learns on ``batch`` itself; SB3's callbacks and logger work on it.

    A subclass gives ``q_values``, ``_prepare``, ``_collect`` and ``_update``, sets ``metrics``, and chooses with
    ``explore`` while it learns. Its ``config`` has the fields ``epsilon_start``, ``epsilon_end`` and
    ``epsilon_fraction``, ``epsilon_repeat``, ``reheat_height``, ``reheat_drop`` and ``reheat_half_life``.

    Args:
        name: The agent's name, for messages.
        batch: What to learn on, under the SAME_STEP autoreset. Actions must be ``Discrete``.
        seed: Of the environments and of everything that the agent samples.
    """

    metrics: dict[str, float]  # by tag, of the last update
    uses_mask = True  # chooses among the legal actions only, where there is a mask
    sees_any_board = False  # boards (H, W, C) of any height and width will do
    acts_with: tuple[str, ...]  # see `registry.Agent`

    def __init__(
        self, name: str, policy: Any, batch: Batch, config: Any, learning_rate: float, seed: int, device: str
    ) -> None:
        super().__init__(policy=policy, env=None, learning_rate=learning_rate, device=device, seed=seed)
        check_autoreset(batch, name)
        self.name, self.batch, self.config = name, batch, config
        self.observation_space, self.action_space = batch.observation_space, batch.action_space
        if not isinstance(self.action_space, spaces.Discrete):
            raise ValueError(f"{name} needs a Discrete action space, this environment has {self.action_space}")
        self.n_envs = batch.num_envs
        self.first_action = int(self.action_space.start)
        self.epsilon_schedule = LinearSchedule(config.epsilon_start, config.epsilon_end, config.epsilon_fraction)
        self.reheating = self._cold()
        self.statistics = EpisodeStatistics(batch.terms, batch.succeeds)
        self.explore = EpsilonGreedy(self.n_envs, self.seed or 0, longest=config.epsilon_repeat)
        self._asked = AskedEpsilonGreedy(self.seed or 0)
        self._has_begun = False  # the batch shows episodes that belong to the present counters
        self._setup_model()

    def _cold(self) -> Reheating:
        c = self.config
        return Reheating(c.reheat_height, c.reheat_drop, c.reheat_half_life)

    def get_env(self) -> BatchVecEnv:  # type: ignore[override]
        """The batch as SB3's ``VecEnv``, for its callbacks."""
        return BatchVecEnv(self.batch)

    @property
    def progress(self) -> float:
        """The share of the training that is done, 0 … 1."""
        return min(self.num_timesteps / max(self._total_timesteps, 1), 1.0)

    @property
    def epsilon(self) -> float:
        """The chance that an environment begins to try something at random, at this moment."""
        return min(self.epsilon_schedule(self.progress) + self.reheating.extra, 1.0)

    # --- Acting ---

    def q_values(self, observation: Any) -> np.ndarray:
        """(N, A) float32 or float64, the values of the actions at observations (N, *space), or a dict of these."""
        raise NotImplementedError

    def predict(  # type: ignore[override]
        self,
        observation: Any,
        state: Any = None,
        episode_start: Any = None,
        deterministic: bool = True,
        action_mask: np.ndarray | None = None,
    ) -> tuple[np.ndarray, None]:
        """Actions for one observation or a batch of them, greedy or (``deterministic=False``) epsilon-greedy.

        Args:
            observation: (*space) or (N, *space), or a dict of these.
            action_mask: (A,) or (N, A), 1 = legal: ``info["action_mask"]``.

        Raises:
            ValueError: no mask, although the environments have one; another shape than these.
        """
        x, single = as_batch(self.observation_space, observation, any_board=self.sees_any_board)
        count = len(next(iter(x.values())) if isinstance(x, dict) else x)
        actions = self.choose(x, masks_of(self.batch, action_mask, count, single), deterministic)
        return actions[0] if single else actions, None

    def choose(self, observation: Any, mask: np.ndarray | None, deterministic: bool = True) -> np.ndarray:
        """The greedy actions (N,) for a batch's observations, or epsilon-greedy ones."""
        return self._act(observation, mask, 0.0 if deterministic else self.epsilon)

    def _act(self, x: Any, mask: np.ndarray | None, epsilon: float) -> np.ndarray:
        """Actions (N,) int64 of the space; x (N, *space), mask (N, A), 1 = legal."""
        q = self.q_values(x)
        legal = np.ones(q.shape, np.int8) if mask is None else np.asarray(mask, np.int8).reshape(q.shape)
        actions = greedy(q, legal)[0] if epsilon == 0.0 else self._asked(q, legal, epsilon)
        return actions + self.first_action

    # --- Learning ---

    def learn(  # type: ignore[override]
        self,
        total_timesteps: int,
        callback: Any = None,
        log_interval: int = 1,
        tb_log_name: str | None = None,
        reset_num_timesteps: bool = True,
        progress_bar: bool = False,
    ) -> Any:
        """Train until ``total_timesteps`` (counted over all environments); see SB3's ``BaseAlgorithm.learn``.

        With ``reset_num_timesteps=False`` training goes on from the present counters, up to ``total_timesteps`` in
        all; an agent that has not begun yet begins, as SB3's do. Else all begins anew but for what was learned.
        ``callback.on_rollout_start`` comes when everything is consistent: the moment to save.
        """
        self._total_timesteps = total_timesteps
        if reset_num_timesteps:
            self.num_timesteps = self._n_updates = 0
            self.reheating = self._cold()
            self.statistics.clear()
        if reset_num_timesteps or not self._has_begun:
            self.batch.seed_from(self.seed or 0)
            self.begin_anew()
        self._has_begun = True
        self._num_timesteps_at_start, self.start_time = self.num_timesteps, time.time_ns()
        if not self._custom_logger:
            folder = tb_log_name or self.name
            self._logger = configure_logger(self.verbose, self.tensorboard_log, folder, reset_num_timesteps)
        callback = self._init_callback(callback, progress_bar)
        self._prepare()
        let_sleep()
        callback.on_training_start(locals(), globals())
        while self.num_timesteps < total_timesteps:
            callback.on_rollout_start()
            if not self._collect(callback):
                break
            callback.on_rollout_end()
            self._update()
            self._n_updates += 1
            if self._n_updates % log_interval == 0:
                self._log()
        callback.on_training_end()
        return self

    def _prepare(self) -> None:
        """Before the first rollout of a ``learn``: the batch shows the present."""
        raise NotImplementedError

    def _collect(self, callback: Any) -> bool:
        """Play a rollout; False if the callback stops the training."""
        raise NotImplementedError

    def _update(self) -> None:
        """Learn from the rollout, and set ``metrics``."""
        raise NotImplementedError

    def _log(self) -> None:
        seconds = (time.time_ns() - self.start_time) / 1e9
        fps = (self.num_timesteps - self._num_timesteps_at_start) / max(seconds, 1e-9)
        tags = {"train/epsilon": self.epsilon, "train/updates": self._n_updates, "time/fps": fps}
        if self.config.reheat_height > 0.0:
            tags["train/reheats"] = self.reheating.times
        for key, value in {**self.metrics, **self.statistics.take(), **tags}.items():
            self.logger.record(key, value)
        self.logger.dump(self.num_timesteps)

    # --- Persistence: what every agent of this kind has to keep ---

    def tensors(self) -> dict[str, torch.Tensor]:
        """Everything that is a tensor."""
        raise NotImplementedError

    def state(self) -> dict[str, Any]:
        """Everything but tensors that training needs to go on exactly."""
        return {
            "num_timesteps": self.num_timesteps,
            "n_updates": self._n_updates,
            "reheating": self.reheating.state_dict(),
            "statistics": self.statistics.state_dict(),
        }

    def pack(self) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
        """See ``registry.Agent``."""
        return self.tensors(), self.state()

    def _load_state(self, state: dict[str, Any]) -> None:
        self.num_timesteps, self._n_updates = (counter(state, name) for name in ("num_timesteps", "n_updates"))
        self.reheating.load_state_dict(state["reheating"])
        self.statistics.load_state_dict(state["statistics"])
        self._has_begun = True  # whoever loads restores the batch, or begins anew

    def begin_anew(self) -> None:
        """New episodes begin. Nothing to forget: observations are read from the batch."""

    def keep_replay(self, folder: Any) -> bool:
        """Nothing to keep."""
        return True

    def save(self, *_: Any, **__: Any) -> None:  # type: ignore[override]
        """Refused: see ``refuse_saving``."""
        refuse_saving()


def counter(state: dict[str, Any], name: str) -> int:
    """The counter ``name`` of a saved state; ``ValueError`` if it is none."""
    if not is_whole(state.get(name), 0, 2**62):
        raise ValueError(f"{name} of the saved state is {state.get(name)!r}, expected a whole number")
    return int(state[name])


def refuse_saving() -> None:
    """SB3's zip holds pickles, so no agent is saved that way. Runs keep checkpoints: see ``agents.runs``."""
    raise TypeError("Ludus agents are saved without pickle: train through agents.runs, which keeps checkpoints")


# --- Hyperparameters -------------------------------------------------------------------------------------------------


def config_from(kind: type[Config], name: str, values: dict[str, Any]) -> Config:
    """The dataclass ``kind`` from a preset or the command line; lists become tuples, unknown keys an error."""
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    for key in values:
        if key not in known:
            raise ValueError(f"unknown hyperparameter {key!r} of {name}{did_you_mean(key, known)}")
    return kind(**{key: _frozen(value) for key, value in values.items()})


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, (list, tuple)) else value
