"""The options and the start of `ludus fit forecasting/lear` and of the others that have no epochs."""

import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from .fit_options import EXAMPLES, ForecasterArguments

if TYPE_CHECKING:
    from .solve import Solve

# How many lines of the examples fit a model: LEAR takes prices alone, an interval needs its forecaster.
EXAMPLES_OF = {"lear": 2, "conformal": 0}


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
        examples = "\n".join(EXAMPLES.format(name=name).splitlines()[: EXAMPLES_OF.get(name)])
        self.DESCRIPTION = f"Fit {what}.\n{examples}{more}"

    def fit_class(self) -> type["Solve"]:
        """The fit itself."""
        module, _, name = self.place.partition(":")
        kind: type[Solve] = getattr(importlib.import_module(f".{module}", __package__), name)
        return kind

    def start_fit(self, arguments: ForecasterArguments, out: Path) -> "Solve":
        """A new fit; ``ValueError`` for what cannot be fitted."""
        if arguments.epochs is not None or arguments.seed:
            raise ValueError(f"{self.name} has no epochs and nothing random; leave out --epochs and --seed")
        series = arguments.load(horizon=arguments.horizon or 1)
        kind = self.fit_class()
        recipe = kind.RECIPE.compose(  # type: ignore[attr-defined]
            series,
            arguments.horizon,
            arguments.lookback,
            arguments.settings,
            arguments.where,
            arguments.reading,
        )
        fit = kind.start(out, recipe)
        assert isinstance(fit, kind)
        return fit


conformal = SolveCommand(
    "conformal",
    "conformal:ConformalFit",
    "intervals around a saved forecaster of one target, from its errors on the validation part (Lei et al. 2018)",
    """
  ludus fit forecasting/conformal --data epf-de --set model=models/prices --out models/range

Each coming row has offsets of its own for --set 'quantiles=[0.05, 0.25, 0.5, 0.75, 0.95]'. What they promise holds
where errors come as they did on the validation part; the summary says what was covered on the test part.""",
)
ensemble = SolveCommand(
    "ensemble",
    "ensemble:EnsembleFit",
    "the mean of several forecasters: saved ones, or closed forms that are fitted for it (Bates & Granger 1969)",
    """
  ludus fit forecasting/ensemble --data epf-de --set 'parts=[models/lear, models/mlp]' --out models/both
  ludus fit forecasting/ensemble --data etth1 --set 'parts=[linear, periodic: {level: mean}]' --out models/etth1

A part is the folder of a forecaster, or linear, periodic or lear with its settings. By default they are the linear
and the period map, each measured from the last row and from the mean. Weights are equal (--set weights=equal), the
best on the validation part (--set weights=validation), or given (--set 'weights=[0.7, 0.3]').""",
)
fracast = SolveCommand(
    "fracast",
    "fracast:FracastFit",
    "a component of Fracast, a pretrained forecaster in a wheel (the extra pretrained)",
    """
  ludus fit forecasting/fracast --data epf-de --out models/range --set 'quantiles=[0.1, 0.5, 0.9]'

Nothing is learned: it sees the targets' own past alone. The folder names the package, its version and the hash of its
weights, and is refused where another one is installed.""",
)
lear = SolveCommand(
    "lear",
    "lear:LEARFit",
    "LEAR, a LASSO for each hour of the coming day, calibrated daily (Uniejewski et al. 2016, Lago et al. 2021)",
    """
  ludus fit forecasting/lear --data epf-de --out models/once --set recalibrate=0

The forecasts of several calibration windows (--set windows=[56, 84] --set strengths=[0.05, 0.03], of the penalty) are
averaged; a calibration each day from the validation part on, and one every four weeks before it.""",
)
linear = SolveCommand(
    "linear",
    "linear:LinearFit",
    "a linear map of the past, the same for all targets, in closed form (Toner & Darlow 2024)",
    """
  ludus fit forecasting/linear --data etth1 --horizon 192 --set level=mean --out models/etth1

The strength of the ridge is the best of --set strengths=[...] on the validation part; only the targets' own past is
seen.""",
)
periodic = SolveCommand(
    "periodic",
    "linear:PeriodicFit",
    "a linear map of past periods, the same for each phase of a period, in closed form (Lin et al. 2024)",
    """
  ludus fit forecasting/periodic --data etth1 --horizon 192 --set period=24 --out models/etth1

The strength of the ridge is the best of --set strengths=[...] on the validation part; only the targets' own past is
seen.""",
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
