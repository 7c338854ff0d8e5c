"""Questions to an agent, checked: one observation or a batch of them, and the mask of legal actions with it."""

from typing import Any

import numpy as np
from gymnasium import spaces

from .vecenv.observations import map_observation

REMEDY = 'predict(observation, action_mask=info["action_mask"]), or act(env), which reads it itself'


def as_batch(space: spaces.Space, observation: Any, any_board: bool = False) -> tuple[Any, bool]:
    """An observation as a batch of one; a batch as it is.

    Args:
        observation: (*space) or (N, *space), or a dict of these: arrays, or lists and numbers.
        any_board: The height and width of boards (H, W, C) may be others than the space's.

    Returns:
        (N, *space) or a dict of these, and whether it was a single one.

    Raises:
        ValueError: it is neither, or lacks a key of the space, or has others.
    """
    if isinstance(space, spaces.Dict):
        if not isinstance(observation, dict) or observation.keys() != space.spaces.keys():
            came = sorted(observation) if isinstance(observation, dict) else type(observation).__name__
            raise ValueError(f"the observation must be a dict with the keys {', '.join(space)}, got {came}")
        parts = {key: _part(part, observation[key], f"the observation's {key}") for key, part in space.items()}
        if len({(single, None if single else len(array)) for array, single in parts.values()}) > 1:
            shapes = ", ".join(f"{key} {array.shape}" for key, (array, _) in parts.items())
            raise ValueError(f"the parts of the observation must be of one, or of as many environments: {shapes}")
        single = next(iter(parts.values()))[1]
        x: Any = {key: array for key, (array, _) in parts.items()}
    else:
        x, single = _part(space, observation, "the observation", any_board)
    return (map_observation(lambda array: array[None], x) if single else x), single


def _part(space: spaces.Space, value: Any, what: str, any_board: bool = False) -> tuple[np.ndarray, bool]:
    """An array, and whether it is that of a single environment."""
    array = value if isinstance(value, np.ndarray) else np.asarray(value, space.dtype)
    shape = space.shape or ()
    free = 2 if any_board and len(shape) == 3 else 0  # how many of the first axes may have any length
    extra = array.ndim - len(shape)
    if extra not in (0, 1) or array.shape[extra + free :] != shape[free:]:
        many = ", ".join(map(str, ("N", *shape)))
        raise ValueError(f"{what} must have the shape {shape}, or ({many}) for several, got {array.shape}")
    return array, extra == 0


def as_masks(mask: Any, count: int, actions: int, single: bool) -> np.ndarray:
    """The mask (A,) of one environment, or those (N, A) of several, as (N, A) int8.

    Args:
        count: N.

    Raises:
        ValueError: another shape.
    """
    array = np.asarray(mask)
    expected = (actions,) if single else (count, actions)
    if array.shape != expected:
        raise ValueError(
            f"action_mask must have the shape {expected}, a number for each action (1 = legal), got {array.shape}"
        )
    return (array[None] if single else array).astype(np.bool_).astype(np.int8)


def masks_of(batch: Any, mask: Any, count: int, single: bool) -> np.ndarray | None:
    """What an agent that learned with masks, on ``batch``, is handed with a question; ``None`` where there are none.

    Raises:
        ValueError: the batch has masks and the question has none, or one of another shape.
    """
    if mask is None:
        if batch.has_mask:
            raise ValueError(f"not every action is legal in {batch.name}, and no mask was given: {REMEDY}")
        return None
    return as_masks(mask, count, batch.buffers.mask.shape[1], single)
