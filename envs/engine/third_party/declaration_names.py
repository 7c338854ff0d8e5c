"""The check of the names that an environment's file gives to the numbers of its observation."""

from collections.abc import Mapping
from typing import Any

from gymnasium import Space

from ....utils.wording import counted
from ..mistakes import mistake


def check_observation_names(place: tuple[str | None, int], names: Any, space: Space) -> None:
    """What ``names`` returns, declared at ``place``: a {name: unit} for each number along the last axis.

    Raises:
        Mistake: it is something else.
    """
    texts = isinstance(names, Mapping) and all(isinstance(text, str) for pair in names.items() for text in pair)
    if not texts:
        came = repr(names) if isinstance(names, Mapping) else type(names).__name__
        raise mistake(*place, f"names returned {came[:80]}; expected a dict {{name: unit}} of texts")
    expected = space.shape[-1] if space.shape else 1
    if len(names) != expected:
        raise mistake(*place, f"names returned {counted(len(names), 'name')}; expected {expected}, as {space} shows")
