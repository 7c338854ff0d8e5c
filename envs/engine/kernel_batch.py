"""The batch of Ludus' own environments: one structured NumPy record for each, and the compiled driver over them."""

import contextlib
import itertools
import secrets
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

import numpy as np
from gymnasium import error, spaces
from gymnasium.vector import AutoresetMode

from ...utils.wording import did_you_mean
from . import snapshot
from .batch import check_count, check_mode, check_seed
from .buffers import allocate
from .compile.binding import specialise
from .compile.driver import DISABLED, NEXT_STEP, RESET, SAME_STEP, STEP, make_setting
from .parameters import action_bounds, parameter_ranges, spans
from .simulation import Simulation, load
from .third_party.admission import admit, declared, watch
from .vetting import Seen, check, look

MODES = {AutoresetMode.NEXT_STEP: NEXT_STEP, AutoresetMode.SAME_STEP: SAME_STEP, AutoresetMode.DISABLED: DISABLED}


class KernelBatch:
    """``num_envs`` copies of the environment declared in ``module``.

    Args:
        module: Dotted path of the environment file, such as ``"ludus.envs.games.snake"``.
        num_envs: How many environments, at least 1.
        autoreset_mode: What happens when an episode ends; see ``gymnasium.vector.AutoresetMode``.
        max_episode_steps: Time limit in steps; ``None`` for none.
        threads: How many threads share a step. 1 is faster below about 10,000 environments.
        randomize: ``{parameter: (low, high)}``, drawn uniformly anew for each episode.
        drift: ``{parameter: Drift(to, at, over)}``, or a list of drifts that follow each other.
        **parameters: Fixed values of parameters, and sizes.
    """

    can_move = True  # whether ``show_in`` works

    def __init__(
        self,
        module: str,
        num_envs: int,
        *,
        autoreset_mode: AutoresetMode | str = AutoresetMode.SAME_STEP,
        max_episode_steps: int | None = None,
        threads: int = 1,
        randomize: Mapping[str, tuple[float, float]] | None = None,
        drift: Mapping[str, Any] | None = None,
        **parameters: Any,
    ) -> None:
        self.num_envs = check_count("num_envs", num_envs)
        threads = check_count("threads", threads)
        if max_episode_steps is not None:
            max_episode_steps = check_count("max_episode_steps", max_episode_steps, " or None")
        environment, simulation = load(module)
        self.module = module
        self.name = module.rpartition(".")[2]
        self.simulation: Simulation = simulation
        self.autoreset_mode = check_mode(autoreset_mode)
        self.max_episode_steps = max_episode_steps
        self.terms, self.succeeds = simulation.terms, simulation.succeeds
        self.has_mask = simulation.mask is not None
        self.has_heuristic = simulation.heuristic is not None

        self.is_default = not (parameters or randomize or drift)  # the world that the reference scores belong to
        self.sizes = simulation.resolve_sizes(parameters, self.name)
        fixed = {key: value for key, value in parameters.items() if key not in self.sizes}
        for key in fixed:
            if key not in simulation.parameters:  # as a call of Python's: other libraries look for these words
                known = did_you_mean(key, simulation.keywords)
                raise TypeError(f"{self.name} got an unexpected keyword argument {key!r}{known}")
        ranges = parameter_ranges(simulation, fixed, randomize or {}, drift or {}, self.name)
        self.spans = spans(simulation, ranges)  # the lowest and the highest value of each parameter
        made = declared(environment, simulation, self.sizes, self.spans)
        self.observation_space, self.action_space, self.world = made.observation_space, made.action_space, made.world
        self.action_bounds = action_bounds(self.action_space, self.name)

        self._store = np.zeros(self.num_envs, made.dtype)
        self._driver = admit(environment, simulation, made)
        self._interpreted = not hasattr(self._driver.drive, "compile")
        # Records of an interpreted kernel need attribute access; recarrays cost the compiled driver 2 µs a call.
        self.records: np.ndarray = self._as_records(self._store)
        finals = self.num_envs if self.autoreset_mode == AutoresetMode.SAME_STEP else 0
        self.buffers, rows = allocate(  # what is shown; the same for the driver
            self.num_envs, self.observation_space, self.action_space, len(self.terms), finals
        )
        self.rows = rows._replace(episodes=self._as_records(rows.episodes), orders=self._as_records(rows.orders))
        action_shape = self.action_space.shape or ()
        self._actions: np.ndarray = np.zeros((self.num_envs, *action_shape), self._action_dtype)
        self._action_kinds = "iu" if self._actions.dtype.kind == "i" else "iuf"
        self._action_rows = self._actions.reshape(self.num_envs, -1)
        limit = max_episode_steps or 0
        parameters_between, bounds, drifts = make_setting(ranges, self.action_bounds, self._action_dtype)
        if drifts is not None:
            drifts = self._as_records(drifts)
        self._head = (self.records, self._actions, self._action_rows)
        self._tail = (self.world, parameters_between, bounds, drifts, MODES[self.autoreset_mode], limit)
        self._ranges = ranges
        self._drive = specialise(self._driver.drive, STEP, *self._head, self.rows, *self._tail, 0, self.num_envs)
        watch(self._drive, environment, simulation, made)
        # With checks a step that fails must leave all environments as they were, so one thread runs it.
        self._pool = ThreadPoolExecutor(threads) if threads > 1 and not self._driver.checked else None
        edges = np.linspace(0, self.num_envs, threads + 1).astype(int)
        self._chunks = [(int(a), int(b)) for a, b in itertools.pairwise(edges) if b > a]
        self._seed_missing = True

    @property
    def _action_dtype(self) -> type:
        return np.int64 if isinstance(self.action_space, spaces.Discrete) else np.float64

    def _as_records(self, array: np.ndarray) -> np.ndarray:
        return array.view(np.recarray) if self._interpreted else array

    def show_in(self, observation: np.ndarray) -> np.ndarray:
        """Write observations into another array from now on; returns the one so far, which then stays as it is.

        So a large observation is handed out without a copy. One that is a single number has the shape (N, 1) here.
        """
        before = self.rows.observation
        self.rows = self.rows._replace(observation=observation)
        shown = observation if self.observation_space.shape else observation[:, 0]
        self.buffers = self.buffers._replace(observation=shown)
        return before

    def _run(self, command: int, start: int = 0, stop: int | None = None) -> int:
        stop = self.num_envs if stop is None else stop
        if self._interpreted:
            with np.errstate(over="ignore"):  # 64-bit hashes wrap around
                return self._drive(command, *self._head, self.rows, *self._tail, start, stop)
        return self._drive(command, *self._head, self.rows, *self._tail, start, stop)

    def reset(self, selected: np.ndarray | None = None, seeds: Sequence[int | None] | None = None) -> None:
        """Start new episodes in the ``selected`` environments (all by default), seeded where ``seeds`` has a number.

        An environment without a seed goes on with its stream; one that never had any takes it from the system.
        """
        b = self.buffers
        b.selected[:] = True if selected is None else selected
        b.seeded[:] = False
        if seeds is not None:
            if len(seeds) != self.num_envs:
                raise ValueError(f"seeds must hold one entry per environment ({self.num_envs}), got {len(seeds)}")
            for i, seed in enumerate(seeds):
                if seed is not None:
                    b.seeds[i], b.seeded[i] = check_seed(seed), True
        if self._seed_missing:
            unseeded = b.selected & ~b.seeded & ~self._store["ready"]
            base = secrets.randbits(63)
            b.seeds[unseeded] = base + np.flatnonzero(unseeded).astype(np.uint64)
            b.seeded[unseeded] = True
        self._run(RESET)
        self._seed_missing = not self._store["ready"].all()

    def seed_from(self, seed: int, age: int = 0) -> None:
        """Reset everything with the seeds ``seed + i``: the same as ``reset(seeds=…)`` without a Python loop.

        ``age`` in steps is how old the environments are taken to be, which matters where parameters drift.
        """
        b = self.buffers
        b.selected[:] = b.seeded[:] = True
        b.seeds[:] = np.uint64(check_seed(seed)) + np.arange(self.num_envs, dtype=np.uint64)
        self._run(RESET)
        self._seed_missing = False
        if age:
            self._store["age"] = age
            self.reset()

    def step(self, actions: np.ndarray) -> int:
        """Advance all environments by one step; returns how many episodes ended in it.

        Args:
            actions: (N,) whole numbers for ``Discrete``, (N, …) floats for ``Box``.

        Raises:
            TypeError, ValueError: wrong dtype or shape, or an action outside the space (NaN, too); nothing moved.
            gymnasium.error.ResetNeeded: an environment was never reset, or has ended and the mode is DISABLED.
        """
        given = np.asarray(actions)
        if given.dtype.kind not in self._action_kinds:
            expected = "whole numbers" if self._actions.dtype.kind == "i" else "floats"
            raise TypeError(f"actions of {self.name} must be {expected}, got dtype {given.dtype}")
        if given.shape != self._actions.shape:
            raise ValueError(f"actions of {self.name} must have shape {self._actions.shape}, got {given.shape}")
        if given.dtype.kind == "f" and given.dtype != self.action_space.dtype:
            given = given.astype(self.action_space.dtype)  # as precise as on every other face, whatever came
        self._actions[...] = given
        return self.step_prepared()

    def step_prepared(self) -> int:
        """``step`` with the actions that stand in ``self.action_buffer`` already."""
        if self._seed_missing:
            self._refuse(self.num_envs + int(np.argmin(self._store["ready"])))
        if self._pool is None:
            ended = self._run(STEP)
            if ended < 0:
                self._refuse(-1 - ended)
            return ended
        return self._step_threaded()

    @property
    def action_buffer(self) -> np.ndarray:
        """(N, *action shape) where ``step_prepared`` reads the actions: int64 or float64."""
        return self._actions

    def _step_threaded(self) -> int:
        # A refusal must leave every environment where it was, so all chunks are checked before one moves.
        flat = self._actions.reshape(self.num_envs, -1)
        low, high = self.action_bounds
        inside = ((flat >= low) & (flat <= high)).all(axis=1)
        if not inside.all():
            self._refuse(int(np.argmin(inside)))
        if self.autoreset_mode == AutoresetMode.DISABLED and self._store["pending"].any():
            self._refuse(self.num_envs + int(np.argmax(self._store["pending"])))
        assert self._pool is not None
        return sum(self._pool.map(lambda chunk: self._run(STEP, *chunk), self._chunks))

    def _refuse(self, code: int) -> None:
        if code < self.num_envs:
            action = self._actions[code].tolist()
            raise ValueError(
                f"action {action} of environment {code} is outside the action space of {self.name}; "
                f"expected a member of {self.action_space}"
            )
        i = code - self.num_envs
        why = "its episode has ended" if self._store["ready"][i] else "it was never reset"
        raise error.ResetNeeded(f"cannot step environment {i} of {self.name}: {why}; call reset() first")

    def snapshot(self) -> bytes:
        """The whole state as bytes; a batch made with the same arguments continues from it bit by bit."""
        return snapshot.pack(self._header, self._store)

    def restore(self, data: bytes) -> None:
        """Go back to a ``snapshot``; rewards and flags of the last step are not part of it and read 0.

        Raises:
            ValueError: not a snapshot, a damaged one, or one of another environment, number, size or parameters; one
                with a state that the rules do not lead to. Nothing has changed.
        """
        self._take_over(*check(self, snapshot.unpack(data, self._header, self._store.nbytes)))

    def refresh(self) -> None:
        """Show what stands in ``records`` now, after somebody has set it by hand; rewards and flags read 0.

        Raises:
            IndexError: a kernel would leave an array with what stands there.
        """
        records = self._store.copy()
        self._take_over(records, look(self, records, judged_first=False))

    def _take_over(self, records: np.ndarray, seen: Seen) -> None:
        self._store[...] = records
        ready = records["ready"]
        self._seed_missing = not ready.all()
        for array in (self.buffers.reward, self.buffers.terms, self.buffers.terminated, self.buffers.truncated):
            array[...] = 0
        self.rows.observation[ready], self.rows.mask[ready] = seen.observation[ready], seen.mask[ready]
        episodes = self.rows.episodes
        episodes["terms"], episodes["length"] = records["totals"], records["clock"]
        episodes["success"] = records["success"]
        episodes["total"] = 0.0
        for k in range(len(self.terms)):  # in the driver's order, for the same bits
            episodes["total"] += records["totals"][:, k]

    @property
    def dtype(self) -> np.dtype:
        """Of a record."""
        return self._store.dtype

    @property
    def vet(self) -> Callable:
        """The loop ``vet`` of the environment; see ``loops.Driver``."""
        return self._driver.vet

    @cached_property
    def _header(self) -> bytes:
        return snapshot.header_of(self._identity())

    def _identity(self) -> dict[str, Any]:
        """What tells the snapshots of this batch from those of others."""
        return snapshot.identity(
            self.simulation, self.num_envs, self.max_episode_steps, self.sizes, self._ranges, self.dtype
        )

    def parameters(self, i: int) -> dict[str, float]:
        """The values of environment ``i``'s parameters at this moment."""
        return dict(zip(self.simulation.parameters, self._store["parameters"][i].tolist(), strict=False))

    def heuristic(self, out: np.ndarray | None = None, name: str = "") -> np.ndarray:
        """The actions of the reference policy, or of the one called ``name``, in the shape that ``step`` takes."""
        advise = self._driver.advise.get("" if name == "heuristic" else name)
        if advise is None:
            known = ", ".join(self.policies) or "none"
            raise ValueError(f"{self.name} has no {name or 'heuristic'} policy; it has: {known}")
        actions = np.zeros(self._actions.shape, self._action_dtype) if out is None else out
        with self._tolerant():
            advise(self.records, self.world, actions.reshape(self.num_envs, -1))
        return actions

    @property
    def policies(self) -> tuple[str, ...]:
        """Names of the reference policies that ``heuristic`` knows."""
        return tuple(name or "heuristic" for name in self._driver.advise)

    def broken_invariants(self) -> np.ndarray:
        """(N,) int64: the number of the first invariant that each environment breaks, from 1 on; 0 where all hold."""
        broken = np.zeros(self.num_envs, np.int64)
        if self._driver.audit is not None:
            with self._tolerant():
                self._driver.audit(self.records, self.world, self.rows.observation, self.rows.mask, broken)
        return broken

    def render(self, i: int, frame: np.ndarray) -> None:
        """Render environment ``i`` into ``frame`` (height, width, 3) uint8, at whatever size it has."""
        self.render_many(np.array([i]), frame[None])

    def render_many(self, indices: np.ndarray, frames: np.ndarray) -> None:
        """Render the environments ``indices`` (M,) into ``frames`` (M, height, width, 3) uint8, C-contiguous."""
        if self._driver.render is None:
            raise ValueError(f"{self.name} has no render kernel")
        if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[3] != 3 or not frames.flags.c_contiguous:
            raise ValueError(
                f"frames must be C-contiguous uint8 (M, height, width, 3), got {frames.dtype} {frames.shape}"
            )
        rows = np.asarray(indices, np.int64)
        if rows.shape != frames.shape[:1]:
            raise ValueError(f"indices must have shape ({len(frames)},), one per frame, got {rows.shape}")
        if len(rows) and (rows.min() < 0 or rows.max() >= self.num_envs):  # compiled code does not check
            raise IndexError(f"indices must be 0 … {self.num_envs - 1}, got {rows.tolist()}")
        with self._tolerant():
            self._driver.render(self.records, rows, self.world, frames)

    @property
    def frame_size(self) -> tuple[int, int]:
        return self.simulation.frame

    @property
    def fps(self) -> float:
        return self.simulation.fps

    def running(self) -> tuple[np.ndarray, np.ndarray]:
        """Return (N,) and length in steps (N,) of the running episodes."""
        return self._store["totals"].sum(axis=1), self._store["clock"]

    def _tolerant(self) -> contextlib.AbstractContextManager:
        return np.errstate(over="ignore") if self._interpreted else contextlib.nullcontext()

    def close(self) -> None:
        """Stop the threads, if there are any. May be called twice."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None
