"""The wrapper ``gymnasium.Env``: a batch of one."""

import secrets
import threading
from functools import partial
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode

from .batch import start_of
from .compile.first_frame import first_frame
from .copies import Copied, modes_of
from .slots.slotted_batch import open_batch


class Env(Copied, gymnasium.Env):
    """One environment of the file ``module``.

    ``gymnasium.make`` puts its own ``TimeLimit`` around it (so ``make(..., max_episode_steps=…)`` works as everywhere);
    who constructs it directly gives ``max_episode_steps`` here. The other keywords are those of ``KernelBatch``.

    ``info`` has the same keys after every reset and step: ``action_mask`` (int8, where the environment has illegal
    actions), ``is_success`` (where the task can be solved) and ``totals``, the sums of the episode so far (return,
    length in steps and each reward term).

    Two threads may call it: each step and what it returns are of one piece.

    With ``render_mode="human"`` it is compiled at the first reset, while the window shows that start already.
    """

    metadata = {"render_modes": ["rgb_array", "human"], "render_fps": 30}

    def __init__(
        self, module: str, *, render_mode: str | None = None, max_episode_steps: int | None = None, **keywords: Any
    ) -> None:
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ValueError(f"render_mode must be None, 'rgb_array' or 'human', got {render_mode!r}")
        self._made_with = {
            "module": module,
            "render_mode": render_mode,
            "max_episode_steps": max_episode_steps,
            **keywords,
        }
        self.render_mode = render_mode
        self.batch = open_batch(
            module,
            1,
            autoreset_mode=AutoresetMode.DISABLED,
            max_episode_steps=max_episode_steps,
            at_once=render_mode != "human",
            **keywords,
        )
        modes = modes_of(self.batch.simulation, self.metadata["render_modes"], render_mode)
        self.metadata = {**self.metadata, "render_modes": modes, "render_fps": self.batch.simulation.fps}
        self.observation_space = self.batch.observation_space
        self.action_space = self.batch.action_space
        self._window: Any = None
        b = self.batch.buffers
        self._observation, self._mask = b.observation, b.mask
        self._reward, self._terminated, self._truncated = b.reward, b.terminated, b.truncated
        self._success = self.batch.records["success"]
        self._sums, self._lengths = b.episode_terms, b.episode_length
        self._one_at_a_time = threading.RLock()  # a step and the reading of its buffers; RLock: a reset may render
        self._scalar, self._dict = self.observation_space.shape == (), isinstance(b.observation, dict)
        self._discrete = isinstance(self.action_space, gymnasium.spaces.Discrete)
        self._count = int(self.action_space.n) if self._discrete else 0  # type: ignore[attr-defined]
        self._action, self._step = self.batch.action_buffer, self.batch.step_prepared

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Start a new episode; ``options={"start": i}`` begins at the start number i, where there are such."""
        if options and not self.batch.starts:
            raise ValueError(f"reset takes no options here, got {options!r}; set parameters in gymnasium.make")
        starts = start_of(options or None, ("start",))
        with self._one_at_a_time:
            super().reset(seed=seed)
            if self.render_mode == "human" and not self.batch.is_compiled:
                seed = self._compile_behind_window(seed, starts)
            self.batch.reset(seeds=None if seed is None else [seed], starts=starts)
            if self.render_mode == "human":
                self.render()
            return self._observe(), self._info()

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        with self._one_at_a_time:
            self._advance(action)
            if self.render_mode == "human":
                self.render()
            return (
                self._observe(),
                self._reward.item(),
                self._terminated.item(),
                self._truncated.item(),
                self._info(),
            )

    def _advance(self, action: Any) -> None:
        if self._discrete and type(action) is int:
            if not 0 <= action < self._count:
                raise ValueError(f"action {action} is outside the action space {self.action_space}")
            self._action[0] = action
            self._step()
        else:
            # The rest takes the careful path: NumPy scalars, arrays, and everything that is no action at all.
            given = np.asarray(action)
            if given.shape != self.action_space.shape:
                name, shape = self.batch.name, self.action_space.shape
                raise ValueError(f"an action of {name} must have shape {shape}, got {given.shape}")
            self.batch.step(given[None])

    def _observe(self) -> Any:
        if self._dict:
            return {key: array[0].copy() for key, array in self._observation.items()}
        return self._observation[0] if self._scalar else self._observation[0].copy()

    def _info(self) -> dict[str, Any]:
        info: dict[str, Any] = {}
        if self.batch.has_mask:
            info["action_mask"] = self._mask[0].copy()
        # In every step, because only the TimeLimit around this knows which one is the last.
        if self.batch.succeeds:
            info["is_success"] = self._success.item()
        terms = self._sums[0].tolist()
        totals = info["totals"] = {"return": sum(terms), "length": self._lengths.item()}
        totals.update(zip(self.batch.terms, terms, strict=True))
        return info

    def action_masks(self) -> np.ndarray:
        """(A,) bool, the legal actions now: the name under which sb3-contrib's MaskablePPO looks for them."""
        with self._one_at_a_time:
            return self._mask[0].astype(np.bool_)

    def render(self) -> np.ndarray | None:
        """An RGB frame (height, width, 3) uint8, or a window refreshed, according to ``render_mode``."""
        if self.render_mode is None:
            gymnasium.logger.warn('render() without a render_mode; make the environment with render_mode="rgb_array"')
            return None
        with self._one_at_a_time:
            frame = np.empty((*self.batch.simulation.frame, 3), np.uint8)
            self.batch.render(0, frame)
            if self.render_mode == "rgb_array":
                return frame
            self._open_window().show(frame[None])
            return None

    def _open_window(self) -> Any:
        if self._window is None:
            from ..rendering.render_window import open_render_window

            simulation = self.batch.simulation
            self._window = open_render_window(self.batch.name, simulation.frame, 1, simulation.fps)
        return self._window

    def _compile_behind_window(self, seed: int | None, start: int | None) -> int | None:
        """Compile what steps and frames need, while the window shows the picture of the start; returns its seed."""
        from ..rendering.waiting import compile_behind

        if seed is None and self.batch.is_unseeded:
            seed = secrets.randbits(63)
        draw = None
        if seed is not None:  # else the episode goes on with a stream of random numbers that came from elsewhere
            made = {key: value for key, value in self._made_with.items() if key not in ("module", "render_mode")}
            draw = partial(first_frame, self._made_with["module"], made, seed, start=start)
        compile_behind(self._open_window(), self.batch.compile_all, draw)
        return seed

    def close(self) -> None:
        if self._window is not None:
            self._window.close()
            self._window = None
        self.batch.close()
