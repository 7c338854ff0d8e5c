"""Comparisons of what environments return: nested values, rows of a batch, stories.

A *story* is what one environment of a batch shows over time: a list of events, one per reset and per step. Two batches
of different sizes, or a batch and a single environment, are compared story by story.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from gymnasium import Space, spaces
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space, iterate


class Event(NamedTuple):
    """One environment after a reset or a step; a reset shows reward 0 and both flags False."""

    kind: str  # "reset" or "step"
    observation: Any
    reward: float
    terminated: bool
    truncated: bool
    info: dict[str, Any]  # the values whose `_key` mask is set


Story = list[Event]


def are_equal(a: Any, b: Any) -> bool:
    """Whether two nested values are equal; NaN equals NaN, and 1 equals 1.0."""
    if type(a) is type(b) and isinstance(a, (bool, float, str)):  # by far the most, and arrays of them are slow
        return a == b or (a != a and b != b)
    if isinstance(a, Mapping) or isinstance(b, Mapping):
        return isinstance(a, Mapping) and isinstance(b, Mapping) and a.keys() == b.keys() and _all_equal(a, b, a)
    if isinstance(a, (tuple, list)) or isinstance(b, (tuple, list)):
        return isinstance(a, (tuple, list)) and isinstance(b, (tuple, list)) and len(a) == len(b) and _all_equal(a, b)
    try:
        x, y = np.asarray(a), np.asarray(b)
    except ValueError:  # an object that cannot be an array
        return bool(a == b)
    if x.shape != y.shape:
        return False
    if x.dtype == object or y.dtype == object:
        return a is b or (bool(x.ndim) and _all_equal(x.ravel(), y.ravel())) or (not x.ndim and bool(a == b))
    return np.array_equal(x, y, equal_nan=x.dtype.kind in "fc" and y.dtype.kind in "fc")


def _all_equal(a: Any, b: Any, keys: Any = None) -> bool:
    return all(are_equal(a[key], b[key]) for key in (range(len(a)) if keys is None else keys))


def is_contained(part: Mapping[str, Any], whole: Mapping[str, Any]) -> bool:
    """Whether every key of ``part`` stands in ``whole`` with the same value, level by level."""
    for key, value in part.items():
        if key not in whole:
            return False
        if isinstance(value, Mapping) and isinstance(whole[key], Mapping):
            if not is_contained(value, whole[key]):
                return False
        elif not are_equal(value, whole[key]):
            return False
    return True


def freeze(value: Any) -> Any:
    """A copy of the arrays and containers in ``value``; other objects are taken as they are."""
    if isinstance(value, Mapping):
        return {key: freeze(part) for key, part in value.items()}
    if isinstance(value, (tuple, list)):
        parts = [freeze(part) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)  # a GraphInstance, a plain one
    if isinstance(value, np.ndarray):
        copy = value.copy()
        if value.dtype == object:
            for index, part in np.ndenumerate(value):
                copy[index] = freeze(part)
        return copy
    return value


def find_arrays(value: Any) -> Iterator[np.ndarray]:
    """Every numeric array in a nested value."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, np.ndarray) and value.dtype != object:
        yield value
    elif isinstance(value, (tuple, list)) or (isinstance(value, np.ndarray) and value.ndim):
        for part in value:
            yield from find_arrays(part)


def overwrite_arrays(value: Any) -> None:
    """Write other numbers into every array that can be written: what a caller may do with arrays that are his."""
    for array in find_arrays(value):
        if array.flags.writeable:
            array[...] = ~array if array.dtype.kind == "b" else array * 0 + 77 if array.dtype.kind in "iufc" else array


def split_rows(space: Space, batch: Any) -> list[Any]:
    """A batch of observations as a list of copies, one per environment."""
    return [freeze(row) for row in iterate(space, batch)]


def info_row(info: Mapping[str, Any], i: int) -> dict[str, Any]:
    """The part of a vector environment's ``info`` that belongs to environment ``i``."""
    row = {}
    for key, value in info.items():
        if key.startswith("_") and key[1:] in info:
            continue
        if bool(info.get(f"_{key}", np.ones(i + 1, np.bool_))[i]):  # a key of a dict without masks follows its dict
            row[key] = info_row(value, i) if isinstance(value, Mapping) else freeze(value[i])
    return row


def mode_of(env: VectorEnv) -> Any:
    """What ``metadata`` says about the autoreset mode; None where it says nothing."""
    return getattr(env, "metadata", {}).get("autoreset_mode")


def sample_actions(env: VectorEnv, steps: int, seed: int) -> list[Any]:
    """``steps`` batches of actions, the same for the same seed and the same single action space."""
    space = batch_space(env.single_action_space, env.num_envs)
    space.seed(seed)
    return [space.sample() for _ in range(steps)]


def bounds_of(space: Any) -> tuple[np.ndarray, np.ndarray]:
    """Smallest and largest member of a Box or a MultiDiscrete, batched or not."""
    return (space.low, space.high) if isinstance(space, spaces.Box) else (space.start, space.start + space.nvec - 1)


