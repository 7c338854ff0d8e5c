"""`ludus fit forecasting/lear`: calibrations of LEAR, one a day where a market would have made one."""

from dataclasses import dataclass, field

import numpy as np
import torch

from ...data.series import calendar_of, times_from
from ...training.settings import check_range
from ...utils.untrusted import is_number, is_whole
from ...utils.wording import counted
from ..lasso import lasso
from ..models.forecaster import spaces_of
from ..models.lear import DAY, LEAR, MAD_OF_NORMAL, WEEKDAY, WEEKDAYS, taken
from ..windows import Windows, is_day_ahead, ordered_values
from .solve import Data, Solve, Solver, SolveRecipe, digest_of

HOURS = 24
LEAST_DAYS = 28  # of history, before which nothing is calibrated
# Strength of the penalty by days of the window: chosen on the validation years of the five markets of Lago et al.
# together, each as a share of the best; docs/forecasting.md has the table.
STRENGTHS = {56: 0.05, 84: 0.03, 1092: 0.005, 1456: 0.005}


@dataclass(frozen=True, kw_only=True)
class LEARRecipe(SolveRecipe):
    """All that decides a LEAR."""

    lags: list[int] = field(default_factory=lambda: [1, 2, 3, 7])  # days back, of the target
    known_lags: list[int] = field(default_factory=lambda: [0, 1, 7])  # days back, of the known columns; 0: the coming
    windows: list[int] = field(default_factory=lambda: list(STRENGTHS))  # days of each calibration window
    strengths: list[float] = field(default_factory=lambda: list(STRENGTHS.values()))  # of the penalty, one per window
    recalibrate: int = 1  # days between two calibrations from the validation part on; 0: one, before the test
    recalibrate_train: int = 28  # days between two in the training part, which only environments play; 0: none there

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range(self, 0, 10_000, "recalibrate", "recalibrate_train")
        if not self.windows or not all(is_whole(days, LEAST_DAYS, 100_000) for days in self.windows):
            raise ValueError(f"windows are numbers of days, {LEAST_DAYS} or more; got {self.windows!r}"[:200])
        if not all(is_number(value) and 0.0 < value < 1.0 for value in self.strengths):
            raise ValueError(f"strengths are numbers between 0 and 1, got {self.strengths!r}"[:200])
        if len(self.windows) != len(self.strengths):
            raise ValueError(
                f"{counted(len(self.windows), 'window')} and {counted(len(self.strengths), 'strength')}; give one for "
                "each: --set windows=[56, 364] --set strengths=[0.05, 0.01]"
            )


