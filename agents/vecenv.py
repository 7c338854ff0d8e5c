"""Face 3: Stable-Baselines3's ``VecEnv``, straight over a batch, or over any vector environment of Gymnasium's.

SB3's convention is same-step: where an episode ended, the observation returned is the first of the next one, and
``info`` holds ``terminal_observation`` and ``TimeLimit.truncated`` (true where the clock ended it and not the world),
from which SB3 bootstraps.
"""

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import VecEnv

from ..envs.engine.batch import Batch, check_seed
from ..envs.engine.foreign import check_spaces
from ..envs.make import make_batch

RENDER_MODES = (None, "rgb_array", "human")


def make_vec_env(
    id: str,
    n_envs: int = 1,
    seed: int | None = None,
    render_mode: str | None = None,
    env_kwargs: dict[str, Any] | None = None,
    **keywords: Any,
) -> VecEnv:
    """``n_envs`` environments of any registered id as SB3's ``VecEnv``, in the place of SB3's function of this name.

    Args:
        seed: Of the first environment; environment ``i`` gets ``seed + i`` at the next ``reset``.
        render_mode: ``"rgb_array"`` for ``get_images`` and ``render``, ``"human"`` for a window.
        **keywords: See ``envs.make.make_batch``: parameters, sizes, ``randomize``, ``drift``, ``max_episode_steps``.
    """
    for name in ("wrapper_class", "monitor_dir", "vec_env_cls", "vec_env_kwargs", "start_index", "wrapper_kwargs"):
        if name in keywords:
            raise TypeError(f"{name} is for environments one by one; wrap the VecEnv, or use SB3's own make_vec_env")
    env = BatchVecEnv(make_batch(id, n_envs, **(env_kwargs or {}), **keywords), render_mode)
    env.seed(None if seed is None else check_seed(seed))
    return env


def to_sb3(env: gymnasium.vector.VectorEnv) -> VecEnv:
    """Any vector environment of Gymnasium's as SB3's ``VecEnv``, under each of the three autoreset modes.

    Under NEXT_STEP and DISABLED, environments that have ended are reset at once with ``options={"reset_mask": …}``, so
    that the step which only resets never reaches the agent: SB3 would learn from it as if it had been played.

    Raises:
        TypeError: ``env`` is no vector environment.
        ValueError: spaces that SB3 cannot use; during a step, an environment that ignores ``reset_mask``.
    """
    if not isinstance(env, gymnasium.vector.VectorEnv):
        raise TypeError(f"to_sb3 takes a gymnasium.vector.VectorEnv, got {type(env).__name__}; see gymnasium.make_vec")
    return VectorVecEnv(env)


