"""The check of the names that an environment's file gives to the numbers of its observation."""

from collections.abc import Mapping
from typing import Any

from gymnasium import Space, spaces

from ....utils.wording import counted, did_you_mean
from ..mistakes import mistake


def check_observation_names(place: tuple[str | None, int], names: Any, space: Space) -> None:
    """What ``names`` returns, declared at ``place``: a {name: unit} for each number along the last axis.

    Of an observation that is a Dict, a {key: {name: unit}} of those keys that have names.

    Raises:
        Mistake: it is something else.
    """
    if not isinstance(space, spaces.Dict):
        _check_names(place, names, space, "names returned")
        return
    if not isinstance(names, Mapping):
        raise mistake(*place, f"names returned {type(names).__name__}; expected a dict {{key: {{name: unit}}}}")
    for key, part in names.items():
        if key not in space.spaces:
            raise mistake(*place, f"names returned names of {key!r}{did_you_mean(str(key), space.spaces)}")
        _check_names(place, part, space[key], f"names returned for {key!r}")


def _check_names(place: tuple[str | None, int], names: Any, space: Space, what: str) -> None:
    texts = isinstance(names, Mapping) and all(isinstance(text, str) for pair in names.items() for text in pair)
    if not texts:
        came = repr(names) if isinstance(names, Mapping) else type(names).__name__
        raise mistake(*place, f"{what} {came[:80]}; expected a dict {{name: unit}} of texts")
    expected = space.shape[-1] if space.shape else 1
    if len(names) != expected:
        raise mistake(*place, f"{what} {counted(len(names), 'name')}; expected {expected}, as {space} shows")
