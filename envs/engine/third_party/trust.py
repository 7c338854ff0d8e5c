"""The trust in environment files: compiled without checks are our own, and those that `ludus check` has passed as is.

A kernel that writes beyond an array corrupts memory, silently. So a file from elsewhere is compiled with checks until
``ludus check ID`` has found nothing in it. There is a verdict for each choice of sizes that was played. It lies in the
user's cache under the fingerprint of what was declared then (`declared.py`) and Numba's version: after an edit it is
about another file. LUDUS_UNCHECKED=1 believes every file; whoever sets it vouches for them.
"""

import contextlib
import json
import logging
import os
import shlex
import types
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numba

from ....utils.files import write_atomically
from ..mistakes import is_ours, shown_name
from ..simulation import Simulation
from .declared import Declared, fingerprint

SLOWER = "a step takes 2 to 10 times as long"  # measured: docs/third-party.md

_tried: set[Path] | None = None  # inside `with_checks`, where the verdicts about what was made there would lie
_told: set[tuple[str, str]] = set()  # files, and sizes, about which a person knows


@contextlib.contextmanager
def with_checks() -> Iterator[set[Path]]:
    """Environments that are made inside are compiled with checks, our own too, whatever is known of them.

    Yields the paths of verdicts about those of them that are somebody else's, for ``write_verdict``.
    """
    global _tried
    before = _tried
    _tried = set() if before is None else before
    try:
        yield _tried
    finally:
        _tried = before


def needs_checks(module: types.ModuleType, simulation: Simulation, made: Declared) -> bool:
    """Whether the environment of this file is to be compiled with checks, in the sizes of ``made``."""
    if is_ours(module.__file__):
        return _tried is not None
    if _tried is not None:
        _tried.add(verdict_path(module, simulation, made))
        return True
    return not is_unchecked() and not verdict_path(module, simulation, made).is_file()


def is_unchecked() -> bool:
    """What LUDUS_UNCHECKED says.

    Raises:
        ValueError: neither 0 nor 1.
    """
    given = os.environ.get("LUDUS_UNCHECKED", "")
    if given not in ("", "0", "1"):
        raise ValueError(f"LUDUS_UNCHECKED must be 1 or 0, got {given!r}")
    return given == "1"


def verdict_path(module: types.ModuleType, simulation: Simulation, made: Declared) -> Path:
    """Where the verdict about a file as it is now lies, in the sizes of ``made``, if there is one."""
    from ....data.datasets import cache_folder  # here: our own environments need none of it

    return cache_folder() / "verdicts" / f"{fingerprint(module, simulation, made)}-numba-{numba.__version__}.json"


def write_verdict(tried: set[Path], module: types.ModuleType, found: dict[str, Any]) -> None:
    """Remember that the file may be compiled without checks as ``with_checks`` has seen it, in the sizes ``tried``.

    ``found`` is kept for a person to read.
    """
    data = json.dumps({"file": module.__file__, **found}, indent=1).encode() + b"\n"
    for path in sorted(tried):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, data)


def tell_once(module: types.ModuleType, simulation: Simulation, sizes: Mapping[str, Any]) -> None:
    """Say, once in a process, that a file's environments of these sizes are compiled with checks."""
    file = module.__file__ or module.__name__
    defaults: dict[str, Any] = {**simulation.sizes, **simulation.choices}
    others = {name: value for name, value in sizes.items() if value != defaults[name].default}
    settings = "".join(f" --set {shlex.quote(f'{name}={value}')}" for name, value in others.items())
    if _tried is not None or (file, settings) in _told:
        return
    _told.add((file, settings))
    logging.getLogger("ludus").warning(
        "ludus: %s is compiled with checks, with which %s; after `ludus check ID%s` has passed it is not",
        shown_name(file),
        SLOWER,
        settings,
    )
