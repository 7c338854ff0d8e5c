"""Stable-Baselines3's algorithms as agents of Ludus' runs: by name, with plain hyperparameters."""

import contextlib
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3 import A2C, DQN, PPO, SAC, TD3
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.vec_env import VecEnvWrapper, VecNormalize

from ...envs.engine.batch import Batch
from ..batch_agent import counter
from ..encoders import place_encoder
from ..exploration import AskedEpsilonGreedy, EpsilonGreedy
from ..vecenv.vecenv import BatchVecEnv
from ..views import EgocentricView
from . import hyperparameters
from .hyperparameters import MASKED, NOISES, OURS, SCHEDULES, policy_arguments, schedule
from .random_numbers import left_alone
from .resumable import Resumable

MOST_SEED = 2**32 - 1  # what NumPy's global random numbers take, which SB3 seeds


class LudusPPO(Resumable, PPO):  # type: ignore[misc]
    """SB3's PPO."""


class LudusA2C(Resumable, A2C):  # type: ignore[misc]
    """SB3's A2C."""


class LudusSAC(Resumable, SAC):  # type: ignore[misc]
    """SB3's SAC."""


class LudusTD3(Resumable, TD3):  # type: ignore[misc]
    """SB3's TD3."""


class LudusDQN(Resumable, DQN):  # type: ignore[misc]
    """SB3's DQN, but that each environment tosses its own coin: SB3 lets all explore in the same step, or none."""

    def _setup_model(self) -> None:
        super()._setup_model()
        self.coins = EpsilonGreedy(self.n_envs, self.seed or 0)
        self._asked = AskedEpsilonGreedy(self.seed or 0)

    def _sample_action(self, learning_starts: int, action_noise: Any = None, n_envs: int = 1) -> Any:
        if self.num_timesteps < learning_starts:
            return super()._sample_action(learning_starts, action_noise, n_envs)
        q = self._q_values(self._last_obs)
        actions = self.coins(q, np.ones(q.shape, np.int8), self.exploration_rate)[0].copy()
        return actions, actions

    def predict(  # type: ignore[override]
        self, observation: Any, state: Any = None, episode_start: Any = None, deterministic: bool = False
    ) -> tuple[np.ndarray, Any]:
        """As SB3's; ``deterministic=False`` chooses epsilon-greedily, and leaves the training as it is."""
        if deterministic:
            return super().predict(observation, state, episode_start, deterministic)
        q = self._q_values(observation)
        actions = self._asked(q, np.ones(q.shape, np.int8), self.exploration_rate)
        return actions if self.policy.is_vectorized_observation(observation) else actions.squeeze(0), state

    def _q_values(self, observation: Any) -> np.ndarray:
        """(N, A) float32 of observations (N, *space), or (1, A) of one."""
        self.policy.set_training_mode(False)
        with torch.no_grad():
            return self.q_net(self.policy.obs_to_tensor(observation)[0]).cpu().numpy()

    def load_network(self, tensors: dict[str, torch.Tensor]) -> None:
        super().load_network(tensors)
        self.exploration_rate = self.exploration_final_eps  # until `load` knows better

    def extra_tags(self) -> dict[str, float]:
        return {"train/epsilon": self.exploration_rate}

    def tree(self) -> dict[str, Any]:
        coins = self.coins.streams["rng"].view(np.int64).copy()
        return {**super().tree(), "coins": coins, "calls": self._n_calls, "epsilon": self.exploration_rate}

    def load_tree(self, tree: dict[str, Any]) -> None:
        super().load_tree(tree)
        self.coins.streams["rng"] = tree["coins"].numpy().view(np.uint64)
        self._n_calls, self.exploration_rate = counter(tree, "calls"), float(tree["epsilon"])


