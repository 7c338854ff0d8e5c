"""Rows of a study's results: a CSV, rewritten after each training, and hashes that tell which rows are out of date.

Several processes may work on one CSV: a row is added in a moment in which nobody else adds one, and what a process is
about to do it claims, so that no other does it, too. Both are locks of the operating system's, which end with the
process, however it ends.
"""

import csv
import hashlib
import io
import json
import os
import platform
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any, TypeVar

from ..utils.files import write_atomically
from ..utils.locks import alone_in, claim, open_lock
from ..utils.untrusted import read_table

Row = TypeVar("Row")


def digest(content: Any) -> str:
    """Eight letters that change with ``content``, plain values or what ``str`` says all of."""
    return hashlib.sha256(json.dumps(_without_later(content), sort_keys=True, default=str).encode()).hexdigest()[:8]


def _without_later(content: Any) -> Any:
    from ..agents.runs.config import LATER  # with torch, which whoever only adds a row does without

    if isinstance(content, dict):
        kept = {key: value for key, value in content.items() if key not in LATER or value != LATER[key]}
        return {key: _without_later(value) for key, value in kept.items()}
    return [_without_later(item) for item in content] if isinstance(content, (list, tuple)) else content


def machine() -> str:
    """What a row says of the machine on which it was made."""
    return f"{platform.machine()}, {os.cpu_count()} cores"


def read_rows(path: Path, kind: type[Row]) -> list[Row]:
    """The lines of a CSV as instances of the dataclass ``kind``, whose fields are its columns; none without a file.

    Raises:
        ValueError: the file is another one.
    """
    if not path.exists():
        return []
    kinds: dict[str, Any] = {field.name: field.type for field in fields(kind)}  # type: ignore[arg-type]
    try:
        return [kind(**{key: kinds[key](text) for key, text in line.items()}) for line in read_table(path)]
    except (KeyError, ValueError, TypeError):
        raise ValueError(f"{path} is not a CSV of this study; choose another --out, or remove it") from None


def write_rows(path: Path, kind: type[Row], rows: Sequence[Row]) -> None:
    """Write what ``read_rows`` reads; whole or not at all."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([field.name for field in fields(kind)])  # type: ignore[arg-type]
    writer.writerows(astuple(row) for row in rows)  # type: ignore[call-overload]
    write_atomically(path, text.getvalue().encode())


def add_row(path: Path, row: Row, place: Callable[[Row], Any], order: Callable[[Row], Any]) -> list[Row]:
    """Write ``row`` in the place of the one that has the same ``place``, or as a new one; returns all, in ``order``."""
    with alone_in(path.parent):
        rows = [other for other in read_rows(path, type(row)) if place(other) != place(row)]
        rows = sorted([*rows, row], key=order)
        write_rows(path, type(row), rows)
    return rows


@contextmanager
def claimed(path: Path, what: Any) -> Iterator[bool]:
    """A block in which ``what``, plain values, is this process's to do for the CSV ``path``; false if it is another's.

    One claim at a time for each process: these are locks of a process's, which end when it closes their file.
    """
    descriptor = open_lock(path.with_name(f".{path.name}.claims"))
    try:
        yield claim(descriptor, zlib.crc32(repr(what).encode()))
    finally:
        os.close(descriptor)
