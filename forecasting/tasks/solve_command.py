"""The options and the start of `ludus fit forecasting/lear` and of the others that have no epochs."""

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from .fit_options import EXAMPLES, ForecasterArguments

if TYPE_CHECKING:
    from .solve import Solve


class SolveCommand:
    """The subcommand of one model; see ``training/command.py``.

    Args:
        name: Of the model, as in `ludus fit forecasting/NAME`.
        fit: MODULE:CLASS of its ``Solve``, in this package.
        what: What is fitted, with its source.
        more: Examples of its own, and what its settings mean.
    """

    Arguments = ForecasterArguments

    def __init__(self, name: str, fit: str, what: str, more: str) -> None:
        self.name, self.place = name, fit
        examples = "\n".join(EXAMPLES.format(name=name).splitlines()[: 2 if name == "lear" else None])
        self.DESCRIPTION = f"Fit {what}.\n{examples}{more}"

    @property
    def fit(self) -> type["Solve"]:
        module, _, name = self.place.partition(":")
        kind: type[Solve] = getattr(importlib.import_module(f".{module}", __package__), name)
        return kind

    def start_fit(self, arguments: ForecasterArguments, out: Path) -> "Solve":
        """A new fit; ``ValueError`` for what cannot be fitted."""
        if arguments.epochs is not None or arguments.seed:
            raise ValueError(f"{self.name} has no epochs and nothing random; leave out --epochs and --seed")
        series = arguments.load(horizon=arguments.horizon or 1)
        recipe = self.fit.RECIPE.compose(  # type: ignore[attr-defined]
            series,
            arguments.horizon,
            arguments.lookback,
            arguments.settings,
            arguments.where,
            arguments.reading,
        )
        fit = self.fit.start(out, recipe)
        assert isinstance(fit, self.fit)
        return fit

    def open_fit(self, out: Path) -> "Solve":
        """The fit that was stopped."""
        fit = self.fit.open(out)
        assert isinstance(fit, self.fit)
        return fit


lear = SolveCommand(
    "lear",
    "lear:LEARFit",
    "LEAR, a LASSO for each hour of the coming day, calibrated daily (Uniejewski et al. 2016, Lago et al. 2021)",
    """
  ludus fit forecasting/lear --data epf-de --out models/once --set recalibrate=0

The forecasts of several calibration windows (--set windows=[56, 84] --set strengths=[0.05, 0.03], of the penalty) are
averaged; a calibration each day from the validation part on, and one every four weeks before it.""",
)

mean = SolveCommand(
    "mean",
    "naive:MeanFit",
    "a climatology: means of the training part by hour, weekday and month, as far as the validation part confirms it",
    """

--set 'by=[hour, month]' says what is told apart; --set 'by=[]' gives one mean of all.""",
)
naive = SolveCommand("naive", "naive:NaiveFit", "a forecaster that repeats the last row", "")
seasonal = SolveCommand(
    "seasonal",
    "naive:SeasonalFit",
    "a forecaster that repeats the season before (day-ahead prices: Monday, Saturday, Sunday those of a week ago)",
    """

--set period=168 says how many rows a season has, --set days=false that every day repeats the one before.""",
)
