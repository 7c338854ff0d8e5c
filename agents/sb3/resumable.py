"""SB3's algorithms as a run needs them: tags, actions for a batch, and state without pickle.

``Resumable`` stands in front of SB3's own class. SB3's zip holds cloudpickled fields, so nothing of it is used: tensors
and plain values are handed out, and classes, spaces and schedules are rebuilt from the run's configuration.
"""

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from stable_baselines3.common.running_mean_std import RunningMeanStd

from ...envs.engine.batch import Batch
from ...training import trees
from ...utils.torch_threads import let_sleep
from ..batch_agent import counter, refuse_saving
from ..statistics import EpisodeStatistics
from ..vecenv.base import as_members
from ..vecenv.observations import map_observation
from ..vecenv.vecenv import BatchVecEnv
from . import replay
from .random_numbers import random_tree, set_random_tree

LOG_POINTS = 1_000  # of a training, at the most, for the algorithms that learn after every few steps


class Resumable:
    """See ``registry.Agent``; mixed into SB3's classes in ``algorithms.py``."""

    batch: Batch
    statistics: EpisodeStatistics
    threads: int
    uses_mask = False
    acts_with = ("parameters/policy/", "normalizer/")
    _before_noise: dict[str, Any] | None = None  # in a rollout with gSDE, the random state before its noise was sampled
    _replay_files: replay.ReplayFiles | None = None
    _replay_saved: dict[str, Any] = {}  # what the loaded checkpoint says of them

    def attach(
        self,
        batch: Batch,
        threads: int,
        env: BatchVecEnv,
        see: Callable[[np.ndarray], np.ndarray] | None,
        entropy: Callable[[float], float] | None,
    ) -> None:
        """Follow the episodes of ``batch``, on which SB3's ``env`` stands.

        Args:
            see: Makes the agent's view of observations.
            entropy: The entropy coefficient by the share of the training that is left, 1 … 0; SB3 has a number alone.
        """
        self.batch, self.threads, self.see, self.entropy = batch, threads, see, entropy
        self.statistics = EpisodeStatistics(batch.terms, batch.succeeds)
        self.logged_at = 0
        env.on_ended = self.statistics.add

    # --- Learning ---

    def learn(
        self: Any,
        total_timesteps: int,
        callback: Any = None,
        log_interval: int = 1,
        tb_log_name: str = "run",
        reset_num_timesteps: bool = True,
        progress_bar: bool = False,
    ) -> Any:
        """SB3's ``learn``; with ``reset_num_timesteps=False`` up to ``total_timesteps`` in all, not so many more."""
        torch.set_num_threads(self.threads)
        let_sleep()
        if reset_num_timesteps:
            self.statistics.clear()
            self.logged_at = 0
        else:
            total_timesteps -= self.num_timesteps
        return super().learn(  # type: ignore[misc]
            total_timesteps, callback, log_interval, tb_log_name, reset_num_timesteps, progress_bar=progress_bar
        )

    def collect_rollouts(self: Any, *arguments: Any, **keywords: Any) -> Any:
        if self.use_sde:  # SB3 samples gSDE's noise before the moment at which a run saves, and again after a resume
            self._before_noise = random_tree()
        try:
            return super().collect_rollouts(*arguments, **keywords)  # type: ignore[misc]
        finally:
            self._before_noise = None

    def _store_transition(self, *arguments: Any, **keywords: Any) -> None:
        with self._replay_files.writing() if self._replay_files is not None else contextlib.nullcontext():
            super()._store_transition(*arguments, **keywords)  # type: ignore[misc]

    def train(self: Any, *arguments: Any, **keywords: Any) -> None:
        if self.entropy is not None:
            self.ent_coef = self.entropy(self._current_progress_remaining)
        super().train(*arguments, **keywords)  # type: ignore[misc]
        self._log()

    def dump_logs(self, *_: Any) -> None:
        """Nothing: SB3 calls it before the update, so what that records would be lost to a checkpoint in between."""

    def _log(self: Any) -> None:
        if self.num_timesteps - self.logged_at < self._total_timesteps // LOG_POINTS:
            return
        self.logged_at = self.num_timesteps
        seconds = (time.time_ns() - self.start_time) / 1e9
        fps = (self.num_timesteps - self._num_timesteps_at_start) / max(seconds, 1e-9)
        for key, value in {**self.statistics.take(), **self.extra_tags(), "time/fps": fps}.items():
            self.logger.record(key, value)
        self.logger.dump(self.num_timesteps)

    def extra_tags(self) -> dict[str, float]:
        """Values by tag that an algorithm adds to every log line."""
        return {}

    def _update_info_buffer(self, infos: list[dict[str, Any]], dones: np.ndarray | None = None) -> None:
        if dones is None or dones.any():  # it walks through all environments, mostly for nothing
            super()._update_info_buffer(infos, dones)  # type: ignore[misc]

    # --- Acting ---

    @property
    def sees_any_board(self: Any) -> bool:
        """Whether it sees boards from its own cell."""
        return self.see is not None

    def choose(self: Any, observation: Any, mask: np.ndarray | None, deterministic: bool = True) -> np.ndarray:
        """The actions (N, …) of the batch's own space, deterministic or as the policy samples them.

        Only MaskablePPO knows masks. What an illegal action does is part of what the others learned, and the mask is of
        no effect.
        """
        if self.see is not None:
            observation = self.see(observation)
        normalizer = self.get_vec_normalize_env()
        if normalizer is not None:
            observation = normalizer.normalize_obs(observation)
        return as_members(self.batch.action_space, self._predicted(observation, mask, deterministic))

    def _predicted(self: Any, observation: Any, mask: np.ndarray | None, deterministic: bool) -> np.ndarray:
        return self.predict(observation, deterministic=deterministic)[0]

    # --- Persistence ---

    def tree(self: Any) -> dict[str, Any]:
        """All that training needs to go on, as nested values; see ``trees.pack``."""
        variables = self._get_torch_save_params()[1]
        off_policy = isinstance(self, OffPolicyAlgorithm)
        return {
            "parameters": self.get_parameters(),
            "variables": {name: getattr(self, name) for name in variables},
            "random": random_tree() if self._before_noise is None else self._before_noise,
            "last": {
                "observation": self._last_obs,
                "original": self._last_original_obs,
                "starts": self._last_episode_starts,
            },
            "normalizer": self._normalizer_tree(),
            "num_timesteps": self.num_timesteps,
            "n_updates": self._n_updates,
            "logged_at": self.logged_at,
            "statistics": self.statistics.state_dict(),
            "replay": self._replay_tree() if off_policy else {},
            # Off-policy agents sample the actions of their warm-up from the space, whose seed is the run's.
            "warm_up": self.action_space.np_random.bit_generator.state if off_policy else None,
        }

    def _replay_tree(self: Any) -> dict[str, Any]:
        buffer = self.replay_buffer
        generation = self._replay_files.generation if self._replay_files else None
        return {"pos": buffer.pos, "full": bool(buffer.full), "generation": generation}

    def _normalizer_tree(self: Any) -> dict[str, Any]:
        env = self.get_vec_normalize_env()
        if env is None:
            return {}
        tree = {"returns": env.returns, "return": _moments(env.ret_rms)}
        if env.norm_obs:
            tree["observation"] = map_observation(_moments, env.obs_rms)
        return tree

    def pack(self: Any) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
        if self._replay_files is not None:
            self._replay_files.flush()
        return trees.pack(self.tree())

    def load_network(self: Any, tensors: dict[str, torch.Tensor]) -> None:
        prefix = "parameters/policy/"
        weights = {key[len(prefix) :]: value for key, value in tensors.items() if key.startswith(prefix)}
        try:
            self.policy.load_state_dict(weights)
        except RuntimeError as fault:
            detail = str(fault).splitlines()[-1].strip()
            raise ValueError(f"the saved weights do not fit this configuration: {detail}") from None
        self._load_normalizer(tensors)

    def _load_normalizer(self: Any, tensors: dict[str, torch.Tensor]) -> None:
        env = self.get_vec_normalize_env()
        if (env is not None) != ("normalizer/returns" in tensors):
            what = "with" if env is None else "without"
            raise ValueError(
                f"the agent was trained {what} normalisation, its configuration says normalize: {env is not None}"
            )
        if env is None:
            return
        _load_moments(env.ret_rms, tensors, "normalizer/return")
        if env.norm_obs:
            named = env.obs_rms if isinstance(env.obs_rms, dict) else {"": env.obs_rms}
            for key, moments in named.items():
                _load_moments(moments, tensors, "normalizer/observation" + (f"/{key}" if key else ""))
        returns = tensors["normalizer/returns"].numpy()
        if returns.shape == env.returns.shape:  # an agent that only acts has another number of environments
            env.returns = returns

    def load(self: Any, tensors: dict[str, torch.Tensor], state: dict[str, Any]) -> None:  # type: ignore[override]
        self.load_network(tensors)
        self.load_tree(trees.unpack(tensors, state))

    def load_tree(self: Any, tree: dict[str, Any]) -> None:
        """Take over what ``tree`` gave, but for the normaliser, and for the replay buffer: see ``keep_replay``."""
        self.set_parameters(tree["parameters"], exact_match=True, device=self.device)
        for name, value in tree["variables"].items():
            getattr(self, name).data.copy_(value)
        last = {key: map_observation(_as_array, value) for key, value in tree["last"].items()}
        self._last_obs, self._last_original_obs = last["observation"], last["original"]
        self._last_episode_starts = last["starts"]
        for attribute, name in (("num_timesteps", "num_timesteps"), ("_n_updates", "n_updates"), ("logged_at",) * 2):
            setattr(self, attribute, counter(tree, name))
        self.statistics.load_state_dict(tree["statistics"])
        if not isinstance(tree["replay"], dict):
            raise ValueError(f"the saved replay buffer is {tree['replay']!r}, expected a map")
        self._replay_saved = tree["replay"]
        if tree.get("warm_up") is not None:
            self.action_space.np_random.bit_generator.state = tree["warm_up"]
        set_random_tree(tree["random"])

    def begin_anew(self: Any) -> None:
        """The next ``learn`` resets the environments, with other seeds than the training began with."""
        self.env.seed((self.seed or 0) + self.num_timesteps)
        self._last_obs = None

    def keep_replay(self: Any, folder: Path) -> bool:
        buffer = getattr(self, "replay_buffer", None)
        if buffer is None:
            return True
        # What is undone to a normalised observation is not exact, and third parties' spaces are what they are.
        bounded = hasattr(self.batch, "records") and self.get_vec_normalize_env() is None
        self._replay_files = replay.ReplayFiles(buffer, folder, self._replay_saved, bounded)
        return self._replay_files.kept

    def save(self, *_: Any, **__: Any) -> None:
        """Refused: see ``refuse_saving``."""
        refuse_saving()


def _moments(moments: RunningMeanStd) -> dict[str, Any]:
    return {"mean": np.array(moments.mean), "var": np.array(moments.var), "count": np.array(moments.count)}


def _load_moments(moments: RunningMeanStd, tensors: dict[str, torch.Tensor], path: str) -> None:
    shape = np.shape(moments.mean)  # (), that of returns, was once saved as (1,)
    moments.mean, moments.var = (tensors[f"{path}/{name}"].numpy().reshape(shape) for name in ("mean", "var"))
    moments.count = float(tensors[f"{path}/count"])


def _as_array(value: Any) -> Any:
    return value.numpy() if isinstance(value, torch.Tensor) else value
