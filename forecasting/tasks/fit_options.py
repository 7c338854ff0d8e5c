"""The options that all trainings of forecasters have: `ludus fit forecasting/…`."""

from dataclasses import dataclass
from typing import Any

from ...training.command import FitArguments
from ..series_options import SeriesArguments

EXAMPLES = """
  ludus fit forecasting/{name} --data epf-de --out models/prices
  ludus fit forecasting/{name} --data weather --target "T (degC)" --out models/weather
  ludus fit forecasting/{name} --file sales.csv --time day --target sold --horizon 28 --out models/sales"""


@dataclass(kw_only=True)
class ForecasterArguments(FitArguments, SeriesArguments):
    """What every training of a forecaster takes; `--set lookback=N` says how many rows it sees."""

    horizon: int | None = None
    """Rows that are forecast (default: the 24 hours of a day where columns are known in advance; else by the step)."""

    @property
    def lookback(self) -> int | None:
        """Rows that are seen, if that was asked for; ``ValueError`` if it is no whole number."""
        value = super().settings.get("lookback")
        if value is not None and (type(value) is not int or value < 1):
            raise ValueError(f"--set lookback is a whole number of rows, 1 or more; got {value!r}")
        return value

    @property
    def settings(self) -> dict[str, Any]:
        """What --set and --epochs ask for beside the look-back."""
        return {name: value for name, value in super().settings.items() if name != "lookback"}
