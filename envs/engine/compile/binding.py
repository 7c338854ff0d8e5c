"""Loops of the engine with one environment's kernels bound to them, compiled so that the disk cache works.

Numba caches a function on disk only if it is no closure over kernels, so a loop is an ordinary function whose global
names ``reset``, ``step`` … are re-bound to an environment's: the same code object with another global namespace, and
with the environment's file as its own, so that the machine code lands in the ``__pycache__`` beside it. Numba's cache
key sees an edit of that file only, so the hash of every source involved is made a part of it (`machine_code.py`).
"""

import hashlib
import os
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any

import numba
import numpy as np

from ..kernels import compile_kernel
from ..mistakes import LOOP_LINES
from . import twins
from .machine_code import compile_cached

CHECKED = "_checked"  # at the end of the names of code with bounds checks, so that the cache keeps the two apart


def specialise(function: Callable, *arguments: Any) -> Callable:
    """The machine code of ``function`` for the types of ``arguments``: a call without Numba's type dispatch.

    The dispatch costs 1.5 µs per call with records, more than a step of most environments; whoever calls the result
    must keep to the very same types.
    """
    if hasattr(function, "specialised"):  # one that is checked, or that explains mistakes
        return function.specialised(*arguments)
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
    compiler_of_checks: Callable[[], type] | None = None,
) -> Callable:
    """``loop`` with the kernels ``names`` under its global names, compiled and cached beside the file of ``module``.

    Args:
        loop: A function of a module's level, with placeholders for the kernels.
        names: Kernels by the global name under which ``loop`` calls them.
        source_hash: See ``hash_sources``.
        layout: What tells the records apart with which the loop will be called: see ``layout_of``.
        compiler_of_checks: Returns the class of Numba's compiler for code with checks. Every access to an array then
            asks whether it is within bounds, in kernels however they are reached. None: no checks, except where
            NUMBA_BOUNDSCHECK=1 asks for bounds everywhere.
    """
    options: dict[str, Any] = {"error_model": "numpy", "nogil": True, "no_cfunc_wrapper": True}
    checked = compiler_of_checks is not None
    extra = {} if compiler_of_checks is None else _options_of_checks(compiler_of_checks)
    suffix = layout + (CHECKED if checked else "_bounds" if numba.config.BOUNDSCHECK else "")  # type: ignore[attr-defined]
    bound = with_names(loop, names, module.__file__, apart=checked)
    bound.__module__ = module.__name__
    bound.__qualname__ += suffix

    def make_inner(kernel: Any, copy: types.FunctionType | None) -> Any:
        """A twin that only compiled code can call.

        Numba makes every function callable from Python, which takes a quarter of the time to the first step; inside
        the loop nobody calls them from there.
        """
        if copy is None:
            return numba.njit(**options, **extra)(kernel.in_python) if checked and kernel.is_check else kernel
        copy.__qualname__ += suffix
        wrappers = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
        return compile_kernel(copy, **{**kernel.targetoptions, **wrappers, **extra})

    twins.Twins(make_inner).put_into(bound)
    return compile_cached(bound, {**options, **extra}, source_hash)


def interpreted(loop: Callable, names: Mapping[str, Any]) -> Callable:
    """``loop`` with the kernels ``names``, all of it in plain Python, as with NUMBA_DISABLE_JIT=1.

    Records must have attributes, as in a `numpy.recarray`. As in machine code, no number that overflows is warned of.
    """
    function = with_names(loop, names)
    twins.Twins(lambda kernel, copy: kernel.in_python if copy is None else copy).put_into(function)
    return np.errstate(all="ignore")(function)


def loop(function: Callable) -> Callable:
    """Decorator of a loop that is bound to no environment: compiled at its first call, cached beside its own file.

    An edit of its file, or of one with a kernel that it reaches, makes it anew.
    """
    return bind(function, sys.modules[function.__module__], {}, hash_sources({function.__name__: function}))


def with_names(
    loop: Callable, names: Mapping[str, Any], file: str | None = None, apart: bool = False
) -> types.FunctionType:
    """A copy of ``loop`` that calls the kernels ``names``, and whose code claims to stand in ``file``.

    ``apart``: in lines from LOOP_LINES on, so that a message of Numba's about the file's own lines can be told from it.
    """
    copy = twins.copy_of(loop)  # type: ignore[arg-type]
    copy.__globals__.update(names)
    code = copy.__code__
    line = code.co_firstlineno + (LOOP_LINES if apart else 0)
    copy.__code__ = code.replace(co_filename=file or code.co_filename, co_qualname=code.co_name, co_firstlineno=line)
    copy.__qualname__ = code.co_name
    return copy


def _options_of_checks(compiler: Callable[[], type]) -> dict[str, Any]:
    """What compiles a function with its checks.

    Raises:
        ValueError: NUMBA_BOUNDSCHECK=0, which would switch them off whatever a function asks for.
    """
    if numba.config.BOUNDSCHECK == 0:  # type: ignore[attr-defined]
        raise ValueError("NUMBA_BOUNDSCHECK=0 takes the checks out of code that needs them; unset it")
    return {"boundscheck": True, "pipeline_class": compiler()}


def layout_of(dtype: np.dtype) -> str:
    """A short name of a record's layout, which must be part of the names of all functions that take such records.

    Numba numbers the record types of a process as they come and writes only the number into a symbol. Two processes
    that cache code for different layouts can give both the same symbol, and a third that loads both runs the wrong one.
    """
    return "_" + hashlib.sha256(repr(dtype).encode()).hexdigest()[:8]


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
        code = function.__code__
        if os.path.isfile(code.co_filename):
            files.add(code.co_filename)
        else:  # made by `exec`: all there is of it is its code
            values.add(
                f"{code.co_name}={code.co_code!r}{code.co_names}{[c for c in code.co_consts if _is_constant(c)]}"
            )
        for name, item in twins.reached(function):
            queue.append(item)
            if _is_constant(item):
                values.add(f"{name}={as_text(item)}")
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


def as_text(value: Any) -> str:
    """A text that differs where values do: of an array, with all of its bytes."""
    return f"{value.dtype}{value.shape}{value.tobytes()!r}" if isinstance(value, np.ndarray) else repr(value)
