"""The options and the start of `ludus fit forecasting/detect`."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...training.command import FitArguments
from ..series_options import Names, several

if TYPE_CHECKING:
    from ...training.fit import Fit

DESCRIPTION = """Fit a detector of anomalies: what does not belong there? Scores from 0 to 1, and a threshold.

  ludus fit forecasting/detect --data nab --out models/nab
  ludus fit forecasting/detect --data nab --set kind=autoencoder --out models/drawn
  ludus fit forecasting/detect --data pump.csv --column vibration --out models/pump --set false_alarms=0.0005
  ludus fit forecasting/detect --data pump.csv --set kind=residual --set model=models/forecast --out models/pump

Kinds: nearest (past value), gaussian (window), polynomial, residual (of a forecaster, or of an autoregression),
autoencoder. Where anomalies are labelled (nab, --label) the threshold is the best for --set profile=standard, low-FP
or low-FN; else --set false_alarms of the rows are alarms. `ludus detect` then asks it."""


@dataclass(kw_only=True)
class Arguments(FitArguments):
    data: str | None = None
    """nab, the Numenta Anomaly Benchmark; or the path of a CSV or Parquet file of your own."""
    column: Names = ()
    """Column that is watched; several with commas between (default: all columns of numbers)."""
    time: str = ""
    """Column of times (default: found by its name)."""
    leave_out: Names = ()
    """Column that is not used; several with commas between."""
    label: str = ""
    """Column that is 1 in anomalous rows and 0 in the others."""

    @property
    def reading(self) -> dict[str, Any]:
        """What ``load_streams`` is to be told, as plain values that a recipe can keep."""
        said = {
            "columns": several(self.column),
            "time": self.time,
            "left_out": several(self.leave_out),
            "label": self.label,
        }
        return {name: value for name, value in said.items() if value}


def start_fit(arguments: Arguments, out: Path) -> "Fit":
    """A new fit; ``ValueError`` for what cannot be fitted."""
    if arguments.data is None:
        raise ValueError("which streams? --data nab, or --data FILE.csv")
    from ...data.streams.load import fetch_streams
    from .detect import DetectFit
    from .detect_recipe import compose

    fetch_streams(arguments.data)
    recipe = compose(arguments.data, arguments.seed, arguments.settings, arguments.reading)
    return DetectFit.start(out, recipe)


def fit_class() -> "type[Fit]":
    """The fit itself."""
    from .detect import DetectFit

    return DetectFit
