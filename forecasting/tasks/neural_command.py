"""The options and the start of `ludus fit forecasting/patchtst` and of the others that learn by gradients."""

from pathlib import Path
from typing import TYPE_CHECKING

from .fit_options import EXAMPLES, ForecasterArguments

if TYPE_CHECKING:
    from ...training.fit import Fit

SETTINGS = """
  ludus fit forecasting/{name} --data epf-de --out models/range --set 'quantiles=[0.1, 0.5, 0.9]'
  ludus fit forecasting/{name} --data etth1 --horizon 192 --set lookback=512 --set loss=mse --out models/etth1

The epoch that is best on the validation part is kept; --set holdout=false learns from that part, too, and keeps the
last one. Losses: mae, mse, shape (each window's mean error removed), pinball (with quantiles)."""


class NeuralCommand:
    """The subcommand of one model; see ``training/command.py``."""

    Arguments = ForecasterArguments

    def __init__(self, name: str, what: str) -> None:
        self.name = name
        self.DESCRIPTION = f"Train {what}.{EXAMPLES.format(name=name)}{SETTINGS.format(name=name)}"

    def start_fit(self, arguments: ForecasterArguments, out: Path) -> "Fit":
        """A new training; ``ValueError`` for what cannot be trained."""
        from .neural_recipe import compose

        series = arguments.load(horizon=arguments.horizon or 1)
        recipe = compose(
            series,
            self.name,
            arguments.horizon,
            arguments.lookback,
            arguments.seed,
            arguments.settings,
            arguments.where,
            arguments.reading,
        )
        return self.fit_class().start(out, recipe)

    def fit_class(self) -> "type[Fit]":
        """The training itself."""
        from .neural import FITS

        return FITS[self.name]


dlinear = NeuralCommand("dlinear", "DLinear, a linear map each of the trend and of what is left (Zeng et al. 2023)")
gru = NeuralCommand("gru", "gated recurrent units over pieces of the past (Cho et al. 2014, Lin et al. 2023)")
mlp = NeuralCommand(
    "mlp", "dense layers over lagged days, what is known of the coming one and the calendar (Lago et al. 2018)"
)
nlinear = NeuralCommand("nlinear", "NLinear, a linear map of what differs from the last value (Zeng et al. 2023)")
patchtst = NeuralCommand("patchtst", "PatchTST, a transformer over patches of the past (Nie et al. 2023)")
