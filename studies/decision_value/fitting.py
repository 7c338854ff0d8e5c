"""Forecasters that a case fits: those of `ludus fit forecasting/…`, on a series by its name."""

from collections.abc import Collection
from functools import partial
from pathlib import Path
from typing import Any

from ...data.series_load import load_series
from .case import Tell


def forecasters() -> Collection[str]:
    """The names of all that `ludus fit forecasting/…` fits from a series alone."""
    from ...forecasting.tasks.fits import FITS

    return FITS


def fit_market(data: str, model: str, out: Path, tell: Tell) -> None:
    """Fit ``model`` to the series ``data``, a ``Case.fit`` of environments whose data are series of that name."""
    fit_once(data, model, out, tell, f"{data}: fitting {model}")


def fit_once(
    data: str, model: str, out: Path, tell: Tell, what: str, reading: dict[str, Any] | None = None, **choices: Any
) -> None:
    """Fit ``model`` to ``data`` into ``out``, or go on with that, unless it is done.

    Args:
        reading: See ``load_series``.
        choices: Of ``recipe_for``.

    Raises:
        Interrupted: a signal came; what was done is saved.
    """
    from ...components.component import fingerprint_of
    from ...forecasting.tasks.fits import FITS, open_fit, recipe_for

    try:
        fingerprint_of(out)
    except FileNotFoundError:
        recipe = recipe_for(model, load_series(data, **(reading or {})), reading=reading, **choices)
        fit = open_fit(model, out) or FITS[model].start(out, recipe)
        fit.train(partial(tell_progress, tell, what))


def tell_progress(tell: Tell, what: str, progress: Any) -> None:
    tell(f"{what}: {progress}")
