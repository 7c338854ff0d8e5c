"""Series from anybody's table: what is forecast, what is known, and every fault named by its row and column.

What a person says of a table is a ``Reading``. Faults are refused in one line with the remedy; with ``repair`` those
for which a rule is safe are mended, and told in words (see ``row_times.py``).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from ..utils.wording import counted, in_line
from .row_cells import fill_cells
from .row_times import LONGEST_GAP, Rows, check_rising, find_step, parse_times, space_evenly
from .series import Series, parse_step
from .tables import SHOWN, Table, check_columns, read_table

NAMES_OF_TIME = ("time", "date", "datetime", "timestamp", "month", "day", "utc", "hour")  # in small letters
Note = Callable[[str], None]
Split = Callable[[int, np.ndarray | None], dict[str, tuple[int, int]]]  # of so many rows and their times


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How a table becomes a series."""

    time: tuple[str, ...] = ()  # column of times, or several such as year, month, day, hour; () to look for it
    targets: tuple[str, ...] = ()  # () for all columns but the known ones
    known: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()  # those that are used; () for all
    missing: tuple[float, ...] = ()  # codes of what is missing, such as -9999
    uneven: bool = False  # rows are counted, whatever their times, as of days of trading
    step: str = ""  # between rows; "" for that of most rows
    repair: bool = False
    longest_gap: int = LONGEST_GAP  # rows that a repair fills

    def __post_init__(self) -> None:
        if self.step:
            parse_step(self.step)
        if self.longest_gap < 1:
            raise ValueError(f"the longest gap that is filled is 1 row or more, got {self.longest_gap}")
        for name in self.targets:
            if name in self.known:
                raise ValueError(
                    f"the column {in_line(name, SHOWN)} is forecast and known in advance; name it once: as the target"
                )

    def times_among(self, names: Sequence[str]) -> tuple[str, ...]:
        """The columns of times: as said, else the first one whose name is that of a time, else the first one."""
        kept = [name for name in names if name not in self.left_out]
        return self.time or tuple([name for name in kept if name.lower() in NAMES_OF_TIME][:1] or kept[:1])

    def unused_among(self, names: Sequence[str]) -> tuple[str, ...]:
        """The columns that are not looked at."""
        used = {*self.columns, *self.times_among(names)}
        return (*self.left_out, *(name for name in names if self.columns and name not in used | {*self.left_out}))


def read_series(
    data: bytes, name: str, reading: Reading, split: Split, note: Note = lambda text: None, future: bool = False
) -> Series:
    """A series from the bytes of a CSV or Parquet file.

    Args:
        name: Of the file, for messages, and of the series.
        split: Gives the parts of time.
        note: Told in words what a repair did.
        future: Whether the last rows may be known in advance alone: without targets.

    Raises:
        ValueError: with row, column and remedy; see ``tables.py``, ``row_times.py``, ``row_cells.py``.
        ImportError: a Parquet file, and there is no pyarrow.
    """
    table = read_table(data, name, reading.times_among, reading.unused_among)
    time = tuple(table.texts)
    if len(table.rows) < 2:
        raise ValueError(f"{name} has {counted(len(table.rows), 'row')} of numbers, a series has two or more")
    check_columns(table.columns, [*reading.targets, *reading.known, *reading.columns], name)
    targets = reading.targets or tuple(column for column in table.columns if column not in reading.known)
    if not targets:
        raise ValueError(f"{name} has no column to forecast; name one: --target NAME")
    values = np.where(np.isin(table.values, reading.missing), np.nan, table.values) if reading.missing else table.values
    rows = Rows(name, ", ".join(time), table.rows, _times_of(table, time), values, reading.longest_gap)
    rows.repair, rows.note = reading.repair, note
    step = reading.step or find_step(rows)
    if reading.uneven:
        check_rising(rows)
    else:
        space_evenly(rows, step)
    columns = fill_cells(rows, table.columns, targets, reading.known, future)
    splits = split(len(rows.values), rows.times)
    return Series(
        name=name,
        times=frozen(rows.times),
        step=step,
        values=frozen(rows.values),
        columns=columns,
        targets=targets,
        known=reading.known,
        splits=MappingProxyType(splits),
        published=MappingProxyType({}),
    )


def frozen(array: np.ndarray) -> np.ndarray:
    """The array, row by row and read-only."""
    array = np.ascontiguousarray(array)
    array.flags.writeable = False
    return array


def _times_of(table: Table, time: tuple[str, ...]) -> np.ndarray:
    if len(time) == 1:
        return parse_times(table.texts[time[0]], table.source, table.rows, time[0])
    cells = [[str(cell).strip().zfill(2) for cell in table.texts[name]] for name in time]
    joined = [f"{'-'.join(parts[:3])} {':'.join((*parts[3:], '00', '00')[:3])}" for parts in zip(*cells, strict=True)]
    if not 3 <= len(time) <= 6:
        raise ValueError(f"times of several columns are year, month, day and so on, got {', '.join(time)}")
    return parse_times(joined, table.source, table.rows, ", ".join(time))
