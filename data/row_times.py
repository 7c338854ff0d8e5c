"""The times of a table's rows: read, in order, one step apart; what is not is named by its row, or repaired by a rule.

Repairs are those that no reader would dispute: rows are sorted, a row that stands twice is kept once, the hour that
daylight saving leaves out is filled and the one that it doubles is averaged, short gaps are filled along a line.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from ..utils.wording import counted, in_line
from .series import UNITS, later, seconds_of
from .tables import SHOWN, place

FORM = re.compile(r"\d{4}-\d\d(-\d\d([T ]\d\d(:\d\d(:\d\d(\.\d+)?)?)?)?)?", re.ASCII)  # what NumPy reads at once
LONGEST_GAP = 6  # rows that a repair fills, where nobody says otherwise
MOST_FILLED = 0.05  # share of the rows that a repair of gaps may make up
SUNDAY, CHANGES_BEFORE = 6, 4  # daylight saving changes on Sundays before 04:00
HOUR, DAY = 3600, 86400  # seconds
MONTH_DAYS = (28, 31)


@dataclass
class Rows:
    """Rows with their times, while they are checked."""

    source: str
    time: str  # name of the column of times
    rows: np.ndarray  # (T,) int64, where each stands in the file; 0 for one that was made up
    times: np.ndarray  # (T,) datetime64[s]
    values: np.ndarray  # (T, C) float64
    longest_gap: int = LONGEST_GAP
    repair: bool = False
    note: Callable[[str], None] = lambda text: None  # told in words what was repaired

    def at(self, i: int) -> str:
        return f"{place(self.source, int(self.rows[i]), self.time)}: {self.times[i]}"

    def take(self, index: np.ndarray) -> None:
        self.rows, self.times, self.values = self.rows[index], self.times[index], self.values[index]


def parse_times(cells: Sequence[str] | np.ndarray, source: str, rows: np.ndarray, column: str) -> np.ndarray:
    """(T,) datetime64[s] of ISO 8601 texts; those with an offset from UTC become UTC.

    Raises:
        ValueError: one is no time, with its row; or only some have an offset.
    """
    if isinstance(cells, np.ndarray):
        times = cells
    elif all(FORM.fullmatch(cell) for cell in cells):
        try:
            times = np.array(cells, "datetime64[s]")
        except ValueError:  # such as the 31st of April
            times = _one_by_one(cells, source, rows, column)
    else:
        times = _one_by_one(cells, source, rows, column)
    if np.isnat(times).any():
        i = int(np.argmax(np.isnat(times)))
        raise ValueError(f"{place(source, int(rows[i]), column)}: no time; fill it, or remove the row")
    return times


def _one_by_one(cells: Sequence[str], source: str, rows: np.ndarray, column: str) -> np.ndarray:
    found, offset = [], None
    for cell, row in zip(cells, rows.tolist(), strict=True):
        text = cell.strip()
        try:
            moment = datetime.fromisoformat(f"{text}-01" if re.fullmatch(r"\d{4}-\d\d", text, re.ASCII) else text)
            if not re.match(r"\d{4}-", text):
                raise ValueError
        except ValueError:
            raise ValueError(
                f"{place(source, row, column)}: {in_line(repr(cell), SHOWN)} is no time; write it as 2024-05-31 13:00"
            ) from None
        if offset not in (None, moment.tzinfo is not None):
            raise ValueError(f"{place(source, row, column)}: only some times have an offset from UTC; give it to all")
        offset = moment.tzinfo is not None
        found.append(moment.astimezone(UTC).replace(tzinfo=None) if offset else moment)
    return np.array(found, "datetime64[s]")


def find_step(rows: Rows) -> str:
    """The step that most rows have; ``ValueError`` where there are fewer than two times."""
    times = np.unique(rows.times)
    if len(times) < 2:
        raise ValueError(f"{rows.source} has {counted(len(times), 'time')}, a series has two or more")
    apart = np.diff(times).astype(np.int64)
    within = times - times.astype("datetime64[M]").astype("datetime64[s]")
    days = np.median(apart) / DAY
    if days >= MONTH_DAYS[0] and (within == within[0]).all():
        months = np.diff(times.astype("datetime64[M]").astype(np.int64))
        found, counts = np.unique(months, return_counts=True)
        return f"{found[np.argmax(counts)]}mo"
    found, counts = np.unique(apart, return_counts=True)
    seconds = int(found[np.argmax(counts)])
    unit = next(unit for unit in ("w", "d", "h", "min", "s") if seconds % UNITS[unit] == 0)
    return f"{seconds // UNITS[unit]}{unit}"


def space_evenly(rows: Rows, step: str) -> None:
    """Make the rows rise by one ``step`` each.

    Raises:
        ValueError: they do not, and there is no repair, or none that is safe; with the row and the remedy.
    """
    _sort(rows)
    _merge_doubles(rows, step)
    apart = _steps_between(rows, step)
    wrong = np.flatnonzero(apart != 1)
    if not len(wrong):
        return
    i = int(wrong[0])
    twice = (apart[:-1] != 1) & (apart[1:] == apart[:-1])
    changed = np.flatnonzero(np.append(twice, False) | (apart % 1 != 0))
    if len(changed):
        i = int(changed[0])
        raise ValueError(
            f"{rows.at(i + 1)} follows {rows.times[i]}: the frequency changes, most rows are {step} apart; bring "
            "them to one step, divide the file, or count rows whatever their times: --uneven"
        )
    missing = int(apart[i]) - 1
    what = f"{counted(missing, 'row')} of {step} {'is' if missing == 1 else 'are'} missing"
    if _is_spring(rows, i, step):
        what = "the hour that daylight saving leaves out is missing"
    if not rows.repair:
        raise ValueError(
            f"{rows.at(i + 1)} follows {rows.times[i]}: {what}; add them, let --repair fill gaps of up to "
            f"{counted(rows.longest_gap, 'row')}, or count rows whatever their times: --uneven"
        )
    _fill_gaps(rows, step, apart.astype(np.int64), wrong)


def check_rising(rows: Rows) -> None:
    """Uneven rows: only that each comes after the one before; repaired as ``space_evenly`` does it."""
    _sort(rows)
    _merge_doubles(rows, "")


def _sort(rows: Rows) -> None:
    back = np.flatnonzero(np.diff(rows.times).astype(np.int64) < 0)
    back = np.array([i for i in back if not _is_autumn(rows, int(i))], np.int64)
    if not len(back):
        # Without disorder an hour that comes twice is one block after the other: sorted, its rows become neighbours.
        rows.take(np.argsort(rows.times, kind="stable"))
        return
    i = int(back[0])
    if not rows.repair:
        raise ValueError(f"{rows.at(i + 1)} comes after {rows.times[i]}; sort the rows, or let --repair do it")
    rows.take(np.argsort(rows.times, kind="stable"))
    rows.note(f"{counted(len(back), 'row')} stood before an earlier one: sorted by {rows.time}")


def _is_autumn(rows: Rows, i: int) -> bool:
    """Whether the time goes back by less than an hour after row ``i``, as 02:45, 02:00 does when summer time ends."""
    return 0 < int((rows.times[i] - rows.times[i + 1]).astype(np.int64)) < HOUR and _may_change(rows.times[i + 1])


def _may_change(time: np.datetime64) -> bool:
    day = time.astype("datetime64[D]")
    return bool((day.astype(np.int64) + 3) % 7 == SUNDAY and time - day < np.timedelta64(CHANGES_BEFORE, "h"))


def _is_spring(rows: Rows, i: int, step: str) -> bool:
    gap = int((rows.times[i + 1] - rows.times[i]).astype(np.int64)) - seconds_of(step)
    return gap == HOUR and _may_change(rows.times[i + 1] - np.timedelta64(1, "s"))


def _merge_doubles(rows: Rows, step: str) -> None:
    """Rows of one time: kept once if they are equal, averaged if daylight saving doubled their hour."""
    double = np.flatnonzero(np.diff(rows.times).astype(np.int64) == 0)
    if not len(double):
        return
    equal = [bool(np.array_equal(rows.values[i], rows.values[i + 1], equal_nan=True)) for i in double]
    hourly = bool(step) and 0 < seconds_of(step) <= HOUR
    pairs = ~(np.isin(double - 1, double) | np.isin(double + 1, double))  # an hour is doubled, never tripled
    autumn = [
        bool(hourly and not same and pair and _may_change(rows.times[i]))
        for i, same, pair in zip(double, equal, pairs, strict=True)
    ]
    for i, same, doubled in zip(double.tolist(), equal, autumn, strict=True):
        if not same and not (doubled and rows.repair):
            why = "the hour that daylight saving doubles" if doubled else "two rows with other values for one time"
            remedy = "let --repair average it, or give times in UTC" if doubled else "keep the right one"
            raise ValueError(f"{rows.at(i + 1)} stands in row {rows.rows[i]} already: {why}; {remedy}")
        if not rows.repair:
            raise ValueError(
                f"{rows.at(i + 1)} stands in row {rows.rows[i]} already, with equal values; remove one, or let "
                "--repair do it"
            )
    keep = np.ones(len(rows.times), np.bool_)
    for i, doubled in zip(double.tolist()[::-1], autumn[::-1], strict=True):
        keep[i + 1] = False
        if doubled:
            rows.values = rows.values.copy()
            rows.values[i] = (rows.values[i] + rows.values[i + 1]) / 2.0
    rows.take(np.flatnonzero(keep))
    if count := len(double) - sum(autumn):
        rows.note(f"{counted(count, 'row')} stood twice with equal values: kept once")
    if sum(autumn):
        rows.note(f"{counted(sum(autumn), 'row')} in the hour that daylight saving doubles: averaged with the first")


def _steps_between(rows: Rows, step: str) -> np.ndarray:
    """(T - 1,) float64, steps from each row to the next."""
    seconds = seconds_of(step)
    if seconds:
        return np.diff(rows.times).astype(np.int64) / seconds
    month = rows.times.astype("datetime64[M]")
    whole = np.diff(month.astype(np.int64)) / int(step.removesuffix("mo"))
    within = rows.times - month.astype("datetime64[s]")
    return whole + np.where(within[1:] == within[0], 0.0, 0.5)  # another day of the month is no whole step


def _fill_gaps(rows: Rows, step: str, apart: np.ndarray, wrong: np.ndarray) -> None:
    missing = apart - 1
    hour = {int(i): _is_spring(rows, int(i), step) for i in wrong}
    long = [i for i, spring in hour.items() if missing[i] > rows.longest_gap and not spring]
    if long:
        i = long[0]
        raise ValueError(
            f"{rows.at(i + 1)} follows {rows.times[i]}: {missing[i]:,} rows of {step} are missing, --repair fills "
            f"{rows.longest_gap:,} at most; begin after the gap, or allow more: --longest-gap {missing[i]}"
        )
    total = int(missing.sum())
    if total > MOST_FILLED * (len(rows.times) + total):
        raise ValueError(
            f"{rows.at(int(wrong[0]) + 1)}: --repair would make up {total:,} of {len(rows.times) + total:,} rows, "
            f"at most {MOST_FILLED:.0%} are; count rows whatever their times: --uneven"
        )
    place_of = np.concatenate([[0], np.cumsum(apart)])  # of each row among those to be
    values = np.full((len(rows.times) + total, rows.values.shape[1]), np.nan)
    values[place_of] = rows.values
    made_up = np.ones(len(values), np.bool_)
    made_up[place_of] = False
    for column in range(values.shape[1]):
        values[made_up, column] = np.interp(np.flatnonzero(made_up), place_of, rows.values[:, column])
    numbers = np.zeros(len(values), np.int64)
    numbers[place_of] = rows.rows
    after = rows.times
    rows.times = later(after[0], step, np.arange(len(values)))
    rows.rows, rows.values = numbers, values
    if springs := sum(hour.values()):
        rows.note(f"{counted(springs, 'hour')} that daylight saving leaves out: filled along a line")
    if gaps := [i for i, spring in hour.items() if not spring]:
        count = counted(sum(int(missing[i]) for i in gaps), "missing row")
        rows.note(f"{count} in {counted(len(gaps), 'gap')}, the first after {after[gaps[0]]}: filled along a line")
