"""Names and units of what an environment observes, number by number: for plots, explanations and tables."""

from collections.abc import Mapping
from typing import Any

from gymnasium import spaces

from .engine.simulation import Simulation
from .engine.slots.ahead import is_path
from .engine.slots.slot import STATE

FEW = 7  # values are written out, more are shown by the first and the last


def observation_names(env: Any) -> dict[str, dict[str, str]]:
    """The names of ``env``'s observation, as ``{key: {name: unit}}``, in the order of its numbers.

    Args:
        env: An environment of Ludus from ``gymnasium.make`` or ``make_vec``, wrapped or not.

    Returns:
        For each key of a Dict observation its names; of an observation that is no Dict, those of the one key "". Names
        are those of the numbers of a Box, of more than one axis along the last; the one name of a Discrete says what
        its number is made of. A unit may be a scale (``"10 steps"``) and is "" where there is none. ``{}`` stands where
        numbers have no names: pictures and other raw signals, what a learned model shows in a form of its own.

    Raises:
        ValueError: ``env`` is not an environment of Ludus.
    """
    batch = getattr(env.unwrapped, "batch", None)
    simulation = getattr(batch, "simulation", None)
    if batch is None or simulation is None:
        raise ValueError(f"{env} is no environment of Ludus; only these name what they observe")
    return names_of_batch(batch)


def names_of_batch(batch: Any) -> dict[str, dict[str, str]]:
    """``observation_names`` of a batch of the engine; {} for each key of one that has no names, such as Gymnasium's."""
    simulation, space = getattr(batch, "simulation", None), batch.observation_space
    if simulation is None:
        return {key: {} for key in (space if isinstance(space, spaces.Dict) else [""])}
    if isinstance(space, spaces.Dict):
        return {key: _names_of(batch, key, part) for key, part in space.items()}
    alone = next((name for name in getattr(batch, "fillings", {}) if simulation.slots[name].replaces_state), STATE)
    return {"": _names_of(batch, alone, space)}


def names_by_key(simulation: Simulation, slot: str | None, sizes: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """``{key: {name: unit}}`` of what an environment observes, its slots aside, or of the truth of ``slot``.

    As ``observation_names``, of a declaration instead of an environment; ``sizes`` are those that ``resolve_sizes``
    gave.
    """
    named = simulation.names_of(slot, sizes)
    space = simulation.spaces(**sizes)[0]
    if slot is None and isinstance(space, spaces.Dict):
        return {key: dict(named.get(key, {})) for key in space}
    return {"": named}


def grouped(names: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """``names`` with rows joined that differ in what stands behind ": " alone: (places, name, unit) each.

    Of {"hour: 0": "", "hour: 1": "", "charge": "MWh"} are made ("0 … 1", "hour: 0 … 1", "") and ("2", "charge", "MWh").
    """
    rows: list[tuple[int, str, list[str], str]] = []  # first place, subject, values, unit
    for place, (name, unit) in enumerate(names.items()):
        subject, colon, value = name.partition(": ")
        if rows and colon and rows[-1][1] == subject and rows[-1][2] and rows[-1][3] == unit:
            rows[-1][2].append(value)
        else:
            rows.append((place, subject, [value] if colon else [], unit))
    return [(_places(at, max(len(v), 1)), f"{s}: {_span(v)}" if v else s, u) for at, s, v, u in rows]


def _places(first: int, count: int) -> str:
    return str(first) if count == 1 else f"{first} … {first + count - 1}"


def _span(values: list[str]) -> str:
    """All of a few values, the ends of many."""
    return ", ".join(values) if len(values) <= FEW else f"{values[0]} … {values[-1]}"


def _names_of(batch: Any, key: str, space: spaces.Space) -> dict[str, str]:
    simulation, sizes = batch.simulation, batch.sizes
    if key not in simulation.slots:
        named = simulation.names_of(None, sizes)
        return named if key == STATE else named.get(key, {})  # of a Dict a map for each key
    names, truth = simulation.names_of(key, sizes), simulation.truth_for(key, sizes, batch.spans)
    given = batch.given[key]
    if given == "raw" or not names or space.shape != truth.shape:
        return {}
    if is_path(simulation.slots[key], given, batch.fillings[key].space, truth):  # what is shown begins at present
        return {f"{k} ahead": unit for k, unit in enumerate(names.values())}
    return names
