"""Nested Python values as tensors and JSON: how an agent's state becomes a checkpoint without pickle."""

from typing import Any

import numpy as np
import torch

TENSOR, ITEMS = "__tensor__", "__items__"  # marks in the JSON part


def pack(tree: Any) -> tuple[dict[str, torch.Tensor], Any]:
    """``(tensors, plain)`` of nested dicts, lists, tuples, tensors, arrays, numbers, texts and ``None``.

    A tensor is named by its path, with ``/`` between the keys.

    Raises:
        TypeError: a value of another type, or a name that two tensors share.
    """
    tensors: dict[str, torch.Tensor] = {}
    return tensors, _pack(tree, "", tensors)


def _pack(value: Any, path: str, tensors: dict[str, torch.Tensor]) -> Any:
    if isinstance(value, np.ndarray):
        # torch has no arithmetic for wider unsigned numbers, which random states are made of; they come back as int64.
        wide = value.dtype.kind == "u" and value.itemsize > 1
        value = np.ascontiguousarray(value.astype(np.int64) if wide else value).reshape(value.shape)  # () stays ()
        value = torch.from_numpy(value)
    if isinstance(value, torch.Tensor):
        if path in tensors:
            raise TypeError(f"two tensors of the state have the path {path!r}")
        tensors[path] = value.detach().cpu().clone()
        return {TENSOR: path}
    below = f"{path}/" if path else ""
    if isinstance(value, dict):
        if all(isinstance(key, str) for key in value):
            return {key: _pack(part, f"{below}{key}", tensors) for key, part in value.items()}
        return {ITEMS: [[key, _pack(part, f"{below}{key}", tensors)] for key, part in value.items()]}
    if isinstance(value, (list, tuple)):
        return [_pack(part, f"{below}{i}", tensors) for i, part in enumerate(value)]
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"{path} of the state is a {type(value).__name__}, which a checkpoint cannot hold")


def unpack(tensors: dict[str, torch.Tensor], plain: Any) -> Any:
    """What ``pack`` was given, but that tuples come back as lists, NumPy's scalars as Python's, and arrays as tensors
    of their shape: those of unsigned numbers wider than a byte as int64, which 64 bits wrap around to.
    """
    if isinstance(plain, dict):
        if TENSOR in plain:
            return tensors[plain[TENSOR]]
        if ITEMS in plain:
            return {key: unpack(tensors, part) for key, part in plain[ITEMS]}
        return {key: unpack(tensors, part) for key, part in plain.items()}
    if isinstance(plain, list):
        return [unpack(tensors, part) for part in plain]
    return plain
