"""Isotonic maps from a detector's scores to a quantity that rises with them, such as wear.

Isotonic regression (Barlow, Bartholomew, Bremner & Brunk 1972, *Statistical Inference under Order Restrictions*) finds
the non-decreasing function of the least squared error. One score says little of something that changes slowly, as wear
does, so that the map may go by a mean of the scores in which older ones count less (exponential smoothing).
"""

from typing import Any

import numpy as np
import torch
from gymnasium import Space, spaces
from scipy.optimize import isotonic_regression

from ....components.component import Component
from ....components.composition import build, describe
from ....utils.untrusted import is_number
from .detector import Detector, check_whole

MOST_KNOTS = 100_000
HALF_LIVES = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)  # steps, of which `fit_isotonic` takes the best
FRESH = 0.1  # share of the steps with the lowest truth, whose mean score an episode begins with


class Isotonic(Component):
    """A detector and a map from its scores to the truth of a slot; between two knots it is linear.

    Args:
        part: The `Detector`, or what describes it in a config.json.
        half_life: Steps after which a score counts half in the mean that is mapped; 0: the last score alone.
        knots: Of the map.
        data: What it was fitted on, for the person who finds it later.

    Raises:
        ValueError: the part is no detector, or spaces and numbers do not belong together or are out of range.
    """

    in_place = True
    scores: torch.Tensor  # (knots,) float64, rising
    values: torch.Tensor  # (knots,) float64, never falling
    start: torch.Tensor  # () float64, the mean with which an episode begins

    def __init__(
        self,
        input_space: Space,
        output_space: Space,
        *,
        part: Any,
        half_life: float = 0.0,
        knots: int = 2,
        data: str = "",
    ) -> None:
        inner = part if isinstance(part, Component) else build(part)
        if not isinstance(inner, Detector):
            raise ValueError(f"scores are those of a detector, got a {type(inner).__name__}")
        check_whole("knots", knots, 1, MOST_KNOTS)
        if not is_number(half_life) or not 0.0 <= half_life <= 1e6:
            raise ValueError(f"half_life is a number of steps from 0 to 1,000,000, got {half_life!r}"[:200])
        if input_space.shape != inner.input_space.shape or input_space.dtype != inner.input_space.dtype:
            raise ValueError(f"the detector takes {inner.input_space}, got {input_space}")
        numbers = int(np.prod(output_space.shape or ()))
        if numbers != 1 or not isinstance(output_space, spaces.Box) or output_space.dtype != np.float32:
            raise ValueError(f"what is mapped to is one number, a float32 Box of shape (1,) or (), got {output_space}")
        config = {"part": describe(inner), "half_life": float(half_life), "knots": knots, "data": data}
        super().__init__(input_space, output_space, config, (*inner.memory_shapes, (1,)))
        self.part, self.keep = inner, keep_of(half_life)
        self.register_buffer("scores", torch.arange(knots, dtype=torch.float64))
        self.register_buffer("values", torch.zeros(knots, dtype=torch.float64))
        self.register_buffer("start", torch.zeros((), dtype=torch.float64))

    def first_memory(self, count: int) -> tuple[torch.Tensor, ...]:
        return (*self.part.first_memory(count), self.start.repeat(count, 1))

    def forward(
        self, x: torch.Tensor, memory: tuple[torch.Tensor, ...]
    ) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
        scores, kept = self.part(x, memory[:-1])
        mean = memory[-1]
        mean.mul_(self.keep).add_(scores.reshape(len(x), 1).to(torch.float64), alpha=1.0 - self.keep)
        found = np.interp(mean[:, 0].cpu().numpy(), self.scores.cpu().numpy(), self.values.cpu().numpy())
        y = torch.from_numpy(found).float().reshape(len(x), *(self.output_space.shape or ())).to(x.device)
        return y, (*kept, mean)


def keep_of(half_life: float) -> float:
    """What is left of a mean after a step."""
    return 0.0 if half_life == 0.0 else float(0.5 ** (1.0 / half_life))


def smooth(scores: np.ndarray, half_life: float, start: float) -> np.ndarray:
    """(E, T) the means of scores (E, T) that ``Isotonic`` maps."""
    keep, means, mean = keep_of(half_life), np.empty(scores.shape), np.full(len(scores), start)
    for t in range(scores.shape[1]):
        mean = keep * mean + (1.0 - keep) * scores[:, t]
        means[:, t] = mean
    return means


def isotonic_knots(scores: np.ndarray, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(K,) scores, rising, and (K,) the values there: the isotonic regression of ``truth`` (M,) on ``scores`` (M,).

    Equal scores count together. Of a flat stretch its ends are kept.
    """
    at, which, counts = np.unique(scores, return_inverse=True, return_counts=True)
    means = np.bincount(which.ravel(), truth) / counts
    fitted = isotonic_regression(means, weights=counts.astype(np.float64)).x
    edge = np.ones(len(at), bool)
    edge[1:-1] = (fitted[1:-1] != fitted[:-2]) | (fitted[1:-1] != fitted[2:])
    return at[edge], fitted[edge]


def fit_isotonic(
    detector: Detector, raw: np.ndarray, truth: np.ndarray, output_space: Space, data: str = ""
) -> Isotonic:
    """The map from the scores of a detector to the truth of streams, whose half-life is the best on these streams.

    Args:
        raw: (E, T, *raw) of E streams, as ``envs.streams.slot_streams`` records them.
        truth: (E, T) what is true.
        output_space: The truth's.
        data: See ``Isotonic``.

    Returns:
        The component; its metrics say ``MAE``, ``RMSE`` and ``correlation`` on these streams.
    """
    scores = step_scores(detector, raw)
    fresh = truth <= np.quantile(truth, FRESH)
    start = float(scores[fresh].mean())
    best: tuple[float, float, np.ndarray, np.ndarray, np.ndarray] | None = None
    for half_life in HALF_LIVES:
        means = smooth(scores, half_life, start)
        knots, values = isotonic_knots(means.ravel(), truth.ravel())
        found = np.interp(means, knots, values)
        error = float(np.mean((found - truth) ** 2))
        if best is None or error < best[0]:
            best = error, half_life, knots, values, found
    assert best is not None
    error, half_life, knots, values, found = best
    net = Isotonic(
        detector.input_space, output_space, part=detector, half_life=half_life, knots=len(knots), data=data
    ).eval()
    for buffer, numbers in ((net.scores, knots), (net.values, values), (net.start, np.array(start))):
        buffer.copy_(torch.from_numpy(numbers))
    flat = not (np.ptp(found) > 0.0 and np.ptp(truth) > 0.0)
    net.metrics = {
        "MAE": float(np.abs(found - truth).mean()),
        "RMSE": error**0.5,
        "correlation": 0.0 if flat else float(np.corrcoef(found.ravel(), truth.ravel())[0, 1]),
    }
    return net


def step_scores(detector: Detector, raw: np.ndarray) -> np.ndarray:
    """(E, T) float64 what the detector says in each step of streams (E, T, *raw), each from the first memory on."""
    memory = detector.first_memory(len(raw))
    scores = np.empty(raw.shape[:2])
    with torch.inference_mode():
        for t in range(raw.shape[1]):
            y, memory = detector(torch.from_numpy(np.ascontiguousarray(raw[:, t])), memory)
            scores[:, t] = y.reshape(-1).numpy()
    return scores
