"""Mistakes in an environment's file: one line each, that begins with the file's name and the line's number."""

import ast
import functools
import os
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

HOME = str(Path(__file__).resolve().parents[1]) + os.sep  # envs/: its files are checked before they are released
# Compiled loops claim to stand in an environment's file, for the cache's sake; where it matters, from this line on.
LOOP_LINES = 1_000_000


def is_ours(file: str | None) -> bool:
    """Whether a source file is one of Ludus' own environments, or of the engine under them."""
    return os.path.realpath(file or "").startswith(HOME)


class Mistake(ValueError):
    """What an environment's file does wrong, as ``hopper.py:41: what came; what was expected``."""


def mistake(file: str | os.PathLike | None, line: int, message: str) -> Mistake:
    """A ``Mistake`` in ``line`` of ``file``."""
    return Mistake(f"{shown_name(file)}:{line}: {message}")


def shown_name(file: str | os.PathLike | None) -> str:
    """What a person calls a source file: its name, and that of its folder where it is a package's ``__init__.py``."""
    path = Path(file or "?")
    return f"{path.parent.name}/{path.name}" if path.name == "__init__.py" else path.name


def files_of(module: types.ModuleType) -> list[str]:
    """The source files of an environment: the one of its module; of a package all that lie in its folder."""
    file = str(module.__file__)
    if not hasattr(module, "__path__"):
        return [file]
    return sorted(str(path) for path in Path(file).parent.glob("*.py"))


@functools.lru_cache(maxsize=64)
def _parsed(file: str, stamp: tuple[int, int]) -> ast.Module | None:
    try:
        return ast.parse(Path(file).read_bytes())
    except (SyntaxError, ValueError):  # edited since it was imported
        return None


def tree_of(file: str | None) -> ast.Module | None:
    """The syntax of a source file, parsed once; None where there is none to read."""
    try:
        status = os.stat(file or "")
        return _parsed(file or "", (status.st_mtime_ns, status.st_size))
    except OSError:
        return None


def syntax_of(function: types.FunctionType) -> ast.FunctionDef | None:
    """The definition of ``function`` in its file; None for a lambda, or where there is no file to read."""
    code = function.__code__
    for node in ast.walk(tree_of(code.co_filename) or ast.Module([], [])):
        if isinstance(node, ast.FunctionDef) and node.name == code.co_name:
            first = min([node.lineno, *(mark.lineno for mark in node.decorator_list)])
            if first == code.co_firstlineno:
                return node
    return None


def place_of(function: Any) -> tuple[str, int]:
    """File and line of a function's or a kernel's ``def``."""
    function = getattr(function, "py_func", function)
    node = syntax_of(function)
    return function.__code__.co_filename, node.lineno if node else function.__code__.co_firstlineno


def declared_at(module: types.ModuleType, *path: str) -> tuple[str | None, int]:
    """File and line where ``SIMULATION`` says something: ``declared_at(module, "parameters", "gravity", "low")``.

    As much of ``path`` as can be found counts: names are keywords of calls and keys of dicts, and what is a name of the
    module's level is looked up there. Line 1 for what was built by other means.
    """
    tree = tree_of(module.__file__)
    line, node = 1, assigned(tree, "SIMULATION")
    if node is not None:
        line = node.lineno
    for name in path:
        node = followed(tree, node)
        parts = dict(parts_of(node))
        if name not in parts:
            break
        node = parts[name]
        line = node.lineno
    return module.__file__, line


def assigned(tree: ast.Module | None, name: str) -> ast.expr | None:
    """What is assigned to ``name`` at the module's level, last."""
    found = None
    for node in tree.body if tree else []:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            found = node.value  # type: ignore[attr-defined]
    return found


def followed(tree: ast.Module | None, node: ast.expr | None) -> ast.expr | None:
    """``node``, or what is assigned to it where it is a name of the module's level."""
    return (assigned(tree, node.id) or node) if isinstance(node, ast.Name) else node


def parts_of(node: ast.expr | None) -> Iterator[tuple[str, ast.expr]]:
    """The keywords of a call, or the entries of a dict whose keys are written out, with their values."""
    if isinstance(node, ast.Call):
        yield from ((word.arg, word.value) for word in node.keywords if word.arg)
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant):
                yield str(key.value), value


def names_in(tree: ast.Module | None) -> Iterator[str]:
    """The names that have a value at the level of a module."""
    for node in tree.body if tree else []:
        if isinstance(node, ast.FunctionDef):
            yield node.name
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from (alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.Assign):
            yield from (part.id for target in node.targets for part in ast.walk(target) if isinstance(part, ast.Name))


def innermost(fault: BaseException, theirs: Callable[[str], bool]) -> Any:
    """The innermost frame of a traceback whose file is one of ``theirs``, as of ``traceback.extract_tb``; or None."""
    import traceback

    frames = [frame for frame in traceback.extract_tb(fault.__traceback__) if theirs(frame.filename)]
    return frames[-1] if frames else None
