"""Battery: price forecasts on real markets; published ones, models of ours, rules, noise and constructed ones."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ....envs.engine.slots.keyed import Keys
from ....envs.engine.slots.slotted_batch import SlottedBatch
from ....envs.make import make_batch
from ..case import CONSTRUCTED, NOISE, OURS, RULE, THEIRS, TRUTHFUL, Case, Measure
from ..fitting import fit_market, forecasters

ENV, SLOT, POLICY = "ludus/Battery-v0", "forecast", "plan"
MARKETS = ("epf-de", "epf-np", "epf-be", "epf-fr", "epf-pjm")
PUBLISHED = ("published-dnn", "published-lear")
RULES = ("seasonal-naive", "naive", "weekly", "climatology")
NOISE_LEVELS = (0.1, 0.2, 0.34, 0.5, 0.7, 1.0)
DAILY_MEAN, SHIFTED, INDEPENDENT = "true daily mean", "DNN + 10 €/MWh", "truth + independent noise"
SHIFT = 10.0  # €/MWh
SEED = 20_161_227  # of the independent noise


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


def fillings(market: str, models: Mapping[str, Path]) -> dict[str, tuple[str, Any]]:
    """See ``Case.fillings``."""
    found: dict[str, tuple[str, Any]] = {"truth": (TRUTHFUL, "truth")}
    found |= {name: (THEIRS, name) for name in PUBLISHED}
    found |= {model: (OURS, folder) for model, folder in models.items()}
    found |= {name: (RULE, name) for name in RULES}
    found |= {f"noisy:{level:g}": (NOISE, f"noisy:{level:g}") for level in NOISE_LEVELS}
    found |= {name: (CONSTRUCTED, table) for name, table in constructed(market).items()}
    return found | {"blind": (RULE, "blind")}


CASE = Case(
    name="battery",
    env=ENV,
    slot=SLOT,
    policy=POLICY,
    data=MARKETS,
    measures=(Measure("MAE", "€/MWh"), Measure("shape-MAE", "€/MWh")),
    earned="profit per day, 1 MW / 2 MWh",
    days=7.0,
    fillings=fillings,
    fit=fit_market,
    models=("linear", "lear", "mlp"),
    known_models=forecasters,
    losses="mlp",
    units={"epf-pjm": "$/MWh"},
    short={"published-dnn": "DNN*", "published-lear": "LEAR*", INDEPENDENT: "independent noise"},
)
