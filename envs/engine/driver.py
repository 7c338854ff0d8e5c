"""The one compiled loop over a batch: reset, step, time limit, autoreset, drift, reward terms, episode totals.

``compile_driver`` binds the loop to the kernels of one environment. Numba caches a function on disk only if it is no
closure over kernels, so the loop is an ordinary function whose global names ``reset``, ``step`` … are re-bound to an
environment's: the same code object with another global namespace, and with the environment's file as its own, so
that the machine code lands in the ``__pycache__`` beside it. Numba's cache key sees an edit of that file only; the hash
of every source involved therefore stands in a closure cell, which is part of the key.
"""

import hashlib
import os
import types
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numba
import numpy as np

from .kernels import borrow, kernel, seed_stream, uniform_in

RESET, STEP, OBSERVE = 0, 1, 2  # commands
NEXT_STEP, SAME_STEP, DISABLED = 0, 1, 2  # what happens at the end of an episode (Gymnasium's AutoresetMode)


class Buffers(NamedTuple):
    """What a batch shows after each command. N environments, K reward terms, A actions (1 if not discrete)."""

    observation: np.ndarray  # (N, *space)
    mask: np.ndarray  # (N, A) int8, 1 = legal; all ones for an environment without a mask
    reward: np.ndarray  # (N,) float64, the sum of the terms
    terms: np.ndarray  # (N, K) float64
    terminated: np.ndarray  # (N,) bool
    truncated: np.ndarray  # (N,) bool
    # Written under SAME_STEP where an episode ended in this step; stale elsewhere.
    final_observation: np.ndarray  # (N, *space)
    final_mask: np.ndarray  # (N, A)
    # Of the episodes that ended in this step; 0 elsewhere.
    episode_return: np.ndarray  # (N,) float64
    episode_terms: np.ndarray  # (N, K) float64, each term summed over the episode
    episode_length: np.ndarray  # (N,) int64, steps
    episode_success: np.ndarray  # (N,) bool
    # Input of RESET.
    selected: np.ndarray  # (N,) bool, which environments to reset
    seeded: np.ndarray  # (N,) bool, which of them get a new seed
    seeds: np.ndarray  # (N,) uint64


def reset(s, world):
    """Placeholder: re-bound to the environment's kernel."""


def step(s, action, world, terms):
    """Placeholder: re-bound to the environment's kernel."""


def observe(s, world, out):
    """Placeholder: re-bound to the environment's kernel."""


@kernel
def mask(s, world, out):
    """All actions are legal: the rows keep the ones they were made with."""


def heuristic(s, world, out):
    """Placeholder: re-bound to the environment's kernel."""


def draw(s, world, frame):
    """Placeholder: re-bound to the environment's kernel."""


@kernel
def is_superseded(s, ranges, d):
    """Whether a later drift of the same parameter has begun (the rows are in order of their start)."""
    for later in range(d + 1, ranges.drift_at.shape[0]):
        if ranges.drift_parameter[later] == ranges.drift_parameter[d] and s.age >= ranges.drift_at[later]:
            return True
    return False


@kernel
def drift_parameters(s, ranges):
    """Set the parameters that drift to their value at the environment's age."""
    for d in range(ranges.drift_at.shape[0]):
        since = s.age - ranges.drift_at[d]
        p = ranges.drift_parameter[d]
        if since < 0 or is_superseded(s, ranges, d):
            continue
        # Between its start and its end a drift takes an equal share of the way that is left at each step, which is
        # a straight line and needs no memory of where it began.
        left = ranges.drift_over[d] - since
        if left > 0:
            s.parameters[p] += (ranges.drift_to[d] - s.parameters[p]) / (left + 1)
        else:
            s.parameters[p] = ranges.drift_to[d]


@kernel
def draw_parameters(s, ranges):
    """Draw the parameters of a new episode; those that drift start from where their drift stands."""
    for p in range(ranges.low.shape[0]):
        low, high = ranges.low[p], ranges.high[p]
        s.parameters[p] = low if low == high else uniform_in(s, low, high)
    for d in range(ranges.drift_at.shape[0]):
        since = s.age - ranges.drift_at[d]
        if since >= 0:
            p = ranges.drift_parameter[d]
            share = min(since / (ranges.drift_over[d] + 1), 1.0)
            s.parameters[p] += (ranges.drift_to[d] - s.parameters[p]) * share


