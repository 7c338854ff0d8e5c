"""Tables of numbers from anybody's CSV or Parquet: columns by name, and where what is no number stands.

A CSV is UTF-8 with a row of names, divided by commas, semicolons or tabs, gzipped or not. Rows are counted as an editor
counts the lines of the file: the names stand in row 1. Nothing is guessed: a cell is a number, empty, or named.
"""

import csv
import io
import math
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from ..utils.extras import install
from ..utils.untrusted import MIB, unpack_gzip
from ..utils.wording import did_you_mean, in_line, in_one_line

MOST_FILE, MOST_UNPACKED = 256 * MIB, 512 * MIB  # bytes of a table
MOST_ROWS, MOST_COLUMNS, MOST_CELLS = 20_000_000, 10_000, 200_000_000
MOST = 1e30  # size of a number: models compute in single precision, which ends at 3e38
MISSING = frozenset({"", "na", "nan", "n/a", "null", "none"})  # cells without a number, in small letters
SEPARATORS = (",", ";", "\t")
GZIP = b"\x1f\x8b"  # how such a file begins
SHOWN = 40  # letters of a cell or name that a message quotes


@dataclass(frozen=True)
class Table:
    """Columns of a file: some as texts, the others as numbers."""

    source: str  # for messages
    rows: np.ndarray  # (T,) int64, the row of the file in which each begins
    columns: tuple[str, ...]  # of ``values``
    values: np.ndarray  # (T, C) float64, NaN where a cell is empty
    texts: dict[str, list[str] | np.ndarray]  # name -> T cells, or datetime64[s] (T,) where the file has times


def place(source: str, row: int, column: str) -> str:
    """``prices.csv, row 5, column price``: where in a file something is."""
    return f"{source}, row {row}, column {in_line(column, SHOWN)}"


Choose = Callable[[Sequence[str]], Sequence[str]]  # some of a table's columns, by their names


def no_columns(names: Sequence[str]) -> Sequence[str]:
    """Chooses none."""
    return ()


def read_table(data: bytes, source: str, texts: Choose = no_columns, left_out: Choose = no_columns) -> Table:
    """A table from the bytes of a CSV, gzipped or not, or of a Parquet file.

    Args:
        source: Its name, for messages.
        texts: Chooses the columns that are kept as they stand, such as times.
        left_out: Chooses those that are not looked at.

    Raises:
        ValueError: it is none, too large, or a cell is no number: with row and column.
        ImportError: a Parquet file, and there is no pyarrow.
    """
    if data[:4] == b"PAR1":
        return _read_parquet(data, source, texts, left_out)
    return _read_csv(_lines(data, source), source, texts, left_out)


def read_numbers(data: bytes, source: str) -> np.ndarray:
    """(T, C) of a CSV that has neither names nor times, as some benchmarks have it; raises as ``read_table``."""
    return _read_csv(_lines(data, source), source, no_columns, no_columns, header=False).values


def _lines(data: bytes, source: str) -> Iterator[str]:
    if data[:2] == GZIP:
        try:
            data = unpack_gzip(data, MOST_UNPACKED)
        except ValueError as fault:
            raise ValueError(f"{source}: {fault}; get it again, or divide it") from None
    if not data.strip():
        raise ValueError(f"{source} is empty, expected a row of names and rows of numbers")
    try:
        return io.StringIO(data.decode("utf-8-sig"), newline="")
    except UnicodeDecodeError as fault:
        row = data.count(b"\n", 0, fault.start) + 1
        raise ValueError(f"{source}, row {row}: no text in UTF-8; save it as CSV in UTF-8") from None


# --- CSV -------------------------------------------------------------------------------------------------------------


def _read_csv(lines: Iterator[str], source: str, texts: Choose, left_out: Choose, header: bool = True) -> Table:
    first = next(lines)
    reader = csv.reader(chain([first], lines), delimiter=max(SEPARATORS, key=first.count))
    try:
        head = next(reader)
        names = _names(head, source) if header else [str(i + 1) for i in range(len(head))]
        kept, left = dict.fromkeys(texts(names)), left_out(names)
        check_columns(names, [*kept, *left], source)
        text_at = [(names.index(name), name) for name in names if name in kept]
        number_at = [i for i, name in enumerate(names) if name not in kept and name not in left]
        numbers, rows = array("d"), array("q")
        cells: dict[str, list[str]] = {name: [] for _, name in text_at}
        for line in reader if header else chain([head], reader):
            if not line or (len(line) == 1 and not line[0].strip()):
                continue  # an empty line
            row = reader.line_num
            if len(line) != len(names):
                raise ValueError(f"{source}, row {row} has {len(line)} cells, expected {len(names)} as in row 1")
            rows.append(row)
            if len(rows) > MOST_ROWS or len(rows) * len(names) > MOST_CELLS:
                raise ValueError(f"{source} has more than {len(rows) - 1:,} rows of {len(names)}, too large; divide it")
            for at, name in text_at:
                cells[name].append(line[at])
            numbers.extend([_number(line[i], source, row, names[i]) for i in number_at])
    except csv.Error as fault:
        raise ValueError(f"{source}, row {reader.line_num} is no CSV: {in_one_line(fault)}; save it as CSV") from None
    values = np.array(numbers, np.float64).reshape(len(rows), len(number_at))
    return Table(source, np.array(rows, np.int64), tuple(names[i] for i in number_at), values, dict(cells))


