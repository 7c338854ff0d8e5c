"""Rows of a study's results: a CSV, rewritten after each training, and hashes that tell which rows are out of date."""

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import astuple, fields
from pathlib import Path
from typing import Any, TypeVar

from ..agents.runs.config import LATER
from ..utils.files import write_atomically
from ..utils.untrusted import read_table

Row = TypeVar("Row")


def digest(content: Any) -> str:
    """Eight letters that change with ``content``, plain values or what ``str`` says all of."""
    return hashlib.sha256(json.dumps(_without_later(content), sort_keys=True, default=str).encode()).hexdigest()[:8]


def _without_later(content: Any) -> Any:
    if isinstance(content, dict):
        kept = {key: value for key, value in content.items() if key not in LATER or value != LATER[key]}
        return {key: _without_later(value) for key, value in kept.items()}
    return [_without_later(item) for item in content] if isinstance(content, (list, tuple)) else content


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
