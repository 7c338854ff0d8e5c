"""Stable-Baselines3's algorithms as agents of Ludus' runs: by name, with plain hyperparameters."""

import inspect
import math
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3 import A2C, DQN, PPO, SAC, TD3
from stable_baselines3.common.noise import NormalActionNoise, OrnsteinUhlenbeckActionNoise
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.vec_env import VecEnvWrapper, VecNormalize

from ..envs.engine.batch import Batch
from ..errors import did_you_mean
from .batch_agent import MOST_THREADS
from .encoders import check, place
from .exploration import AskedEpsilonGreedy, EpsilonGreedy
from .resumable import Resumable
from .vecenv import BatchVecEnv
from .views import EgocentricView

MOST_SEED = 2**32 - 1  # what NumPy's global random numbers take, which SB3 seeds
ALGORITHMS: dict[str, Any] = {"ppo": PPO, "a2c": A2C, "dqn": DQN, "sac": SAC, "td3": TD3}
# Hyperparameters that are ours and not arguments of SB3's classes.
OURS: dict[str, Any] = {
    "policy": "auto",  # or MlpPolicy, CnnPolicy, MultiInputPolicy
    "num_envs": 8,  # environments stepped together
    "normalize": False,  # running mean and variance of observations and returns; a dict of what is in NORMALIZE
    "center": None,  # plane that marks the own cell of a board: the policy then sees the board from there
    "view_radius": 5,  # how far it sees exactly then, in cells
    "input_scale": 1.0,  # factor(s) for the planes of such a view
    "encoder": None,  # folder of a component whose features serve the raw signal that it takes
    "freeze": False,  # its weights stay as they are
    "noise_std": 0.0,  # of the noise added to actions, as a share of half their range: sac and td3
    "noise_type": "normal",  # drawn anew each step; or ornstein-uhlenbeck: each draw pulls at the one before
    "threads": 1,  # torch's threads on the CPU; part of the run, because it changes the last bits
}
# Arguments of SB3's classes that a run decides itself, or that are no plain values.
REFUSED = frozenset(
    {"env", "seed", "device", "verbose", "tensorboard_log", "stats_window_size", "monitor_wrapper", "action_noise"}
    | {"rollout_buffer_class", "rollout_buffer_kwargs", "replay_buffer_class", "replay_buffer_kwargs"}
    | {"optimize_memory_usage", "_init_setup_model", "policy", "policy_kwargs"}
)
MANY = 10**9
# Lowest and highest value of what must be a whole number, and of what must be a number.
WHOLE = {
    **dict.fromkeys(("num_envs", "n_steps", "n_epochs", "batch_size", "buffer_size", "train_freq"), (1, MANY)),
    **dict.fromkeys(("target_update_interval", "policy_delay", "view_radius"), (1, MANY)),
    **{"learning_starts": (0, MANY), "gradient_steps": (-1, MANY), "sde_sample_freq": (-1, MANY)},
    "threads": (1, MOST_THREADS),
}
NUMBERS = {
    **dict.fromkeys(("gamma", "gae_lambda", "tau", "exploration_fraction"), (0.0, 1.0)),
    **dict.fromkeys(("exploration_initial_eps", "exploration_final_eps"), (0.0, 1.0)),
    **dict.fromkeys(("learning_rate", "clip_range", "clip_range_vf", "noise_std", "target_kl"), (0.0, 10.0)),
    **dict.fromkeys(("max_grad_norm", "vf_coef", "ent_coef", "rms_prop_eps"), (0.0, 1e6)),
    **dict.fromkeys(("target_policy_noise", "target_noise_clip"), (0.0, 1e6)),
    "target_entropy": (-1e6, 1e6),
}
# Arguments of VecNormalize; its gamma is the algorithm's.
NORMALIZE: dict[str, Any] = {
    **dict.fromkeys(("norm_obs", "norm_reward"), "true or false"),
    **dict.fromkeys(("clip_obs", "clip_reward", "epsilon"), "a number > 0"),
    "norm_obs_keys": "a list of names",
}
SCHEDULES = ("learning_rate", "clip_range", "clip_range_vf")
ACTIVATIONS = {"tanh": torch.nn.Tanh, "relu": torch.nn.ReLU, "elu": torch.nn.ELU, "leaky_relu": torch.nn.LeakyReLU}


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

    def extra_tags(self) -> dict[str, float]:
        return {"train/epsilon": self.exploration_rate}

    def tree(self) -> dict[str, Any]:
        coins = self.coins.streams["rng"].view(np.int64).copy()
        return {**super().tree(), "coins": coins, "calls": self._n_calls, "epsilon": self.exploration_rate}

    def load_tree(self, tree: dict[str, Any]) -> None:
        super().load_tree(tree)
        self.coins.streams["rng"] = tree["coins"].numpy().view(np.uint64)
        self._n_calls, self.exploration_rate = tree["calls"], tree["epsilon"]


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