def play_stories(
    env: VectorEnv,
    actions: Sequence[Any],
    *,
    seed: Any = None,
    reset: bool = True,
    ended: np.ndarray | None = None,
    see: Callable[[int, Any, np.ndarray], None] = lambda t, result, selected: None,
    change: Callable[[Any, np.ndarray], Any] = lambda action, pending: action,
    extra_resets: Mapping[int, np.ndarray] | None = None,
) -> list[Story]:
    """Reset (unless ``reset`` is False), play the actions, and return the story of each environment.

    Under DISABLED the environments that ended are reset with ``options={"reset_mask": …}`` before the next step.

    Args:
        ended: (N,) bool, which environments had ended before, where ``reset`` is False.
        see: Called with the index of the action (-1 for the first reset), what came back, and the mask of the
            environments that were reset, before anything is read; what it raises ends the play.
        change: The action to take instead, given (N,) bool: who ended in the step before. Called when everything
            that came back before has been read.
        extra_resets: {index of an action: (N,) bool}, resets before that action, under DISABLED.
    """
    n = env.num_envs
    space = batch_space(env.single_observation_space, n)
    disabled = mode_of(env) == AutoresetMode.DISABLED
    stories: list[Story] = [[] for _ in range(n)]
    nobody, everybody = np.zeros(n, np.bool_), np.ones(n, np.bool_)
    ended = nobody if ended is None else ended

    def add_reset(t: int, selected: np.ndarray, **keywords: Any) -> None:
        result = env.reset(**keywords)
        see(t, result, selected)
        observations = split_rows(space, result[0])
        for i in np.flatnonzero(selected).tolist():
            stories[i].append(Event("reset", observations[i], 0.0, False, False, info_row(result[1], i)))

    if reset:
        ended = nobody
        add_reset(-1, everybody, seed=seed)
    for t, action in enumerate(actions):
        selected = ended | (extra_resets or {}).get(t, nobody)
        if disabled and selected.any():
            add_reset(t, selected, options={"reset_mask": selected.copy()})
        # A copy, so that an environment that writes into its actions spoils no other play.
        result = env.step(change(freeze(action), ended))
        see(t, result, nobody)
        observation, reward, terminated, truncated, info = result
        observations = split_rows(space, observation)
        for i in range(n):
            event = Event(
                "step", observations[i], float(reward[i]), bool(terminated[i]), bool(truncated[i]), info_row(info, i)
            )
            stories[i].append(event)
        ended = np.array([bool(a) or bool(b) for a, b in zip(terminated, truncated, strict=True)])
    return stories


def find_ends(stories: list[Story]) -> list[tuple[int, bool]]:
    """For each step: how many steps there were up to it, and whether an episode ended in it."""
    steps = [[event for event in story if event.kind == "step"] for story in stories]
    return [(t + 1, any(e.terminated or e.truncated for e in each)) for t, each in enumerate(zip(*steps, strict=True))]


def find_difference(a: Story, b: Story, with_info: bool = False) -> str | None:
    """Where two stories part, in words; None where they are the same (``with_info``: a's info stands in b's)."""
    for index, (x, y) in enumerate(zip(a, b, strict=False)):
        for name, mine, yours in zip(Event._fields, x, y, strict=True):
            alike = not with_info or is_contained(mine, yours) if name == "info" else are_equal(mine, yours)
            if not alike:
                return f"event {index} ({x.kind}): {name} {shorten(mine)} in one, {shorten(yours)} in the other"
    if len(a) != len(b):
        return f"{len(a)} events in one, {len(b)} in the other"
    return None


def find_first_difference(a: Sequence[Story], b: Sequence[Story], with_info: bool = False) -> str | None:
    """The first environment whose stories part, and where; None if there is none."""
    for i, (x, y) in enumerate(zip(a, b, strict=True)):
        where = find_difference(x, y, with_info)
        if where:
            return f"environment {i}, {where}"
    return None


def shorten(value: Any) -> str:
    """A value in at most about 80 characters, for a message."""
    if isinstance(value, np.ndarray) and value.size > 8:
        return f"array {value.dtype} {value.shape}, {shorten(value.ravel()[:4])}…"
    text = " ".join(repr(value).split()).replace(", dtype=", " dtype=")
    return text if len(text) <= 80 else f"{text[:77]}…"


def find_misfit(space: Space, value: Any, path: str = "observation") -> tuple[str, str] | None:
    """Why ``value`` has not the form of the (batched) space: ("shape" or "dtype", in words); None where it has."""
    if isinstance(space, spaces.Dict):
        if not isinstance(value, Mapping) or value.keys() != space.keys():
            came = sorted(value) if isinstance(value, Mapping) else type(value).__name__
            return "shape", f"{path} is {came}, the space has the keys {sorted(space.keys())}"
        return next(
            filter(None, (find_misfit(part, value[key], f"{path}[{key!r}]") for key, part in space.items())), None
        )
    if isinstance(space, spaces.Tuple):
        if not isinstance(value, tuple) or len(value) != len(space):
            return "shape", f"{path} is {shorten(value)}, the space is a tuple of {len(space)}"
        return next(filter(None, (find_misfit(part, value[k], f"{path}[{k}]") for k, part in enumerate(space))), None)
    if not isinstance(space, (spaces.Box, spaces.MultiDiscrete, spaces.MultiBinary)):
        return None  # texts, graphs: whether they belong to the space is another rule
    if not isinstance(value, np.ndarray) or value.shape != space.shape:
        return "shape", f"{path} is {describe_form(value)}, the space has the shape {space.shape}"
    if value.dtype != space.dtype:
        return "dtype", f"{path} has dtype {value.dtype}, the space {space.dtype}"
    return None


def describe_form(value: Any) -> str:
    """What kind of value this is: an array's dtype and shape, or a type's name."""
    return f"an array {value.dtype} {value.shape}" if isinstance(value, np.ndarray) else f"a {type(value).__name__}"
