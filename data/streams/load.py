"""Streams by the name of a public set or the path of a file: `load_streams`."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...utils.untrusted import read_regular
from ...utils.wording import did_you_mean, in_line
from ..row_times import parse_times
from ..series_files import NAMES_OF_TIME, frozen
from ..tables import MOST_FILE, SHOWN, Table, check_columns, place, read_table
from . import nab
from .stream import Stream, windows_of

SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".gz")
NAMES = (nab.NAME,)


def load_streams(
    name_or_path: str | Path,
    *,
    time: str = "",
    columns: Sequence[str] = (),
    left_out: Sequence[str] = (),
    label: str = "",
) -> tuple[Stream, ...]:
    """The streams of a public set, or the one of a file.

    Args:
        time: Column of times; "" for the one whose name is that of a time, if there is one. Times may repeat.
        columns: The channels; () for all columns of numbers.
        left_out: Columns that are not used.
        label: Column that is 1 in anomalous rows and 0 in the others; "" where it is not known which they are.

    Raises:
        FileNotFoundError: no such file, or the set is not at hand.
        ValueError: an unknown name; or what is in the file, with row, column and remedy.
        ImportError: a Parquet file, and there is no pyarrow.
    """
    name = str(name_or_path)
    if name in NAMES:
        if time or columns or left_out or label:
            raise ValueError(f"{name} is a public set, whose columns are fixed; say --data {name} alone")
        return nab.load_nab()
    path = Path(name_or_path)
    if not path.exists() and path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"{name!r} is neither a file nor a public set of streams{did_you_mean(name, NAMES)}")
    try:
        data = read_regular(path, MOST_FILE)
    except FileNotFoundError:
        raise FileNotFoundError(f"{path} does not exist; expected a CSV or Parquet file") from None
    return (read_stream(data, path.name, time=time, columns=columns, left_out=left_out, label=label),)


def read_stream(
    data: bytes,
    name: str,
    *,
    time: str = "",
    columns: Sequence[str] = (),
    left_out: Sequence[str] = (),
    label: str = "",
) -> Stream:
    """A stream from the bytes of a table; arguments and errors as of ``load_streams``."""

    def times_among(names: Sequence[str]) -> Sequence[str]:
        return [time] if time else [one for one in names if one.lower() in NAMES_OF_TIME and one not in left_out][:1]

    def unused_among(names: Sequence[str]) -> Sequence[str]:
        given = [*columns, *times_among(names), *left_out, *([label] if label else [])]
        twice = next((one for one in given if given.count(one) > 1), None)
        if twice is not None:
            raise ValueError(
                f"{name}: {in_line(twice, SHOWN)} is given twice; a column is watched, the time, the label or left out"
            )
        check_columns(names, [*columns, *([label] if label else [])], name)
        used = {*columns, *times_among(names), label}
        return [*left_out, *(one for one in names if columns and one not in used | {*left_out})]

    table = read_table(data, name, times_among, unused_among)
    channels = columns or tuple(column for column in table.columns if column != label)
    if not channels or not len(table.rows):
        raise ValueError(f"{name} has no row of numbers, a stream has one or more")
    values = np.stack([_filled(table, column) for column in channels], axis=1)
    windows = np.zeros((0, 2), np.int64)
    if label:
        marks = _filled(table, label)
        wrong = np.flatnonzero((marks != 0.0) & (marks != 1.0))
        if len(wrong):
            at = place(name, int(table.rows[wrong[0]]), label)
            raise ValueError(f"{at}: {marks[wrong[0]]:g} is no label, expected 1 for an anomalous row and 0 for others")
        windows = windows_of(marks == 1.0)
    times = None
    for column, cells in table.texts.items():
        times = frozen(parse_times(cells, name, table.rows, column))
    return Stream(name, times, frozen(values), frozen(windows), frozen(table.rows))


def _filled(table: Table, column: str) -> np.ndarray:
    """(T,) a column without gaps; ``ValueError`` where a cell is empty: a detector skips nothing."""
    values = table.values[:, table.columns.index(column)]
    empty = np.flatnonzero(np.isnan(values))
    if len(empty):
        raise ValueError(
            f"{place(table.source, int(table.rows[empty[0]]), column)}: no number; fill it, or leave out the column: "
            f"--leave-out {in_line(column, SHOWN)}"
        )
    return values


def fetch_streams(name: str) -> None:
    """Download a public set, unless it is at hand or a file; ``OSError`` if it cannot be, and what can be done."""
    if name in NAMES:
        nab.fetch_nab()