NOISES: dict[str, Any] = {"normal": NormalActionNoise, "ornstein-uhlenbeck": OrnsteinUhlenbeckActionNoise}
CLASSES: dict[str, Any] = {"ppo": LudusPPO, "a2c": LudusA2C, "dqn": LudusDQN, "sac": LudusSAC, "td3": LudusTD3}


# --- By name ---------------------------------------------------------------------------------------------------------


def resolve(name: str, values: dict[str, Any]) -> dict[str, Any]:
    """See ``catalogue.resolve``; the names are those of SB3's arguments, ``OURS``, and ``policy_kwargs`` as a dict.

    ``learning_rate`` and ``clip_range`` may be ``lin_0.001``: falling linearly from there to 0.
    """
    arguments = inspect.signature(ALGORITHMS[name]).parameters
    known = {key: entry.default for key, entry in arguments.items() if key not in REFUSED}
    defaults = {**OURS, **known, "policy_kwargs": {}}
    for key in values:
        if key not in defaults:
            raise ValueError(f"unknown hyperparameter {key!r} of {name}{did_you_mean(key, defaults)}")
        _check(key, values[key], defaults[key])
    resolved = {**defaults, **values}
    _check_normalize(resolved["normalize"])
    center, scale = resolved["center"], resolved["input_scale"]
    if center is not None and (isinstance(center, bool) or not isinstance(center, int)):
        raise ValueError(f"center must be the number of a plane, or null for none, got {center!r}")
    if not all(map(_is_number, scale if isinstance(scale, (list, tuple)) else [scale])):
        raise ValueError(f"input_scale must be a number or a list of numbers, got {scale!r}")
    if name == "ppo":
        size = resolved["num_envs"] * resolved["n_steps"]
        if size % resolved["batch_size"]:
            raise ValueError(f"num_envs * n_steps = {size} must be a multiple of batch_size = {resolved['batch_size']}")
    if not isinstance(resolved["policy"], str):
        raise ValueError(f"policy must be auto, MlpPolicy, CnnPolicy or MultiInputPolicy, got {resolved['policy']!r}")
    if resolved["noise_type"] not in tuple(NOISES):  # a tuple, because what came may be no key of a dict
        raise ValueError(f"noise_type must be {' or '.join(NOISES)}, got {resolved['noise_type']!r}")
    _policy_arguments(resolved["policy_kwargs"])
    check(resolved["encoder"], resolved["freeze"], center, resolved["policy_kwargs"])
    return resolved


