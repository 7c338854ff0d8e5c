"""`BatchVecEnv`, `make_vec_env` and `to_sb3`: a VecEnv straight over a batch, or over any vector environment.

SB3's convention is same-step: where an episode ended, the observation returned is the first of the next one, and
``info`` holds ``terminal_observation`` and ``TimeLimit.truncated`` (true where the clock ended it and not the world),
from which SB3 bootstraps.
"""

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode
from stable_baselines3.common.vec_env import VecEnv

from ...envs.engine.batch import Batch, check_seed
from ...envs.make import make_batch
from .base import EpisodicVecEnv
from .observations import map_observation, select
from .vector import VectorVecEnv

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

    Raises:
        TypeError: a function in the place of the id, or an argument of SB3's that is for environments one by one.
        ValueError: unknown id or parameter; a ``render_mode`` that there is not.
    """
    if not isinstance(id, str):
        raise TypeError(
            f"make_vec_env takes an id such as 'ludus/Snake-v1', got {id!r}; gymnasium.register gives an environment "
            "an id, and SB3's own make_vec_env takes functions"
        )
    for name in ("wrapper_class", "monitor_dir", "vec_env_cls", "vec_env_kwargs", "start_index", "wrapper_kwargs"):
        if name in keywords:
            raise TypeError(f"{name} is for environments one by one; wrap the VecEnv, or use SB3's own make_vec_env")
    env = BatchVecEnv(make_batch(id, n_envs, **(env_kwargs or {}), **keywords), render_mode)
    env.seed(None if seed is None else check_seed(seed))
    return env


def to_sb3(env: gymnasium.vector.VectorEnv) -> VecEnv:
    """A vector environment of Gymnasium's as SB3's ``VecEnv``, under each of the three autoreset modes.

    Under NEXT_STEP and DISABLED, environments that have ended are reset at once with ``options={"reset_mask": …}``, so
    that the step which only resets never reaches the agent: SB3 would learn from it as if it had been played. So under
    these two modes it takes neither an environment that is only reset as a whole, nor a wrapper that refuses a partial
    reset, such as Gymnasium's vector ``NormalizeObservation``; SB3's ``VecNormalize`` around the result does the same.

    Raises:
        TypeError: ``env`` is no vector environment.
        ValueError: spaces that SB3 cannot use; during a step, an environment that ignores ``reset_mask``.
    """
    if not isinstance(env, gymnasium.vector.VectorEnv):
        raise TypeError(f"to_sb3 takes a gymnasium.vector.VectorEnv, got {type(env).__name__}; see gymnasium.make_vec")
    return VectorVecEnv(env)


class BatchVecEnv(EpisodicVecEnv):
    """SB3's ``VecEnv`` over ``batch`` (under SAME_STEP autoreset). It belongs to one thread.

    Where an episode ended, ``info`` holds ``terminal_observation``, ``TimeLimit.truncated``, ``episode`` (``r`` return,
    ``l`` length, and each reward term) and, where the task can be solved, ``is_success``. Elsewhere it is empty: the
    dicts are reused, so whoever keeps one copies it. ``env_method("action_masks")`` gives the legal actions, as
    sb3-contrib's MaskablePPO asks for them.

    Raises:
        ValueError: another autoreset mode; a ``render_mode`` that there is not. In a step: an action that does not
            belong to the space, or, where that is ``Discrete`` with a ``start``, does not count from 0 as SB3 does.
    """

    def __init__(self, batch: Batch, render_mode: str | None = None) -> None:
        if render_mode not in RENDER_MODES:
            raise ValueError(f"render_mode must be None, 'rgb_array' or 'human', got {render_mode!r}")
        check_autoreset(batch, "SB3")
        if render_mode is not None and batch.frame_size is None:
            raise ValueError(f"{batch.name} is not a Ludus environment and renders itself; use SB3's own make_vec_env")
        self.batch, self._render_mode = batch, render_mode
        self.on_ended: Any = None  # called with the buffers after a step in which episodes ended
        self._window: Any = None
        super().__init__(batch.num_envs, batch.observation_space, batch.action_space)

    def reset(self) -> Any:
        self._refuse_if_closed()
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
        finals = select(b.final_observation, rows)
        timed_out = (b.truncated & ~b.terminated)[rows].tolist()
        returns, lengths = b.episode_return[rows].tolist(), b.episode_length[rows].tolist()
        terms, successes = b.episode_terms[rows].tolist(), b.episode_success[rows].tolist()
        for j, i in enumerate(self._filled):
            info = self._infos[i]
            info["terminal_observation"] = select(finals, j)
            info["TimeLimit.truncated"] = timed_out[j]
            info["episode"] = {"r": returns[j], "l": lengths[j], **dict(zip(self.batch.terms, terms[j], strict=True))}
            if self.batch.succeeds:
                info["is_success"] = successes[j]

    def _observe(self) -> Any:
        return map_observation(np.copy, self.batch.buffers.observation)

    def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
        if method_name == "action_masks" and self.batch.has_mask:
            legal = list(self.batch.buffers.mask.astype(np.bool_))  # at once: it is asked for in each step
            return legal if indices is None else [legal[i] for i in self._get_indices(indices)]
        return super().env_method(method_name, *args, indices=indices, **kwargs)

    def has_attr(self, attr_name: str) -> bool:
        return attr_name in ("render_mode", "spec") or (attr_name == "action_masks" and self.batch.has_mask)

    def _asked(self, name: str) -> Any:
        if name == "spec":
            return None
        known = getattr(self.batch, "records", np.empty(0)).dtype.names or ()
        remedy = f"; .batch.records[{name!r}] holds what their records have under this name" if name in known else ""
        raise AttributeError(
            f"the environments of a batch have no attribute {name!r}{remedy}; parameters are set where the "
            "environments are made: make_vec_env(id, n_envs, parameter=value)"
        )

    def get_images(self) -> Sequence[np.ndarray | None]:
        """One RGB frame (height, width, 3) uint8 per environment; empty without a ``render_mode``."""
        if self._render_mode is None:
            return []
        assert self.batch.frame_size is not None  # checked above, with the render mode
        frames = np.empty((self.num_envs, *self.batch.frame_size, 3), np.uint8)
        self.batch.render_many(np.arange(self.num_envs), frames)
        return list(frames)

    def render(self, mode: str | None = None) -> np.ndarray | None:
        """The frames as one tiled picture, or (``"human"``) in a window."""
        if (mode or self._render_mode) != "human":
            return super().render(mode)
        from ...envs.rendering.window import Window

        images = np.stack(self.get_images())  # type: ignore[arg-type]
        if self._window is None:
            self._window = Window(self.batch.name, images.shape[1:3], num_tiles=self.num_envs)
        self._window.show(images)
        return None

    def close(self) -> None:
        if self._window is not None:
            self._window.close()
            self._window = None
        super().close()
        self.batch.close()


def check_autoreset(batch: Batch, who: str) -> None:
    """``ValueError`` unless ``batch`` shows the first observation of the next episode where one has ended."""
    mode = getattr(batch, "autoreset_mode", AutoresetMode.SAME_STEP)
    if mode != AutoresetMode.SAME_STEP:
        raise ValueError(
            f"{who} needs a batch with the autoreset mode {AutoresetMode.SAME_STEP.value}, got {mode.value}; "
            "leave autoreset_mode out where the batch is made"
        )
