"""The series on a command line: a public one by name, or a file and what its columns are."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import tyro

from ..data.row_times import LONGEST_GAP
from ..data.series import Series

Names = tyro.conf.UseAppendAction[tuple[str, ...]]


@dataclass(kw_only=True)
class SeriesArguments:
    """Which series, for every command that takes one."""

    data: str | None = None
    """A public series by name, such as epf-de, etth1, weather (DATA.md lists them); or generated: made-up prices."""
    file: str | None = None
    """A series of your own: CSV (gzipped or not) or Parquet, with a column of times."""
    target: Names = ()
    """Column that is forecast; several with commas between (default: all but the known ones)."""
    time: Names = ()
    """Column of times; year,month,day,hour where it is divided (default: found by its name)."""
    known: Names = ()
    """Column that is known in advance, such as a forecast of the load; several with commas between."""
    leave_out: Names = ()
    """Column that is not used; several with commas between."""
    missing: tyro.conf.UseAppendAction[tuple[float, ...]] = ()
    """Number that stands for what is missing, such as -9999."""
    uneven: bool = False
    """Count rows whatever their times, as days of trading."""
    repair: bool = False
    """Mend what a safe rule can, and say so: order, equal rows, short gaps, the hours of daylight saving."""
    longest_gap: int = LONGEST_GAP
    """Rows in a row that --repair fills."""
    split: str = ""
    """How a file is divided: shares of training and validation as 0.7,0.1, or the days on which both others start."""

    @property
    def where(self) -> str:
        """The name or the path; ``ValueError`` unless there is one."""
        if (self.data is None) == (self.file is None):
            raise ValueError(
                "which series? Either --data NAME, such as --data epf-de, or --file FILE.csv --target COLUMN"
            )
        return str(self.data if self.file is None else self.file)

    @property
    def reading(self) -> dict[str, Any]:
        """What ``load_series`` is to be told beside ``where``, as plain values that a recipe can keep."""
        said: dict[str, Any] = {
            "targets": several(self.target),
            "known": several(self.known),
            "time": several(self.time),
            "left_out": several(self.leave_out),
            "missing": list(self.missing),
            "uneven": self.uneven,
            "repair": self.repair,
            "longest_gap": 0 if self.longest_gap == LONGEST_GAP else self.longest_gap,
            "split": self.split,
        }
        return {name: value for name, value in said.items() if value}

    def load(
        self, horizon: int = 1, future: bool = False, note: Callable[[str], None] = lambda text: None, **more: Any
    ) -> Series:
        """The series, a public one fetched if need be; arguments and errors as of ``load_series``."""
        from ..data.series_load import fetch_series, load_series

        where = self.where
        if self.data is not None:
            fetch_series(where)
        return load_series(where, **(self.reading | more), horizon=horizon, future=future, note=note)


def several(names: tuple[str, ...]) -> list[str]:
    """The names that were typed, one by one or with commas between."""
    return [part.strip() for name in names for part in name.split(",") if part.strip()]
