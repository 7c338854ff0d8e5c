"""Mutants of an environment's rules: every place where its kernels can be changed.

A mutant is the environment's file, or a module beside it or in its folder that holds a part of its rules, with one
comparison, operator, number or negation replaced.
"""

import ast
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from ..engine.simulation import Simulation

RULES = ("reset", "step", "observe", "mask")  # the kernels whose changes the tests must notice
SWAPS = {
    ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "==", ast.And: "or", ast.Or: "and",
    ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.FloorDiv: "%", ast.Mod: "//",
}  # fmt: skip
SYMBOLS = {
    ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=", ast.And: "and", ast.Or: "or",
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%",
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One change of a text: the bytes ``start`` … ``end`` become others."""

    place: str  # the function or constant in which it lies; of a module beside the environment's file: MODULE.NAME
    digest: str  # of that function's code: an edit elsewhere in the file leaves it
    number: int  # among the mutants of its place
    line: int
    start: int
    end: int
    was: str
    becomes: str

    @property
    def key(self) -> tuple[str, str, int]:
        return self.place, self.digest, self.number

    @property
    def module(self) -> str:
        """The module beside the environment's file in which it lies; "" for that file itself."""
        return self.place.rpartition(".")[0]

    @property
    def order(self) -> tuple[str, int]:
        """Where it stands: the environment's file first, from the top."""
        return self.module, self.start

    def apply(self, source: str) -> str:
        data = source.encode()
        return (data[: self.start] + self.becomes.encode() + data[self.end :]).decode()


def siblings_of(file: Path) -> dict[str, str]:
    """The texts of the modules that may hold a part of the rules of the environment's ``file``, by their names.

    Those beside it that are named after it, ``NAME_PART.py``; of a package, whose file is ``__init__.py``, all in its
    folder.
    """
    pattern = "*.py" if file.name == "__init__.py" else f"{file.stem}_*.py"
    return {path.stem: path.read_text("utf-8") for path in sorted(file.parent.glob(pattern)) if path != file}


def rules_of(simulation: Simulation, file: Path) -> tuple[str, ...]:
    """The functions of the kernels in ``RULES``: NAME where they stand in ``file``, MODULE.NAME where beside it."""
    names = []
    for kernel in filter(None, (getattr(simulation, rule) for rule in RULES)):
        code = getattr(kernel, "py_func", kernel).__code__
        path = Path(code.co_filename).resolve()
        if path.parent == file.parent:
            names.append(code.co_name if path == file else f"{path.stem}.{code.co_name}")
    return tuple(names)


def find_mutants(
    source: str,
    kernels: tuple[str, ...] = RULES,
    siblings: Mapping[str, str] = MappingProxyType({}),
    package: str = "",
) -> list[Mutant]:
    """All mutants of ``kernels``, of the functions that they call, and of the constants that these read.

    Those lie in the environment's file, whose text is ``source``, or in a module beside it that holds a part of its
    rules: ``siblings`` has the texts of these modules by their names.

    Args:
        kernels: NAME in the file, or MODULE.NAME in a sibling.
        package: The dotted name under which the siblings are imported, where not by ``from .``.
    """
    modules = {name: _Module(text, package) for name, text in {"": source, **siblings}.items()}
    reached: dict[tuple[str, str], ast.stmt] = {}
    places = [(module, name) for module, _, name in (kernel.rpartition(".") for kernel in kernels)]
    queue = [(module, name) for module, name in places if module in modules and name in modules[module].definitions]
    while queue:
        module, name = queue.pop(0)
        node = modules[module].definitions[name]
        if node in reached.values():
            continue
        reached[module, name] = node
        for found in sorted(modules[module].read_in(module, node)):
            if found[0] in modules and found[1] in modules[found[0]].definitions:
                queue.append(found)
    mutants = []
    for (module, name), node in reached.items():
        text = modules[module].text
        place = f"{module}.{name}" if module else name
        digest = hashlib.sha256(ast.unparse(node).encode()).hexdigest()[:8]
        changes = sorted(_changes(node, text), key=lambda change: change[:2])
        for number, (start, end, becomes) in enumerate(changes):
            data = text.encode()
            was, line = data[start:end].decode(), data[:start].count(b"\n") + 1
            mutants.append(Mutant(place, digest, number, line, start, end, was, becomes))
    return sorted(mutants, key=lambda mutant: mutant.order)


class _Module:
    """The functions and constants of a text, and what it has from modules beside it."""

    def __init__(self, text: str, package: str) -> None:
        self.text, tree = text, ast.parse(text)
        self.modules: dict[str, str] = {}  # name here -> module: from . import constants
        self.definitions: dict[str, ast.stmt] = {}
        self.imported: dict[str, tuple[str, str]] = {}  # name here -> module, name there
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                self.definitions[node.name] = node
            elif isinstance(node, (ast.Assign, ast.AnnAssign)):
                for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
                    names = (part.id for part in ast.walk(target) if isinstance(part, ast.Name))
                    self.definitions.update(dict.fromkeys(names, node))
            elif isinstance(node, ast.ImportFrom):
                beside = _beside(node, package)
                there = {alias.asname or alias.name: alias.name for alias in node.names}
                if beside:
                    self.imported.update({name: (beside, other) for name, other in there.items()})
                elif beside is not None:
                    self.modules.update(there)

    def read_in(self, module: str, node: ast.stmt) -> set[tuple[str, str]]:
        """(module, name) of what ``node``, in this ``module``, reads; local names, too."""
        found = set()
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Load):
                found.add(self.imported.get(part.id, (module, part.id)))
            elif isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id in self.modules:
                found.add((self.modules[part.value.id], part.attr))
        return found


