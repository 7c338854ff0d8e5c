"""Series by the name of a public set or the path of a file: `load_series`."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ..utils.untrusted import read_regular
from ..utils.wording import counted, did_you_mean
from . import datasets, generated_prices
from .leaks import check_leaks
from .row_times import LONGEST_GAP
from .series import Series
from .series_files import Note, Reading, Split, read_series
from .series_sets import SERIES_SETS, find_set, load_set, read_set, shares
from .tables import MOST_FILE

SUFFIXES = (".csv", ".tsv", ".txt", ".parquet", ".gz")
NAMES = (*SERIES_SETS, generated_prices.NAME)  # of series that need no file of one's own
SHARES = (0.7, 0.1)  # of a file, for training and validation; the rest is for the test


def load_series(
    name_or_path: str | Path,
    *,
    targets: Sequence[str] = (),
    known: Sequence[str] = (),
    time: Sequence[str] = (),
    left_out: Sequence[str] = (),
    columns: Sequence[str] = (),
    missing: Sequence[float] = (),
    uneven: bool = False,
    repair: bool = False,
    longest_gap: int = LONGEST_GAP,
    split: str = "",
    horizon: int = 1,
    future: bool = False,
    note: Note = lambda text: None,
) -> Series:
    """A public series by its name, the one of ``generated_prices.py``, or one from a CSV or Parquet file.

    Args:
        targets: Columns that are forecast; () for all but the known ones, of a public series for those of its table.
        known: Columns that are known in advance. Of a public series its table says them.
        time: Column of times, or several such as year, month, day, hour; () to look for it.
        left_out: Columns that are not used.
        columns: Those that are used; () for all.
        missing: Numbers that stand for what is missing, such as -9999.
        uneven: Whether rows are counted whatever their times, as of days of trading.
        repair: Whether faults for which a rule is safe are mended; else they are refused.
        longest_gap: Rows in a row that a repair fills.
        split: Of a file: shares of training and validation, such as "0.7,0.1", or the dates on which the validation and
            the test begin, such as "2016-01-01,2017-01-01"; "" for 70, 10 and 20 %.
        horizon: Rows that will be forecast: a known column that holds the target within them is refused.
        future: Whether the last rows of a file may be known in advance alone: without targets.
        note: Told in words what a repair did to a file. What it does to a public set stands in DATA.md.

    Raises:
        FileNotFoundError: no such file, or the set is not at hand.
        ValueError: an unknown name; or what is in the file, with row, column and remedy.
        ImportError: a Parquet file, and there is no pyarrow.
    """
    name = str(name_or_path)
    # What a person says of a file; columns that are named as the series has them are no contradiction.
    of_files = bool(time or missing or split or uneven or repair or longest_gap != LONGEST_GAP)
    if name == generated_prices.NAME:
        series = generated_prices.generate_prices()
        others = (tuple(targets), series.targets), (tuple(known), series.known)
        if of_files or left_out or any(asked and asked != own for asked, own in others):
            raise ValueError(f"{name} is a series that Ludus makes up, all of which is fixed; say --data {name} alone")
        return series
    if name in SERIES_SETS:
        if of_files or (known and tuple(known) != find_set(name).reading.known):
            raise ValueError(
                f"{name} is a public set, whose columns, parts and repairs are fixed; only name its targets, or what "
                "is left out"
            )
        if not (targets or left_out or columns):
            return load_set(name)
        entry = find_set(name).reading
        chosen = tuple(targets) or tuple(target for target in entry.targets if target not in left_out)
        more: dict[str, Any] = {"targets": chosen, "left_out": (*entry.left_out, *left_out), "columns": tuple(columns)}
        return read_set(name, replace(entry, **more))
    path = Path(name_or_path)
    if not path.exists() and path.suffix.lower() not in SUFFIXES:
        raise ValueError(f"{name!r} is neither a file nor a public series{did_you_mean(name, NAMES)}")
    reading = Reading(
        time=tuple(time),
        targets=tuple(targets),
        known=tuple(known),
        left_out=tuple(left_out),
        columns=tuple(columns),
        missing=tuple(missing),
        uneven=uneven,
        repair=repair,
        longest_gap=longest_gap,
    )
    try:
        data = read_regular(path, MOST_FILE)
    except FileNotFoundError:
        raise FileNotFoundError(f"{path} does not exist; expected a CSV or Parquet file") from None
    series = read_series(data, path.name, reading, split_of(split), note, future)
    check_leaks(series, horizon)
    return series


def fetch_series(name: str) -> None:
    """Download a public series, unless it is at hand; ``OSError`` if it cannot be, and what can be done."""
    if name != generated_prices.NAME:
        datasets.fetch(find_set(name))


def split_of(text: str) -> Split:
    """How time is divided, as a person says it; see ``load_series``.

    Raises:
        ValueError: neither two shares nor two dates; from what is returned: a part would be empty.
    """
    parts = [part.strip() for part in text.split(",")] if text else [str(share) for share in SHARES]
    expected = 'expected two shares such as "0.7,0.1" or two dates such as "2016-01-01,2017-01-01"'
    if len(parts) != 2:
        raise ValueError(f"the split {text!r} has {counted(len(parts), 'part')}; {expected}")
    try:
        train, validation = (float(part) for part in parts)
    except ValueError:
        return _split_at(parts, expected)
    if not (train > 0.0 and validation > 0.0 and train + validation < 1.0):
        raise ValueError(f"the shares {text} leave a part empty; {expected}")
    return lambda rows, times: shares(train, validation)(rows)


def _split_at(dates: list[str], expected: str) -> Split:
    try:
        first, second = (np.datetime64(date, "s") for date in dates)
    except ValueError:
        raise ValueError(f"the split {', '.join(dates)!r} is neither shares nor dates; {expected}") from None

    def split(rows: int, times: np.ndarray | None) -> dict[str, tuple[int, int]]:
        assert times is not None
        a, b = int(np.searchsorted(times, first)), int(np.searchsorted(times, second))
        if not 0 < a < b < rows:
            raise ValueError(
                f"the split at {dates[0]} and {dates[1]} leaves a part empty; the series goes from {times[0]} to "
                f"{times[-1]}"
            )
        return {"train": (0, a), "validation": (a, b), "test": (b, rows)}

    return split
