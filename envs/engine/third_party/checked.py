"""Loops over an environment file of somebody else's: what goes wrong in them is one line, and changes nothing.

`Checked` runs code with bounds checks, `Explained` code without. Both say in a line why kernels cannot be compiled.
"""

import operator
import types
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numba
import numpy as np

from ..compile.binding import interpreted
from ..mistakes import Mistake
from . import stores
from .compile_errors import condensed
from .retelling import retold

Demand = Callable[[tuple[Any, ...], Any], None]  # (arguments, result): see `Run`


def guarded(compiled: Any, module: types.ModuleType, loop: Callable, names: Mapping[str, Any], checked: bool) -> Any:
    """``compiled``, which is ``loop`` with the kernels ``names`` of ``module``, so that it says what goes wrong."""
    if not hasattr(compiled, "compile"):  # NUMBA_DISABLE_JIT=1
        return compiled
    name = f"{loop.__name__} of {module.__name__.rpartition('.')[2]}"
    if not checked:
        return Explained(compiled, module.__file__, name)
    for kernel in ("step", "invariant"):
        if kernel in names:
            stores.roles[names[kernel].py_func.__code__] = kernel
    return Checked(compiled, module.__file__, name, lambda: interpreted(loop, names))


class Explained:
    """A compiled loop; mistakes that keep it from being compiled are a ``Mistake``.

    Args:
        compiled: The loop as `binding.bind` returns it.
        name: What it is to a person: "the step of hopper".
    """

    def __init__(self, compiled: Any, file: str | None, name: str) -> None:
        self._compiled, self.file, self.name = compiled, file, name
        self._called = False

    @property
    def stats(self) -> Any:
        """Numba's, of its cache."""
        return self._compiled.stats

    def compile(self, arguments: tuple[Any, ...]) -> Callable:
        """Machine code for the types of ``arguments``.

        Raises:
            Mistake: the file's kernels cannot be compiled.
        """
        token = stores.found.set([])
        try:
            signature = tuple(numba.typeof(argument) for argument in arguments)
            self._compiled.compile(signature)
        except Exception as fault:  # a NumbaError, or whatever a broken kernel makes Numba stumble over
            found = stores.found.get()
            raise (found[0] if found else condensed(fault, self.file, self.name)) from None
        finally:
            stores.found.reset(token)
        return self._compiled.get_overload(signature)

    def specialised(self, *arguments: Any) -> Callable:
        """The machine code alone, as `binding.specialise` makes it."""
        return self.compile(arguments)

    def __call__(self, *arguments: Any) -> Any:
        if not self._called:
            self.compile(arguments)
            self._called = True
        return self._compiled(*arguments)


class Checked(Explained):
    """A loop that was compiled with checks.

    Args:
        interpreted: Makes the same loop in plain Python, to find out what went wrong and where.
    """

    def __init__(self, compiled: Any, file: str | None, name: str, interpreted: Callable[[], Callable]) -> None:
        super().__init__(compiled, file, name)
        self._interpreted = interpreted

    def specialised(self, *arguments: Any) -> "Run":
        return Run(self.compile(arguments), self)

    def __call__(self, *arguments: Any) -> Any:
        return self.run(arguments)

    def run(self, arguments: tuple[Any, ...], demand: Demand | None = None) -> Any:
        """A call; ``demand`` as in ``Run``."""
        if not self._called:
            self.compile(arguments)
            self._called = True
        run = Run(self._compiled, self)
        run.demand = demand
        return run(*arguments)

    def retell(self, arguments: tuple[Any, ...], fault: Exception) -> Exception:
        """The ``fault`` of a call with ``arguments``, which hold what they held before it, in one line."""
        return retold(self._interpreted(), arguments, fault, self.file, self.name)


class Run:
    """Machine code with checks for one choice of types. A call that fails leaves all arrays as they were.

    ``demand(arguments, result)``, if set, says by a ``Mistake`` what is wrong with what the call has written.
    """

    def __init__(self, code: Callable, loop: Checked) -> None:
        self._code, self._loop, self._kept = code, loop, Kept()
        self.demand: Demand | None = None

    def __call__(self, *arguments: Any) -> Any:
        self._kept.take(list(writable(arguments)))
        try:
            result = self._code(*arguments)
            if self.demand is not None:
                self.demand(arguments, result)
        except Exception as fault:
            self._kept.put_back()
            raise (fault if isinstance(fault, Mistake) else self._loop.retell(arguments, fault)) from None
        return result


class Kept:
    """Copies of arrays, in the same memory as long as the arrays are the same."""

    def __init__(self) -> None:
        self._arrays: list[np.ndarray] = []
        self._pairs: list[tuple[np.ndarray, np.ndarray]] = []  # the memory of an array, and its copy

    def take(self, arrays: list[np.ndarray]) -> None:
        """Copy ``arrays``."""
        if len(arrays) != len(self._arrays) or not all(map(operator.is_, arrays, self._arrays)):
            self._arrays = arrays
            self._pairs = [(memory, np.empty_like(memory)) for memory in map(as_bytes, arrays)]
        for memory, copy in self._pairs:
            np.copyto(copy, memory)

    def put_back(self) -> None:
        """Make the arrays what they were when they were copied."""
        for memory, copy in self._pairs:
            np.copyto(memory, copy)


def as_bytes(array: np.ndarray) -> np.ndarray:
    """The same memory as bytes, where that is possible: a copy of records leaves out what is between their fields."""
    return array.view(np.uint8) if array.flags.c_contiguous and array.ndim else array


def writable(arguments: tuple[Any, ...]) -> Iterator[np.ndarray]:
    """The arrays among ``arguments`` and in their tuples that a loop may write into."""
    for argument in arguments:
        if isinstance(argument, tuple):
            yield from writable(argument)
        elif isinstance(argument, np.ndarray) and argument.flags.writeable:
            yield argument
