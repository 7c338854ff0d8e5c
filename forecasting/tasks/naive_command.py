"""The options and the start of `ludus fit forecasting/naive`, `forecasting/seasonal` and `forecasting/mean`."""

from pathlib import Path
from typing import TYPE_CHECKING

from .fit_options import EXAMPLES, ForecasterArguments

if TYPE_CHECKING:
    from .solve import Solve


class NaiveCommand:
    """The subcommand of one model; see ``training/command.py``."""

    Arguments = ForecasterArguments

    def __init__(self, name: str, what: str, settings: str = "") -> None:
        self.name = name
        self.DESCRIPTION = f"Make {what}.\n{EXAMPLES.format(name=name)}\n{settings}".rstrip()

    def start_fit(self, arguments: ForecasterArguments, out: Path) -> "Solve":
        """A new fit; ``ValueError`` for what cannot be fitted."""
        if arguments.epochs is not None:
            raise ValueError(f"--epochs does not go with forecasting/{self.name}, which takes no steps; leave it out")
        from .naive import FITS

        series = arguments.load(horizon=arguments.horizon or 1)
        return FITS[self.name].start(
            out,
            series,
            arguments.horizon,
            arguments.lookback,
            arguments.seed,
            arguments.settings,
            arguments.where,
            arguments.reading,
        )

    def open_fit(self, out: Path) -> "Solve":
        """The fit that was stopped; it begins again."""
        from .naive import FITS

        return FITS[self.name].open(out)


naive = NaiveCommand("naive", "a forecaster that repeats the last row")
seasonal = NaiveCommand(
    "seasonal",
    "a forecaster that repeats the season before (day-ahead prices: Monday, Saturday, Sunday those of a week ago)",
    "\n--set period=168 says how many rows a season has, --set days=false that every day repeats the one before.",
)
mean = NaiveCommand(
    "mean",
    "a climatology: means of the training part by hour, weekday and month, as far as the validation part confirms it",
    "\n--set 'by=[hour, month]' says what is told apart; --set 'by=[]' gives one mean of all.",
)
