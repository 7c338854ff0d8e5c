"""The way from what is given for a slot (a name, a folder, a dict, a component) to what fills it."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ....utils.untrusted import read_regular
from ....utils.wording import did_you_mean
from ..simulation import Slot
from .fillings import Baseline, Blind, Filling, Host, Learned, Noisy, Told
from .keyed import CorrelatedNoise, KeyedLearned, KeyedRule, Table, table_of
from .noise_of_sets import NoisySet

MOST_TABLE = 2**28  # bytes of a table's file
NAMED = ("truth", "raw", "blind", "noisy:LEVEL")


def make_filling(batch: Host, name: str, given: Any) -> Filling:
    """What ``given`` says shall fill slot ``name``: a name, a folder, a dict ``{"component": folder, …}``, a component.

    Raises:
        ValueError: no such filling, a level out of range, a component that does not fit or cannot be loaded.
        FileNotFoundError: no component in the folder.
    """
    slot = batch.simulation.slots[name]
    truth = batch.simulation.truth_for(name, batch.sizes, batch.spans)
    if isinstance(given, Mapping) and "table" in given:
        given = _checked_table(given, name)
    if isinstance(given, Path):
        given = str(given) if given.suffix.lower() == ".csv" else {"component": str(given)}
    table = table_of(batch, name, given)
    if table is not None:
        if not slot.key:
            raise ValueError(f"slot {name} of {batch.name} has no keys, so no table can fill it; give a component")
        values, source = table
        return Table(batch, name, truth, values(), source)
    if isinstance(given, Mapping):
        return _learned(batch, name, load_component(given, name))
    if not isinstance(given, str):
        if hasattr(given, "input_space") and hasattr(given, "output_space"):
            return _learned(batch, name, given)
        raise ValueError(
            f"slot {name} of {batch.name} cannot be filled with {given!r}; expected {_words(slot)}, the folder of a "
            "component, or a component (ludus.components.adapt makes one of any torch module)"
        )
    if given in ("truth", "raw"):
        return Told(batch, name, "tell" if given == "truth" else "sense")
    if given == "blind":
        return Blind(truth)
    if given.partition(":")[0] == "noisy":
        level = _level(given, name)
        if slot.key and slot.noise_correlation is not None:
            return CorrelatedNoise(batch, name, level)
        if slot.detections:
            return NoisySet(batch, name, level)
        return Noisy(batch, name, level, len(slot.classes(**batch.sizes)))
    if given in slot.baselines:
        return KeyedRule(batch, name, given, truth) if slot.key else Baseline(batch, name, given, truth)
    if not Path(given).exists():
        near = did_you_mean(given, (*examples(slot), *slot.tables)) if "/" not in given else ""
        raise ValueError(
            f"slot {name} of {batch.name} cannot be filled with {given!r}: it is neither a folder nor one of "
            f"{_words(slot)}{near if near.startswith('; did') else ''}"  # the names are there already
        )
    return _learned(batch, name, load_component({"component": given}, name))


def _learned(batch: Host, name: str, component: Any) -> Filling:
    keyed = batch.simulation.slots[name].key
    return KeyedLearned(batch, name, component) if keyed else Learned(batch, name, component)


def _checked_table(given: Mapping[str, Any], name: str) -> Any:
    """The table of a dict ``{"table": array or path, "sha256": …}``; ``ValueError`` if the file has changed."""
    for key in given:
        if key not in ("table", "sha256"):
            raise ValueError(f"unknown entry {key!r} in slot {name}{did_you_mean(key, ('table', 'sha256'))}")
    table, expected = given["table"], given.get("sha256")
    if expected is not None:
        found = hash_of_table(table)
        if found != expected:
            raise ValueError(
                f"{table} has changed: its SHA-256 is {found[:12]}…, expected {str(expected)[:12]}…; restore the table "
                "that was used, or begin a new run with this one"
            )
    return table


def hash_of_table(path: str | Path) -> str:
    """The SHA-256 of a table's file."""
    return hashlib.sha256(read_regular(Path(path), MOST_TABLE)).hexdigest()


def identity_of(given: Any, filling: Filling) -> str:
    """What fills a slot, in a few words that are the same wherever the same fills it."""
    if isinstance(filling, Table):
        return f"table {hashlib.sha256(filling.values.tobytes()).hexdigest()[:16]}"
    if isinstance(filling, (Learned, KeyedLearned)):
        component = filling.component
        return f"{type(component).__name__} {component.fingerprint or 'without a fingerprint'}"
    return str(given)


def examples(slot: Slot) -> tuple[str, ...]:
    """Each kind of filling that needs no component."""
    return ("truth", "raw", "blind", "noisy:0.1", *slot.baselines)


def is_table(given: Any, slot: Slot) -> bool:
    """Whether ``given`` is the path of a table."""
    return slot.read_table is not None and isinstance(given, (str, Path)) and str(given).lower().endswith(".csv")


def is_folder(given: Any, slot: Slot) -> bool:
    """Whether ``given`` is the folder of a component, and none of the names that the slot knows."""
    if isinstance(given, Path):
        return True
    known = (*examples(slot), *slot.tables)
    return isinstance(given, str) and given not in known and given.partition(":")[0] != "noisy"


def _words(slot: Slot) -> str:
    return ", ".join((*NAMED, *slot.baselines, *slot.tables))


def _level(given: str, name: str) -> float:
    try:
        level = float(given.partition(":")[2])
    except ValueError:
        level = -1.0
    if not 0.0 <= level <= 1.0:
        raise ValueError(f"slot {name} cannot be filled with {given!r}; expected noisy:LEVEL with LEVEL 0 … 1")
    return level


def load_component(given: Mapping[str, Any], name: str) -> Any:
    """The component that a dict names: ``component`` (folder) and, if need be, ``fingerprint`` and ``device``."""
    known = ("component", "fingerprint", "device")
    for key in given:
        if key not in known:
            raise ValueError(f"unknown entry {key!r} in slot {name}{did_you_mean(key, known)}")
    if "component" not in given:
        raise ValueError(f"slot {name} was given {dict(given)!r}; expected {{'component': FOLDER}}")
    from ....components.component import Component

    return Component.load(given["component"], given.get("device", "cpu"), given.get("fingerprint"))
