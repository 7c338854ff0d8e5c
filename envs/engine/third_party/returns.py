"""Checks of the return statements of the kernels `step` and `invariant`, before anything is compiled; see `lint.py`."""

import ast
from collections.abc import Iterator
from typing import Any

from ..mistakes import mistake, place_of, syntax_of

BOOL = "a bool, such as `return s.x > 1.0`"
NUMBER = "a whole number, 0 where all hold"


def check_returns(simulation: Any) -> None:
    """``step`` returns something; ``invariant``, if it returns plain numbers only, those of the ``invariants``.

    Raises:
        Mistake: they do not.
    """
    _check_return(simulation.step, BOOL)
    if simulation.invariant is not None:
        _check_return(simulation.invariant, NUMBER)
        _check_invariants(simulation.invariant, simulation.invariants)


def body_nodes(definition: ast.FunctionDef) -> Iterator[Any]:
    """The nodes of a function's body that have a place, without annotations."""
    for statement in definition.body:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
            continue  # the docstring
        yield from (node for node in ast.walk(statement) if hasattr(node, "lineno"))


def _returned(kernel: Any) -> list[ast.Return] | None:
    node = syntax_of(getattr(kernel, "py_func", kernel))
    return None if node is None else [part for part in body_nodes(node) if isinstance(part, ast.Return)]


def _check_return(kernel: Any, expected: str) -> None:
    returned = _returned(kernel)
    if returned is not None and not any(part.value is not None for part in returned):
        raise mistake(*place_of(kernel), f"{kernel.__name__} returns nothing; expected {expected}")


def _check_invariants(kernel: Any, invariants: tuple[str, ...]) -> None:
    """Where `invariant` returns nothing but plain numbers, they are those of the invariants that are declared."""
    numbers: dict[int, int] = {}
    for part in _returned(kernel) or []:
        for value in _alternatives(part.value):
            if not isinstance(value, ast.Constant) or type(value.value) is not int:
                return
            numbers[value.value] = part.lineno
    file, line = place_of(kernel)
    for number, where in numbers.items():
        if not 0 <= number <= len(invariants):
            message = f"invariant returns {number}, and SIMULATION.invariants names {len(invariants)}, from number 1 on"
            raise mistake(file, where, message)
    for number in range(1, len(invariants) + 1):
        if numbers and number not in numbers:
            message = f"invariant never returns {number}, which stands for {invariants[number - 1]!r}"
            raise mistake(file, line, message)


def _alternatives(value: ast.expr | None) -> Iterator[ast.expr | None]:
    if isinstance(value, ast.IfExp):
        yield from _alternatives(value.body)
        yield from _alternatives(value.orelse)
    else:
        yield value
