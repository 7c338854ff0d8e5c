"""The retelling of a fault in compiled code by Python: the same call once more, interpreted, until the exception comes.

Numba's IndexError knows neither file nor line nor index. Python's traceback knows the first two and the expression, and
NumPy's message the index and the size.
"""

import linecache
import os
import re
import traceback
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from ..mistakes import Mistake, innermost, is_ours, mistake

OUTSIDE = re.compile(r"index (-?\d+) is out of bounds for (?:axis (\d+) with )?size (\d+)")


def retold(loop: Callable, arguments: tuple[Any, ...], fault: Exception, file: str | None, name: str) -> Exception:
    """``fault``, which compiled code raised for ``arguments``, as one line; ``loop`` is the same code in Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            loop(*map(in_records, arguments))
    except Exception as again:
        engine = os.path.dirname(__file__)
        frame = (
            innermost(again, lambda place: not is_ours(place))
            or innermost(again, lambda place: not place.startswith(engine))
            or innermost(again, lambda place: True)
        )
        told = _told(again, frame)
        if isinstance(again, OverflowError) and isinstance(fault, IndexError):
            told = f"an index in `{expression(frame)}` is beyond every array, as unsigned numbers below 0 are"
        elif type(again) is not type(fault):
            told += f"; compiled it goes on, and fails later: {type(fault).__name__}: {fault}"
        return mistake(frame.filename, frame.lineno, f"{frame.name}: {told}")
    return Mistake(
        f"{name}: {type(fault).__name__}: {fault}; played again in Python it shows no fault, so look for numbers that "
        "Python holds otherwise (whole numbers beyond 64 bits, division by zero); nothing has moved"
    )


def in_records(argument: Any) -> Any:
    """A copy in which records have attributes, as Python needs them; what is read-only stays so."""
    if isinstance(argument, tuple):
        parts = map(in_records, argument)
        return type(argument)(*parts) if hasattr(argument, "_fields") else tuple(parts)
    if not isinstance(argument, np.ndarray):
        return argument
    copy = argument.copy()
    copy.flags.writeable = argument.flags.writeable
    return copy.view(np.recarray) if copy.dtype.names else copy


def _told(fault: Exception, frame: traceback.FrameSummary) -> str:
    what, outside = expression(frame), OUTSIDE.search(str(fault))
    if outside is None:
        return f"{type(fault).__name__}: {' '.join(str(fault).split())} in `{what}`"
    index, axis, size = int(outside[1]), outside[2], int(outside[3])
    where = f" along axis {axis}" if axis not in (None, "0") else ""
    inside = f"0 … {size - 1}" if size else "none"
    return (
        f"index {index} is outside `{what}`, which has {size} {'entry' if size == 1 else 'entries'}{where} ({inside})"
    )


def expression(frame: traceback.FrameSummary) -> str:
    """The part of the line at which a frame stands; the whole line where Python does not know it."""
    line = linecache.getline(frame.filename, frame.lineno or 0)
    start, end = getattr(frame, "colno", None), getattr(frame, "end_colno", None)
    if start is None or end is None or frame.end_lineno != frame.lineno:  # type: ignore[attr-defined]
        return line.strip()
    return line.encode()[start:end].decode(errors="replace").strip() or line.strip()
