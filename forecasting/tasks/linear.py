"""`ludus fit forecasting/linear` and `forecasting/periodic`: ridge regressions from the moments of windows."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import torch

from ...data.series import Series
from ...training.settings import check_choice, check_range
from ...utils.untrusted import is_number
from ..baselines import usual_period
from ..models.forecaster import Forecaster, spaces_of
from ..models.linear import Linear, Periodic
from ..moments import LEVELS, levelled, ridge, squared_error, sum_products
from ..windows import Scaler, is_day_ahead, usual_sizes
from .solve import Data, Solve, Solver, SolveRecipe, digest_of

LEARNED = ("train", "validation")  # parts: the coefficients are of the first, the second chooses the strength
LOOKBACK_PERIODS = {24: 21, 96: 15}  # periods that are seen of hours and of quarters of an hour: three weeks, 15 days


@dataclass(frozen=True, kw_only=True)
class LinearRecipe(SolveRecipe):
    """All that decides a linear map."""

    SEARCH: ClassVar[Mapping[str, str]] = {"level": "last|mean", "lookback": "x0.5..x2 log"}

    level: str = "last"  # or mean: what rows are measured from
    # Of the penalty, in multiples of the regressors' mean square; the best on the validation part is taken.
    strengths: list[float] = field(default_factory=lambda: [0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0])

    def __post_init__(self) -> None:
        super().__post_init__()
        check_choice(self, "level", LEVELS)
        if not self.strengths or not all(is_number(value) and value >= 0.0 for value in self.strengths):
            raise ValueError(f"strengths are numbers >= 0, one or more; got {self.strengths!r}"[:200])

    @classmethod
    def sizes(cls, series: Series) -> tuple[int, int]:
        horizon, lookback = usual_sizes(series)
        period = usual_period(series)
        longer = 0 if is_day_ahead(series) else period * LOOKBACK_PERIODS.get(period, 0)
        return horizon, longer or lookback


@dataclass(frozen=True, kw_only=True)
class PeriodicRecipe(LinearRecipe):
    """All that decides a period map."""

    period: int = 0  # rows; 0: what the step suggests

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range(self, 0, self.lookback, "period")


class Moments(Solver):
    """The moments of the training and the validation part, a target in each step; the last one solves.

    Args:
        period: Rows of a period of a period map; 0 for a linear one.
    """

    def __init__(self, recipe: LinearRecipe, data: Data, period: int = 0) -> None:
        self.recipe, self.data, self.period = recipe, data, period
        self.scaler = Scaler.fit(data.series)
        self.targets = len(data.series.targets)
        self.steps = len(LEARNED) * self.targets + 1
        self.digest = digest_of(data.series, data.train.origins, data.validation.origins)
        size = recipe.lookback + recipe.horizon
        self.products = np.zeros((len(LEARNED), size, size))
        rows = recipe.lookback // period if period else recipe.lookback
        self.weights = np.zeros((rows, -(-recipe.horizon // (period or 1))))
        self.errors = np.full(len(recipe.strengths), np.nan)  # mean squared one on the validation part, in spreads

    def take(self) -> None:
        if self.step == self.steps - 1:
            self.solve()
            return
        part, target = divmod(self.step, self.targets)
        self.products[part] += sum_products(getattr(self.data, LEARNED[part]), self.scaler, target)

    def solve(self) -> None:
        """The weights of the strength that is best on the validation part."""
        r, seen = self.recipe, len(self.weights) * (self.period or 1)
        cut = self.recipe.lookback - seen  # rows in front that make no whole period
        train, validation = (levelled(part[cut:, cut:], seen, r.level) for part in self.products)
        if self.period:
            found = solve_periods(train, seen, r.horizon, self.period, r.strengths)
        else:
            found = ridge(train[:seen, :seen], train[:seen, seen:], r.strengths)
        numbers = len(self.data.validation) * self.targets * r.horizon
        for at, weights in enumerate(found):
            whole = spread_periods(weights, self.period, r.horizon) if self.period else weights
            self.errors[at] = squared_error(validation, whole) / numbers
        self.weights[:] = found[int(np.argmin(self.errors))]

    def pack(self) -> dict[str, torch.Tensor]:
        arrays = {"products": self.products, "weights": self.weights, "errors": self.errors}
        return {name: torch.from_numpy(array.copy()) for name, array in arrays.items()}

    def unpack(self, tensors: dict[str, torch.Tensor], step: int) -> None:
        arrays = {"products": self.products, "weights": self.weights, "errors": self.errors}
        if step > self.steps or {name: a.shape for name, a in arrays.items()} != {
            name: tuple(tensor.shape) for name, tensor in tensors.items()
        }:
            raise ValueError("its moments are of other windows")
        for name, array in arrays.items():
            array[:] = tensors[name].numpy()
        self.step = step

    def curves(self) -> dict[str, float]:
        return {"validation/MSE": float(self.errors.min())} if self.step == self.steps else {}

    def trained(self) -> Forecaster:
        r, windows = self.recipe, self.data.train
        own: dict[str, Any] = {"layout": windows.layout.to_json(), "level": r.level, "data": r.data}
        ends = spaces_of(windows.layout, windows.output)
        net = Periodic(*ends, period=self.period, **own) if self.period else Linear(*ends, **own)
        net.weights.copy_(torch.from_numpy(self.weights))
        return net.eval()

    def note(self) -> str:
        best = int(np.argmin(self.errors))
        return (
            f"measured from the {self.recipe.level}, strength {self.recipe.strengths[best]:g} "
            f"(validation MSE {self.errors[best]:.4f})"
        )


def solve_periods(
    products: np.ndarray, seen: int, horizon: int, period: int, strengths: list[float]
) -> list[np.ndarray]:
    """(past periods, coming periods) for each strength, from the ``products`` of windows of whole periods.

    A coming period that the horizon cuts off is learned from the phases that it has.
    """
    before, after = seen // period, -(-horizon // period)
    blocks = products[:seen, :seen].reshape(before, period, before, period)
    found = [np.zeros((before, after)) for _ in strengths]
    for at in range(after):
        phases = range(min(period, horizon - at * period))
        gram = sum(blocks[:, phase, :, phase] for phase in phases)
        first = seen + at * period
        cross = sum(products[phase:seen:period, first + phase] for phase in phases)
        for weights, own in zip(found, ridge(np.asarray(gram), np.asarray(cross)[:, None], strengths), strict=True):
            weights[:, at] = own[:, 0]
    return found


def spread_periods(weights: np.ndarray, period: int, horizon: int) -> np.ndarray:
    """The linear map (seen, horizon) that a period map is."""
    before, after = weights.shape
    whole = np.zeros((before, period, after, period))
    for phase in range(period):
        whole[:, phase, :, phase] = weights
    return whole.reshape(before * period, after * period)[:, :horizon]


class LinearFit(Solve):
    """The fit of a linear map."""

    TASK, RECIPE = "forecasting/linear", LinearRecipe  # type: ignore[assignment]

    def prepare(self, data: Data) -> Moments:
        return Moments(self.recipe, data)


class PeriodicFit(Solve):
    """The fit of a period map."""

    TASK, RECIPE = "forecasting/periodic", PeriodicRecipe  # type: ignore[assignment]

    def prepare(self, data: Data) -> Moments:
        r = self.recipe
        period = r.period or usual_period(data.series)
        if period > r.lookback:
            raise ValueError(f"a period of {period} rows needs a look-back of as many, got {r.lookback}")
        return Moments(r, data, period)
