"""The reading of an environment's kernels for mistakes, from their source, before anything is compiled.

What can be told for certain without types is told here, each a ``Mistake`` at its line: names of fields, of globals
and of what modules hold; functions that are no kernels; calls that do not fit; what no kernel may hold. The record's
name is followed from a kernel to the helpers that it is handed to.
"""

import ast
import builtins
import inspect
import random
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from gymnasium import spaces

from ....utils.wording import did_you_mean
from ..compile.twins import is_kernel
from ..mistakes import Mistake, declared_at, is_ours, mistake, place_of, syntax_of
from ..roles import roles_of
from .declared import Declared
from .returns import body_nodes, check_returns

RANDOM = "follows no seed; take uniform(s), below(s, n) or gaussian(s) of ludus.envs.engine.kernels"
# Statements and expressions that no kernel may hold.
FORBIDDEN: dict[type, str] = {
    ast.Try: "try … except, which would hide what the checks find; ask before the access",
    ast.TryStar: "try … except, which would hide what the checks find; ask before the access",
    ast.With: "with, which a kernel cannot; it touches its arguments only",
    ast.JoinedStr: "an f-string, which a kernel cannot format; it writes numbers only",
    ast.Yield: "yield; a kernel runs to its end in one go",
    ast.YieldFrom: "yield; a kernel runs to its end in one go",
    ast.Await: "await; a kernel runs to its end in one go",
    ast.Global: "global; what changes belongs into the record s",
    ast.Import: "an import; put it at the head of the file",
    ast.ImportFrom: "an import; put it at the head of the file",
    ast.ClassDef: "a class; it must stand outside",
    ast.GeneratorExp: "a generator, which a kernel cannot; use a loop",
}


def lint(module: types.ModuleType, simulation: Any, made: Declared) -> None:
    """Look at the kernels of an environment's file and at the helpers that they call, those of Ludus left out.

    Args:
        made: What the file declares: what its kernels get as ``s``, ``world`` and, to be filled, ``out``.

    Raises:
        Mistake: the first one that is found.
    """
    fields = {"record": tuple(made.dtype.names or ())}
    if isinstance(made.observation_space, spaces.Dict):
        fields["observation"] = tuple(made.observation_space)
    reader = _Reader(fields, getattr(made.world, "_fields", None), _resolver())
    for role in roles_of(simulation):
        kernel: Any = role.kernel
        if not hasattr(kernel, "py_func") and _is_compiling():
            if isinstance(kernel, types.FunctionType):
                raise mistake(*place_of(kernel), f"{role.function} is a plain function; put @kernel above it")
            place = declared_at(module, *role.path)
            raise mistake(*place, f"{role} is {kernel!r}; expected a function with @kernel")
        function = getattr(kernel, "py_func", kernel)
        own = function.__code__.co_varnames[: function.__code__.co_argcount]
        places = dict(zip(role.arguments, own, strict=False))
        meanings = {places.get("s"): "record", places.get("world"): "world"}
        if "observation" in fields and role.path == ("observe",):
            meanings[places.get("out")] = "observation"
        elif "observation" in fields and role.path == ("invariant",):
            meanings[places.get("shown")] = "observation"
        reader.read(function, meanings)
    check_returns(simulation)


def _is_compiling() -> bool:
    import numba

    return not numba.config.DISABLE_JIT  # type: ignore[attr-defined]


def _resolver() -> Callable[[Any], bool]:
    """Whether Numba can use a value that is called."""
    from numba.core.registry import cpu_target

    context = cpu_target.typing_context
    context.refresh()

    def is_known(value: Any) -> bool:
        try:
            return context.resolve_value_type(value) is not None
        except Exception:  # Numba's own errors, and whatever hashing the value raises
            return False

    return is_known


class _Reader:
    """Reads functions, each once for each way in which its arguments are used."""

    def __init__(
        self, fields: dict[str, tuple[str, ...]], world: tuple[str, ...] | None, is_known: Callable[[Any], bool]
    ) -> None:
        self.fields, self.world, self.is_known = fields, world, is_known
        self._read: set[Any] = set()

    def read(self, function: types.FunctionType, meanings: dict[Any, str]) -> None:
        """``meanings``: names of arguments that hold a record, of the state or of the observation, or the world."""
        meanings = {name: meaning for name, meaning in meanings.items() if name}
        key = function.__code__, tuple(sorted(meanings.items()))
        if key in self._read or is_ours(function.__code__.co_filename):
            return
        self._read.add(key)
        node = syntax_of(function)
        if node is not None:
            _Body(self, function, meanings).check(node)


