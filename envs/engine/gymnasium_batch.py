"""A batch over any Gymnasium environment: what lets Ludus' agents learn on a third party's.

It steps Gymnasium's own vector environment under SAME_STEP and fills the same buffers as ``KernelBatch``. It cannot be
copied into a snapshot, so a run on it resumes from the network alone and not exactly.
"""

import inspect
import re
from collections.abc import Callable, Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium import Space, spaces
from gymnasium.envs.registration import load_env_creator
from gymnasium.vector import AutoresetMode

from ...utils.wording import did_you_mean
from .batch import check_count
from .buffers import Buffers
from .space_layout import action_dtype, flags_in

DEFAULT_FPS = 30  # of an environment that declares no pace
DEFAULT_LIMIT = 10_000  # steps, for environments that have no time limit of their own


class GymnasiumBatch:
    """``num_envs`` copies of the registered environment ``id``; see ``Batch``. Actions: Discrete, Multi…, or Box."""

    terms: tuple[str, ...] = ()
    succeeds = False

    def __init__(self, id: str, num_envs: int, rendered: bool = False, **keywords: Any) -> None:
        """``rendered``: with frames, for whoever shows them; most third parties' need a library for it.

        Raises:
            ValueError: it cannot be made with these keywords, or no agent can use its spaces.
        """
        num_envs = check_count("num_envs", num_envs)
        if gymnasium.spec(id).max_episode_steps is None:  # a policy that runs in circles would never come to an end
            keywords.setdefault("max_episode_steps", DEFAULT_LIMIT)
        if rendered:
            keywords["render_mode"] = "rgb_array"
        self.name = id
        self.num_envs = num_envs
        how = {"vectorization_mode": "sync", "vector_kwargs": {"autoreset_mode": AutoresetMode.SAME_STEP}}
        self.envs = create(gymnasium.make_vec, id, keywords, num_envs=num_envs, **how)
        self.observation_space: Space = self.envs.single_observation_space
        self.action_space: Space = self.envs.single_action_space
        check_spaces(self.observation_space, self.action_space, id)
        _, info = self.envs.reset(seed=0)
        self.has_mask = "action_mask" in info and isinstance(self.action_space, spaces.Discrete)
        n, flags = num_envs, flags_in(self.action_space)
        self.buffers = Buffers(
            observation=_empty(self.observation_space, n),
            mask=np.ones((n, flags), np.int8),
            reward=np.zeros(n),
            terms=np.zeros((n, 0)),
            terminated=np.zeros(n, np.bool_),
            truncated=np.zeros(n, np.bool_),
            final_observation=_empty(self.observation_space, n),
            final_mask=np.ones((n, flags), np.int8),
            episode_return=np.zeros(n),
            episode_terms=np.zeros((n, 0)),
            episode_length=np.zeros(n, np.int64),
            episode_success=np.zeros(n, np.bool_),
            selected=np.ones(n, np.bool_),
            seeded=np.zeros(n, np.bool_),
            seeds=np.zeros(n, np.uint64),
        )
        self._actions = np.zeros((n, *(self.action_space.shape or ())), action_dtype(self.action_space))
        self._return, self._length = np.zeros(n), np.zeros(n, np.int64)
        self.fps: float = self.envs.metadata.get("render_fps") or DEFAULT_FPS
        self.frame_size: tuple[int, int] | None = self._pictures()[0].shape[:2] if rendered else None

    @property
    def action_buffer(self) -> np.ndarray:
        """(N, *action shape) where ``step_prepared`` reads the actions: int64 or float64."""
        return self._actions

    def reset(self, selected: np.ndarray | None = None, seeds: Sequence[int | None] | None = None) -> None:
        """Start new episodes everywhere (a part of the batch cannot be reset alone here)."""
        if selected is not None and not np.all(selected):
            raise ValueError(f"{self.name} is not a Ludus environment: its batch can only be reset as a whole")
        observation, info = self.envs.reset(seed=None if seeds is None else list(seeds))  # type: ignore[arg-type]
        for sums in (self._return, self._length, self.buffers.episode_return, self.buffers.episode_length):
            sums[:] = 0
        self.buffers.episode_success[:] = False
        self._show(observation, info)

    def seed_from(self, seed: int, age: int = 0) -> None:
        self.reset(seeds=[seed + i for i in range(self.num_envs)])

    def step(self, actions: np.ndarray) -> int:
        self._actions[...] = actions
        return self.step_prepared()

    def step_prepared(self) -> int:
        b = self.buffers
        actions = self._actions.astype(self.action_space.dtype)
        observation, reward, terminated, truncated, info = self.envs.step(actions)
        b.reward[:], b.terminated[:], b.truncated[:] = reward, terminated, truncated
        self._return += reward
        self._length += 1
        ended = terminated | truncated
        for i in np.flatnonzero(ended).tolist():
            _assign(b.final_observation, i, info["final_obs"][i])
        if self.has_mask and ended.any() and "action_mask" in info.get("final_info", {}):
            b.final_mask[ended] = np.stack(info["final_info"]["action_mask"])[ended]
        success = info.get("final_info", {}).get("is_success") if ended.any() else None
        b.episode_success[:] = False if success is None else np.asarray(success, bool) & ended
        b.episode_return[:], b.episode_length[:] = self._return, self._length
        self._return[ended], self._length[ended] = 0.0, 0
        self._show(observation, info)
        return int(ended.sum())

    def _show(self, observation: Any, info: dict[str, Any]) -> None:
        _assign(self.buffers.observation, ..., observation)
        if self.has_mask and "action_mask" in info:
            self.buffers.mask[...] = np.stack(info["action_mask"])

    def snapshot(self) -> bytes:
        raise TypeError(f"{self.name} is not a Ludus environment: its state cannot be saved")

    def restore(self, data: bytes) -> None:
        raise TypeError(f"{self.name} is not a Ludus environment: its state cannot be restored")

    def heuristic(self, out: np.ndarray | None = None, name: str = "") -> np.ndarray:
        raise ValueError(f"{self.name} is not a Ludus environment and has no heuristic policy; use --policy random")

    def render_many(self, indices: np.ndarray, frames: np.ndarray) -> None:
        """The pictures of the environments ``indices`` (M,), scaled into ``frames`` (M, height, width, 3) uint8."""
        from PIL import Image

        pictures = self._pictures()
        for i, frame in zip(indices.tolist(), frames, strict=True):
            frame[...] = Image.fromarray(pictures[i]).resize(
                (frame.shape[1], frame.shape[0]), Image.Resampling.BILINEAR
            )

    def _pictures(self) -> list[np.ndarray]:
        pictures = self.envs.render()
        if not pictures or pictures[0] is None:
            raise ValueError(f"{self.name} gave no picture; it needs render_mode='rgb_array' where it is made")
        return [check_picture(picture, self.name) for picture in pictures]

    def running(self) -> tuple[np.ndarray, np.ndarray]:
        """Return (N,) and length in steps (N,) of the running episodes."""
        return self._return, self._length

    def close(self) -> None:
        self.envs.close()


