"""The way from an environment's file to what a batch of it is made of, with everything in it looked at that can be."""

import types
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from gymnasium import Space

from ..compile.loops import Checks, Driver, compile_driver
from ..mistakes import declared_at, innermost, is_ours, mistake, place_of
from ..records import record_dtype
from ..roles import Kernel
from ..simulation import Simulation
from . import trust
from .declaration import check_state
from .declaration_names import check_observation_names
from .declaration_slots import check_slot_fields
from .declaration_spaces import check_spaces
from .declared import Declared

# What a file's own function raises by mistake; anything else it says on purpose.
SLIPS = (TypeError, NameError, AttributeError, LookupError, ArithmeticError, AssertionError)


def declared(
    module: types.ModuleType, simulation: Simulation, sizes: Mapping[str, Any], spans: Mapping[str, tuple[float, float]]
) -> Declared:
    """Ask the file's functions, and look at what they return.

    Raises:
        Mistake: spaces that kernels cannot serve, a record that cannot be laid out, a world that is none.
    """
    third_party = not is_ours(module.__file__)
    pair = _ask(module, "spaces", third_party, lambda: simulation.spaces_for(sizes, spans))
    check_spaces(module, simulation, dict(sizes), pair)
    naming = simulation.names
    if naming is not None:
        names = _ask(module, "names", third_party, lambda: naming(**sizes))
        check_observation_names(_place(module, naming, "names"), names, pair[0])
    check_state(module, simulation, _ask(module, "state", third_party, lambda: simulation.state(**sizes)))
    try:
        dtype = record_dtype(simulation, sizes)
    except ValueError as fault:  # two fields of one name, or one that NumPy has
        raise mistake(*_place(module, simulation.state, "state"), str(fault)) from None
    check_slot_fields(module, simulation, dtype)
    world = _ask(module, "world", third_party, lambda: simulation.world(**sizes))
    place = _place(module, simulation.world, "world")
    if not isinstance(world, tuple) or not hasattr(world, "_fields"):
        raise mistake(*place, f"world returned {type(world).__name__}; expected a NamedTuple of arrays")
    for name, array in zip(world._fields, world, strict=True):
        if not isinstance(array, np.ndarray) or array.dtype.hasobject:
            came = f"an array of {array.dtype}" if isinstance(array, np.ndarray) else type(array).__name__
            raise mistake(*place, f"world.{name} is {came}; expected an array of numbers")
        array.flags.writeable = False
    return Declared(dict(sizes), pair[0], pair[1], world, dtype)


def _place(module: types.ModuleType, function: Any, name: str) -> tuple[str | None, int]:
    return place_of(function) if hasattr(function, "__code__") else declared_at(module, name)


def _ask(module: types.ModuleType, name: str, third_party: bool, ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except SLIPS as fault:
        frame = innermost(fault, lambda file: not is_ours(file) and "site-packages" not in file)
        if not third_party:
            raise
        file, line = (frame.filename, frame.lineno) if frame else declared_at(module, name)
        said = f"{type(fault).__name__}: {fault}"
        raise mistake(file, line, f"{name} of the environment fails: {said}") from None


def admit(module: types.ModuleType, simulation: Simulation, made: Declared, in_python: bool = False) -> Driver:
    """The driver of an environment, with checks where its file needs them, or interpreted (``in_python``).

    Raises:
        Mistake: a kernel holds what can be told to be wrong before it is compiled.
    """
    checked, key = trust.needs_checks(module, simulation, made), (module.__name__, made.layout)
    if checked and key not in _linted and not is_ours(module.__file__):
        from .lint import lint  # here and below: our own environments need none of it

        lint(module, simulation, made)
        _linted.add(key)
    return compile_driver(module, simulation, made.layout, Checks(_strict_compiler, _guard), checked, in_python)


def _strict_compiler() -> type:
    from .stores import StrictCompiler  # here and below: it loads all of Numba's compiler, 70 ms

    return StrictCompiler


def _guard(*loop: Any) -> Callable:
    from .checked import guarded

    return guarded(*loop)


_linted: set[tuple[str, str]] = set()  # modules, and their layouts


def watch_slot(loop: Any, module: types.ModuleType, kernel: Kernel, is_rule: bool, space: Any) -> Callable:
    """``loop`` over a slot's ``kernel``, looked at as ``watch`` does; ``space``: of what it writes."""
    if not hasattr(loop, "retell") or is_ours(module.__file__):
        return loop
    from .writes import Fills

    demand = Fills(kernel, is_rule, space)
    return lambda *arguments: loop.run(arguments, demand)


def watch_restart(restart: Any, module: types.ModuleType, simulation: Simulation, space: Space) -> Callable:
    """The loop ``restart``, looked at as ``watch`` does; ``space``: of an observation."""
    if not hasattr(restart, "retell") or is_ours(module.__file__):
        return restart
    from .writes import Writes

    demand = Writes(simulation, space).restarted
    return lambda *arguments: restart.run(arguments, demand)


def watch(drive: Any, module: types.ModuleType, simulation: Simulation, made: Declared) -> None:
    """Look at what ``drive`` writes, if it is checked and the file is not ours."""
    if hasattr(drive, "demand") and not is_ours(module.__file__):
        from .writes import Writes

        drive.demand = Writes(simulation, made.observation_space)
        trust.tell_once(module, simulation, made.sizes)
