"""The layout of spaces in memory: the values that a mask counts, and an observation of several parts as one record.

Actions are whole numbers (Discrete, MultiDiscrete, MultiBinary) or floats (a Box). Of whole numbers a mask holds a flag
for each value of each component, one component after the other: Discrete(n) has n flags, MultiDiscrete([a, b]) has
a + b, MultiBinary(n) has two for each bit (0, 1). So sb3-contrib's MaskablePPO reads them.
"""

from collections.abc import Iterator
from itertools import accumulate
from typing import Any

import numpy as np
from gymnasium import Space, spaces

WHOLE = (spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary)  # kinds of spaces with actions of whole numbers


def values_of(action_space: Space) -> tuple[int, ...]:
    """How many values each component of an action of whole numbers has; () for a Box."""
    if isinstance(action_space, spaces.Discrete):
        return (int(action_space.n),)
    if isinstance(action_space, spaces.MultiDiscrete):
        return tuple(map(int, action_space.nvec.ravel()))
    if isinstance(action_space, spaces.MultiBinary):
        return (2,) * int(np.prod(action_space.shape))
    return ()


def flags_in(action_space: Space) -> int:
    """How many flags a mask has; 1, which is always set, for a Box."""
    return sum(values_of(action_space)) or 1


def action_dtype(action_space: Space) -> type:
    """In which a batch keeps its actions: int64, or float64 for a Box."""
    return np.int64 if isinstance(action_space, WHOLE) else np.float64


def action_bounds(action_space: Space, name: str) -> tuple[np.ndarray, np.ndarray]:
    """(A,) the least and the greatest value of each component of an action, float64.

    Raises:
        ValueError: whole numbers that do not count from 0, with which kernels would index.
    """
    if np.any(getattr(action_space, "start", 0)):
        raise ValueError(
            f"{name} declares actions {action_space}, kernels count them from 0; {counted_from_zero(action_space)}"
        )
    if isinstance(action_space, spaces.Box):
        return action_space.low.ravel().astype(np.float64), action_space.high.ravel().astype(np.float64)
    values = np.array(values_of(action_space), np.float64)
    return np.zeros(len(values)), values - 1.0


def counted_from_zero(action_space: Space) -> str:
    """What to declare in the place of a space that does not count from 0."""
    values = values_of(action_space)
    return f"declare Discrete({values[0]})" if action_space.shape == () else f"declare MultiDiscrete({list(values)})"


def highest_of_each(weights: np.ndarray, action_space: Space) -> np.ndarray:
    """The value with the highest weight in each component, as ``step`` takes them: (N,), or (N, A).

    Args:
        weights: (N, flags), a number for each flag of a mask.
        action_space: Of whole numbers that count from 0.
    """
    if isinstance(action_space, spaces.Discrete):
        return weights.argmax(axis=1)
    ends = list(accumulate(values_of(action_space)))
    parts = np.split(weights, ends[:-1], axis=1)
    return np.stack([part.argmax(axis=1) for part in parts], axis=1)


def any_in_each(mask: np.ndarray, action_space: Space) -> np.ndarray:
    """(N,) whether each component has a legal value in ``mask`` (N, flags)."""
    values = values_of(action_space)
    if len(values) < 2:
        return np.asarray(mask.any(axis=1))
    starts = [0, *accumulate(values)][:-1]
    return np.asarray(np.logical_or.reduceat(mask != 0, starts, axis=1).all(axis=1))


def are_legal(actions: np.ndarray, mask: np.ndarray, action_space: Space) -> np.ndarray:
    """(N,) whether the flags of all components of ``actions``, (N,) or (N, A), are set in ``mask`` (N, flags)."""
    starts = np.array([0, *accumulate(values_of(action_space))][:-1])
    flags = np.take_along_axis(mask, starts + actions.reshape(len(actions), -1), axis=1)
    return (flags != 0).all(axis=1)


def shown_dtype(observation_space: spaces.Dict) -> np.dtype:
    """The record that `observe` fills of a Dict of Boxes: a field for each key."""
    fields: list[Any] = [(key, part.dtype, part.shape) for key, part in observation_space.items()]
    return np.dtype(fields, align=True)  # aligned: views of a field are arrays that torch takes, too


def shown_rows(observation_space: Space, rows: int) -> np.ndarray:
    """Zeros for ``rows`` observations, as the driver sees them: (rows, …), never bare numbers; of a Dict records."""
    if isinstance(observation_space, spaces.Dict):
        return np.zeros(rows, shown_dtype(observation_space))
    return np.zeros((rows, *(observation_space.shape or (1,))), observation_space.dtype)


def shown_parts(observation_space: Space, rows: np.ndarray) -> Any:
    """What the driver has written into ``rows``, as the space says: (N, *space), or a dict of these.

    The same memory.
    """
    if isinstance(observation_space, spaces.Dict):
        return {key: np.asarray(rows)[key] for key in observation_space}
    return rows if observation_space.shape else rows[:, 0]


def each_part(observation_space: Space, rows: np.ndarray) -> Iterator[tuple[str, Space, np.ndarray]]:
    """The key, the space and the rows (N, …) of each part of an observation; the key is "" where it is no Dict."""
    if isinstance(observation_space, spaces.Dict):
        for key, part in observation_space.items():
            yield key, part, np.asarray(rows)[key]
    else:
        yield "", observation_space, rows


def bounds_of(space: Space) -> tuple[np.ndarray, np.ndarray]:
    """The least and the greatest value of each number of a ``Box`` or ``Discrete``."""
    if isinstance(space, spaces.Discrete):
        return np.asarray(space.start), np.asarray(space.start + space.n - 1)
    assert isinstance(space, spaces.Box)
    return space.low, space.high
