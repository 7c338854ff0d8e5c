"""Fillings of Battery's forecast: published forecasts, models of ours, rules, noise, and constructed ones."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from ...data.series_load import load_series
from ...envs.engine.slots.keyed import Keys
from ...envs.engine.slots.slotted_batch import SlottedBatch
from ...envs.make import make_batch
from ...utils.wording import did_you_mean

ENV, SLOT = "ludus/Battery-v0", "forecast"
MARKETS = ("epf-de", "epf-np", "epf-be", "epf-fr", "epf-pjm")
PUBLISHED = ("published-dnn", "published-lear")
RULES = ("seasonal-naive", "naive", "weekly", "climatology")
NOISE_LEVELS = (0.1, 0.2, 0.34, 0.5, 0.7, 1.0)
DAILY_MEAN, SHIFTED, INDEPENDENT = "true daily mean", "DNN + 10 €/MWh", "truth + independent noise"
SHIFT = 10.0  # €/MWh
SEED = 20_161_227  # of the independent noise

# What each kind of filling is called in the table and the picture.
TRUTHFUL, THEIRS, OURS, RULE, NOISE, CONSTRUCTED = "truth", "published", "ours", "rule", "noise", "constructed"


def constructed(market: str) -> dict[str, np.ndarray]:
    """Tables (days, 24) €/MWh that teach, by their names; of the test days of ``market``.

    The true daily mean says nothing about which hour is dear. The published DNN, moved by 10 €/MWh, says all that it
    said. Independent noise has the DNN's mean absolute error, but none of the likeness of neighbouring hours' errors.
    """
    keywords: dict[str, Any] = {"data": market, "split": "test", SLOT: "truth"}
    batch = make_batch(ENV, 1, **keywords)
    assert isinstance(batch, SlottedBatch)
    space = batch.fillings[SLOT].space
    truth = Keys(batch, SLOT).all_signals("tell", space).astype(np.float64)
    dnn = np.asarray(batch.simulation.slots[SLOT].tables["published-dnn"](batch.world), np.float64)
    batch.close()
    error = np.abs(dnn - truth).mean()
    normal = np.random.default_rng(SEED).standard_normal(truth.shape)
    return {
        DAILY_MEAN: np.broadcast_to(truth.mean(axis=1, keepdims=True), truth.shape).copy(),
        SHIFTED: dnn + SHIFT,
        INDEPENDENT: truth + normal * error * np.sqrt(np.pi / 2.0),  # the mean of |x| of a normal x is sqrt(2 / pi)
    }


def check_asked(markets: Sequence[str], models: Sequence[str], losses: str = "") -> None:
    """``ValueError`` for no market, an unknown one, an unknown model, or one with ``losses`` that learns by none."""
    from ...forecasting.tasks.fits import FITS, LEARNED

    if not markets:
        raise ValueError(f"which markets? --markets takes some of {', '.join(MARKETS)}")
    for what, names, known in (("market", markets, MARKETS), ("model", models, FITS)):
        for name in names:
            if name not in known:
                raise ValueError(f"unknown {what} {name!r}{did_you_mean(name, known)}")
    if losses and losses not in LEARNED:
        raise ValueError(f"{losses!r} is no model that learns by a loss{did_you_mean(losses, LEARNED)}")


def models_of(market: str, models: Sequence[str], folder: Path, tell: Callable[[str], Any]) -> dict[str, Path]:
    """The folders of ``models`` that were fitted to the years before the test of ``market``.

    What is missing is fitted, and a fit that was stopped goes on.
    """
    found = {}
    for model in models:
        found[model] = folder / f"{market}-{model}"
        fit_once(market, model, found[model], tell, f"{market}: fitting {model}")
    return found


def fit_once(market: str, model: str, out: Path, tell: Callable[[str], Any], what: str, **choices: Any) -> None:
    """Fit ``model`` to ``market`` into ``out``, or go on with that, unless it is done; ``choices``: of ``recipe_for``.

    Raises:
        Interrupted: a signal came; what was done is saved.
    """
    from ...components.component import fingerprint_of
    from ...forecasting.tasks.fits import FITS, open_fit, recipe_for

    try:
        fingerprint_of(out)
    except FileNotFoundError:
        fit = open_fit(model, out) or FITS[model].start(out, recipe_for(model, load_series(market), **choices))
        fit.train(partial(tell_progress, tell, what))


def tell_progress(tell: Callable[[str], Any], what: str, progress: Any) -> None:
    tell(f"{what}: {progress}")


def fillings_of(market: str, models: dict[str, Path]) -> dict[str, tuple[str, Any]]:
    """By name, the kind of each filling and what fills the slot."""
    found: dict[str, tuple[str, Any]] = {"truth": (TRUTHFUL, "truth")}
    found |= {name: (THEIRS, name) for name in PUBLISHED}
    found |= {model: (OURS, folder) for model, folder in models.items()}
    found |= {name: (RULE, name) for name in RULES}
    found |= {f"noisy:{level:g}": (NOISE, f"noisy:{level:g}") for level in NOISE_LEVELS}
    found |= {name: (CONSTRUCTED, table) for name, table in constructed(market).items()}
    return found | {"blind": (RULE, "blind")}
