"""Copies of functions that reach copies of kernels: for the loops, which need their own, for checks, for replays."""

import types
from collections.abc import Callable, Iterator
from typing import Any

DEPTH = 3  # modules within modules: package.helpers.rules.f(s)


def names_of(code: types.CodeType) -> set[str]:
    """The global names and attributes in ``code`` and in the functions that are defined inside it."""
    inner = (constant for constant in code.co_consts if isinstance(constant, types.CodeType))
    return set(code.co_names).union(*map(names_of, inner))


def reached(function: types.FunctionType) -> Iterator[tuple[str, Any]]:
    """By name, what ``function`` refers to outside itself: globals, what is in modules and tuples, its closure."""
    names = names_of(function.__code__)
    for name in sorted(names & set(function.__globals__)):
        yield from _within(name, function.__globals__[name], names, DEPTH)
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        yield from _within(name, cell.cell_contents, names, DEPTH)


def _within(name: str, value: Any, names: set[str], depth: int) -> Iterator[tuple[str, Any]]:
    yield name, value
    if isinstance(value, types.ModuleType) and depth:
        for key in sorted(names & set(vars(value))):
            yield from _within(f"{name}.{key}", vars(value)[key], names, depth - 1)
    elif isinstance(value, tuple):
        for i, part in enumerate(value):
            if is_kernel(part) or isinstance(part, tuple):
                yield from _within(f"{name}[{i}]", part, names, depth)


def is_kernel(value: Any) -> bool:
    """Whether it is compiled from Python, or an intrinsic of `kernels.compiled_as`."""
    return hasattr(value, "py_func") or hasattr(value, "in_python")


class Twins:
    """A twin of each kernel that a function reaches, made once however often it is reached.

    Args:
        make: ``(kernel, copy) -> twin``. ``copy`` is the kernel's Python function with a namespace of its own, in which
            the kernels that it reaches will be twins, too; None for an intrinsic.
    """

    def __init__(self, make: Callable[[Any, types.FunctionType | None], Any]) -> None:
        self._make = make
        self._made: dict[Any, Any] = {}

    def put_into(self, function: types.FunctionType) -> None:
        """Replace the kernels that ``function`` reaches, in its own namespace and in its own closure."""
        names = names_of(function.__code__)
        for name in names & set(function.__globals__):
            function.__globals__[name] = self._of(function.__globals__[name], names, DEPTH)
        for cell in function.__closure__ or ():
            cell.cell_contents = self._of(cell.cell_contents, names, DEPTH)

    def _of(self, value: Any, names: set[str], depth: int) -> Any:
        if is_kernel(value):
            return self._twin(value)
        if isinstance(value, tuple):
            parts = [self._of(part, names, depth) for part in value]
            if all(new is old for new, old in zip(parts, value, strict=True)):
                return value
            return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
        if isinstance(value, types.ModuleType) and depth:  # helpers.f(s)
            old = {key: vars(value)[key] for key in names & set(vars(value))}
            new = {key: self._of(part, names, depth - 1) for key, part in old.items()}
            if any(new[key] is not part for key, part in old.items()):
                module = types.ModuleType(value.__name__)
                vars(module).update({**vars(value), **new})
                return module
        return value

    def _twin(self, kernel: Any) -> Any:
        if kernel not in self._made:
            if not hasattr(kernel, "py_func"):
                self._made[kernel] = self._make(kernel, None)
            else:
                copy = copy_of(kernel.py_func)
                self._made[kernel] = self._make(kernel, copy)  # before its kernels, which may call it
                self.put_into(copy)
        return self._made[kernel]


def copy_of(function: types.FunctionType) -> types.FunctionType:
    """The same function with a namespace and closure cells of its own."""
    cells = tuple(types.CellType(cell.cell_contents) for cell in function.__closure__ or ()) or None
    copy = types.FunctionType(
        function.__code__, dict(function.__globals__), function.__name__, function.__defaults__, cells
    )
    copy.__kwdefaults__, copy.__module__, copy.__qualname__ = (
        function.__kwdefaults__,
        function.__module__,
        function.__qualname__,
    )
    return copy