def _beside(node: ast.ImportFrom, package: str) -> str | None:
    """The module beside the file from which ``node`` imports; "" where it imports such modules; None: an other."""
    if node.level == 1:
        return node.module or ""
    if node.level == 0 and package and f"{node.module}.".startswith(f"{package}."):
        return str(node.module)[len(package) + 1 :]
    return None


def _changes(node: ast.AST, source: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, new text) of every change inside ``node``, in bytes of ``source``."""
    data = source.encode()
    begins = [0]
    for text in data.splitlines(keepends=True):
        begins.append(begins[-1] + len(text))

    def start(part: ast.expr) -> int:
        return begins[part.lineno - 1] + part.col_offset

    def end(part: ast.expr) -> int:
        return begins[(part.end_lineno or 0) - 1] + (part.end_col_offset or 0)

    def operator(kind: type, left: int, right: int, suffix: str = "") -> Iterator[tuple[int, int, str]]:
        if kind in SWAPS:
            at = data.index((SYMBOLS[kind] + suffix).encode(), left, right)
            yield at, at + len(SYMBOLS[kind]), SWAPS[kind]

    types = {id(part) for annotation in _annotations(node) for part in ast.walk(annotation)}  # no rule stands in them
    for part in ast.walk(node):
        if id(part) in types:
            continue
        if isinstance(part, ast.Compare):
            sides = [part.left, *part.comparators]
            for kind, left, right in zip(part.ops, sides, sides[1:], strict=False):
                yield from operator(type(kind), end(left), start(right))
        elif isinstance(part, ast.BoolOp):
            for left, right in zip(part.values, part.values[1:], strict=False):
                yield from operator(type(part.op), end(left), start(right))
        elif isinstance(part, ast.BinOp):
            yield from operator(type(part.op), end(part.left), start(part.right))
        elif isinstance(part, ast.AugAssign):
            yield from operator(type(part.op), end(part.target), start(part.value), suffix="=")
        elif isinstance(part, ast.UnaryOp) and isinstance(part.op, (ast.USub, ast.Not)):
            sign = "not" if isinstance(part.op, ast.Not) else "-"
            yield start(part), start(part) + len(sign), ""
        elif isinstance(part, ast.Constant):
            yield from ((start(part), end(part), text) for text in _other_values(part.value))


def _annotations(node: ast.AST) -> Iterator[ast.expr]:
    for part in ast.walk(node):
        for field in ("annotation", "returns"):
            if (annotation := getattr(part, field, None)) is not None:
                yield annotation


def _other_values(value: object) -> list[str]:
    """What may stand in the place of a number or a truth; never the same value, which would be the same program."""
    if isinstance(value, bool):
        return [str(not value)]
    if not isinstance(value, (int, float)):
        return []
    others = [value + 1]
    if value == 1:
        others.append(value - 1)
    if isinstance(value, float) and value != 0.0:
        others.append(-value)
    # 1e30 + 1 is 1e30.
    return [repr(other) if other >= 0 else f"({other!r})" for other in others if other != value]
