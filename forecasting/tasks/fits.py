"""All fits of forecasters by the name of their model, whether they are solved at once or learn by gradients."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from ...data.series import Series
from ...training.fit import folder_of
from . import naive, neural
from .fracast import FracastFit
from .neural_recipe import compose
from .solve import Solve

SOLVED: dict[str, type[Solve]] = {**naive.FITS, "fracast": FracastFit}
LEARNED = neural.FITS
NAMES = (*SOLVED, *LEARNED)


def start_fit(
    model: str,
    out: Path,
    series: Series,
    horizon: int | None = None,
    lookback: int | None = None,
    seed: int = 0,
    settings: dict[str, Any] | None = None,
    data: str = "",
    reading: dict[str, Any] | None = None,
) -> Any:
    """A new fit of ``model`` for a series that ``load_series`` gave for ``data`` and ``reading``; see ``Fit.start``."""
    settings, data, reading = settings or {}, data or series.name, reading or {}
    if model in SOLVED:
        return SOLVED[model].start(out, series, horizon, lookback, seed, settings, data, reading)
    recipe = compose(series, model, horizon, lookback, seed, settings, data, reading)
    return LEARNED[model].start(out, recipe)


def open_fit(model: str, out: Path) -> Any:
    """The fit that was stopped there, or ``None`` if none was begun."""
    if not (folder_of(out) / "fit.yaml").exists():
        return None
    return SOLVED[model].open(out) if model in SOLVED else LEARNED[model].open(out)


def decisive(model: str, series: Series, horizon: int, seed: int, settings: dict[str, Any]) -> dict[str, Any]:
    """What decides such a fit, as plain values: where they are the same, so is what comes out."""
    if model in SOLVED:
        lookback = SOLVED[model].usual_sizes(series)[1]
        return {"model": model, "data": series.name, "horizon": horizon, "lookback": lookback, "settings": settings}
    return asdict(compose(series, model, horizon, seed=seed, settings=settings))
