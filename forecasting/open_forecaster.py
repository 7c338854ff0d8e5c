"""Forecasters from their folders, and the series that one of them is asked about."""

from collections.abc import Callable
from pathlib import Path

from ..components.component import Component
from ..data.series import Series
from ..data.series_load import NAMES
from .models.forecaster import Forecaster
from .series_options import SeriesArguments


def open_forecaster(folder: Path) -> Forecaster:
    """The forecaster that a fit wrote; raises as ``Component.load``, and ``ValueError`` for another component."""
    component = Component.load(folder)
    if not isinstance(component, Forecaster):
        raise ValueError(
            f"{folder} is a {type(component).__name__}, which forecasts nothing; expected what `ludus fit "
            "forecasting/...` made"
        )
    return component


def series_for(forecaster: Forecaster, options: SeriesArguments, note: Callable[[str], None]) -> Series:
    """The series of ``options`` with the columns that ``forecaster`` takes; by default that which it learned from.

    Raises:
        ValueError: there is none, or it lacks a column.
    """
    columns = forecaster.layout.part("past").columns
    known = forecaster.layout.part("known").columns if "known" in forecaster.layout.names else ()
    if options.data is None and options.file is None:
        options.data = forecaster.config.get("data") or None
        if options.data not in NAMES:
            raise ValueError(
                f"the model learned from {options.data or 'a series without a name'}, which is no public series; name "
                "the file with the rows: --file FILE.csv"
            )
    asked = (("--target", options.target), ("--known", options.known), ("--leave-out", options.leave_out))
    for option, given in asked:
        if given:
            raise ValueError(f"{option} does not go with a model, which says its columns itself; leave it out")
    return options.load(
        forecaster.horizon,
        future=True,
        note=note,
        targets=columns[: forecaster.targets],
        known=() if options.file is None else known,
        columns=columns,
    )
