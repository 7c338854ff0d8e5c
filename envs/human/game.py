"""One environment as a person meets it: any registered id with its figures, its picture and the keys that play it.

Ludus' own environments render at the window's size and name the terms of their reward; a third party's shows the
picture that it gives under ``render_mode="rgb_array"``.
"""

from collections.abc import Mapping
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces

from ..engine.batch import check_seed
from ..engine.env import Env
from ..engine.gymnasium_batch import DEFAULT_FPS, check_picture
from ..engine.kernel_batch import KernelBatch
from ..engine.space_layout import WHOLE, are_legal
from .controls import BoxControls, DiscreteControls, make_controls
from .cursor_controls import CursorControls


class Game:
    """An environment under play, and the figures about the running episode.

    Args:
        env: Made by ``gymnasium.make``: a Ludus environment, or another one with ``render_mode="rgb_array"``.
        keywords: What it was made with, besides the id and the render mode; a recording keeps them.

    Attributes:
        observation: After the last step; see ``kept_as``. Of other spaces what the environment gave.
        reward, terminated, truncated: Of the last step.
        steps, score: Of this episode; the score is the sum of the rewards.
        solved: The task was solved in this episode.
        seed, age: With which this episode began; see ``start``.

    Raises:
        ValueError: neither the keys of a person nor the frames of a window fit this environment.
    """

    def __init__(self, env: gymnasium.Env, keywords: Mapping[str, Any]) -> None:
        if env.spec is None:
            raise ValueError("the environment has no registered id; make it with gymnasium.make")
        self.env, self.id, self.keywords = env, env.spec.id, dict(keywords)
        self.limit: int | None = env.spec.max_episode_steps
        self.batch: KernelBatch | None = env.unwrapped.batch if isinstance(env.unwrapped, Env) else None
        self.name = self.id.rpartition("/")[2]
        self.observation_space, self.action_space = env.observation_space, env.action_space
        self._first = int(self.action_space.start) if isinstance(self.action_space, spaces.Discrete) else 0
        if self.batch is not None:
            declared = self.batch.simulation
            self.fps: float = declared.fps
            self.turn_based, self.idle, self.terms = declared.turn_based, declared.idle, declared.terms
            self._keys, self._names, self._aim = declared.keys, declared.action_names, declared.aim
        else:
            self.fps = env.metadata.get("render_fps") or DEFAULT_FPS
            # Where a few numbers are all there is to see, no clock is running: tables, mazes, cards.
            self.turn_based = isinstance(self.observation_space, spaces.Discrete)
            self.idle, self.terms, self._keys, self._names, self._aim = (), (), {}, (), None
        try:
            self.make_controls()
        except ValueError as problem:
            raise ValueError(f"{self.id} cannot be played: {problem}") from None
        self.observation: Any = None
        self.reward = self.score = 0.0
        self.steps = self.seed = self.age = 0
        self.terminated = self.truncated = self.solved = False
        self.mask: np.ndarray | None = None

    def make_controls(self) -> DiscreteControls | BoxControls:
        """Controls with nothing pressed; their actions are numbers from 0 or arrays of the action space."""
        controls = make_controls(self.action_space, self._names, self._keys, self.idle)
        if self._aim is None or not isinstance(self.action_space, spaces.Box):
            return controls
        moves = {key: target for key, target in self._keys.items() if isinstance(target, tuple)}
        return CursorControls(self.action_space, moves, [binding.name for binding in controls.bindings])

    def warm_up(self) -> None:
        """Compile what the first picture needs, where something is compiled; ``start`` then begins the first game."""
        if self.batch is not None:
            self.start(0)
            controls = self.make_controls()
            self.frame((64, 96), controls.composed if isinstance(controls, CursorControls) else None)

    @property
    def ended(self) -> bool:
        return self.terminated or self.truncated

    @property
    def next_age(self) -> int:
        """How old the environment is now, in steps, where something drifts with its age; 0 where nothing does."""
        return self.age + self.steps if self.keywords.get("drift") else 0

    def start(self, seed: int, age: int = 0) -> None:
        """Begin an episode that depends on ``seed`` alone and, where parameters drift, on the age in steps."""
        self.seed, self.age = check_seed(seed), age
        observation, info = self.env.reset(seed=self.seed)
        if self.batch is not None and age:
            self.batch.records["age"] = age  # as `KernelBatch.seed_from` does: the reset sets what has drifted so far
            observation, info = self.env.reset()
        self.reward = self.score = 0.0
        self.steps = 0
        self.terminated = self.truncated = self.solved = False
        self._read(observation, info)

    def step(self, action: Any) -> None:
        """One step: ``action`` is a number from 0, or an array of the action space's shape and dtype."""
        given = int(action) + self._first if isinstance(self.action_space, spaces.Discrete) else action
        observation, reward, terminated, truncated, info = self.env.step(given)
        self.reward, self.terminated, self.truncated = float(reward), bool(terminated), bool(truncated)
        self.steps += 1
        self.score += self.reward
        self._read(observation, info)

    def _read(self, observation: Any, info: dict[str, Any]) -> None:
        self.observation = _kept(self.observation_space, observation)
        mask = info.get("action_mask")
        flags = self.batch is not None or isinstance(self.action_space, spaces.Discrete)  # others' have any form
        is_masked = mask is not None and flags and isinstance(self.action_space, WHOLE)
        self.mask = np.asarray(mask, bool) if is_masked else None
        self.solved = bool(info.get("is_success", False))

    def is_legal(self, action: Any) -> bool:
        return self.mask is None or bool(are_legal(np.asarray(action)[None], self.mask[None], self.action_space)[0])

    def term_rows(self) -> list[tuple[str, float, float]]:
        """Each term of the reward: its name, its sum over this episode, its share of the last step's reward."""
        if self.batch is None:
            return []
        totals, last = self.batch.records["totals"][0], self.batch.buffers.terms[0]
        return list(zip(self.terms, totals.tolist(), last.tolist(), strict=True))

    @property
    def frame_size(self) -> tuple[int, int]:
        """Height and width in pixels at which this environment likes to be seen; needs ``start`` first."""
        if self.batch is not None:
            return self.batch.simulation.frame
        height, width = self.frame((0, 0)).shape[:2]
        return height, width

    def frame(self, size: tuple[int, int], aimed: np.ndarray | None = None) -> np.ndarray:
        """The environment as it stands, (height, width, 3) uint8: at ``size``, or a third party's at its own.

        Args:
            aimed: An action that is not made yet; what the environment draws of it lies over the frame.
        """
        if self.batch is not None:
            frame = np.empty((*size, 3), np.uint8)
            self.batch.render(0, frame)
            if aimed is not None and self._aim is not None:
                self._aim(aimed, frame)
            return frame
        return check_picture(self.env.render(), self.id)

    def close(self) -> None:
        self.env.close()


def kept_as(space: spaces.Space) -> tuple[np.dtype, tuple[int, ...]] | None:
    """Dtype and shape of an observation as a ``Game`` keeps it; None of a space that it does not know.

    A Box or a Discrete as the space says, whatever the environment gave: others compute in float64 and declare float32,
    and a recording shall replay. Of a Dict of these all numbers in a row, float64, in the order of its keys.
    """
    if isinstance(space, spaces.Dict):
        known = all(isinstance(part, (spaces.Box, spaces.Discrete)) for part in space.values())
        return (
            (np.dtype(np.float64), (sum(int(np.prod(part.shape or ())) for part in space.values()),)) if known else None
        )
    known = isinstance(space, (spaces.Box, spaces.Discrete))
    return (np.dtype(space.dtype), space.shape or ()) if known else None


def _kept(space: spaces.Space, observation: Any) -> Any:
    kept = kept_as(space)
    if kept is None:
        return observation
    if isinstance(space, spaces.Dict):
        parts = [np.asarray(observation[key], part.dtype).ravel() for key, part in space.items()]
        return np.concatenate(parts, dtype=kept[0], casting="unsafe")
    return np.asarray(observation, kept[0])
