"""Which environment files are compiled without checks: our own, and those that `ludus check` has passed as they are.

A kernel that writes beyond an array corrupts memory, silently. So a file from elsewhere is compiled with checks until
``ludus check ID`` has found nothing in it. That verdict lies in the user's cache under a hash of every source, number
and table that the file's kernels and spaces depend on, the engine's included, and Numba's version: after an edit it is
about another file. LUDUS_UNCHECKED=1 believes every file; whoever sets it vouches for them.
"""

import contextlib
import json
import logging
import os
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numba

from ....files import write_atomically
from .. import driver, kernels, loops
from ..binding import hash_sources
from ..simulation import Simulation
from .declaration import kernels_of
from .mistakes import is_ours

SLOWER = "a step takes 2 to 10 times as long"  # measured: docs/third-party.md

_forced = False  # inside `with_checks`
_told: set[str] = set()  # files about which a person knows
_hashes: dict[str, tuple[Simulation, int]] = {}


@contextlib.contextmanager
def with_checks() -> Iterator[None]:
    """Environments that are made inside are compiled with checks, our own too, whatever is known of them."""
    global _forced
    before, _forced = _forced, True
    try:
        yield
    finally:
        _forced = before


def needs_checks(module: types.ModuleType, simulation: Simulation) -> bool:
    """Whether the environment of this file is to be compiled with checks."""
    if _forced or is_ours(module.__file__):
        return _forced
    return not is_unchecked() and not verdict_path(module, simulation).is_file()


def is_unchecked() -> bool:
    """What LUDUS_UNCHECKED says.

    Raises:
        ValueError: neither 0 nor 1.
    """
    given = os.environ.get("LUDUS_UNCHECKED", "")
    if given not in ("", "0", "1"):
        raise ValueError(f"LUDUS_UNCHECKED must be 1 or 0, got {given!r}")
    return given == "1"


def verdict_path(module: types.ModuleType, simulation: Simulation) -> Path:
    """Where the verdict about an environment file lies as the file is now, if there is one."""
    from ....datasets import cache_folder  # here: our own environments need none of it

    known, number = _hashes.get(module.__name__, (None, 0))
    if known is not simulation:
        declared: dict[str, Any] = {"state": simulation.state, "spaces": simulation.spaces, "world": simulation.world}
        for name, slot in simulation.slots.items():
            declared |= {f"{name}.raw": slot.raw, f"{name}.truth": slot.truth}
        number = hash_sources(
            {**kernels_of(module, simulation), **declared},
            *(str(part.__file__) for part in (module, driver, kernels, loops)),
        )
        _hashes[module.__name__] = simulation, number
    return cache_folder() / "verdicts" / f"{number:014x}-numba-{numba.__version__}.json"


def write_verdict(module: types.ModuleType, simulation: Simulation, found: dict[str, Any]) -> Path:
    """Remember that the file, as it is now, may be compiled without checks; ``found`` is kept for a person to read."""
    path = verdict_path(module, simulation)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps({"file": module.__file__, **found}, indent=1).encode() + b"\n")
    return path


def tell_once(module: types.ModuleType) -> None:
    """Say, once in a process, that a file's environments are compiled with checks."""
    file = module.__file__ or module.__name__
    if _forced or file in _told:
        return
    _told.add(file)
    logging.getLogger("ludus").warning(
        "ludus: %s is compiled with checks, with which %s; after `ludus check ID` has passed it is not",
        Path(file).name,
        SLOWER,
    )