class _Body:
    """The checks of one function."""

    def __init__(self, reader: _Reader, function: types.FunctionType, meanings: dict[str, str]) -> None:
        self.reader, self.function, self.meanings = reader, function, dict(meanings)
        code = function.__code__
        self.local = {*code.co_varnames, *code.co_cellvars}
        cells = zip(code.co_freevars, function.__closure__ or (), strict=True)
        self.outside = {**vars(builtins), **function.__globals__, **{name: cell.cell_contents for name, cell in cells}}

    def wrong(self, node: Any, message: str) -> Mistake:
        return mistake(self.function.__code__.co_filename, node.lineno, f"{self.function.__name__} {message}")

    def check(self, definition: ast.FunctionDef) -> None:
        for value in (*(self.function.__defaults__ or ()), *(self.function.__kwdefaults__ or {}).values()):
            if is_kernel(value):
                raise self.wrong(
                    definition, "has a kernel as a default, into which the checks cannot follow; call it by name"
                )
        nodes = sorted(body_nodes(definition), key=lambda node: (node.lineno, node.col_offset))
        for node in nodes:  # another name for the record: `me = s`
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name) and node.value.id in self.meanings:
                names = (target.id for target in node.targets if isinstance(target, ast.Name))
                self.meanings.update(dict.fromkeys(names, self.meanings[node.value.id]))
        inner = {name for node in nodes for name in _bound_inside(node)}
        self.local |= inner
        for node in nodes:
            for kind, why in FORBIDDEN.items():
                if isinstance(node, kind) and not isinstance(getattr(node, "ctx", None), ast.Store):
                    raise self.wrong(node, f"holds {why}")
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                self._check_name(node)
            elif isinstance(node, ast.Attribute):
                self._check_attribute(node)
            elif isinstance(node, ast.Call):
                self._check_call(node)
            elif isinstance(node, ast.Subscript):
                self._check_subscript(node)
            if isinstance(node, (ast.Subscript, ast.Attribute)) and isinstance(node.ctx, ast.Store):
                self._check_store(node)

    def _check_name(self, node: ast.Name) -> None:
        if node.id not in self.local and node.id not in self.outside:
            known = [*self.local, *self.outside]
            hint = did_you_mean(node.id, known)
            hint = (
                hint if hint.startswith("; did you mean") else "; define it above, import it, or add it to the record"
            )
            raise self.wrong(node, f"uses the name {node.id!r}, which is not defined{hint}")

    def _check_subscript(self, node: ast.Subscript) -> None:
        if isinstance(node.value, ast.Name) and self.meanings.get(node.value.id) in self.reader.fields:
            raise self.wrong(node, f"uses {ast.unparse(node)}; a field is written {node.value.id}.NAME")

    def _check_attribute(self, node: ast.Attribute) -> None:
        if node.attr in ("flat", "ctypes") and self._value(node.value) is None:
            raise self.wrong(node, f"uses {ast.unparse(node)}, of which nothing checks the index; use plain indices")
        meaning = self.meanings.get(node.value.id) if isinstance(node.value, ast.Name) else None
        known = self.reader.fields.get(meaning or "")
        if known is not None and node.attr not in known:
            verb = "sets" if isinstance(node.ctx, ast.Store) else "reads"
            message = f"{verb} {ast.unparse(node)}, and the {meaning} has no such field"
            raise self.wrong(node, message + did_you_mean(node.attr, known))
        if meaning == "world" and self.reader.world is not None and node.attr not in (*self.reader.world, *dir(tuple)):
            message = f"reads {ast.unparse(node)}, and the world has no such array"
            raise self.wrong(node, message + did_you_mean(node.attr, self.reader.world))
        owner = self._value(node.value)
        if owner is np.random or owner is random or (owner is np and node.attr == "random"):
            raise self.wrong(node, f"uses {ast.unparse(node)}, which {RANDOM}")
        if isinstance(owner, types.ModuleType) and not hasattr(owner, node.attr):
            hint = did_you_mean(node.attr, [name for name in dir(owner) if not name.startswith("_")])
            hint = hint if hint.startswith("; did you mean") else ""
            raise self.wrong(node, f"uses {ast.unparse(node)}, and {owner.__name__} has no {node.attr!r}{hint}")

    def _check_store(self, node: ast.Subscript | ast.Attribute) -> None:
        root: Any = node
        while isinstance(root, (ast.Subscript, ast.Attribute)):
            root = root.value
        if isinstance(root, ast.Name) and self.meanings.get(root.id) == "world":
            raise self.wrong(node, f"writes to {ast.unparse(node)}: all environments share the world, it is read-only")

    def _check_call(self, node: ast.Call) -> None:
        called = self._value(node.func)
        if any(word.arg == "out" for word in node.keywords) or (
            isinstance(called, np.ufunc) and len(node.args) > called.nin
        ):
            message = (
                f"hands {ast.unparse(node.func)} an array to write into, whose size nothing checks; write x[:] = …"
            )
            raise self.wrong(node, message)
        if _is_compiling() and _leads_away(called):
            message = (
                f"calls {ast.unparse(node.func)}, into which the checks cannot follow; use @kernel and plain indices"
            )
            raise self.wrong(node, message)
        if called is None or (isinstance(node.func, ast.Name) and node.func.id in self.local):
            return
        name = ast.unparse(node.func)
        if getattr(called, "__module__", "") in ("random", "numpy.random", "numpy.random.mtrand"):
            raise self.wrong(node, f"calls {name}, which {RANDOM}")
        function = getattr(called, "py_func", None)
        if function is None:
            usable = _of_library(called) and self.reader.is_known(called)
            if _is_compiling() and isinstance(called, types.FunctionType) and not usable:
                raise self.wrong(node, f"calls {name}, which is a plain function{_remedy(called)}")
            if isinstance(called, types.BuiltinFunctionType) and not self.reader.is_known(called):
                raise self.wrong(
                    node, f"calls {name}(), which Numba cannot compile; a kernel touches its arguments only"
                )
            if not isinstance(called, types.FunctionType) or getattr(called, "__module__", "") == "builtins":
                return
            function = called
        if called is self.outside.get(self.function.__name__) and function.__code__ is self.function.__code__:
            raise self.wrong(node, "calls itself; use a loop, for Numba's cache loses such code")
        self._check_fit(node, name, function)

    def _check_fit(self, node: ast.Call, name: str, function: types.FunctionType) -> None:
        if any(isinstance(part, ast.Starred) for part in node.args) or any(word.arg is None for word in node.keywords):
            return
        try:
            words = {str(word.arg): word.value for word in node.keywords}
            taken = inspect.signature(function).bind(*node.args, **words)
        except TypeError as problem:
            wanted = f"{function.__name__}({', '.join(inspect.signature(function).parameters)})"
            raise self.wrong(node, f"calls {ast.unparse(node)}: {problem}; expected {wanted}") from None
        handed = {
            key: self.meanings[value.id]
            for key, value in taken.arguments.items()
            if isinstance(value, ast.Name) and value.id in self.meanings
        }
        self.reader.read(function, handed)

    def _value(self, node: ast.expr) -> Any:
        """What an expression of names and dots stands for outside the function; None where that is not known."""
        if isinstance(node, ast.Name):
            return None if node.id in self.local else self.outside.get(node.id)
        if isinstance(node, ast.Attribute):
            owner = self._value(node.value)
            return getattr(owner, node.attr, None) if isinstance(owner, types.ModuleType) else None
        return None


def _bound_inside(node: Any) -> Iterator[str]:
    """Names that comprehensions and functions within the function bind: they are not among its own."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, ast.arg):
        yield node.arg


def _of_library(function: Any) -> bool:
    return (function.__module__ or "").partition(".")[0] in ("numpy", "numba", "math")


def _leads_away(called: Any) -> bool:
    """Whether it makes arrays of any memory, or is compiled by other means than a kernel."""
    if called is np.lib.stride_tricks.as_strided or getattr(called, "__name__", "") in ("carray", "farray"):
        return True
    home = type(called).__module__
    by_hand = type(called).__name__ == "_Intrinsic" and not hasattr(called, "in_python")
    return by_hand or home.startswith(("numba.np.ufunc", "ctypes", "_cffi", "numba.core.ccallback"))


def _remedy(function: types.FunctionType) -> str:
    if is_ours(function.__code__.co_filename):
        return " and no kernel"
    file, line = place_of(function)
    return f"; put @kernel above it, in line {line} of {file.rpartition('/')[2]}"
