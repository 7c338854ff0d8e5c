"""Spaces as JSON: the Boxes of components, as a config.json says them."""

import math
from collections.abc import Iterator
from typing import Any, TypeGuard

import numpy as np
from gymnasium import Space, spaces

from ..utils.untrusted import is_number, is_whole
from ..utils.wording import did_you_mean

# Numbers that a file can hold of a space; others, such as Python objects, are no values of a signal.
DTYPES = (
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float16", "float32", "float64",
)  # fmt: skip
MOST_NUMBERS = 2**22  # of all spaces in one config.json together; their bounds are arrays of that many
MOST_COMPONENTS = 32  # in one config.json: a chain, its parts and theirs
ENDS = ("input_space", "output_space")  # the entries that describe a component's spaces


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


def descriptions(content: Any) -> Iterator[dict[str, Any]]:
    """The description of each component in the content of a config.json: of itself, its parts, theirs and so on."""
    waiting = [content]
    while waiting:
        entry = waiting.pop()
        if isinstance(entry, dict):
            if any(end in entry for end in ENDS):
                yield entry
            waiting += entry.values()
        elif isinstance(entry, list):
            waiting += entry


def check_extent(content: dict[str, Any]) -> None:
    """``ValueError`` if a config.json describes more components, or larger spaces, than are made for it.

    A few letters can ask for gigabytes of bounds, and spaces are made before anything is compared with the weights.
    """
    components = numbers = 0
    for entry in descriptions(content):
        components += 1
        numbers += sum(_size(entry.get(end)) for end in ENDS)
    if components > MOST_COMPONENTS:
        raise ValueError(f"it consists of {components:,} components, at most {MOST_COMPONENTS} make one")
    if numbers > MOST_NUMBERS:
        raise ValueError(f"its spaces have {numbers:,} numbers together, a component has at most {MOST_NUMBERS:,}")


def _size(content: Any) -> int:
    """How many numbers a space that is described so has; 0 for what ``space_from_json`` refuses at once."""
    shape = content.get("shape") if isinstance(content, dict) else None
    return math.prod(shape) if _is_shape(shape) else 0


def _is_shape(shape: Any) -> TypeGuard[list[int]]:
    return isinstance(shape, list) and len(shape) <= 8 and all(is_whole(n, 0, MOST_NUMBERS) for n in shape)


def _plain(number: float) -> float | str:
    return number if np.isfinite(number) else str(number)


def space_from_json(content: dict[str, Any]) -> spaces.Box:
    """The Box that ``space_to_json`` wrote; ``ValueError`` for anything else."""
    if not isinstance(content, dict):
        raise ValueError(f"a space is {content!r}, expected a map of shape, dtype, low and high")
    shape, name = content.get("shape"), content.get("dtype")
    if not _is_shape(shape):
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
