"""The checks of the spaces that a file declares: kernels write the one and read the other, and actions have names.

Each mistake is a ``Mistake`` at its line.
"""

import types
from collections.abc import Callable
from typing import Any

import numpy as np
from gymnasium import Space, spaces

from ....utils.wording import counted
from ..mistakes import declared_at, mistake, place_of
from ..slots.slot import STATE
from ..space_layout import WHOLE, counted_from_zero

BOXES = "iuf"  # kinds of dtypes that a part of an observation can have


def check_spaces(module: types.ModuleType, simulation: Any, sizes: dict[str, Any], pair: Any) -> None:
    """What ``spaces`` returns: two, of which kernels can write the one and read the other; and actions have names.

    Raises:
        Mistake: they are not.
    """
    place = place_of(simulation.spaces) if hasattr(simulation.spaces, "__code__") else declared_at(module, "spaces")

    def wrong(message: str) -> Exception:
        return mistake(*place, message)

    if not isinstance(pair, (tuple, list)) or len(pair) != 2:
        came = type(pair).__name__
        raise wrong(f"spaces returned {came}; expected a pair (observation space, action space)")
    observation, action = pair
    _check_observation(observation, wrong)
    _check_keys(module, simulation, observation)
    _check_actions(action, wrong)
    # What a choice shares, a folder of images for one, may bring actions of its own.
    if all(sizes[key] == choice.default for key, choice in simulation.choices.items()):
        _check_action_names(module, simulation, sizes, actions_in(action))


def _check_observation(observation: Any, wrong: Callable[[str], Exception]) -> None:
    if isinstance(observation, spaces.Dict):
        if not observation.spaces:
            raise wrong("the observation space is an empty Dict; expected a Box for each key")
        for key, part in observation.items():
            _check_part(key, part, wrong)
    elif not isinstance(observation, (spaces.Box, spaces.Discrete)):
        came = type(observation).__name__
        raise wrong(f"the observation space is a {came}; kernels write a Box, a Discrete, or a Dict of Boxes")
    elif isinstance(observation, spaces.Discrete) and observation.start:
        raise wrong(f"the observation space is {observation}; kernels count from 0: Discrete({observation.n})")


def _check_part(key: Any, part: Any, wrong: Callable[[str], Exception]) -> None:
    if not isinstance(key, str) or not key.isidentifier():
        raise wrong(f"the observation has the key {key!r}, which cannot be written as out.NAME; rename it")
    if hasattr(np.recarray, key) or hasattr(np.record, key):  # `out.size` of an interpreted record would be NumPy's
        raise wrong(f"the observation has the key {key!r}, which NumPy's records have, too; rename it")
    if isinstance(part, spaces.Dict):
        raise wrong(
            f"{key!r} of the observation is a Dict in a Dict; kernels write Boxes: give each of its parts a key of its "
            "own"
        )
    if not isinstance(part, spaces.Box):
        hint = "" if not isinstance(part, spaces.Discrete) else f", such as Box(0, {part.n - 1}, (1,), np.int64)"
        raise wrong(f"{key!r} of the observation is a {type(part).__name__}; in a Dict kernels write Boxes{hint}")
    if not part.shape:
        raise wrong(
            f"{key!r} of the observation is a Box of shape (), for which agents have no layers; give it the shape (1,)"
        )
    if part.dtype.kind not in BOXES or part.dtype.itemsize > 8 or part.dtype == np.float16:
        raise wrong(
            f"{key!r} of the observation is a Box of {part.dtype}; kernels write whole numbers, float32, float64"
        )


def _check_keys(module: types.ModuleType, simulation: Any, observation: Space) -> None:
    is_dict = isinstance(observation, spaces.Dict)
    # Of the dict in a Dict: `in` asks the space itself whether it contains a sample.
    taken = tuple(observation.spaces) if isinstance(observation, spaces.Dict) else (STATE,)
    for name, slot in simulation.slots.items():
        if name in taken:
            message = f"the slot {name!r} would stand in the observation under a key that is there already; rename one"
            raise mistake(*declared_at(module, "slots", name), message)
        if is_dict and slot.tell is simulation.observe:
            message = f"slot {name!r} stands for the whole observation, which is a Dict; a slot tells one Box"
            raise mistake(*declared_at(module, "slots", name), message)


def _check_actions(action: Any, wrong: Callable[[str], Exception]) -> None:
    if not isinstance(action, (*WHOLE, spaces.Box)):
        raise wrong(
            f"the action space is a {type(action).__name__}; kernels take a Discrete, a MultiDiscrete, a MultiBinary, "
            "or a Box of floats"
        )
    if isinstance(action, spaces.Box) and action.dtype.kind != "f":
        raise wrong(
            f"the action space is a Box of {action.dtype}; kernels take a Box of floats, or Discrete(n), "
            "MultiDiscrete([n, …])"
        )
    if isinstance(action, (spaces.MultiDiscrete, spaces.MultiBinary)) and len(action.shape) != 1:
        came = f"a {type(action).__name__} of shape {action.shape}"
        raise wrong(f"the action space is {came}; give it one axis, its components in a row")
    if np.any(getattr(action, "start", 0)):
        raise wrong(f"declares actions {action}, kernels count them from 0; {counted_from_zero(action)}")


def _check_action_names(module: types.ModuleType, simulation: Any, sizes: dict[str, Any], count: int) -> None:
    names = len(simulation.action_names)
    highest = {key: size.high for key, size in simulation.sizes.items()}
    if names < count:
        message = f"action_names has {counted(names, 'name')} for {counted(count, 'action')}; expected one for each"
        raise mistake(*declared_at(module, "action_names"), message)
    if names > count and names > (actions_in(simulation.spaces(**{**sizes, **highest})[1]) if highest else count):
        message = f"action_names has {counted(names, 'name')} for {counted(count, 'action')}; expected one for each"
        raise mistake(*declared_at(module, "action_names"), message)


def actions_in(space: Space) -> int:
    """How many names the actions of a space need: of a Discrete one for each, of others one for each component."""
    return int(space.n) if isinstance(space, spaces.Discrete) else int(np.prod(space.shape or ()))
