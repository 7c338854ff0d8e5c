"""The options and the start of `ludus fit forecasting/fracast`."""

from pathlib import Path
from typing import TYPE_CHECKING

from .fit_options import EXAMPLES, ForecasterArguments

if TYPE_CHECKING:
    from .solve import Solve

DESCRIPTION = f"""Make a component of Fracast, a pretrained forecaster in a wheel (pip install 'ludus[pretrained]').
{EXAMPLES.format(name="fracast")}
  ludus fit forecasting/fracast --data epf-de --out models/range --set 'quantiles=[0.1, 0.5, 0.9]'

Nothing is learned: it sees the targets' own past alone. The folder names the package, its version and the hash of its
weights, and is refused where another one is installed."""
Arguments = ForecasterArguments


def start_fit(arguments: ForecasterArguments, out: Path) -> "Solve":
    """A new fit; ``ValueError`` for what cannot be made."""
    if arguments.epochs is not None:
        raise ValueError("--epochs does not go with forecasting/fracast, which learns nothing; leave it out")
    from .fracast import FracastFit

    series = arguments.load(horizon=arguments.horizon or 1)
    return FracastFit.start(
        out,
        series,
        arguments.horizon,
        arguments.lookback,
        arguments.seed,
        arguments.settings,
        arguments.where,
        arguments.reading,
    )


def open_fit(out: Path) -> "Solve":
    """The fit that was stopped; it begins again."""
    from .fracast import FracastFit

    return FracastFit.open(out)
