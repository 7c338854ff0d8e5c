"""The cells of a table's rows: a number in each, and no column the same in all; what is not is refused, or repaired."""

import numpy as np

from ..utils.wording import counted, in_line
from .row_times import Rows
from .tables import SHOWN, place


def fill_cells(
    rows: Rows, columns: tuple[str, ...], targets: tuple[str, ...], known: tuple[str, ...], future: bool
) -> tuple[str, ...]:
    """Fill the empty cells of ``rows`` along a line, or refuse them; returns the columns that stay.

    Args:
        columns: Names of those of ``rows.values``.
        future: Whether the last rows may be without targets, which are then kept: of the other columns, those that are
            known are filled there, too. Else such rows are left away.

    Raises:
        ValueError: an empty cell, a column without numbers or with one alone; with row, column and remedy.
    """
    tail = _rows_without(rows, columns, targets)
    if tail and not future:
        rows.take(np.arange(len(rows.times) - tail))
        rows.note(f"the last {counted(tail, 'row')} have no target: not used")
        tail = 0
    if not future:  # a model may well be asked about a month without rain
        columns = _drop_constant(rows, columns, (*targets, *known))
    counts = [len(rows.times) - (0 if column in known else tail) for column in columns]
    _cut_ends(rows, columns, counts)
    for i, column in enumerate(columns):
        _fill_column(rows, i, column, counts[i])
    return columns


def _rows_without(rows: Rows, columns: tuple[str, ...], targets: tuple[str, ...]) -> int:
    """How many of the last rows have no target."""
    has_one = np.isfinite(rows.values[:, [columns.index(name) for name in targets]]).any(axis=1)
    if not has_one.any():
        raise ValueError(f"{rows.source}: the target {', '.join(targets)} has no number at all; name another: --target")
    return int(np.argmax(has_one[::-1]))


def _drop_constant(rows: Rows, columns: tuple[str, ...], needed: tuple[str, ...]) -> tuple[str, ...]:
    kept = []
    for i, column in enumerate(columns):
        numbers = rows.values[np.isfinite(rows.values[:, i]), i].astype(np.float32)  # what models will see
        if len(numbers) and (numbers != numbers[0]).any():
            kept.append(i)
            continue
        what = f"{numbers[0]:g} in every row" if len(numbers) else "empty in every row"
        remedy = "name another column" if column in needed else f'leave it out: --leave-out "{in_line(column, SHOWN)}"'
        if column in needed or not rows.repair:
            raise ValueError(f"{place(rows.source, int(rows.rows[0]), column)}: {what}, so it tells nothing; {remedy}")
        rows.note(f"the column {in_line(column, SHOWN)} is {what}: left out")
    if len(kept) < len(columns):
        rows.values = rows.values[:, kept]
    return tuple(columns[i] for i in kept)


def _cut_ends(rows: Rows, columns: tuple[str, ...], counts: list[int]) -> None:
    """Begin where every column has begun, and end where the first one ends: there is no line to fill along."""
    if not rows.repair:
        return
    found = [np.isfinite(rows.values[:count, i]) for i, count in enumerate(counts)]
    begins = np.array([one.argmax() for one in found])
    late = int(begins.argmax())
    if first := int(begins[late]):
        rows.note(f"{counted(first, 'row')} before the first number of {in_line(columns[late], SHOWN)}: left out")
    ends = np.array([one[::-1].argmax() for one in found])
    early = int(ends.argmax())
    if last := int(ends[early]):
        rows.note(f"{counted(last, 'row')} after the last number of {in_line(columns[early], SHOWN)}: left out")
    if first + last:
        rows.take(np.arange(first, len(rows.times) - last))
        counts[:] = [count - first - last for count in counts]


def _fill_column(rows: Rows, i: int, column: str, count: int) -> None:
    """Fill column ``i`` in the first ``count`` rows."""
    numbers = rows.values[:count, i]
    empty = ~np.isfinite(numbers)
    if not empty.any():
        return
    edges = np.flatnonzero(np.diff(np.concatenate([[0], empty.astype(np.int8), [0]])))
    starts, lengths = edges[::2], edges[1::2] - edges[::2]
    longest = int(lengths.argmax())
    first = longest if rows.repair and lengths[longest] > rows.longest_gap else 0
    if not rows.repair or lengths[longest] > rows.longest_gap:
        start, length = int(starts[first]), int(lengths[first])
        where = place(rows.source, int(rows.rows[start]), column)
        if rows.repair:
            raise ValueError(
                f"{where}: {counted(length, 'row')} without a number, --repair fills {rows.longest_gap:,} at most; "
                f"begin after them, leave the column out, or allow more: --longest-gap {length}"
            )
        more = int(empty.sum()) - 1
        others = f" nor in {counted(more, 'more cell')}" if more else ""
        raise ValueError(
            f"{where}: no number there{others}; fill {'them' if more else 'it'}, let --repair fill gaps "
            f'of up to {counted(rows.longest_gap, "row")}, or leave it out: --leave-out "{in_line(column, SHOWN)}"'
        )
    rows.values = rows.values.copy() if not rows.values.flags.writeable else rows.values
    at = np.arange(count)
    rows.values[:count, i] = np.interp(at, at[~empty], numbers[~empty])
    rows.note(
        f"{counted(int(empty.sum()), 'empty cell')} of {in_line(column, SHOWN)} in {counted(len(starts), 'gap')}: "
        "filled along a line"
    )
