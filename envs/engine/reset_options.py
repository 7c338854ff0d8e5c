"""The options of a reset, as both wrappers for Gymnasium take them."""

from collections.abc import Mapping, Sequence
from typing import Any


def start_of(options: Any, known: Sequence[str]) -> Any:
    """The entry ``start`` of ``options``, ``None`` where there is none.

    Raises:
        TypeError: the options are no dict.
        ValueError: an option that is none of ``known``.
    """
    if options is None:
        return None
    if not isinstance(options, Mapping):
        raise TypeError(f"options must be a dict such as {{'reset_mask': …}}, or None, got {options!r}")
    for key in options:
        if key not in known:
            only = " and ".join(map(repr, known))
            raise ValueError(f"unknown reset option {key!r}; reset takes only {only}")
    return options.get("start")
