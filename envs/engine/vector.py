"""The wrapper ``gymnasium.vector.VectorEnv``, straight over a batch."""

import threading
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode
from gymnasium.vector.utils import batch_space

from .batch import start_of
from .copies import Copied
from .slots.slotted_batch import open_batch

HANDED_OUT = 64 * 1024  # bytes of observation from which a new array per step is cheaper than a copy


MOST_TILES = 256  # environments that a window shows; more of them would be a few pixels each


def columns_of(record: np.dtype, terms: Sequence[str]) -> tuple[np.dtype, list[tuple[str, str]]]:
    """The sums of an episode's ``record`` with a field for each of them, and (key, field) of those in `totals`.

    To take a field is a third of the price of taking a column of the terms.
    """
    at = {name: record.fields[name][1] for name in ("total", "length", "terms")}  # type: ignore[index]
    offsets = [at["total"], at["length"], *(at["terms"] + 8 * k for k in range(len(terms)))]
    fields = [str(n) for n in range(len(offsets))]
    formats = ["f8", "i8", *["f8"] * len(terms)]
    layout = {"names": fields, "formats": formats, "offsets": offsets, "itemsize": record.itemsize}
    keys = ["return", "length", *terms]
    return np.dtype(layout), list(zip(keys, fields, strict=True))  # type: ignore[call-overload]


