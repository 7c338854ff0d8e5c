"""The hyperparameters of Stable-Baselines3's algorithms: names, ranges, and what SB3's classes take for them."""

import inspect
from typing import Any

import torch
from stable_baselines3 import A2C, DQN, PPO, SAC, TD3
from stable_baselines3.common.noise import NormalActionNoise, OrnsteinUhlenbeckActionNoise

from ...utils.extras import install
from ...utils.untrusted import is_number
from ...utils.wording import did_you_mean
from ..batch_agent import MANY, MOST_THREADS
from ..encoders import check_encoder
from ..set_encoder import check_set

ALGORITHMS: dict[str, Any] = {"ppo": PPO, "a2c": A2C, "dqn": DQN, "sac": SAC, "td3": TD3}
MASKED = "maskable_ppo"  # sb3-contrib's, which may be absent
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
    "set_hidden": 0,  # units by which rows are encoded as a set, whatever their order; 0: as numbers side by side
    "noise_std": 0.0,  # of the noise added to actions, as a share of half their range: sac and td3
    "noise_type": "normal",  # sampled anew each step; or ornstein-uhlenbeck: each sample pulls at the one before
    "threads": 1,  # torch's threads on the CPU; part of the run, because it changes the last bits
}
# Arguments of SB3's classes that a run decides itself, or that are no plain values.
REFUSED = frozenset(
    {"env", "seed", "device", "verbose", "tensorboard_log", "stats_window_size", "monitor_wrapper", "action_noise"}
    | {"rollout_buffer_class", "rollout_buffer_kwargs", "replay_buffer_class", "replay_buffer_kwargs"}
    | {"optimize_memory_usage", "_init_setup_model", "policy", "policy_kwargs"}
)
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
NOISES: dict[str, Any] = {"normal": NormalActionNoise, "ornstein-uhlenbeck": OrnsteinUhlenbeckActionNoise}

# Where `ludus tune` searches; see ``registry.searched``.
EVERYWHERE = {"learning_rate": "x0.2..x5 log", "gamma": "0.9|0.95|0.98|0.99|0.995"}
ON_POLICY = {**EVERYWHERE, "gae_lambda": "0.8..1.0", "ent_coef": "1e-6..0.1 log"}
OFF_POLICY = {**EVERYWHERE, "batch_size": "64|128|256|512", "train_freq": "1|4|8|16"}
SEARCH: dict[str, dict[str, str]] = {
    "ppo": {**ON_POLICY, "n_epochs": "1..20 log", "clip_range": "0.1..0.4"},
    MASKED: {**ON_POLICY, "n_epochs": "1..20 log", "clip_range": "0.1..0.4"},
    "a2c": {**ON_POLICY, "n_steps": "5|8|16|32|64"},
    "dqn": {**OFF_POLICY, "target_update_interval": "100..20000 log", "exploration_final_eps": "0.01..0.2 log"},
    "sac": {**OFF_POLICY, "tau": "0.002..0.05 log"},
    "td3": {**OFF_POLICY, "tau": "0.002..0.05 log", "noise_std": "0.0..0.5"},
}


def resolve(name: str, values: dict[str, Any]) -> dict[str, Any]:
    """See ``registry.resolve``; the names are those of SB3's arguments, ``OURS``, and ``policy_kwargs`` as a dict.

    ``learning_rate``, ``clip_range`` and the on-policy algorithms' ``ent_coef`` may be ``lin_0.001``: falling linearly
    from there to 0.
    """
    arguments = inspect.signature(algorithm(name)).parameters
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
    if not all(map(is_number, scale if isinstance(scale, (list, tuple)) else [scale])):
        raise ValueError(f"input_scale must be a number or a list of numbers, got {scale!r}")
    if name in ("ppo", MASKED):
        size = resolved["num_envs"] * resolved["n_steps"]
        if size % resolved["batch_size"]:
            raise ValueError(f"num_envs * n_steps = {size} must be a multiple of batch_size = {resolved['batch_size']}")
    if not isinstance(resolved["policy"], str):
        raise ValueError(f"policy must be auto, MlpPolicy, CnnPolicy or MultiInputPolicy, got {resolved['policy']!r}")
    if resolved["noise_type"] not in tuple(NOISES):  # a tuple, because what came may be no key of a dict
        raise ValueError(f"noise_type must be {' or '.join(NOISES)}, got {resolved['noise_type']!r}")
    policy_arguments(resolved["policy_kwargs"])
    check_encoder(resolved["encoder"], resolved["freeze"], center, resolved["policy_kwargs"])
    check_set(resolved["set_hidden"], resolved["encoder"])
    return resolved


def algorithm(name: str) -> Any:
    """The class of Stable-Baselines3's or sb3-contrib's; ``ValueError`` if the latter is asked for and absent."""
    if name != MASKED:
        return ALGORITHMS[name]
    try:
        from sb3_contrib import MaskablePPO
    except ModuleNotFoundError as fault:
        raise ValueError(f"{MASKED} is sb3-contrib's, which is not installed: {install('contrib')}") from fault
    return MaskablePPO


def _check(key: str, value: Any, default: Any) -> None:
    """``ValueError`` unless ``value`` is of the default's kind and in the range of the hyperparameter ``key``."""
    # SAC's entropy coefficient, which is "auto", is another thing: it is learned.
    if isinstance(value, str) and (key in SCHEDULES or (key == "ent_coef" and default != "auto")):
        schedule(key, value)
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
        if not is_number(value) or not lowest <= value <= highest:
            raise ValueError(f"{key} must be a number {lowest:g} … {highest:g}, got {value!r}")


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
            fits = isinstance(value, bool) if key.startswith("norm_") else is_number(value) and value > 0
        if not fits:
            raise ValueError(f"{key} of normalize must be {NORMALIZE[key]}, got {value!r}")


def schedule(key: str, value: Any) -> Any:
    """What SB3 takes for the schedule ``key``: the number itself, or for ``lin_0.001`` a function of the share left."""
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


def policy_arguments(given: Any) -> dict[str, Any]:
    """``policy_kwargs`` with activations as classes instead of names."""
    if not isinstance(given, dict):
        raise ValueError(f"policy_kwargs must be a dict such as {{net_arch: [64, 64]}}, got {given!r}")
    arguments = dict(given)
    name = arguments.get("activation_fn")
    if name is not None:
        if not isinstance(name, str) or name not in ACTIVATIONS:
            raise ValueError(f"unknown activation_fn {name!r}{did_you_mean(str(name), ACTIVATIONS)}")
        arguments["activation_fn"] = ACTIVATIONS[name]
    return arguments
