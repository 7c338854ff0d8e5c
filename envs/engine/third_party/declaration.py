"""The checks of what an environment's file declares, made when it is loaded; each mistake is a ``Mistake`` at its line.

Cheap, and asked of every file. What the kernels do wrong is asked of others' files only, see ``lint.py``.
"""

import math
import re
import types
from collections.abc import Mapping
from inspect import Parameter as Argument
from inspect import signature
from typing import Any

import numpy as np

from ....utils.wording import counted, did_you_mean
from ..mistakes import declared_at, innermost, mistake, names_in, place_of, tree_of
from ..roles import Role, roles_of, undeclared
from .declaration_slots import check_slots
from .old_form import check_form, refusal

STABLE_NAME = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+-v\d+", re.ASCII)
KERNEL_NAME = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)  # of a policy, or a rule of a slot, which are typed in commands
NUMBERS = "biufc"  # kinds of dtypes that a field of a record can have
RESERVED = ("randomize", "drift", "threads", "module", "num_envs", "autoreset_mode", "max_episode_steps", "render_mode")


def check_declaration(module: types.ModuleType, simulation: Any) -> None:
    """The parts of ``SIMULATION`` that do not depend on sizes, and that its kernels exist.

    Raises:
        Mistake: one of them is wrong.
    """
    check_form(module)
    if not isinstance(simulation.name, str) or not STABLE_NAME.fullmatch(simulation.name):
        message = f"name is {simulation.name!r}; expected one such as 'acme/Hopper-v0', which snapshots carry"
        raise _wrong(module, message, "name")
    for name in ("terms", "action_names", "invariants"):
        _check_names(module, name, getattr(simulation, name))
    if not simulation.terms:
        raise _wrong(module, "terms is empty; expected a name for each reward term, at least one", "terms")
    _check_numbers(module, simulation)
    _check_kernels(module, simulation)
    _check_policies(module, simulation)
    check_slots(module, simulation)


def _wrong(module: types.ModuleType, message: str, *path: str) -> Exception:
    return mistake(*declared_at(module, *path), message)


def _check_names(module: types.ModuleType, what: str, names: Any) -> None:
    if not isinstance(names, (tuple, list)) or not all(isinstance(name, str) for name in names):
        hint = f"; write ({names!r},)" if isinstance(names, str) else ""
        raise _wrong(module, f"{what} must be a tuple of names, got {names!r}{hint}", what)
    doubled = sorted({name for name in names if list(names).count(name) > 1})
    if doubled and what == "terms":
        raise _wrong(module, f"{what} names {doubled[0]!r} twice; each needs a name of its own", what)


def _check_numbers(module: types.ModuleType, simulation: Any) -> None:
    for key, parameter in simulation.parameters.items():
        _check_range(module, "parameters", key, parameter, "a finite number", math.isfinite)
    for key, size in simulation.sizes.items():
        _check_range(
            module, "sizes", key, size, "a whole number >= 0", lambda value: value == int(value) and value >= 0
        )
    for key, choice in simulation.choices.items():
        if choice.values and choice.default not in choice.values:
            message = f"the default {choice.default!r} of choice {key!r} is none of its values"
            raise _wrong(module, message + did_you_mean(choice.default, choice.values), "choices", key)
    groups = {name: getattr(simulation, name) for name in ("parameters", "sizes", "choices", "slots")}
    seen: dict[str, str] = dict.fromkeys(RESERVED, "a keyword of every environment")
    for group, entries in groups.items():
        for key in entries:
            if key in seen:
                raise _wrong(module, f"{key!r} stands in {group} and is {seen[key]}, too; rename one", group, key)
            seen[key] = f"one of the {group}"
    for pair in simulation.ordered:
        for key in pair:
            if key not in simulation.parameters:
                message = f"ordered names the parameter {key!r}, which is not declared"
                raise _wrong(module, message + did_you_mean(key, simulation.parameters), "ordered")


def _check_range(module: types.ModuleType, group: str, key: str, entry: Any, what: str, fits: Any) -> None:
    word = {"parameters": "parameter", "sizes": "size"}[group]
    for name in ("low", "default", "high"):
        value = getattr(entry, name, None)
        is_number = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)
        endless = group == "parameters" and name != "default" and value in (math.inf, -math.inf)
        if not is_number or not (endless or fits(value)):
            raise _wrong(module, f"{name} of {word} {key!r} must be {what}, got {value!r}", group, key)
    if entry.low > entry.high:
        message = f"{word} {key!r} has low {entry.low:g} above high {entry.high:g}; exchange them"
        raise _wrong(module, message, group, key)
    if not entry.low <= entry.default <= entry.high:
        message = f"the default {entry.default:g} of {word} {key!r} is outside its {entry.low:g} … {entry.high:g}"
        raise _wrong(module, message, group, key)


def _check_kernels(module: types.ModuleType, simulation: Any) -> None:
    groups: dict[tuple[str, ...], Any] = {("heuristics",): simulation.heuristics}
    groups |= {("slots", name, "baselines"): slot.baselines for name, slot in simulation.slots.items()}
    for path, kernels in groups.items():
        _check_group(module, path, kernels)
    roles = roles_of(simulation)
    for role in roles:
        _check_given(module, role)
    if bool(simulation.invariants) != (simulation.invariant is not None):
        if simulation.invariants:
            raise _wrong(
                module,
                "invariants names what must hold, and there is no kernel invariant(s, world, shown, legal); "
                "have both or none",
                "invariants",
            )
        message = "the kernel invariant has nothing to report: SIMULATION.invariants is empty; have both or none"
        raise mistake(*place_of(simulation.invariant), message)
    for role in roles:
        _check_arguments(role)