class ViewVecEnv(VecEnvWrapper):
    """Boards as seen from the own cell (``views.EgocentricView``), each as a vector of float32."""

    def __init__(self, venv: Any, view: EgocentricView, scale: float | list[float]) -> None:
        self.view, self.scale = view, np.asarray(scale, np.float32)
        if self.scale.ndim and self.scale.shape != view.space.shape[-1:]:
            raise ValueError(f"input_scale has {len(self.scale)} factors, the view has {view.space.shape[-1]} planes")
        high = float(view.space.high.max() * self.scale.max())  # type: ignore[attr-defined]
        super().__init__(venv, spaces.Box(0.0, high, (int(np.prod(view.space.shape)),), np.float32))

    def see(self, boards: Any) -> np.ndarray:
        """(N, H, W, C) uint8 -> (N, features) float32."""
        return (self.view(boards) * self.scale).reshape(len(boards), -1)

    def reset(self) -> np.ndarray:
        return self.see(self.venv.reset())

    def step_wait(self) -> Any:
        boards, reward, done, infos = self.venv.step_wait()
        for i in np.flatnonzero(done):
            infos[i]["terminal_observation"] = self.see(infos[i]["terminal_observation"][None])[0]
        return self.see(boards), reward, done, infos


CLASSES: dict[str, Any] = {"ppo": LudusPPO, "a2c": LudusA2C, "dqn": LudusDQN, "sac": LudusSAC, "td3": LudusTD3}


def class_of(name: str) -> Any:
    """The class of agent ``name``; that of ``maskable_ppo`` is read here, since its package may be absent."""
    if name != MASKED:
        return CLASSES[name]
    from .masked import LudusMaskablePPO

    return LudusMaskablePPO


def resolve(name: str, values: dict[str, Any]) -> dict[str, Any]:
    """See ``registry.resolve``."""
    return hyperparameters.resolve(name, values)


def searched(name: str) -> dict[str, str]:
    """See ``registry.searched``."""
    return hyperparameters.SEARCH[name]


def make(name: str, batch: Batch, values: dict[str, Any], seed: int, device: str, acting: bool) -> Any:
    """See ``registry.make``."""
    if seed > MOST_SEED:
        raise ValueError(f"seed must be 0 … 2**32-1 for {name}, got {seed}")
    kind = class_of(name)
    arguments = {key: value for key, value in values.items() if key not in OURS}
    arguments["policy_kwargs"] = policy_arguments(arguments["policy_kwargs"])
    arguments.update({key: schedule(key, arguments[key]) for key in SCHEDULES if key in arguments})
    entropy = None
    if issubclass(kind, OnPolicyAlgorithm) and isinstance(values["ent_coef"], str):
        entropy = schedule("ent_coef", values["ent_coef"])
        arguments["ent_coef"] = entropy(1.0)
    if acting and issubclass(kind, OnPolicyAlgorithm):
        arguments["n_steps"] = max(values["num_envs"] * values["n_steps"] // batch.num_envs, 2)
    if acting and "buffer_size" in arguments:
        arguments["buffer_size"] = 1
    placed = place_encoder(values["encoder"], values["freeze"], batch)
    if placed:
        arguments["policy_kwargs"] = placed.policy_arguments(arguments["policy_kwargs"])
    action_space = batch.action_space
    if values["noise_std"] > 0.0 and isinstance(action_space, spaces.Box):
        size = action_space.shape
        noise = NOISES[values["noise_type"]]
        arguments["action_noise"] = noise(np.zeros(size), np.full(size, values["noise_std"]))
    env = BatchVecEnv(batch)
    wrapped: Any = env
    see = None
    policy = values["policy"]
    if policy == "auto":
        policy = "MultiInputPolicy" if isinstance(batch.observation_space, spaces.Dict) else "MlpPolicy"
    try:
        if values["center"] is not None:
            view = EgocentricView(batch.observation_space, values["center"], values["view_radius"])
            wrapped = ViewVecEnv(env, view, values["input_scale"])
            see = wrapped.see
        if values["normalize"]:
            options = values["normalize"] if isinstance(values["normalize"], dict) else {}
            if placed:
                options = placed.leave_alone(options, batch.observation_space)
            wrapped = VecNormalize(wrapped, gamma=values["gamma"], training=not acting, **options)
        with left_alone() if acting else contextlib.nullcontext():
            agent = kind(policy, wrapped, seed=seed, device=device, **arguments)
    except (AssertionError, TypeError, KeyError, RuntimeError) as fault:  # SB3 refuses hyperparameters in each way
        what = f"there is no {fault}" if isinstance(fault, KeyError) else " ".join(str(fault).split())
        raise ValueError(f"{name} refuses its hyperparameters or {batch.name}: {what}") from fault
    agent.attach(batch, values["threads"], env, see, entropy)
    return agent
