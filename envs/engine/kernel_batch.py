"""The batch of Ludus' own environments: its state of `batch_state.py`, and the commands that change it."""

import itertools
import secrets
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from gymnasium import error
from gymnasium.vector import AutoresetMode

from .batch import check_count, check_mode, check_seed
from .batch_state import BatchState
from .compile.binding import specialise
from .compile.driver import RESET, STEP
from .simulation import load
from .third_party import admission
from .vetting import Seen


class KernelBatch(BatchState):
    """``num_envs`` copies of the environment declared in ``module``.

    Args:
        module: Dotted path of the environment file, such as ``"ludus.envs.games.snake"``.
        num_envs: How many environments, at least 1.
        autoreset_mode: What happens when an episode ends; see ``gymnasium.vector.AutoresetMode``.
        max_episode_steps: Time limit in steps; ``None`` for none.
        threads: How many threads share a step. 1 is faster below about 10,000 environments.
        randomize: ``{parameter: (low, high)}``, sampled uniformly anew for each episode.
        drift: ``{parameter: Drift(to, at, over)}``, or a list of drifts that follow each other.
        in_python: Interpret the kernels, bit by bit as they are compiled and a hundred times slower.
        at_once: Compile what a step needs now; otherwise when it is first used.
        **parameters: Fixed values of parameters, and sizes.
    """

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
        in_python: bool = False,
        at_once: bool = True,
        **parameters: Any,
    ) -> None:
        num_envs = check_count("num_envs", num_envs)
        threads = check_count("threads", threads)
        if max_episode_steps is not None:
            max_episode_steps = check_count("max_episode_steps", max_episode_steps, " or None")
        mode = check_mode(autoreset_mode)
        super().__init__(module, num_envs, mode, max_episode_steps, randomize or {}, drift or {}, parameters, in_python)
        self._drive: Callable = self._compile_and_drive
        if at_once:
            self.compile()
        # With checks a step that fails must leave all environments as they were, so one thread runs it.
        self._pool = ThreadPoolExecutor(threads) if threads > 1 and not self._driver.checked else None
        edges = np.linspace(0, self.num_envs, threads + 1).astype(int)
        self._chunks = [(int(a), int(b)) for a, b in itertools.pairwise(edges) if b > a]
        self._seed_missing = True

    @property
    def is_compiled(self) -> bool:
        """Whether the machine code of a step is there; it always is where it was asked for ``at_once``."""
        return self._drive != self._compile_and_drive

    @property
    def is_unseeded(self) -> bool:
        """Whether some environment was never reset, and has no random numbers of its own to go on with."""
        return self._seed_missing

    def compile(self) -> None:
        """Compile what a reset and a step need, or read it from disk, unless that is done."""
        if not self.is_compiled:
            drive = specialise(self._driver.drive, self._setup, STEP, 0, self.num_envs)
            admission.watch(drive, *load(self.module), self._made)
            self._drive = drive

    def compile_all(self) -> None:
        """The same, and of frames."""
        self.compile()
        if self._driver.render is not None:
            no_rows, no_frames = np.zeros(0, np.int64), np.empty((0, 1, 1, 3), np.uint8)
            self._driver.render(self.records, no_rows, self.world, no_frames)

    def _compile_and_drive(self, *arguments: Any) -> int:
        self.compile()
        return self._drive(*arguments)

    def reset(
        self,
        selected: np.ndarray | None = None,
        seeds: Sequence[int | None] | None = None,
        starts: int | Sequence[int] | np.ndarray | None = None,
    ) -> None:
        """Start new episodes in the ``selected`` environments (all by default), seeded where ``seeds`` has a number.

        An environment without a seed goes on with its stream; one that never had any takes it from the system.

        Args:
            starts: The number of the start of each environment, or one number for all; see ``Simulation.starts``.

        Raises:
            ValueError: a start that does not exist, or an environment without numbered starts; nothing has changed.
        """
        numbers = None if starts is None else self._check_starts(starts)
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
        if numbers is not None:
            self._store["start"][b.selected] = numbers[b.selected]
        elif self.simulation.starts:
            self._store["start"][b.selected] = -1
        self._drive(self._setup, RESET, 0, self.num_envs)
        if numbers is not None:  # the episodes after these are sampled
            self._store["start"][b.selected] = -1
        self._seed_missing = not self._store["ready"].all()

    def _check_starts(self, starts: Any) -> np.ndarray:
        if not self.starts:
            raise ValueError(f"{self.name} has no numbered starts; reset it with a seed instead")
        numbers = np.asarray(starts)
        if numbers.dtype.kind not in "iu" or numbers.shape not in ((), (self.num_envs,)):
            raise ValueError(
                f"starts must be whole numbers, one or one per environment ({self.num_envs}), got {starts!r}"
            )
        if numbers.size and not (int(numbers.min()) >= 0 and int(numbers.max()) < self.starts):
            raise ValueError(f"a start of {self.name} must be 0 … {self.starts - 1}, got {numbers.tolist()}")
        return np.broadcast_to(numbers.astype(np.int64), (self.num_envs,))

    def seed_from(self, seed: int, age: int = 0) -> None:
        """Reset everything with the seeds ``seed + i``: the same as ``reset(seeds=…)`` without a Python loop.

        ``age`` in steps is how old the environments are taken to be, which matters where parameters drift.
        """
        b = self.buffers
        b.selected[:] = b.seeded[:] = True
        b.seeds[:] = np.uint64(check_seed(seed)) + np.arange(self.num_envs, dtype=np.uint64)
        if self.simulation.starts:
            self._store["start"] = -1
        self._drive(self._setup, RESET, 0, self.num_envs)
        self._seed_missing = False
        if age:
            self._store["age"] = age
            self.reset()

    def step(self, actions: np.ndarray) -> int:
        """Advance all environments by one step; returns how many episodes ended in it.

        Args:
            actions: Whole numbers, (N,) for ``Discrete``, (N, A) for ``MultiDiscrete`` and ``MultiBinary`` (which
                takes bool, too); (N, …) floats for ``Box``.

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
            given = given.astype(self.action_space.dtype)  # as precise as through every other wrapper, whatever came
        self._actions[...] = given
        return self.step_prepared()

    def step_prepared(self) -> int:
        """``step`` with the actions that stand in ``self.action_buffer`` already."""
        if self._seed_missing:
            self._refuse(self.num_envs + int(np.argmin(self._store["ready"])))
        if self._pool is None:
            ended = self._drive(self._setup, STEP, 0, self.num_envs)
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
        return sum(self._pool.map(lambda chunk: self._drive(self._setup, STEP, *chunk), self._chunks))

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

    def _take_over(self, records: np.ndarray, seen: Seen) -> None:
        super()._take_over(records, seen)
        self._seed_missing = not records["ready"].all()

    def close(self) -> None:
        """Stop the threads, if there are any. May be called twice."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None
