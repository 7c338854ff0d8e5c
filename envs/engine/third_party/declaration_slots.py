"""The checks of what slots declare: when they are filled, what decides their signals, what measures them."""

import types
from collections.abc import Mapping
from typing import Any

import numpy as np

from ....utils.wording import did_you_mean
from ..mistakes import declared_at, mistake
from ..slots.measures import MEASURES

SURE = ("step", "reset")  # what `refresh` may be beside an integer field


def check_slots(module: types.ModuleType, simulation: Any) -> None:
    """The parts of slots that do not depend on sizes.

    Raises:
        Mistake: one of them is wrong.
    """
    for name, slot in simulation.slots.items():

        def wrong(message: str, entry: str, name: str = name) -> Exception:
            return mistake(*declared_at(module, "slots", name, entry), f"slot {name!r}: {message}")

        if not isinstance(slot.refresh, str):
            raise wrong(
                f"refresh is {slot.refresh!r}; expected step, reset, or the name of an integer field", "refresh"
            )
        if bool(slot.key) != (slot.keys is not None):
            raise wrong(
                "has one of key and keys without the other; give both: the field, and how many there are", "key"
            )
        needs_key = {"tables": slot.tables, "read_table": slot.read_table, "noise_correlation": slot.noise_correlation}
        for entry, given in needs_key.items():
            if given not in (None, {}) and not slot.key:
                raise wrong(f"{entry} is of keyed slots only; give the slot a key, or leave it out", entry)
        if not isinstance(slot.now, str):
            raise wrong(f"now is {slot.now!r}; expected the name of an integer field", "now")
        rho = slot.noise_correlation
        if rho is not None and not (isinstance(rho, (int, float)) and -1.0 < rho < 1.0):
            raise wrong(f"noise_correlation is {rho!r}; expected a number between -1 and 1", "noise_correlation")
        for entry in ("layout", "estimate", "keys", "read_table"):
            if getattr(slot, entry) is not None and not callable(getattr(slot, entry)):
                raise wrong(f"{entry} is {getattr(slot, entry)!r}; expected a function", entry)
        if not isinstance(slot.tables, Mapping) or not all(map(callable, slot.tables.values())):
            raise wrong("tables must be a dict {name: function of the world}", "tables")
        twice = sorted({*slot.tables} & {*slot.baselines, "truth", "raw", "blind", "noisy"})
        if twice:
            raise wrong(f"{twice[0]!r} names a table and another filling, too; rename one", "tables")
        for measure in slot.measures:
            if measure not in MEASURES:
                raise wrong(f"unknown measure {measure!r}{did_you_mean(str(measure), MEASURES)}", "measures")


def check_slot_fields(module: types.ModuleType, simulation: Any, dtype: np.dtype) -> None:
    """That the fields which slots name are integers of a record of ``dtype``; a ``Mistake`` otherwise."""
    for name, slot in simulation.slots.items():
        for entry, field in (("refresh", slot.refresh), ("key", slot.key), ("now", slot.now)):
            if field in ("", *SURE):
                continue
            whole = [key for key in dtype.names or () if dtype[key].kind in "iu" and not dtype[key].shape]
            if field not in whole:
                hint = did_you_mean(field, [*SURE, *whole] if entry == "refresh" else whole)
                raise mistake(
                    *declared_at(module, "slots", name, entry),
                    f"slot {name!r}: {entry} is {field!r}, no integer field of the record{hint}",
                )