class Calibrations(Solver):
    """Every calibration of a LEAR, in the order of time; the strength and the window are those of the recipe.

    A calibration before day d looks at the targets of days before d, and at what was known of them.
    """

    def __init__(self, recipe: LEARRecipe, windows: Windows, before: np.ndarray) -> None:
        self.recipe, self.windows, self.before = recipe, windows, before
        series = windows.series
        self.index, self.column = taken(windows.layout, recipe.lags, recipe.known_lags)
        self.values = ordered_values(series)
        calendar = calendar_of(times_from(series, windows.origins))
        self.days = calendar[:, DAY].astype(np.int64)
        self.weekday = np.eye(WEEKDAYS)[calendar[:, WEEKDAY].astype(np.int64)]
        self.raw = np.concatenate([part[:, self.index] for _, part, _ in windows.batches()])  # (days, F) float32
        self.steps = len(before)
        self.digest = digest_of(series, before)
        count, features = len(recipe.windows), len(self.index) + WEEKDAYS
        self.start = np.zeros((count, HOURS, features))  # of the next LASSO: what the last one came to
        self.coefficients = np.zeros((self.steps, count, features + 1, HOURS), np.float32)
        self.scales = np.zeros((self.steps, 2, count, len(series.columns)), np.float32)

    def take(self) -> None:
        for at, (days, strength) in enumerate(zip(self.recipe.windows, self.recipe.strengths, strict=True)):
            found = self.calibrate(int(self.before[self.step]), days, strength, self.start[at])
            self.coefficients[self.step, at], self.scales[self.step, :, at], self.start[at] = found

    def calibrate(
        self, end: int, days: int, strength: float, start: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The LASSO of the ``days`` days before the window number ``end``, or of as many as there are.

        Returns:
            (F + 1, 24) coefficients of transformed regressors with the intercept behind; (2, C) middle and spread of
            each column; and (24, F) those of standardised ones, from which the next one starts.
        """
        rows = slice(max(0, end - days), end)
        origins = self.windows.origins[rows]
        seen = self.values[origins[0] : origins[-1] + HOURS].astype(np.float32)
        middle = np.median(seen, axis=0).astype(np.float32)
        spread = (np.median(np.abs(seen - middle), axis=0) / MAD_OF_NORMAL).astype(np.float32)
        spread[spread <= 0.0] = 1.0  # a column that hardly ever moves
        z = np.arcsinh((self.raw[rows] - middle[self.column]) / spread[self.column]).astype(np.float64)
        x = np.concatenate([z, self.weekday[rows]], axis=1)
        hours = seen.reshape(len(origins), HOURS, -1)[:, :, 0]
        y = np.arcsinh((hours - middle[0]) / spread[0]).astype(np.float64)
        mean, std, moments = standardised(x)
        mean_y, std_y, targets = standardised(y)
        b = lasso(moments.T @ moments / len(x), targets.T @ moments / len(x), strength, start)
        slopes = (b * std_y[:, None]) / std
        return np.vstack([slopes.T, mean_y - slopes @ mean]), np.stack([middle, spread]), b

    def pack(self) -> dict[str, torch.Tensor]:
        return {name: torch.from_numpy(array.copy()) for name, array in self.arrays(self.step).items()}

    def arrays(self, step: int) -> dict[str, np.ndarray]:
        """What ``step`` steps fill, by name."""
        return {"coefficients": self.coefficients[:step], "scales": self.scales[:step], "start": self.start}

    def unpack(self, tensors: dict[str, torch.Tensor], step: int) -> None:
        mine = self.arrays(step)
        if step > self.steps or {name: array.shape for name, array in mine.items()} != {
            name: tuple(tensor.shape) for name, tensor in tensors.items()
        }:
            raise ValueError("its coefficients are of other windows")
        for name, array in mine.items():
            array[:] = tensors[name].numpy()
        self.step = step

    def curves(self) -> dict[str, float]:
        used = self.coefficients[self.step - 1, :, :-1] != 0.0
        return {
            f"regressors/{days}_days": float(n) for days, n in zip(self.recipe.windows, used.mean((1, 2)), strict=True)
        }

    def said(self) -> str:
        day = self.windows.origins[self.before[min(self.step, self.steps - 1)]]
        return f"before {str(times_from(self.windows.series, np.array([day]))[0])[:10]}"

    def trained(self) -> LEAR:
        r, layout = self.recipe, self.windows.layout
        net = LEAR(
            *spaces_of(layout, self.windows.output),
            layout=layout.to_json(),
            lags=r.lags,
            known_lags=r.known_lags,
            windows=r.windows,
            calibrations=self.steps,
            data=r.data,
        )
        net.until.copy_(torch.from_numpy(self.days[self.before] - 1))
        net.coefficients.copy_(torch.from_numpy(self.coefficients))
        net.middle.copy_(torch.from_numpy(self.scales[:, 0]))
        net.spread.copy_(torch.from_numpy(self.scales[:, 1]))
        return net.eval()

    def note(self) -> str:
        r = self.recipe
        often = "each day" if r.recalibrate == 1 else f"every {r.recalibrate} days" if r.recalibrate else "once"
        return f"windows of {', '.join(map(str, r.windows))} days, calibrated {often}"


def standardised(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean and spread of each column, and the columns with these taken out; one that never moves becomes 0."""
    mean, std = x.mean(axis=0), x.std(axis=0)
    moves = std > 1e-9 * np.maximum(1.0, np.abs(mean))
    std = np.where(moves, std, 1.0)
    return mean, std, np.where(moves, (x - mean) / std, 0.0)


def schedule(windows: Windows, recipe: LEARRecipe) -> np.ndarray:
    """(D,) before which windows there is a calibration, rising; ``windows`` are those of all days.

    Raises:
        ValueError: there is too little history.
    """
    splits, origins = windows.series.splits, windows.origins
    begin, test = (int(np.searchsorted(origins, splits[name][0])) for name in ("validation", "test"))
    end = int(np.searchsorted(origins, splits["test"][1]))
    if test < LEAST_DAYS or not begin < test < end:
        raise ValueError(
            f"{windows.series.name} has {counted(test, 'day')} before the test after a look-back of "
            f"{windows.lookback} rows; LEAR needs {LEAST_DAYS} or more"
        )
    if not recipe.recalibrate:
        return np.array([test])
    often = np.arange(max(begin, LEAST_DAYS), end, recipe.recalibrate)
    if not recipe.recalibrate_train:
        return often
    seldom = np.arange(LEAST_DAYS, begin, recipe.recalibrate_train)
    return np.unique(np.concatenate([seldom, often]))


class LEARFit(Solve):
    """The fit of a LEAR."""

    TASK, RECIPE = "forecasting/lear", LEARRecipe  # type: ignore[assignment]

    def prepare(self, data: Data) -> Calibrations:
        series, r = data.series, self.recipe
        if not is_day_ahead(series) or len(series.targets) != 1 or r.horizon != HOURS:
            raise ValueError(
                "LEAR forecasts the 24 hours of a day of one target, from hourly rows with dates and columns that are "
                f"known in advance (--known); {series.name} has {', '.join(series.targets)} in steps of {series.step}, "
                f"known {', '.join(series.known) or 'nothing'}, and the horizon is {r.horizon}"
            )
        rows = np.arange(r.lookback, data.test.origins[-1] + 1)
        times = times_from(series, rows)
        windows = Windows(series, rows[times == times.astype("datetime64[D]")], r.horizon, r.lookback)
        return Calibrations(r, windows, schedule(windows, r))
