"""The refusal of environment files of the old form, whose kernels stood under fixed names beside the declaration.

Told from the source alone, so that a file is refused in the same words whether or not it can be imported.
"""

import ast
import types
from collections.abc import Iterator
from typing import NamedTuple

from ..mistakes import (
    Mistake,
    assigned,
    declared_at,
    followed,
    innermost,
    is_ours,
    mistake,
    names_in,
    parts_of,
    tree_of,
)

REQUIRED = ("reset", "step", "observe")
# Fields of Simulation by the names that their kernels had.
FIELDS = {name: name for name in (*REQUIRED, "mask")} | {
    "draw": "render",
    "heuristic": "heuristic",
    "invariant": "invariant",
}
MOVED = {f"ludus.envs.engine.{name}": f"ludus.envs.engine.math.{name}" for name in ("powers", "sines", "trigonometry")}


class _Form(NamedTuple):
    """What a file's source says of its kernels."""

    is_old: bool
    simulation: list[str]  # keywords to add to Simulation(…)
    slots: dict[str, list[str]]  # keywords to add to a slot, by its name; or, for `sight`, what replaces it
    imports: list[str]


def check_form(module: types.ModuleType) -> None:
    """Nothing for a file of today's form.

    Raises:
        Mistake: it is of the old one; with each rename that it needs.
    """
    text = _told(tree_of(module.__file__))
    if text:
        raise mistake(*declared_at(module), text)


def refusal(file: str | None) -> Mistake | None:
    """What is to be said of ``file``, which could not be imported, if it is of the old form."""
    tree = tree_of(file)
    text = _told(tree)
    node = assigned(tree, "SIMULATION")
    return mistake(file, node.lineno, text) if text and node is not None else None


def refusal_of(fault: BaseException) -> Mistake | None:
    """The same for the file in which ``fault`` was raised while it was imported."""
    frame = innermost(fault, lambda file: not is_ours(file) and "importlib" not in file)
    return refusal(frame.filename) if frame else None


def _told(tree: ast.Module | None) -> str:
    form = _form_of(tree)
    if not form.is_old:
        return ""
    said = [f"add {', '.join(form.simulation)}"] if form.simulation else []
    said += [f"of slot {name!r}: {', '.join(words)}" for name, words in form.slots.items() if words]
    said += form.imports
    return f"kernels are fields of Simulation(…) now: {'; '.join(said)}"


def _form_of(tree: ast.Module | None) -> _Form:
    node = assigned(tree, "SIMULATION")
    if not isinstance(node, ast.Call) or any(word.arg is None for word in node.keywords):
        return _Form(False, [], {}, [])
    bound, given = set(names_in(tree)), dict(parts_of(node))
    missing = {old: new for old, new in FIELDS.items() if old in bound and new not in given}
    simulation = [f"{new}={old}" for old, new in missing.items()]
    policies = _names(followed(tree, given.get("heuristics")))
    if policies:
        simulation.append(f"heuristics={_mapping({name: f'heuristic_{name}' for name in policies})}")
    slots = {}
    for name, slot in parts_of(followed(tree, given.get("slots"))):
        words = _words_of_slot(tree, name, followed(tree, slot), bound)
        if words:
            slots[name] = words
    is_old = bool(set(REQUIRED) & set(missing) or policies or slots)
    return _Form(is_old, simulation, slots, list(_imports(tree)))


def _words_of_slot(tree: ast.Module | None, name: str, slot: ast.expr | None, bound: set[str]) -> list[str]:
    if not isinstance(slot, ast.Call):
        return []
    if isinstance(slot.func, ast.Name) and slot.func.id == "sight":
        spaces, *width = (ast.unparse(part) for part in (*slot.args, *(word.value for word in slot.keywords)))
        kernels = f"render=draw, observe=observe{''.join(f', width={part}' for part in width)}"
        return [f"vision_slot({spaces}, {kernels}) instead of sight(…)"]
    given = dict(parts_of(slot))
    names = {"sense": f"sense_{name}", "tell": f"truth_{name}"}
    words = [f"{field}={old}" for field, old in names.items() if old in bound and field not in given]
    rules = _names(followed(tree, given.get("baselines")))
    if rules:
        words.append(f"baselines={_mapping({rule: f'baseline_{name}_' + rule.replace('-', '_') for rule in rules})}")
    return words


def _mapping(names: dict[str, str]) -> str:
    return "{" + ", ".join(f'"{name}": {kernel}' for name, kernel in names.items()) + "}"


def _names(node: ast.expr | None) -> list[str]:
    """The texts of a tuple or a list of texts."""
    if not isinstance(node, (ast.Tuple, ast.List)):
        return []
    return [str(part.value) for part in node.elts if isinstance(part, ast.Constant)]


def _imports(tree: ast.Module | None) -> Iterator[str]:
    """What is to be imported otherwise."""
    for node in tree.body if tree else []:
        if isinstance(node, ast.ImportFrom) and node.module in MOVED:
            yield f"import from {MOVED[node.module]} instead of {node.module}"
