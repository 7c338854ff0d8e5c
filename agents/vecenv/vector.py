"""SB3's ``VecEnv`` over a vector environment of Gymnasium's; see ``vecenv.to_sb3``."""

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode

from ...envs.engine.gymnasium_batch import check_spaces
from .base import EpisodicVecEnv
from .observations import map_observation, select


class VectorVecEnv(EpisodicVecEnv):
    """SB3's ``VecEnv`` over a vector environment of Gymnasium's; see ``to_sb3``."""

    def __init__(self, env: gymnasium.vector.VectorEnv) -> None:
        name = env.spec.id if env.spec is not None else type(env.unwrapped).__name__
        check_spaces(env.single_observation_space, env.single_action_space, name)
        self.env, self._render_mode = env, env.render_mode
        self.mode = AutoresetMode(env.metadata.get("autoreset_mode", AutoresetMode.NEXT_STEP))
        super().__init__(env.num_envs, env.single_observation_space, env.single_action_space)
        self._return, self._length = np.zeros(self.num_envs), np.zeros(self.num_envs, np.int64)
        self._respects_mask = False

    def reset(self) -> Any:
        self._refuse_if_closed()
        self._options_refused()
        # SB3 gives seed, seed + 1 …, which is what one number means to Gymnasium; some know no lists.
        observation, _ = self.env.reset(seed=self._seeds[0])
        self._reset_seeds()
        self._return[:], self._length[:] = 0.0, 0
        self._clear_infos()
        return map_observation(np.copy, observation)

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
                finals = [map_observation(np.copy, select(observation, i)) for i in rows.tolist()]
                ends = info
                observation = self._reset_now(observation, done)
            self._fill_infos(rows, finals, ends, np.asarray(truncated) & ~np.asarray(terminated))
        return map_observation(np.copy, observation), np.asarray(reward, np.float32), done, self._infos

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
        before = map_observation(np.copy, before)
        after, _ = self.env.reset(options={"reset_mask": done.copy()})
        if not self._respects_mask and not done.all():
            kept = np.flatnonzero(~done)
            if not _equal(select(before, kept), select(after, kept)):
                raise ValueError(
                    f"{type(self.env.unwrapped).__name__} resets all environments where options['reset_mask'] names "
                    f"some, so its {self.mode.value} autoreset cannot be made SB3's; "
                    'make it with gymnasium.make_vec(…, vectorization_mode="sync")'
                )
            # Proven only where a reset would have been seen: if what was kept differs from what resets give.
            self._respects_mask = not any(
                _equal(select(after, i), select(after, j)) for i in kept.tolist() for j in np.flatnonzero(done).tolist()
            )
        return after

    def has_attr(self, attr_name: str) -> bool:
        """Whether each environment has the attribute, where the vector environment has single ones to ask.

        It is not tried: the workers of an ``AsyncVectorEnv`` do not survive a question that fails.
        """
        call = getattr(self.env, "call", None)
        if attr_name in ("render_mode", "spec") or call is None:
            return attr_name in ("render_mode", "spec")
        return all(call("has_wrapper_attr", attr_name))

    def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
        """The attribute of each environment, where the vector environment has single ones to ask."""
        ask = getattr(self.env, "get_attr", None)
        if attr_name == "render_mode" or ask is None:
            return super().get_attr(attr_name, indices)
        if not self.has_attr(attr_name):
            self._asked(attr_name)
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
        values = self.get_attr(attr_name)  # Gymnasium sets all or none
        return put(attr_name, [value if i in chosen else values[i] for i in range(self.num_envs)])

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        """What the method returns in each environment, where the vector environment has single ones to ask."""
        call = getattr(self.env, "call", None)
        if call is None or not self.has_attr(method_name):
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
        super().close()
        self.env.close()


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return all(_equal(one[key], other[key]) for key in one)
    return np.array_equal(one, other, equal_nan=np.asarray(one).dtype.kind == "f")
