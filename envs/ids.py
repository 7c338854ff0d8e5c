"""Environment ids: their registrations, and the modules that make a third party's known.

Only who runs a program, on its command line or in its code, may have a module imported: ``import_named`` and
``import_module``. What stands in a file (a run's config.yaml, a recipe, a recording) goes through ``check_registered``,
which imports nothing and says what is missing.
"""

import importlib

import gymnasium
from gymnasium.envs.registration import EnvSpec

from ..utils.wording import did_you_mean

ALWAYS = ("ludus", "gymnasium", "gymnasium.envs")  # modules whose ids are known to every process
_imported_for: dict[str, str] = {}  # id -> the module that made it known, where we imported it


def find_spec(id: str) -> EnvSpec:
    """The registration of ``id``; imports nothing.

    Raises:
        ValueError: there is none; with the nearest known id.
    """
    if id in gymnasium.registry:
        return gymnasium.registry[id]
    if ":" in id:
        raise ValueError(f"{id!r} names a module, which is not imported here; import it, then use the id without it")
    try:
        return gymnasium.spec(id)  # knows other versions
    except gymnasium.error.Error:
        known = [name for name in gymnasium.registry if name.startswith("ludus/")]
        others = did_you_mean(id, gymnasium.registry)
        hint = others if others.startswith("; did you mean") else did_you_mean(id, known)
        if not hint.startswith("; did you mean"):
            hint += "; any other id that Gymnasium knows will do, and MODULE:ID for one that a module registers"
        raise ValueError(f"unknown environment {id!r}{hint}") from None


def is_ludus(spec: EnvSpec) -> bool:
    """Whether the environment is a file of kernels (ours, or a third party's made with ``ludus.register``)."""
    return spec.vector_entry_point == "ludus.envs.engine.vector:VectorEnv"


def import_named(id: str) -> str:
    """``MODULE:ID`` -> ``ID``, once that module is imported; any other id as it is registered.

    For what a person types or a program says, never for what was read from a file.

    Raises:
        ValueError: the module cannot be imported, with the reason; or the id is none that is registered then.
    """
    module, colon, rest = id.partition(":")
    if not colon or id in gymnasium.registry:
        return find_spec(id).id
    import_module(module, f"the module of {id!r} cannot be imported: {{}}; expected MODULE:ID")
    known = find_spec(rest).id
    if module not in ALWAYS:
        _imported_for.setdefault(known, module)
    return known


def import_module(module: str, refusal: str = "") -> None:
    """Import a third party's module, and remember which ids it makes known.

    Args:
        refusal: The message if that fails, with ``{}`` for the reason.

    Raises:
        ValueError: it cannot be imported.
    """
    before = set(gymnasium.registry)
    try:
        importlib.import_module(module)
    except (Exception, SystemExit) as fault:  # a third party's code may raise anything
        from .engine.third_party.old_form import refusal_of

        known = isinstance(fault, (ImportError, ValueError))
        why = str(refusal_of(fault) or (fault if known else f"{type(fault).__name__}: {fault}"))
        raise ValueError((refusal or f"--import {module}: it cannot be imported: {{}}").format(why)) from fault
    if module not in ALWAYS:
        _imported_for.update(dict.fromkeys(set(gymnasium.registry) - before, module))


def module_of(id: str) -> str:
    """The module that made ``id`` known, where ``import_named`` or ``import_module`` imported it; else empty."""
    return _imported_for.get(id, "")


def import_option(module: str) -> str:
    """What a command needs besides, where an environment comes from ``module``: `` --import MODULE``, or nothing."""
    return f" --import {module}" if module else ""


def full_id(id: str) -> str:
    """``id`` as a command of its own takes it: with its module, if that had to be imported."""
    return f"{module_of(id)}:{id}" if module_of(id) else id


def check_entries(env: str, module: str) -> None:
    """``ValueError`` unless these entries of a file are an id without a module, and the name of one or nothing."""
    if ":" in env:  # Gymnasium would import what stands before it
        raise ValueError(f"{env!r} names a module before the id, which would be imported; expected an id alone")
    if module and not all(part.isidentifier() for part in module.split(".")):
        raise ValueError(f"module must be the name of a Python module, such as acme.hopper, got {module!r}")


def check_registered(id: str, module: str, source: str) -> None:
    """``ValueError`` unless the ``id`` that ``source`` says (a file, with a verb) is registered; imports nothing.

    Args:
        module: What had to be imported for it where the file was written; empty for nothing. It is not imported here:
            else whoever wrote the file would decide what runs.
    """
    try:
        check_entries(id, module)
        find_spec(id)
    except ValueError as fault:
        if module:
            raise ValueError(
                f"{source} {id!r}, which comes from the module {module}; no file has a module imported by naming it: "
                f"if you trust that one, add --import {module} (in Python: import {module} first)"
            ) from None
        raise ValueError(
            f"{source} {id!r}, which is not registered here: {fault}; or, where a module registers it, add "
            "--import MODULE (in Python: import it first)"
        ) from None