def _check(key: str, value: Any, default: Any) -> None:
    """``ValueError`` unless ``value`` is of the default's kind and in the range of the hyperparameter ``key``."""
    if key in SCHEDULES and isinstance(value, str):
        _schedule(key, value)
    elif key in WHOLE:
        low, high = WHOLE[key]
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError(f"{key} must be a whole number {low} … {high}, got {value!r}")
        if key == "gradient_steps" and value == 0:
            raise ValueError("gradient_steps must be >= 1, or -1 for as many as steps were played, got 0: never trains")
    elif isinstance(default, bool):
        if key != "normalize" and not isinstance(value, bool):
            raise ValueError(f"{key} must be true or false, got {value!r}")
    elif key in NUMBERS and not (value is None and default is None) and not (value == "auto" and default == "auto"):
        lowest, highest = NUMBERS[key]
        if not _is_number(value) or not lowest <= value <= highest:
            raise ValueError(f"{key} must be a number {lowest:g} … {highest:g}, got {value!r}")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _check_normalize(given: Any) -> None:
    """``ValueError`` unless it is true, false, or a dict of the entries in ``NORMALIZE``."""
    if not isinstance(given, (bool, dict)):
        raise ValueError(f"normalize must be true, false or a dict of VecNormalize's, got {given!r}")
    for key, value in given.items() if isinstance(given, dict) else ():
        if key not in NORMALIZE:
            raise ValueError(f"unknown entry {key!r} of normalize{did_you_mean(key, NORMALIZE)}")
        if key.startswith("norm_obs_"):
            fits = isinstance(value, list) and all(isinstance(name, str) for name in value)
        else:
            fits = isinstance(value, bool) if key.startswith("norm_") else _is_number(value) and value > 0
        if not fits:
            raise ValueError(f"{key} of normalize must be {NORMALIZE[key]}, got {value!r}")


def _schedule(key: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    kind, _, number = value.partition("_")
    try:
        start = float(number)
    except ValueError:
        start = -1.0
    if kind != "lin" or not start >= 0.0:  # NaN is not, either
        raise ValueError(f"{key} must be a number, or lin_NUMBER for a linear fall to 0, got {value!r}")
    lowest, highest = NUMBERS[key]
    if start > highest:
        raise ValueError(
            f"{key} must be a number {lowest:g} … {highest:g}, also where it begins to fall, got {value!r}"
        )
    return lambda left: left * start  # left: the share of the training that is left, 1 … 0


def _policy_arguments(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise ValueError(f"policy_kwargs must be a dict such as {{net_arch: [64, 64]}}, got {given!r}")
    arguments = dict(given)
    name = arguments.get("activation_fn")
    if name is not None:
        if not isinstance(name, str) or name not in ACTIVATIONS:
            raise ValueError(f"unknown activation_fn {name!r}{did_you_mean(str(name), ACTIVATIONS)}")
        arguments["activation_fn"] = ACTIVATIONS[name]
    return arguments


def make(name: str, batch: Batch, values: dict[str, Any], seed: int, device: str, acting: bool) -> Any:
    """See ``catalogue.make``."""
    if seed > MOST_SEED:
        raise ValueError(f"seed must be 0 … 2**32-1 for {name}, got {seed}")
    arguments = {key: value for key, value in values.items() if key not in OURS}
    arguments["policy_kwargs"] = _policy_arguments(arguments["policy_kwargs"])
    arguments.update({key: _schedule(key, arguments[key]) for key in SCHEDULES if key in arguments})
    if acting and issubclass(CLASSES[name], OnPolicyAlgorithm):
        arguments["n_steps"] = max(values["num_envs"] * values["n_steps"] // batch.num_envs, 2)
    if acting and "buffer_size" in arguments:
        arguments["buffer_size"] = 1
    placed = place(values["encoder"], values["freeze"], batch)
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
        agent = CLASSES[name](policy, wrapped, seed=seed, device=device, **arguments)
    except (AssertionError, TypeError, KeyError, RuntimeError) as fault:  # SB3 refuses hyperparameters in each way
        what = f"there is no {fault}" if isinstance(fault, KeyError) else " ".join(str(fault).split())
        raise ValueError(f"{name} refuses its hyperparameters or {batch.name}: {what}") from fault
    agent.attach(batch, values["threads"], env, see)
    return agent