def create(make: Callable[..., Any], id: str, keywords: dict[str, Any], **how: Any) -> Any:
    """``make(id, **keywords, **how)``, with ``make`` from Gymnasium and the environment from a third party.

    Raises:
        ValueError: the environment refuses its ``keywords``, with whatever error.
        gymnasium.error.Error: Gymnasium refuses, as where a library is missing; it says which.
    """
    try:
        return make(id, **keywords, **how)
    except (gymnasium.error.Error, MemoryError):
        raise
    except Exception as fault:
        text = str(fault).partition(" was raised from the environment creator")[0]
        unknown = re.search(r"unexpected keyword argument '(\w+)'", text)
        if isinstance(fault, TypeError) and unknown and unknown[1] in keywords:
            taken = inspect.signature(load_env_creator(gymnasium.spec(id).entry_point)).parameters.values()  # type: ignore[arg-type]
            known = [entry.name for entry in taken if entry.kind in (entry.POSITIONAL_OR_KEYWORD, entry.KEYWORD_ONLY)]
            raise ValueError(f"unknown parameter {unknown[1]!r} of {id}{did_you_mean(unknown[1], known)}") from fault
        given = " with " + ", ".join(f"{key}={value!r}" for key, value in keywords.items()) if keywords else ""
        raise ValueError(f"{id} cannot be made{given}: {type(fault).__name__} {text}") from fault


def check_spaces(observation_space: Space, action_space: Space, id: str) -> None:
    """``ValueError`` unless agents can use these spaces."""
    parts = list(observation_space.values()) if isinstance(observation_space, spaces.Dict) else [observation_space]
    for part in parts:
        if not isinstance(part, (spaces.Box, spaces.Discrete)):
            raise ValueError(
                f"{id} observes {part}; agents take Box, Discrete, or a Dict of these; wrap it in "
                "gymnasium.wrappers.FlattenObservation, and register that under an id of its own"
            )
    several = isinstance(action_space, (spaces.MultiDiscrete, spaces.MultiBinary)) and len(action_space.shape) == 1
    if not several and not isinstance(action_space, (spaces.Box, spaces.Discrete)):
        raise ValueError(
            f"{id} acts in {action_space}; agents take Box, Discrete, and MultiDiscrete or MultiBinary of one axis; "
            "wrap it in a gymnasium.ActionWrapper, and register that under an id of its own"
        )


def check_picture(picture: Any, id: str) -> np.ndarray:
    """``picture`` as an array; ``ValueError`` unless it is a frame (height, width, 3) uint8."""
    array = np.asarray(picture)
    if array.ndim != 3 or array.shape[2] != 3 or array.dtype != np.uint8:
        raise ValueError(
            f"{id} renders {array.dtype} {array.shape}; expected a frame (height, width, 3) uint8 "
            'under render_mode="rgb_array"'
        )
    return array


def _empty(space: Space, n: int) -> Any:
    if isinstance(space, spaces.Dict):
        return {key: _empty(part, n) for key, part in space.items()}
    return np.zeros((n, *(space.shape or ())), space.dtype)


def _assign(rows: Any, index: Any, value: Any) -> None:
    """``rows[index] = value``, of dicts in each entry."""
    if isinstance(rows, dict):
        for key, part in rows.items():
            part[index] = value[key]
    else:
        rows[index] = value