def _check_policies(module: types.ModuleType, simulation: Any) -> None:
    _check_group(module, ("policies",), simulation.policies)
    for name, policy in simulation.policies.items():
        if not callable(policy) or hasattr(policy, "py_func"):
            raise _wrong(
                module, f"policy {name!r} is {policy!r}; expected a function of a PolicyView", "policies", name
            )
        if name in (*simulation.heuristics, "heuristic", "random"):
            raise _wrong(module, f"{name!r} names another policy, too; rename one", "policies", name)
    if simulation.starts is not None and not callable(simulation.starts):
        message = f"starts is {simulation.starts!r}; expected a function of the world that counts them"
        raise _wrong(module, message, "starts")


def _check_group(module: types.ModuleType, path: tuple[str, ...], kernels: Any) -> None:
    what = f"{path[-1]} of slot {path[1]!r}" if len(path) > 1 else path[-1]
    if not isinstance(kernels, Mapping):
        raise _wrong(module, f"{what} must be a dict {{name: kernel}}, got {kernels!r}", *path)
    for name in kernels:
        if not isinstance(name, str) or not KERNEL_NAME.fullmatch(name):
            message = f"{what} has the name {name!r}; expected letters, digits, - and _: it is typed in commands"
            raise _wrong(module, message, *path, str(name))


def _check_given(module: types.ModuleType, role: Role) -> None:
    if role.kernel is undeclared:
        name = role.path[-1]
        hint = did_you_mean(name, [key for key, value in vars(module).items() if hasattr(value, "py_func")])
        hint = hint if hint.startswith("; did you mean") else ""
        owner = f"slot {role.path[1]!r}" if len(role.path) > 1 else "SIMULATION"
        raise _wrong(module, f"{owner} has no kernel {name}({', '.join(role.arguments)}){hint}", *role.path)
    if not callable(role.kernel):
        raise _wrong(module, f"{role} is {role.kernel!r}; expected a function with @kernel", *role.path)


def _check_arguments(role: Role) -> None:
    kernel, expected, name = role.kernel, role.arguments, role.function
    function = getattr(kernel, "py_func", kernel)
    try:
        arguments = list(signature(function).parameters.values())
    except (TypeError, ValueError):  # nothing that Python can look into
        return
    given = tuple(argument.name for argument in arguments)
    wanted = f"{name}({', '.join(expected)})"
    fits = len([a for a in arguments if a.default is Argument.empty]) <= len(expected) <= len(arguments)
    if not fits and not any(argument.kind == Argument.VAR_POSITIONAL for argument in arguments):
        raise mistake(
            *place_of(kernel), f"{name}({', '.join(given)}) takes {counted(len(given), 'argument')}; expected {wanted}"
        )
    places = {argument: i for i, argument in enumerate(expected)}
    if any(places.get(argument, i) != i for i, argument in enumerate(given[: len(expected)])):
        raise mistake(
            *place_of(kernel), f"{name}({', '.join(given)}) has its arguments in another order; expected {wanted}"
        )


def check_state(module: types.ModuleType, simulation: Any, fields: Any) -> None:
    """What ``state`` returns, the environment's own fields, can be laid out in a record.

    Raises:
        Mistake: an unknown dtype, one that is no number, a name that cannot be a field's.
    """
    place = place_of(simulation.state) if hasattr(simulation.state, "__code__") else declared_at(module, "state")
    if not isinstance(fields, dict):
        raise mistake(
            *place, f"state returned {type(fields).__name__}; expected a dict {{field: dtype or (dtype, shape)}}"
        )
    for name, given in fields.items():
        if not isinstance(name, str) or not name.isidentifier():
            raise mistake(*place, f"the field {name!r} cannot be written as s.{name}; rename it")
        dtype, shape = given if isinstance(given, tuple) and len(given) == 2 else (given, ())
        try:
            resolved = np.dtype(dtype)
            whole = np.dtype((resolved, shape))
        except (TypeError, ValueError, SyntaxError):
            hint = did_you_mean(dtype, DTYPES) if isinstance(dtype, str) else ""
            known = hint if hint.startswith("; did") else '; expected such as "f8", "i8", "u1", "?" or ("f8", (3,))'
            raise mistake(
                *place, f"the field {name!r} has the dtype {given!r}, which NumPy does not know{known}"
            ) from None
        if (
            resolved.kind not in NUMBERS
            or resolved.itemsize > 16
            or resolved in (np.dtype("f2"), np.dtype("longdouble"))
        ):
            message = f"the field {name!r} has the dtype {given!r}; records hold bool, int8 … uint64, float32, float64"
            raise mistake(*place, message)
        if whole.subdtype is not None and resolved.kind == "b":
            raise mistake(*place, f"the field {name!r} is an array of bool, which Numba's records lack; take uint8")


DTYPES = ("bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64")


def told_import(module: str, file: str | None, fault: Exception) -> Exception:
    """``fault``, raised while an environment's file was imported, at its line in the file or in what it imports."""
    old = refusal(file)
    if old is not None:
        return old
    if isinstance(fault, SyntaxError) and fault.filename and fault.lineno:
        return mistake(fault.filename, fault.lineno, f"syntax error: {fault.msg}: `{(fault.text or '').strip()}`")
    frame = innermost(fault, lambda place: place == file) or innermost(fault, lambda place: "importlib" not in place)
    said = " ".join(str(fault).split())
    if isinstance(fault, NameError) and fault.name:
        hint = did_you_mean(fault.name, names_in(tree_of(frame.filename)))
        said += hint if hint.startswith("; did you mean") else ""
    line = frame.lineno or 1
    return mistake(
        frame.filename, line, f"{module} cannot be imported: {type(fault).__name__}: {said} in `{frame.line}`"
    )