class VectorEnv(Copied, gymnasium.vector.VectorEnv):
    """``num_envs`` environments of the file ``module``; the keywords are those of ``KernelBatch``.

    Args:
        copy: Return fresh arrays (the default, as Gymnasium's vector environments do). With ``False`` the arrays are
            views that the next step overwrites: no copy, for whoever is done with them by then.

    ``info`` has the same keys after every reset and step, each with its mask ``_key``: ``action_mask`` (N, A) where the
    environment has illegal actions, ``is_success`` (N,) where the task can be solved, and ``totals`` (return, length,
    each reward term: arrays (N,)), the sums of the running episodes so far. ``_totals`` says which episodes ended in
    this step: there they are the sums of the whole episode. Under ``SAME_STEP`` a step in which episodes ended also
    has ``final_obs`` and ``final_info``; the rest, but for ``totals``, is of the new episode already.

    The masks ``_key`` of one step are one array. Two threads may call ``reset``, ``step`` and ``render``: each call and
    what it returns are of one piece (unless ``copy=False``).
    """

    metadata = {"render_modes": ["rgb_array", "human"], "render_fps": 30, "autoreset_mode": AutoresetMode.NEXT_STEP}

    def __init__(
        self,
        module: str,
        num_envs: int = 1,
        *,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        render_mode: str | None = None,
        copy: bool = True,
        **keywords: Any,
    ) -> None:
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ValueError(f"render_mode must be None, 'rgb_array' or 'human', got {render_mode!r}")
        self._made_with = {"module": module, "num_envs": num_envs, "copy": copy, **keywords}
        self._made_with |= {"autoreset_mode": autoreset_mode, "render_mode": render_mode}
        if keywords.get("max_episode_steps") == -1:  # as in gymnasium.make: no limit
            keywords["max_episode_steps"] = None
        self.batch = open_batch(module, num_envs, autoreset_mode=autoreset_mode, **keywords)
        self.num_envs, self.render_mode, self.copy = self.batch.num_envs, render_mode, copy
        self.autoreset_mode = self.batch.autoreset_mode
        self.metadata = {
            **self.metadata,
            "autoreset_mode": self.batch.autoreset_mode,
            "render_fps": self.batch.simulation.fps,
        }
        self.single_observation_space, self.single_action_space = self.batch.observation_space, self.batch.action_space
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self._same_step = self.batch.autoreset_mode == AutoresetMode.SAME_STEP
        shown = self.batch.buffers.observation
        self._has_mask, self._succeeds = self.batch.has_mask, self.batch.succeeds
        self._is_dict = isinstance(shown, dict)
        self._hands_out = copy and self.batch.can_move and shown.nbytes >= HANDED_OUT
        episodes = np.asarray(self.batch.rows.episodes)
        self._episode_bytes = episodes.view(np.uint8)
        self._sums, self._totals = columns_of(episodes.dtype, self.batch.terms)
        self._total_keys = [word for key, _ in self._totals for word in (key, f"_{key}")]
        self._all = np.ones(self.num_envs, np.bool_)
        self._all.flags.writeable = False  # handed out with copy=False
        self._one_at_a_time = threading.RLock()  # a step and the reading of its buffers; RLock: some render in reset
        self._window: Any = None

    @cached_property
    def observation_space(self) -> gymnasium.Space:  # type: ignore[override]
        """Made when asked for: the bounds of a large batch take four times the memory of an observation."""
        return batch_space(self.single_observation_space, self.num_envs)

    def reset(  # type: ignore[override]
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Start new episodes.

        Args:
            seed: One for the first environment, which the others follow, or one for each.
            options: ``reset_mask`` (N,) bool: in these environments only · ``start``, a number or (N,) of them: where
                the episodes begin, of an environment with numbered starts.
        """
        with self._one_at_a_time:
            return self._reset(seed, options)

    def _reset(self, seed: int | Sequence[int | None] | None, options: Any) -> tuple[Any, dict[str, Any]]:
        selected = None
        starts = start_of(options, ("reset_mask", "start") if self.batch.starts else ("reset_mask",))
        if options and "reset_mask" in options:
            selected = self._check_reset_mask(options["reset_mask"])
        if self._hands_out:
            self.batch.show_in(self.batch.rows.observation.copy())
        if isinstance(seed, (int, np.integer)) and selected is None and starts is None:
            self.batch.seed_from(int(seed))
        else:
            if isinstance(seed, (int, np.integer)):
                seed = [int(seed) + i for i in range(self.num_envs)]
            self.batch.reset(selected, seed, starts)
        b = self.batch.buffers
        info = self._info(self._all if selected is None else selected, np.zeros(self.num_envs, np.bool_))
        if self._is_dict:
            return self._give_each(b.observation), info
        return b.observation if self._hands_out else self._give(b.observation), info

    def _check_reset_mask(self, selected: Any) -> np.ndarray:
        if not isinstance(selected, np.ndarray) or selected.dtype != np.bool_ or selected.shape != (self.num_envs,):
            came = f"{selected.dtype} {selected.shape}" if isinstance(selected, np.ndarray) else repr(selected)
            raise TypeError(f"options['reset_mask'] must be a bool array ({self.num_envs},), got {came}")
        if not selected.any():
            raise ValueError("options['reset_mask'] must select at least one environment, got none")
        return selected

    def step(self, actions: np.ndarray) -> tuple[Any, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        with self._one_at_a_time:
            ended = self._step_apart(actions) if self._hands_out else self.batch.step(actions)
            b = self.batch.buffers
            observation, reward, terminated, truncated = b.observation, b.reward, b.terminated, b.truncated
            if self.copy:
                reward, terminated, truncated = reward.copy(), terminated.copy(), truncated.copy()
                if self._is_dict:
                    observation = self._give_each(observation)
                elif not self._hands_out:
                    observation = observation.copy()
            done = terminated | truncated if ended else np.zeros(self.num_envs, np.bool_)
            info = self._info(self._all, done)
            if ended and self._same_step:
                self._add_ends(info, done)
            return observation, reward, terminated, truncated, info

    def _step_apart(self, actions: np.ndarray) -> int:
        """Step with the observations in a new array, so that the caller may keep the one returned before."""
        before = self.batch.show_in(np.empty_like(self.batch.rows.observation))
        try:
            return self.batch.step(actions)
        except Exception:
            self.batch.show_in(before)
            raise

    def _give_each(self, observation: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        return {key: self._give(array) for key, array in observation.items()}

    def _give(self, array: np.ndarray) -> np.ndarray:
        return array.copy() if self.copy else array

    def _info(self, valid: np.ndarray, done: np.ndarray) -> dict[str, Any]:
        """Everything but the ends: of the environments ``valid`` (N,), of which ``done`` (N,) have just ended."""
        info: dict[str, Any] = {}
        if self._has_mask:
            info["action_mask"], info["_action_mask"] = self._give(self.batch.buffers.mask), self._give(valid)
        if self._succeeds:
            info["is_success"], info["_is_success"] = self.batch.records["success"] & valid, self._give(valid)
        # One copy of the records, as bytes (which is ten times as fast), of which the totals are views.
        data = bytearray(self._episode_bytes) if self.copy else self._episode_bytes
        episodes = np.ndarray(self.num_envs, self._sums, data)
        totals = dict.fromkeys(self._total_keys, done)  # the masks stay so
        for key, field in self._totals:
            totals[key] = episodes[field]
        info["totals"], info["_totals"] = totals, done
        return info

    def _add_ends(self, info: dict[str, Any], done: np.ndarray) -> None:
        """What Gymnasium calls final, under SAME_STEP: of the episodes ``done`` (N,) before they were reset."""
        b = self.batch.buffers
        final: dict[str, Any] = {"totals": dict(info["totals"]), "_totals": done}
        if self.batch.succeeds:
            final["is_success"], final["_is_success"] = b.episode_success & done, done
        if self.batch.has_mask:
            final["action_mask"], final["_action_mask"] = b.final_mask.copy(), done
        observations = np.full(self.num_envs, None, dtype=object)
        ended = np.flatnonzero(done)
        finals: Any = b.final_observation
        if isinstance(finals, dict):
            finals = {key: array[ended] for key, array in finals.items()}
            for j, i in enumerate(ended.tolist()):
                observations[i] = {key: array[j] for key, array in finals.items()}
        else:
            for i, observation in zip(ended.tolist(), finals[ended], strict=True):
                observations[i] = observation
        info.update(final_obs=observations, _final_obs=done, final_info=final, _final_info=done)

    def render(self) -> tuple[np.ndarray, ...] | None:
        """One RGB frame per environment, or a tiled window refreshed, according to ``render_mode``."""
        if self.render_mode is None:
            gymnasium.logger.warn('render() without a render_mode; make it with render_mode="rgb_array"')
            return None
        with self._one_at_a_time:
            return self._render()

    def _render(self) -> tuple[np.ndarray, ...] | None:
        if self.render_mode == "rgb_array":
            frames = np.empty((self.num_envs, *self.batch.simulation.frame, 3), np.uint8)
            self.batch.render_many(np.arange(self.num_envs), frames)
            return tuple(frames)
        shown = min(self.num_envs, MOST_TILES)
        if self._window is None:
            from ..rendering.render_window import open_render_window

            simulation = self.batch.simulation
            self._window = open_render_window(self.batch.name, simulation.frame, shown, simulation.fps)
        frames = np.empty((shown, *self._window.tile_size, 3), np.uint8)  # at the window's own resolution
        self.batch.render_many(np.arange(shown), frames)
        self._window.show(frames)
        return None

    def close_extras(self, **kwargs: Any) -> None:
        if self._window is not None:
            self._window.close()
            self._window = None
        self.batch.close()
