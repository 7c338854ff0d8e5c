"""Environments as they are typed on a command line: ids, perhaps with their modules, and what fills their slots."""

import os
import sys
from collections.abc import Sequence

from ..utils.wording import did_you_mean
from .ids import import_module, import_named

SETTINGS = ("--set {}=…", "--slot {}=…")  # how a parameter is given, and what fills a slot


def environment(id: str) -> str:
    """The id of an environment that was typed as ID or as MODULE:ID, in which case the module is imported.

    Raises:
        ValueError: there is no such module or id.
    """
    if ":" in id:
        _look_here()
    return import_named(id)


def import_all(modules: Sequence[str]) -> None:
    """Import what --import names; ``ValueError`` if something cannot be."""
    if modules:
        _look_here()
    for module in modules:
        import_module(module)


def _look_here() -> None:
    """Have modules found in the folder one stands in, as `python` does and a console script does not.

    Last of all places, so that no file there takes the place of a library, and only for what is typed: what lies in a
    folder that is merely read is never looked for.
    """
    here = os.getcwd()
    if here not in sys.path:
        sys.path.append(here)


def slot_fillings(pairs: Sequence[str]) -> dict[str, str]:
    """``("perception=models/garments",)`` as a dict from slots to what fills them."""
    result = {}
    for pair in pairs:
        name, equals, filling = pair.partition("=")
        if not equals or not name or not all(filling.split(",")):
            raise ValueError(f"--slot takes NAME=FILLING, such as perception=truth, got {pair!r}")
        result[name] = filling
    return result


def check_slots(id: str, names: Sequence[str]) -> None:
    """``ValueError`` unless the environment has all these slots."""
    from .make import slots_of  # takes a second, and no help needs it

    known = slots_of(id)
    for name in names:
        if name not in known:
            raise ValueError(f"{id} has no slot {name!r}{did_you_mean(name, known)}")
