"""Binding the engine's loops to the kernels of one environment, and compiling them so that the disk cache works.

Numba caches a function on disk only if it is no closure over kernels, so a loop is an ordinary function whose global
names ``reset``, ``step`` … are re-bound to an environment's: the same code object with another global namespace, and
with the environment's file as its own, so that the machine code lands in the ``__pycache__`` beside it. Numba's cache
key sees an edit of that file only; the hash of every source involved therefore stands in a closure cell, which is part
of the key.
"""

import hashlib
import types
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numba
import numpy as np


def specialise(function: Callable, *arguments: Any) -> Callable:
    """The machine code of ``function`` for the types of ``arguments``: a call without Numba's type dispatch.

    The dispatch costs 1.5 µs per call with records, more than a step of most environments; whoever calls the result
    must keep to the very same types.
    """
    if not hasattr(function, "compile"):  # NUMBA_DISABLE_JIT=1
        return function
    signature = tuple(numba.typeof(argument) for argument in arguments)
    function.compile(signature)
    return function.get_overload(signature)  # type: ignore[attr-defined]


def bind(
    loop: Callable,
    module: types.ModuleType,
    names: Mapping[str, Any],
    source_hash: int,
    layout: str = "",
    checked: bool = False,
) -> Callable:
    """``loop`` with the kernels ``names`` under its global names, compiled and cached beside the file of ``module``.

    Args:
        loop: Must have one closure cell, for ``source_hash``.
        names: Kernels by the global name under which ``loop`` calls them.
        source_hash: See ``hash_sources``.
        layout: What tells the records apart with which the loop will be called: see ``layout_of``.
        checked: With bounds on: an index outside an array is an ``IndexError``, there and in every kernel it calls.
    """
    code, file = loop.__code__, module.__file__ or loop.__code__.co_filename
    code = code.replace(co_filename=file, co_qualname=code.co_name)
    namespace = {**loop.__globals__, **names}
    bound = types.FunctionType(code, namespace, code.co_name, None, (types.CellType(source_hash),))
    bound.__module__ = module.__name__
    bound.__qualname__ += layout
    _bind_inner(code, namespace, layout, {}, checked)
    options: dict[str, Any] = {"error_model": "numpy", "nogil": True, "no_cfunc_wrapper": True, "boundscheck": checked}
    try:
        compiled = numba.njit(cache=True, **options)(bound)
        _forget_unreadable(compiled)
        return compiled
    except RuntimeError:  # no folder to cache in: neither beside the file nor in the user's cache is writable
        return numba.njit(**options)(bound)


def _forget_unreadable(compiled: Any) -> None:
    """Remove the cache's index of ``compiled`` if Numba could not read it.

    Numba reads an index whole before it sees that its code is old: a type that has moved to another file since (a
    `World`) would end in an error for everybody who had run the version before.
    """
    file = getattr(getattr(compiled, "_cache", None), "_cache_file", None)
    if file is None:  # NUMBA_DISABLE_JIT=1
        return
    try:
        file._load_index()
    except Exception:  # whatever unpickling raises: the machine code is made anew
        Path(file._index_path).unlink(missing_ok=True)


def layout_of(dtype: np.dtype) -> str:
    """A short name of a record's layout, which must be part of the names of all functions that take such records.

    Numba numbers the record types of a process as they come and writes only the number into a symbol. Two processes
    that cache code for different layouts can give both the same symbol, and a third that loads both runs the wrong one.
    """
    return "_" + hashlib.sha256(repr(dtype).encode()).hexdigest()[:8]


def _bind_inner(
    code: types.CodeType, namespace: dict[str, Any], layout: str, made: dict[Any, Any], checked: bool
) -> None:
    """Replace the kernels that ``code`` calls by twins that only compiled code can call.

    Numba makes every function callable from Python, which takes a quarter of the time to the first step; inside the
    loop nobody calls them from there.
    """
    for name in code.co_names:
        outer: Any = namespace.get(name)
        if not hasattr(outer, "py_func"):
            continue
        if outer not in made:
            python = outer.py_func
            inner = dict(python.__globals__)
            twin = types.FunctionType(python.__code__, inner, python.__name__, python.__defaults__, python.__closure__)
            twin.__module__ = python.__module__
            twin.__qualname__ += layout
            options = {
                **outer.targetoptions,
                "no_cpython_wrapper": True,
                "no_cfunc_wrapper": True,
                "boundscheck": checked,
            }
            made[outer] = numba.jit(**options)(twin)
            _bind_inner(python.__code__, inner, layout, made, checked)
        namespace[name] = made[outer]


def hash_sources(names: Mapping[str, Any], *engine: str) -> int:
    """A hash of all that the machine code of the kernels ``names`` depends on; the same in every process.

    That is every file that holds a function which they can reach, every number, tuple and array that these read from a
    module's level (it may come from a file without any function), the files ``engine`` and this one.
    """
    files: set[str] = {__file__, *engine}
    values: set[str] = set()
    queue = list(names.values())
    seen = set()
    while queue:
        value = queue.pop()
        function = getattr(value, "py_func", value)
        if not isinstance(function, types.FunctionType) or function in seen:
            continue
        seen.add(function)
        files.add(function.__code__.co_filename)
        for name in function.__code__.co_names:
            value = function.__globals__.get(name)
            reached = {name: value}
            if isinstance(value, types.ModuleType):  # kernels.uniform(s)
                reached = {f"{name}.{key}": getattr(value, key, None) for key in function.__code__.co_names}
            queue += reached.values()
            values |= {f"{key}={_as_text(item)}" for key, item in reached.items() if _is_constant(item)}
    digest = hashlib.sha256("\n".join(sorted(values)).encode())
    contents = []
    for file in files:
        with open(file, "rb") as stream:
            contents.append(hashlib.sha256(stream.read()).digest())
    digest.update(b"".join(sorted(contents)))
    return int.from_bytes(digest.digest()[:7], "big")


def _is_constant(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_constant, value))
    return isinstance(value, (bool, int, float, complex, str, bytes, np.generic, np.ndarray))


def _as_text(value: Any) -> str:
    return f"{value.dtype}{value.shape}{value.tobytes()!r}" if isinstance(value, np.ndarray) else repr(value)
