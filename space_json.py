"""Spaces as JSON: the Boxes of components, as a config.json says them."""

import math
from typing import Any

import numpy as np
from gymnasium import Space, spaces

from .untrusted import is_number, is_whole
from .wording import did_you_mean

# Numbers that a file can hold of a space; others, such as Python objects, are no values of a signal.
DTYPES = (
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64",
)  # fmt: skip
MOST_NUMBERS = 2**24  # of a space; its bounds are arrays of that many


def space_to_json(space: Space) -> dict[str, Any]:
    """A Box as plain values; ``TypeError`` for another space."""
    if not isinstance(space, spaces.Box):
        raise TypeError(f"a component's spaces are Boxes, got {space}")
    ends = {}
    for name in ("low", "high"):
        end = getattr(space, name)
        same = end.size and (end == end.flat[0]).all()
        # As texts where JSON has no word for the number.
        ends[name] = _plain(float(end.flat[0])) if same else [_plain(x) for x in end.ravel().tolist()]
    return {"shape": list(space.shape), "dtype": str(space.dtype), **ends}


def _plain(number: float) -> float | str:
    return number if np.isfinite(number) else str(number)


def space_from_json(content: dict[str, Any]) -> spaces.Box:
    """The Box that ``space_to_json`` wrote; ``ValueError`` for anything else."""
    if not isinstance(content, dict):
        raise ValueError(f"a space is {content!r}, expected a map of shape, dtype, low and high")
    shape, name = content.get("shape"), content.get("dtype")
    if not isinstance(shape, list) or len(shape) > 8 or not all(is_whole(n, 0, MOST_NUMBERS) for n in shape):
        raise ValueError(f"the shape of a space is {shape!r}, expected a list of whole numbers")
    if math.prod(shape) > MOST_NUMBERS:
        raise ValueError(f"a space has shape {shape}, more than {MOST_NUMBERS:,} numbers")
    if not isinstance(name, str) or name not in DTYPES:
        raise ValueError(f"the dtype of a space is {name!r}{did_you_mean(str(name), DTYPES)}")
    dtype = np.dtype(name)
    low, high = (_end(content.get(end), end, tuple(shape), dtype) for end in ("low", "high"))
    if (low > high).any():
        raise ValueError("a space has a low end above its high one")
    return spaces.Box(low, high, tuple(shape), dtype.type)


def _end(content: Any, name: str, shape: tuple[int, ...], dtype: np.dtype) -> np.ndarray:
    """``low`` or ``high`` of a space as an array of its shape; one number stands for all."""
    given = content if isinstance(content, list) else [content]
    if isinstance(content, list) and len(content) != math.prod(shape):
        raise ValueError(f"{name} of a space has {len(content)} numbers, its shape {list(shape)} {math.prod(shape)}")
    for number in given:
        if number not in ("inf", "-inf") and not is_number(number):
            raise ValueError(f"{name} of a space is {ascii(number)[:40]}, expected a number, 'inf' or '-inf'")
    end = np.array([float(number) for number in given])
    with np.errstate(over="ignore", invalid="ignore"):
        kept = end.astype(dtype)
    if not (kept == end).all() if dtype.kind in "biu" else not (np.isfinite(kept) == np.isfinite(end)).all():
        raise ValueError(f"{name} of a space has a number that {dtype} does not have")
    return np.broadcast_to(kept[0], shape).copy() if not isinstance(content, list) else kept.reshape(shape)


def same_space(one: Space, other: Space) -> bool:
    """Whether values of one are values of the other, but for the bounds: shape and dtype agree."""
    return one.shape == other.shape and one.dtype == other.dtype
