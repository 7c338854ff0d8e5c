"""The report on a forecaster: its errors on the test part, with naive and published ones beside them."""

from dataclasses import dataclass

import numpy as np

from .backtest import backtest
from .baselines import make_naive, make_seasonal, season_rows, usual_period
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
    """Errors of naive forecasts at the same origins, by what they are: the last value, and the season before.

    What they look back on is their own: the season before is judged where the series holds one before each origin.
    """
    series, scale, horizon = windows.series, scale_of(windows), windows.horizon
    naive: dict[str, Forecaster] = {LAST_VALUE: make_naive(series, horizon, lookback=1)}
    reach = season_rows(series, horizon)
    if reach <= windows.origins.min():
        seasonal = make_seasonal(series, horizon, reach)
        naive["a week or a day ago" if seasonal.days else "the season before"] = seasonal
    found = {}
    for name, net in naive.items():
        same = Windows(series, windows.origins, horizon, net.lookback)
        found[name] = backtest(net, same, scale=scale).errors.figures()
    return found


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
        names = [
            name
            for name in ("MSE", "MAE", "sMAPE", "rMAE", "MASE", "shape-MAE", "pinball", "coverage")
            if self._has(name)
        ]
        table = [["", *names], *([who, *(self._cell(row, name) for name in names)] for who, row in self.rows.items())]
        first, *widths = (max(map(len, column)) for column in zip(*table, strict=True))
        lines = [
            f"{who:{first}}" + "".join(f"  {cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
            for who, *cells in table
        ]
        unit = "standard deviations of each column" if self.scaled else "the series' own units"
        return "\n".join([*lines, f"Errors on the test part, in {unit}.", *self.lines])

    def _has(self, name: str) -> bool:
        return name in self.rows[self.own] and not (self.scaled and name in ("sMAPE", "shape-MAE"))

    def _cell(self, row: dict[str, float], name: str) -> str:
        if name not in row:
            return "–"
        return f"{100.0 * row[name]:.2f} %" if name in ("sMAPE", "coverage") else f"{row[name]:.4g}"


def summarise(name: str, metrics: dict[str, float], windows: Windows, *lines: str) -> Summary:
    """The summary of a forecaster called ``name`` with these metrics in ``windows`` of the test.

    There is no rMAE where the season before is not judged, or never wrong.
    """
    naive = naive_figures(windows)
    rows = {**naive, name: metrics, **published_figures(windows)}
    if is_day_ahead(windows.series) and len(naive) > 1 and (base := list(naive.values())[-1]["MAE"]):
        rows = {who: {**row, "rMAE": row["MAE"] / base} for who, row in rows.items()}
    return Summary(rows, name, scale_of(windows) is not None, lines)