class _EpisodicVecEnv(VecEnv):
    """What both share: one dict per environment that is reused, and filled where an episode has ended only."""

    _render_mode: str | None

    def __init__(self, num_envs: int, observation_space: spaces.Space, action_space: spaces.Space) -> None:
        self._filled: list[int] = []  # environments whose info dict is not empty
        self._infos: list[dict[str, Any]] = [{} for _ in range(num_envs)]
        super().__init__(num_envs, observation_space, action_space)

    def step_async(self, actions: np.ndarray) -> None:
        self._given = actions

    def _clear_infos(self) -> None:
        for i in self._filled:
            self._infos[i].clear()
        self._filled = []

    def _options_refused(self) -> None:
        given = any(self._options)
        self._reset_options()
        if given:
            raise ValueError("reset takes no options here; set parameters where the environments are made")

    # SB3 asks single environments for attributes; here there are none, so what it asks for is answered for the batch.

    def _asked(self, name: str) -> Any:
        raise NotImplementedError

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        if attr_name == "render_mode":
            return [self._render_mode for _ in self._get_indices(indices)]
        return [self._asked(attr_name) for _ in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        raise AttributeError(f"{attr_name!r} cannot be set: environments of a batch have no attributes of their own")

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        raise AttributeError(f"the environments of a batch have no method {method_name!r}")

    def env_is_wrapped(self, wrapper_class: type, indices: Any = None) -> list[bool]:
        """True for ``Monitor`` alone: finished episodes are reported in ``info["episode"]`` as it does."""
        return [issubclass(wrapper_class, Monitor) for _ in self._get_indices(indices)]


class BatchVecEnv(_EpisodicVecEnv):
    """SB3's ``VecEnv`` over ``batch`` (under SAME_STEP autoreset).

    Where an episode ended, ``info`` holds ``terminal_observation``, ``TimeLimit.truncated``, ``episode`` (``r`` return,
    ``l`` length, and each reward term) and, where the task can be solved, ``is_success``. Elsewhere it is empty: the
    dicts are reused, so whoever keeps one copies it. ``env_method("action_masks")`` gives the legal actions, as
    sb3-contrib's MaskablePPO asks for them.
    """

    def __init__(self, batch: Batch, render_mode: str | None = None) -> None:
        if render_mode not in RENDER_MODES:
            raise ValueError(f"render_mode must be None, 'rgb_array' or 'human', got {render_mode!r}")
        mode = getattr(batch, "autoreset_mode", AutoresetMode.SAME_STEP)
        if mode != AutoresetMode.SAME_STEP:
            raise ValueError(
                f"SB3 needs a batch with the autoreset mode {AutoresetMode.SAME_STEP.value}, got {mode.value}"
            )
        if render_mode is not None and batch.frame_size is None:
            raise ValueError(f"{batch.name} is not a Ludus environment and draws itself; use SB3's own make_vec_env")
        self.batch, self._render_mode = batch, render_mode
        self.on_ended: Any = None  # called with the buffers after a step in which episodes ended
        self._window: Any = None
        super().__init__(batch.num_envs, batch.observation_space, batch.action_space)

    def reset(self) -> Any:
        self._options_refused()
        self.batch.reset(seeds=self._seeds if any(seed is not None for seed in self._seeds) else None)
        self._reset_seeds()
        self._clear_infos()
        return self._observe()

    def step_wait(self) -> Any:
        ended = self.batch.step(self._given)
        b = self.batch.buffers
        self._clear_infos()
        done = b.terminated | b.truncated
        if ended:
            self._fill_infos(np.flatnonzero(done))
            if self.on_ended is not None:
                self.on_ended(b)
        return self._observe(), b.reward.astype(np.float32), done, self._infos

    def _fill_infos(self, rows: np.ndarray) -> None:
        b = self.batch.buffers
        self._filled = rows.tolist()
        finals = _rows(b.final_observation, rows)
        timed_out = (b.truncated & ~b.terminated)[rows].tolist()
        returns, lengths = b.episode_return[rows].tolist(), b.episode_length[rows].tolist()
        terms, successes = b.episode_terms[rows].tolist(), b.episode_success[rows].tolist()
        for j, i in enumerate(self._filled):
            info = self._infos[i]
            info["terminal_observation"] = _row(finals, j)
            info["TimeLimit.truncated"] = timed_out[j]
            info["episode"] = {"r": returns[j], "l": lengths[j], **dict(zip(self.batch.terms, terms[j], strict=True))}
            if self.batch.succeeds:
                info["is_success"] = successes[j]

    def _observe(self) -> Any:
        return _copied(self.batch.buffers.observation)

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        if method_name == "action_masks" and self.batch.has_mask:
            return [self.batch.buffers.mask[i].astype(np.bool_) for i in self._get_indices(indices)]
        return super().env_method(method_name, *args, indices=indices, **kwargs)

    def has_attr(self, attr_name: str) -> bool:
        return attr_name in ("render_mode", "spec") or (attr_name == "action_masks" and self.batch.has_mask)

    def _asked(self, name: str) -> Any:
        if name == "spec":
            return None
        raise AttributeError(f"the environments of a batch have no attribute {name!r}")

    def get_images(self) -> Sequence[np.ndarray | None]:
        """One RGB frame (height, width, 3) uint8 per environment; empty without a ``render_mode``."""
        if self._render_mode is None:
            return []
        assert self.batch.frame_size is not None  # checked above, with the render mode
        frames = np.empty((self.num_envs, *self.batch.frame_size, 3), np.uint8)
        self.batch.draw_many(np.arange(self.num_envs), frames)
        return list(frames)

    def render(self, mode: str | None = None) -> np.ndarray | None:
        """The frames as one tiled picture, or (``"human"``) in a window."""
        if (mode or self._render_mode) != "human":
            return super().render(mode)
        from ..envs.screen.window import Window

        images = np.stack(self.get_images())  # type: ignore[arg-type]
        if self._window is None:
            self._window = Window(self.batch.name, images.shape[1:3], num_tiles=self.num_envs)
        self._window.show(images)
        return None

    def close(self) -> None:
        if self._window is not None:
            self._window.close()
            self._window = None
        self.batch.close()


class VectorVecEnv(_EpisodicVecEnv):
    """SB3's ``VecEnv`` over a vector environment of Gymnasium's; see ``to_sb3``."""

    def __init__(self, env: gymnasium.vector.VectorEnv) -> None:
        check_spaces(env.single_observation_space, env.single_action_space, type(env.unwrapped).__name__)
        self.env, self._render_mode = env, env.render_mode
        self.mode = AutoresetMode(env.metadata.get("autoreset_mode", AutoresetMode.NEXT_STEP))
        super().__init__(env.num_envs, env.single_observation_space, env.single_action_space)
        self._return, self._length = np.zeros(self.num_envs), np.zeros(self.num_envs, np.int64)
        self._respects_mask = False

    def reset(self) -> Any:
        self._options_refused()
        # SB3 gives seed, seed + 1 …, which is what one number means to Gymnasium; some know no lists.
        observation, _ = self.env.reset(seed=self._seeds[0])
        self._reset_seeds()
        self._return[:], self._length[:] = 0.0, 0
        self._clear_infos()
        return _copied(observation)

    def step_wait(self) -> Any:
        actions = np.asarray(self._given, self.action_space.dtype)
        shape = (self.num_envs, *(self.action_space.shape or ()))
        if actions.shape != shape:
            raise ValueError(f"actions must have shape {shape}, got {actions.shape}")
        observation, reward, terminated, truncated, info = self.env.step(actions)
        self._return += reward
        self._length += 1
        self._clear_infos()
        done = np.asarray(terminated) | np.asarray(truncated)
        if done.any():
            rows = np.flatnonzero(done)
            if self.mode == AutoresetMode.SAME_STEP:
                finals = [info["final_obs"][i] for i in rows]
                ends = info.get("final_info", {})
            else:
                finals = [_copied(_row(observation, i)) for i in rows.tolist()]
                ends = info
                observation = self._reset_now(observation, done)
            self._fill_infos(rows, finals, ends, np.asarray(truncated) & ~np.asarray(terminated))
        return _copied(observation), np.asarray(reward, np.float32), done, self._infos

    def _fill_infos(self, rows: np.ndarray, finals: list[Any], ends: dict[str, Any], timed_out: np.ndarray) -> None:
        self._filled = rows.tolist()
        for i, final in zip(self._filled, finals, strict=True):
            info = self._infos[i]
            info["terminal_observation"] = final
            info["TimeLimit.truncated"] = bool(timed_out[i])
            info["episode"] = {"r": float(self._return[i]), "l": int(self._length[i])}
            for key, values in ends.items():  # what else the environment says of the step that ended the episode
                if f"_{key}" in ends and not isinstance(values, dict) and ends[f"_{key}"][i]:
                    info.setdefault(key, values[i])
        self._return[rows], self._length[rows] = 0.0, 0

    def _reset_now(self, before: Any, done: np.ndarray) -> Any:
        """The observations with the first ones of new episodes where ``done``."""
        before = _copied(before)
        after, _ = self.env.reset(options={"reset_mask": done.copy()})
        if not self._respects_mask and not done.all():
            kept = np.flatnonzero(~done)
            if not _equal(_rows(before, kept), _rows(after, kept)):
                raise ValueError(
                    f"{type(self.env.unwrapped).__name__} resets all environments where options['reset_mask'] names "
                    f"some, so its {self.mode.value} autoreset cannot be made SB3's; "
                    'make it with gymnasium.make_vec(…, vectorization_mode="sync")'
                )
            # Proven only where a reset would have been seen: if what was kept differs from what resets give.
            self._respects_mask = not any(
                _equal(_row(after, i), _row(after, j)) for i in kept.tolist() for j in np.flatnonzero(done).tolist()
            )
        return after

    def has_attr(self, attr_name: str) -> bool:
        try:
            self.get_attr(attr_name)
        except (AttributeError, ValueError):
            return False
        return True

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """The attribute of each environment, where the vector environment has single ones to ask."""
        ask = getattr(self.env, "get_attr", None)
        if attr_name == "render_mode" or ask is None:
            return super().get_attr(attr_name, indices)
        values = ask(attr_name)
        return [values[i] for i in self._get_indices(indices)]

    def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None:
        """Set the attribute in each environment, where the vector environment has single ones to set it in."""
        put = getattr(self.env, "set_attr", None)
        if put is None:
            return super().set_attr(attr_name, value, indices)
        chosen = set(self._get_indices(indices))
        if len(chosen) == self.num_envs:
            return put(attr_name, [value] * self.num_envs)
        values = list(self.env.get_attr(attr_name))  # type: ignore[attr-defined]  # Gymnasium sets all or none
        return put(attr_name, [value if i in chosen else values[i] for i in range(self.num_envs)])

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        """What the method returns in each environment, where the vector environment has single ones to ask."""
        call = getattr(self.env, "call", None)
        if call is None:
            return super().env_method(method_name, *args, indices=indices, **kwargs)
        values = call(method_name, *args, **kwargs)
        return [values[i] for i in self._get_indices(indices)]

    def _asked(self, name: str) -> Any:
        if name == "spec":
            return self.env.spec
        raise AttributeError(f"the environments of a vector environment have no attribute {name!r}")

    def get_images(self) -> Sequence[np.ndarray | None]:
        """One RGB frame per environment; empty without a ``render_mode``."""
        return list(self.env.render() or ()) if self._render_mode == "rgb_array" else []  # type: ignore[arg-type]

    def close(self) -> None:
        self.env.close()


def _copied(observation: Any) -> Any:
    if isinstance(observation, dict):
        return {key: part.copy() for key, part in observation.items()}
    return observation.copy()


def _rows(observation: Any, rows: np.ndarray) -> Any:
    if isinstance(observation, dict):
        return {key: part[rows] for key, part in observation.items()}
    return observation[rows]


def _row(observation: Any, i: int) -> Any:
    if isinstance(observation, dict):
        return {key: part[i] for key, part in observation.items()}
    return observation[i]


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return all(_equal(one[key], other[key]) for key in one)
    return np.array_equal(one, other, equal_nan=np.asarray(one).dtype.kind == "f")
