"""Measures of how right a filling is: what a slot shows beside its truth, in the units of the truth."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from ....components.average_precision import COCO_THRESHOLDS, average_precision
from ....components.layout import Layout
from ....components.quantiles import covered, pinball
from ....components.utterance import ACT, WISHES


class Look(NamedTuple):
    """One moment of a slot, of M environments."""

    estimate: np.ndarray  # (M, *truth)
    truth: np.ndarray  # (M, *truth)
    shown: np.ndarray  # (M, *space) what is shown; of quantiles (M, *truth, Q)
    width: np.ndarray  # (*truth) or one number; see ``width_of``
    quantiles: np.ndarray  # (Q,) their levels; none where no quantiles are shown
    parts: Layout | None = None  # what the truth consists of, where that is declared


class WholeMeasure(NamedTuple):
    """A measure that is no mean over moments, but sees all of them at once."""

    of: Callable[[np.ndarray, np.ndarray], float]  # (truths (M, *truth), estimates (M, *truth))


class Measure(NamedTuple):
    """A measure: a mean over values."""

    values: Callable[[Look], np.ndarray]
    finish: Callable[[float], float] = float  # of the mean
    needs_quantiles: bool = False


def cells_of(boards: np.ndarray) -> np.ndarray:
    """Boards (M, H, W, planes) as (M, H W, planes), and any other whole numbers (M, …) as (M, count); a view."""
    shape = boards.shape
    return boards.reshape(shape[0], -1, shape[3]) if len(shape) == 4 else boards.reshape(shape[0], -1)


def _accuracy(look: Look) -> np.ndarray:
    there = look.truth.any(axis=1)  # at an end there may be nothing to name
    return (look.estimate.argmax(axis=1) == look.truth.argmax(axis=1))[there]


def _cells_right(look: Look) -> np.ndarray:
    right = cells_of(look.estimate) == cells_of(look.truth)
    return right.all(axis=2) if right.ndim == 3 else right


def _errors(look: Look) -> np.ndarray:
    return look.estimate.astype(np.float64) - look.truth


def _shape_errors(look: Look) -> np.ndarray:
    errors = _errors(look)
    return errors - errors.mean(axis=-1, keepdims=True)


def _parts_right(look: Look) -> dict[str, np.ndarray]:
    """By part (M,) whether it is right: the greatest number where the truth is one-hot, else all above one half."""
    if look.parts is None:
        raise ValueError("a slot whose measures are about parts declares them: give it truth_layout")
    right = {}
    for part in look.parts.parts:
        shown, truth = look.parts.take(look.estimate, part.name), look.parts.take(look.truth, part.name)
        right[part.name] = (
            shown.argmax(axis=1) == truth.argmax(axis=1)
            if part.name != WISHES
            else ((shown > 0.5) == (truth > 0.5)).all(axis=1)
        )
    return right


def _all_right(look: Look) -> np.ndarray:
    return np.logical_and.reduce([*_parts_right(look).values()])


def _values_right(look: Look) -> np.ndarray:
    return np.logical_and.reduce([right for name, right in _parts_right(look).items() if name not in (ACT, WISHES)])


MEASURES: dict[str, Measure | WholeMeasure] = {
    "accuracy": Measure(_accuracy),
    "cells right": Measure(_cells_right),
    # Of the meaning of an utterance (`components/utterance.py`): all of it is right, its act, its values, its wishes.
    "all right": Measure(_all_right),
    "act right": Measure(lambda look: _parts_right(look)[ACT]),
    "values right": Measure(_values_right),
    "wishes right": Measure(lambda look: _parts_right(look)[WISHES]),
    # Root of the mean square error, as a share of the slot's width.
    "RMSE": Measure(lambda look: (_errors(look) / look.width) ** 2, lambda mean: float(np.sqrt(mean))),
    "MAE": Measure(lambda look: np.abs(_errors(look))),
    # The same after the mean error along the last axis is removed from each: only the shape counts.
    "shape-MAE": Measure(lambda look: np.abs(_shape_errors(look))),
    # Mean pinball loss over the levels (Koenker & Bassett 1978).
    "pinball": Measure(lambda look: pinball(look.truth, look.shown, look.quantiles), needs_quantiles=True),
    # Share of truths between the lowest and the highest quantile.
    "coverage": Measure(lambda look: covered(look.truth, look.shown), needs_quantiles=True),
    # Of sets of things (`components/detections.py`): average precision, see there.
    "mAP50": WholeMeasure(average_precision),
    "mAP50-95": WholeMeasure(partial(average_precision, thresholds=COCO_THRESHOLDS)),
}