def begin(s, world, ranges):
    """Start an episode in record ``s``."""
    s.clock = 0
    for k in range(s.totals.shape[0]):
        s.totals[k] = 0.0
    s.success = False
    s.pending = False
    s.ready = True
    draw_parameters(s, ranges)
    reset(s, world)


def _define_drive() -> Callable:
    source_hash = 0  # replaced when the loop is bound; a closure cell is part of Numba's cache key

    def drive(command, records, actions, buffers, world, ranges, mode, limit, start, stop):
        """Run ``command`` on environments start … stop-1; ``limit`` is the time limit in steps, 0 for none.

        Returns the number of episodes that ended, or, with nothing changed, -1-i if the action of environment i is
        outside the space and -1-N-i if environment i must be reset first.
        """
        source_hash  # noqa: B018
        b = buffers
        if command == STEP:
            flat = actions.reshape((actions.shape[0], -1))
            for i in range(start, stop):
                for j in range(flat.shape[1]):
                    if not (ranges.action_low[j] <= flat[i, j] <= ranges.action_high[j]):
                        return -1 - i
            for i in range(start, stop):
                if not records[i].ready or (mode == DISABLED and records[i].pending):
                    return -1 - records.shape[0] - i

        observations, masks, all_terms, all_actions = (
            borrow(b.observation), borrow(b.mask), borrow(b.terms), borrow(actions),
        )  # fmt: skip
        flat_observations = observations.reshape((observations.shape[0], -1))
        flat_finals = borrow(b.final_observation).reshape((observations.shape[0], -1))
        ended = 0
        for i in range(start, stop):
            if command == RESET and not b.selected[i]:
                continue
            s = records[i]
            terms = all_terms[i]
            if b.terminated[i] or b.truncated[i]:  # the episode's sums were for the step before
                for k in range(terms.shape[0]):
                    b.episode_terms[i, k] = 0.0
                b.episode_return[i] = 0.0
                b.episode_length[i] = 0
                b.episode_success[i] = False
            restarts, keeps_final = command == RESET, False
            terminated, truncated, reward = False, False, 0.0
            if command == RESET:
                if b.seeded[i]:
                    seed_stream(s, b.seeds[i])
                    s.age = 0
            elif command == STEP:
                for k in range(terms.shape[0]):
                    terms[k] = 0.0
                if s.pending:  # only under NEXT_STEP: this step is the reset and ignores the action
                    restarts = True
                else:
                    s.clock += 1
                    drift_parameters(s, ranges)
                    s.age += 1
                    terminated = step(s, all_actions[i], world, terms)
                    truncated = limit > 0 and s.clock >= limit
                    for k in range(terms.shape[0]):
                        reward += terms[k]
                        s.totals[k] += terms[k]
                    if terminated or truncated:
                        ended += 1
                        for k in range(terms.shape[0]):
                            b.episode_terms[i, k] = s.totals[k]
                            b.episode_return[i] += s.totals[k]
                        b.episode_length[i] = s.clock
                        b.episode_success[i] = s.success
                        s.pending = True
                        keeps_final = mode == SAME_STEP
            b.reward[i] = reward
            b.terminated[i] = terminated
            b.truncated[i] = truncated
            # Each kernel is called at one place only, because LLVM compiles a copy of it for every place.
            while True:
                if restarts:
                    begin(s, world, ranges)
                observe(s, world, observations[i])
                mask(s, world, masks[i])
                if not keeps_final:
                    break
                for j in range(flat_finals.shape[1]):
                    flat_finals[i, j] = flat_observations[i, j]
                for j in range(masks.shape[1]):
                    b.final_mask[i, j] = masks[i, j]
                restarts, keeps_final = True, False
        return ended

    return drive


