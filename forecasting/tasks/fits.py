"""All fits of forecasters by the name of their model, whether they are solved step by step or learn by gradients."""

from pathlib import Path
from typing import Any

from ...data.series import Series
from ...training.fit import Fit, folder_of
from . import neural
from .ensemble import EnsembleFit
from .fracast import FracastFit
from .lear import LEARFit
from .linear import LinearFit, PeriodicFit
from .naive import MeanFit, NaiveFit, SeasonalFit
from .neural_recipe import compose
from .solve import Solve

SOLVED: dict[str, type[Solve]] = {
    "naive": NaiveFit,
    "seasonal": SeasonalFit,
    "mean": MeanFit,
    "linear": LinearFit,
    "periodic": PeriodicFit,
    "lear": LEARFit,
    "ensemble": EnsembleFit,
    "fracast": FracastFit,
}
LEARNED = neural.FITS
FITS: dict[str, type[Fit]] = {**SOLVED, **LEARNED}


def recipe_for(
    model: str,
    series: Series,
    horizon: int | None = None,
    lookback: int | None = None,
    seed: int = 0,
    settings: dict[str, Any] | None = None,
    reading: dict[str, Any] | None = None,
) -> Any:
    """The recipe of ``model`` for a public series; ``FITS[model].start(out, recipe)`` begins its fit.

    Args:
        seed: Of models that learn by gradients; in the others nothing is random.
        settings: As in --set.
        reading: How the series is read, where its name is not all; see ``data.series_load.load_series``.

    Raises:
        ValueError: a setting that does not exist, or a value out of range.
    """
    if model in SOLVED:
        kind: Any = SOLVED[model].RECIPE
        return kind.compose(series, horizon, lookback, settings, reading=reading)
    return compose(series, model, horizon, lookback, seed, settings, reading=reading)


def open_fit(model: str, out: Path) -> Fit | None:
    """The fit that was stopped there, or ``None`` if none was begun."""
    return FITS[model].open(out) if (folder_of(out) / "fit.yaml").exists() else None
