"""`map_observation` and `select`: the same done to an array, and to every part of a dict of arrays."""

from collections.abc import Callable
from typing import Any


def map_observation(function: Callable[[Any], Any], observation: Any) -> Any:
    """``function`` of an observation, or of each part of a dict observation."""
    if isinstance(observation, dict):
        return {key: function(part) for key, part in observation.items()}
    return function(observation)


def select(observation: Any, index: Any) -> Any:
    """The row (an int) or the rows ``index`` of an observation (N, …), or of a dict of these."""
    return map_observation(lambda part: part[index], observation)