def _names(cells: Sequence[str], source: str) -> list[str]:
    names = [cell.strip() or f"column {i + 1}" for i, cell in enumerate(cells)]
    if len(names) > MOST_COLUMNS:
        raise ValueError(f"{source} has {len(names):,} columns, at most {MOST_COLUMNS:,} are read")
    if all(_is_number(name) for name in names):
        raise ValueError(f"{source}, row 1 has numbers, expected the names of the columns; write them above")
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{source}, row 1 names the column {in_line(name, SHOWN)} twice; rename one")
    return names


def check_columns(names: Sequence[str], asked: Sequence[str], source: str) -> None:
    """``ValueError`` for the first of the columns ``asked`` for that is not there."""
    for name in asked:
        if name not in names:
            raise ValueError(f"{source} has no column {in_line(name, SHOWN)!r}{did_you_mean(name, names)}")


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _number(cell: str, source: str, row: int, column: str) -> float:
    try:
        number = math.inf if "_" in cell else float(cell)
    except ValueError:
        number = math.inf
    if abs(number) <= MOST:
        return number
    if cell.strip().lower() in MISSING:
        return math.nan
    if MOST < abs(number) < math.inf:
        raise ValueError(_too_large(cell, source, row, column))
    remedy = f"correct it, or {_leave_out(column)}"
    if cell.count(",") == 1 and _is_number(cell.replace(",", ".")):
        remedy = "write a decimal point instead of the comma"
    raise ValueError(f"{place(source, row, column)}: {in_line(repr(cell), SHOWN)} is no number; {remedy}")


def _too_large(number: str, source: str, row: int, column: str) -> str:
    where, shown = place(source, row, column), in_line(number, SHOWN)
    return f"{where}: {shown} is too large, numbers are {MOST:g} at most; correct it, or {_leave_out(column)}"


def _leave_out(column: str) -> str:
    return f'leave the column out: --leave-out "{in_line(column, SHOWN)}"'


# --- Parquet ---------------------------------------------------------------------------------------------------------


def _read_parquet(data: bytes, source: str, texts: Choose, left_out: Choose) -> Table:
    try:
        import pyarrow
        from pyarrow import parquet, types
    except ImportError:
        raise ImportError(f"{source} is Parquet, which needs pyarrow: {install('parquet')}") from None
    try:
        file: Any = parquet.ParquetFile(pyarrow.BufferReader(data))
        count, schema = file.metadata.num_rows, file.schema_arrow
        names = _names(list(schema.names), source)
        kept, left = dict.fromkeys(texts(names)), left_out(names)
        check_columns(names, [*kept, *left], source)
        if count > MOST_ROWS or count * len(names) > MOST_CELLS:
            raise ValueError(f"{source} has {count:,} rows of {len(names)}, too large; divide it, or leave columns out")
        number_names = [name for name in names if name not in kept and name not in left]
        for name in number_names:
            kind = schema.field(names.index(name)).type
            if not (types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind)):
                of_kind = f"of the kind {in_line(kind, SHOWN)}, expected numbers"
                raise ValueError(f"{place(source, 1, name)}: {of_kind}; {_leave_out(name)}")
        table = file.read(columns=[schema.names[names.index(name)] for name in (*number_names, *kept)])
        columns = {name: table.column(i) for i, name in enumerate((*number_names, *kept))}
        values = np.full((count, len(number_names)), np.nan)
        for i, name in enumerate(number_names):
            values[:, i] = columns[name].cast(pyarrow.float64()).to_numpy(zero_copy_only=False)
        infinite = np.argwhere(np.isinf(values))
        if len(infinite):
            row, column = infinite[0]
            raise ValueError(f"{place(source, int(row) + 1, number_names[column])}: infinite is no number; correct it")
        large = np.argwhere(np.abs(values) > MOST)
        if len(large):
            row, column = large[0]
            raise ValueError(_too_large(f"{values[row, column]:g}", source, int(row) + 1, number_names[column]))
        cells: dict[str, list[str] | np.ndarray] = {name: _times(columns[name], types) for name in kept}
    except ValueError as fault:
        if type(fault) is ValueError:
            raise
        raise ValueError(f"{source} is a damaged Parquet file: {in_one_line(fault)}; write it again") from None
    except Exception as fault:  # of pyarrow, and of what it is made of
        raise ValueError(f"{source} is a damaged Parquet file: {in_one_line(fault)}; write it again") from None
    return Table(source, np.arange(1, count + 1), tuple(number_names), values, cells)


def _times(column: Any, types: Any) -> list[str] | np.ndarray:
    """Times as datetime64[s] (those with a time zone in UTC), anything else as texts."""
    if types.is_timestamp(column.type) or types.is_date(column.type):
        return column.to_numpy(zero_copy_only=False).astype("datetime64[s]")
    return ["" if value is None else str(value) for value in column.to_pylist()]
