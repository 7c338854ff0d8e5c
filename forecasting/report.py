"""The report on a forecaster: its errors on the test part, with naive and published ones beside them."""

from dataclasses import dataclass

import numpy as np

from .backtest import backtest
from .baselines import make_naive, make_seasonal, usual_period
from .metrics import Errors, seasonal_error
from .models.forecaster import Forecaster
from .published import LAST_VALUE, published
from .windows import Scaler, Windows, is_day_ahead, part_of

PUBLISHED_ENSEMBLES = {"dnn": "published DNN ensemble", "lear": "published LEAR ensemble"}  # of ``Series.published``


def scale_of(windows: Windows) -> np.ndarray | None:
    """What errors are divided by: of several targets their standard deviations, as the benchmarks do; else ``None``."""
    count = len(windows.series.targets)
    return Scaler.fit(windows.series).std[:count] if count > 1 else None


def naive_figures(windows: Windows) -> dict[str, dict[str, float]]:
    """Errors of naive forecasts in the same windows, by what they are: the last value, and the season before."""
    series, scale = windows.series, scale_of(windows)
    found = {}
    for name, naive in ((LAST_VALUE, make_naive(series, windows.horizon)), *_seasonal(windows)):
        same = Windows(series, windows.origins, windows.horizon, naive.lookback)
        found[name] = backtest(naive, same, scale=scale).errors.figures()
    return found


def _seasonal(windows: Windows) -> list[tuple[str, Forecaster]]:
    naive = make_seasonal(windows.series, windows.horizon)
    if naive.lookback > windows.origins.min():
        return []  # the series is shorter than its season
    return [("a week or a day ago" if naive.days else "the season before", naive)]


def published_figures(windows: Windows) -> dict[str, dict[str, float]]:
    """Errors that were published, or those of forecasts that were, in the same windows."""
    series = windows.series
    found = {
        f"published {name}": {"MSE": mse, "MAE": mae}
        for name, (mse, mae) in published(series.name, windows.horizon).items()
    }
    for name, values in series.published.items():
        rows = windows.origins[:, None] + np.arange(windows.horizon)
        if np.isfinite(values[rows]).all():
            errors = Errors()
            errors.add(series.column(series.targets[0])[rows], values[rows])
            found[PUBLISHED_ENSEMBLES.get(name, f"published {name}")] = errors.figures()
    return found


def measure(forecaster: Forecaster, windows: Windows, seconds: float) -> dict[str, float]:
    """The metrics of a finished component: its errors in ``windows``, and what it cost."""
    scale = scale_of(windows)
    errors = backtest(forecaster, windows, scale=scale).errors
    figures = errors.figures() | mase_of(windows, errors.by_target() * (1.0 if scale is None else scale))
    return {**figures, "windows": float(len(windows)), "seconds": round(seconds, 1)}


def mase_of(windows: Windows, errors: np.ndarray) -> dict[str, float]:
    """MASE of mean absolute errors (T,): their shares of the seasonal naive error in training, averaged over targets.

    Nothing where the training part is shorter than a season, or repeats itself.
    """
    series, period = windows.series, usual_period(windows.series)
    values = part_of(series, "train")[:, : len(series.targets)]
    if len(values) <= period or not (season := seasonal_error(values, period)).all():
        return {}
    return {"MASE": float((errors / season).mean())}


@dataclass(frozen=True)
class Summary:
    """What a fit came to, as a table to print."""

    rows: dict[str, dict[str, float]]  # who -> errors on the test part
    own: str  # which of them is the forecaster's
    scaled: bool  # whether errors are in standard deviations
    lines: tuple[str, ...] = ()  # what else is to be said

    def __str__(self) -> str:
        wide = max(map(len, self.rows))
        names = [
            name
            for name in ("MSE", "MAE", "sMAPE", "rMAE", "MASE", "shape-MAE", "pinball", "coverage")
            if self._has(name)
        ]
        lines = [f"{'':{wide}}  " + "".join(f"{name:>11}" for name in names)]
        lines += [
            f"{who:{wide}}  " + "".join(self._cell(row, name) for name in names) for who, row in self.rows.items()
        ]
        unit = "standard deviations of each column" if self.scaled else "the series' own units"
        return "\n".join([*lines, f"Errors on the test part, in {unit}.", *self.lines])

    def _has(self, name: str) -> bool:
        return name in self.rows[self.own] and not (self.scaled and name in ("sMAPE", "shape-MAE"))

    def _cell(self, row: dict[str, float], name: str) -> str:
        if name not in row:
            return f"{'–':>11}"
        return f"{100.0 * row[name]:>9.2f} %" if name in ("sMAPE", "coverage") else f"{row[name]:>11.4g}"


def summarise(name: str, metrics: dict[str, float], windows: Windows, *lines: str) -> Summary:
    """The summary of a forecaster called ``name`` with these metrics in ``windows`` of the test."""
    naive = naive_figures(windows)
    rows = {**naive, name: metrics, **published_figures(windows)}
    if is_day_ahead(windows.series):
        base = list(naive.values())[-1]["MAE"]
        rows = {who: {**row, "rMAE": row["MAE"] / base} for who, row in rows.items()}
    return Summary(rows, name, scale_of(windows) is not None, lines)