def _define_paint() -> Callable:
    source_hash = 0

    def paint(records, indices, world, frames):
        """Draw environment ``indices[j]`` into ``frames[j]``."""
        source_hash  # noqa: B018
        borrowed = borrow(frames)
        for j in range(indices.shape[0]):
            draw(records[indices[j]], world, borrowed[j])

    return paint


def _define_advise() -> Callable:
    source_hash = 0

    def advise(records, world, out):
        """Write the heuristic's action of every environment into ``out`` (N, A)."""
        source_hash  # noqa: B018
        for i in range(records.shape[0]):
            heuristic(records[i], world, out[i])

    return advise


class Driver:
    """The loops of one environment. Each is compiled at its first call and cached on disk."""

    def __init__(self, module: types.ModuleType, names: Mapping[str, Any], source_hash: int) -> None:
        self.drive = _bind(_define_drive(), module, names, source_hash)
        self.paint = _bind(_define_paint(), module, names, source_hash) if "draw" in names else None
        self.advise = _bind(_define_advise(), module, names, source_hash) if "heuristic" in names else None


_drivers: dict[str, Driver] = {}


def compile_driver(module: types.ModuleType) -> Driver:
    """The driver bound to the kernels of ``module``; one per module and process."""
    if module.__name__ not in _drivers:
        names = {name: vars(module)[name] for name in KERNELS if name in vars(module)}
        for name in ("reset", "step", "observe"):
            if name not in names:
                raise TypeError(f"environment {module.__name__} has no kernel {name!r}; see envs/engine/simulation.py")
        namespace = {**globals(), **names}
        namespace["begin"] = kernel(types.FunctionType(begin.__code__, namespace, "begin"))
        _drivers[module.__name__] = Driver(module, {**names, "begin": namespace["begin"]}, _hash_sources(names))
    return _drivers[module.__name__]


KERNELS = ("reset", "step", "observe", "mask", "heuristic", "draw")


def specialise(function: Callable, *arguments: Any) -> Callable:
    """The machine code of ``function`` for the types of ``arguments``: a call without Numba's type dispatch.

    The dispatch costs 1.5 µs per call with records, more than a step of most environments; whoever calls the result
    must keep to the very same types.
    """
    if not hasattr(function, "compile"):  # NUMBA_DISABLE_JIT=1
        return function
    signature = tuple(numba.typeof(argument) for argument in arguments)
    function.compile(signature)
    return function.get_overload(signature)  # type: ignore[attr-defined]


def _bind(loop: Callable, module: types.ModuleType, names: Mapping[str, Any], source_hash: int) -> Callable:
    code = loop.__code__
    file = module.__file__ or code.co_filename
    code = code.replace(co_filename=file, co_qualname=code.co_name)
    cell = types.CellType(source_hash)
    bound = types.FunctionType(code, {**globals(), **names}, code.co_name, None, (cell,))
    bound.__module__ = module.__name__
    options: dict[str, Any] = {"error_model": "numpy", "nogil": True}
    try:
        return numba.njit(cache=True, **options)(bound)
    except RuntimeError:  # no folder to cache in: neither beside the file nor in the user's cache is writable
        return numba.njit(**options)(bound)


def _hash_sources(names: Mapping[str, Any]) -> int:
    """A hash of every file that holds a kernel which these kernels can reach, and of the engine's own."""
    files: set[str] = {__file__}
    queue = [getattr(function, "py_func", function) for function in names.values()]
    seen = set()
    while queue:
        function = queue.pop()
        if function in seen:
            continue
        seen.add(function)
        files.add(function.__code__.co_filename)
        for name in function.__code__.co_names:
            value = function.__globals__.get(name)
            values = [value]
            if isinstance(value, types.ModuleType):  # kernels.uniform(s)
                values = [getattr(value, attribute, None) for attribute in function.__code__.co_names]
            functions = [getattr(value, "py_func", value) for value in values]
            queue += [value for value in functions if isinstance(value, types.FunctionType)]
    digest = hashlib.sha256()
    for file in sorted(files, key=os.path.basename):
        with open(file, "rb") as stream:
            digest.update(stream.read())
    return int.from_bytes(digest.digest()[:7], "big")
