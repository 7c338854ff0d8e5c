"""The distance of forecasts from what came, in sums over all windows: nothing hangs on how these came in batches.

MSE, MAE, RMSE   mean squared and absolute error, and the root of the former
shape-MAE        MAE after the mean error of each window was taken away: what is left for those who only compare hours
sMAPE            mean of 2|e| / (|y| + |f|); 0 where both are 0
rMAE             MAE as a share of a naive forecast's in the same windows (Lago et al. 2021)
MASE             MAE as a share of the seasonal naive one-step error in the training part (Hyndman & Koehler 2006)
pinball          mean over levels q of max(q e, (q - 1) e), for e = y - f (Koenker & Bassett 1978)
coverage         share of what came that lies between the lowest and the highest quantile
"""

from collections.abc import Sequence

import numpy as np

from ..components.quantiles import covered, pinball, point_of

DAY_HOURS = 24


def seasonal_error(values: np.ndarray, period: int) -> np.ndarray:
    """(C,) mean |y[t] - y[t - period]| of a training part (T, C), by which MASE divides; T > period."""
    if len(values) <= period:
        raise ValueError(f"a period of {period} rows needs more than as many, got {len(values)}")
    return np.abs(values[period:] - values[:-period]).mean(axis=0)


class Errors:
    """Sums over forecasts that are added batch by batch, and the figures that follow from them.

    Args:
        scale: (T,) what errors of each target are divided by, such as the standard deviation of the training part for
            the benchmarks of long horizons; ``None`` for the series' own units.
        quantiles: Levels of the forecasts (N, H, Q); ``()`` for forecasts of the truth's shape.
    """

    def __init__(self, scale: np.ndarray | None = None, quantiles: Sequence[float] = ()) -> None:
        self.scale, self.quantiles = scale, tuple(quantiles)
        self.windows = 0
        self._squared = self._absolute = self._relative = np.zeros(0)  # (H, T), sums over windows
        self._shape = np.zeros(0)  # (T,)
        self._pinball, self._covered = 0.0, 0.0
        self._by_hour = np.zeros((2, DAY_HOURS))  # sums of |e|, and how many

    def add(self, truth: np.ndarray, forecast: np.ndarray, hours: np.ndarray | None = None) -> None:
        """Count further windows.

        Args:
            truth: (N, H) or (N, H, T).
            forecast: The same shape, or (N, H, Q) of quantiles.
            hours: (N, H) hour of the day of each row, for the error by hour.

        Raises:
            ValueError: the shapes do not fit; a forecast is no number.
        """
        y, f = np.asarray(truth, np.float64), np.asarray(forecast, np.float64)
        expected = (*y.shape[:2], len(self.quantiles)) if self.quantiles else y.shape
        if y.ndim not in (2, 3) or f.shape != expected:
            raise ValueError(f"forecasts of shape {f.shape}, expected {expected} for truths of shape {y.shape}")
        if not np.isfinite(f).all():
            raise ValueError(f"a forecast is no number, in window {int(np.argwhere(~np.isfinite(f))[0, 0]) + 1}")
        if self.quantiles:
            self._add_quantiles(y, f)
            f = point_of(f, self.quantiles)
        y, f = y.reshape(*y.shape[:2], -1), f.reshape(*f.shape[:2], -1)
        with np.errstate(invalid="ignore"):
            relative = 2.0 * np.abs(y - f) / (np.abs(y) + np.abs(f))
        e = y - f if self.scale is None else (y - f) / self.scale
        if not self.windows:
            self._squared, self._absolute, self._relative = (np.zeros(e.shape[1:]) for _ in range(3))
            self._shape = np.zeros(e.shape[2])
        self.windows += len(e)
        self._squared += (e**2).sum(axis=0)
        self._absolute += np.abs(e).sum(axis=0)
        self._relative += np.nan_to_num(relative, nan=0.0).sum(axis=0)
        self._shape += np.abs(e - e.mean(axis=1, keepdims=True)).sum(axis=(0, 1))
        if hours is not None:
            at, size = hours.astype(np.int64).ravel(), np.abs(e).mean(axis=2).ravel()
            self._by_hour += [np.bincount(at, size, DAY_HOURS), np.bincount(at, minlength=DAY_HOURS)]

    def _add_quantiles(self, y: np.ndarray, f: np.ndarray) -> None:
        self._pinball += float(pinball(y, f, self.quantiles).sum())
        self._covered += float(covered(y, f).sum())

    def figures(self) -> dict[str, float]:
        """Name -> figure over all windows; ``ValueError`` if none was added. Quantiles are judged by their median."""
        if not self.windows:
            raise ValueError("no forecast was added, so there is no error")
        numbers = self.windows * self._absolute.size
        mse, mae = float(self._squared.sum()) / numbers, float(self._absolute.sum()) / numbers
        found = {
            "MSE": mse,
            "MAE": mae,
            "RMSE": mse**0.5,
            "shape-MAE": float(self._shape.sum()) / numbers,
            "sMAPE": float(self._relative.sum()) / numbers,
        }
        if self.quantiles:
            found["pinball"] = self._pinball / (numbers * len(self.quantiles))
            found["coverage"] = self._covered / numbers
        return found

    def by_target(self) -> np.ndarray:
        """(T,) MAE of each target."""
        return self._absolute.mean(axis=0) / self.windows

    def by_horizon(self) -> np.ndarray:
        """(H,) MAE of each row that is forecast, the first one first."""
        return self._absolute.mean(axis=1) / self.windows

    def by_hour(self) -> np.ndarray:
        """(24,) MAE by hour of the day; NaN for hours that never came."""
        total, count = self._by_hour
        return np.divide(total, count, out=np.full(DAY_HOURS, np.nan), where=count > 0)
