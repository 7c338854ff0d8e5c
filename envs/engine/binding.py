"""Binding the engine's loops to the kernels of one environment, and compiling them so that the disk cache works.

Numba caches a function on disk only if it is no closure over kernels, so a loop is an ordinary function whose global
names ``reset``, ``step`` … are re-bound to an environment's: the same code object with another global namespace, and
with the environment's file as its own, so that the machine code lands in the ``__pycache__`` beside it. Numba's cache
key sees an edit of that file only; the hash of every source involved therefore stands in a closure cell, which is part
of the key.
"""

import hashlib
import os
import types
from collections.abc import Callable, Mapping
from typing import Any

import numba


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


def bind(loop: Callable, module: types.ModuleType, names: Mapping[str, Any], source_hash: int) -> Callable:
    """``loop`` with the kernels ``names`` under its global names, compiled and cached beside the file of ``module``.

    ``loop`` must have one closure cell, for ``source_hash`` (see ``hash_sources``).
    """
    code = loop.__code__
    file = module.__file__ or code.co_filename
    code = code.replace(co_filename=file, co_qualname=code.co_name)
    cell = types.CellType(source_hash)
    namespace = {**loop.__globals__, **names}
    bound = types.FunctionType(code, namespace, code.co_name, None, (cell,))
    bound.__module__ = module.__name__
    bind_inner(code, namespace, {})
    options: dict[str, Any] = {"error_model": "numpy", "nogil": True, "no_cfunc_wrapper": True}
    try:
        return numba.njit(cache=True, **options)(bound)
    except RuntimeError:  # no folder to cache in: neither beside the file nor in the user's cache is writable
        return numba.njit(**options)(bound)


def bind_inner(code: types.CodeType, namespace: dict[str, Any], made: dict[Any, Any]) -> None:
    """Replace the kernels that ``code`` calls by twins that only compiled code can call.

    Numba makes every function callable from Python, which takes a quarter of the time to the first step; inside the
    loop nobody calls them from there.
    """
    for name in code.co_names:
        outer = namespace.get(name)
        if not hasattr(outer, "py_func"):
            continue
        if outer not in made:
            python = outer.py_func
            inner_names = dict(python.__globals__)
            twin = types.FunctionType(
                python.__code__, inner_names, python.__name__, python.__defaults__, python.__closure__
            )
            twin.__module__ = python.__module__
            options = {**outer.targetoptions, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
            made[outer] = numba.jit(**options)(twin)
            bind_inner(python.__code__, inner_names, made)
        namespace[name] = made[outer]


def hash_sources(names: Mapping[str, Any], *engine: str) -> int:
    """A hash of every file that holds a kernel which these kernels can reach, of the files ``engine`` and this one."""
    files: set[str] = {__file__, *engine}
    queue = [getattr(function, "py_func", function) for function in names.values()]
    seen = set()
    while queue:
        function = queue.pop()
        if function in seen:
            continue
        seen.add(function)
        files.add(function.__code__.co_filename)
        for name in function.__code__.co_names:
            value = function.__globals__.get(name)
            values = [value]
            if isinstance(value, types.ModuleType):  # kernels.uniform(s)
                values = [getattr(value, attribute, None) for attribute in function.__code__.co_names]
            functions = [getattr(value, "py_func", value) for value in values]
            queue += [value for value in functions if isinstance(value, types.FunctionType)]
    digest = hashlib.sha256()
    for file in sorted(files, key=os.path.basename):
        with open(file, "rb") as stream:
            digest.update(stream.read())
    return int.from_bytes(digest.digest()[:7], "big")
