"""The rolling-origin backtest: a forecaster asked at every origin of a split, as it stands or fitted anew."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from ..components.layout import mismatch
from ..data.series import later, times_from
from .metrics import Errors
from .models.forecaster import Forecaster
from .windows import BATCH, Windows

# The forecaster for the origin at this row, made from rows before it alone, such as one that is fitted anew each day.
Recalibrate = Callable[[int], Forecaster]


@dataclass(frozen=True)
class Backtest:
    """What a backtest came to."""

    errors: Errors
    forecasts: np.ndarray | None  # (N, *output) float32 in the order of the origins, if they were to be kept


def check_fits(forecaster: Forecaster, windows: Windows) -> None:
    """``ValueError``, in one line, unless a forecaster takes these windows and forecasts what follows them."""
    series = windows.series
    differs = mismatch(forecaster.layout, windows.layout)
    if not differs and forecaster.horizon != windows.horizon:
        differs = f"its horizon is {forecaster.horizon} rows, expected {windows.horizon}"
    if not differs and forecaster.targets != len(series.targets):
        differs = f"it forecasts {forecaster.targets} columns, expected {', '.join(series.targets)}"
    if differs:
        raise ValueError(
            f"the {type(forecaster).__name__} does not fit {series.name}: {differs}; fit one to this series"
        )


@torch.no_grad()
def forecast(forecaster: Forecaster, x: np.ndarray) -> np.ndarray:
    """(N, *output) float32 of the flat inputs (N, size)."""
    return forecaster(torch.from_numpy(x).to(forecaster.device)).cpu().numpy()


def backtest(
    forecaster: Forecaster | None,
    windows: Windows,
    recalibrate: Recalibrate | None = None,
    every: int = 1,
    scale: np.ndarray | None = None,
    keep: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Backtest:
    """Forecast at all origins of ``windows`` and compare with what came.

    Args:
        forecaster: What is asked; with ``recalibrate`` it may be ``None``.
        recalibrate: Gives the forecaster anew for every ``every``-th origin; that may look at rows before it alone.
        scale: What errors are divided by; see ``metrics.Errors``.
        keep: Whether the forecasts are returned, too.
        progress: Told after each batch how many origins are done.

    Raises:
        ValueError: the forecaster does not fit the windows, with what differs.
    """
    if forecaster is None and recalibrate is None:
        raise ValueError("a backtest needs a forecaster, or a function that makes one")
    errors, kept = None, []
    for which, x, y in windows.batches(every if recalibrate is not None else BATCH):
        if recalibrate is not None:
            forecaster = recalibrate(int(windows.origins[which.start]))
        assert forecaster is not None
        if errors is None or recalibrate is not None:
            check_fits(forecaster, windows)
        errors = errors or Errors(scale, forecaster.quantiles)
        f = forecast(forecaster, x)
        errors.add(y, f, hours_of(windows, which))
        if keep:
            kept.append(f)
        if progress is not None:
            progress(which.stop)
    if errors is None:
        raise ValueError("there is no origin, so there is nothing to forecast")
    return Backtest(errors, np.concatenate(kept) if keep else None)


def hours_of(windows: Windows, which: slice) -> np.ndarray | None:
    """(n, H) hour of the day of the rows that are forecast; ``None`` for a series without dates."""
    if windows.series.times is None:
        return None
    first = times_from(windows.series, windows.origins[which])
    times = later(first[:, None], windows.series.step, np.arange(windows.horizon))
    return (times - times.astype("datetime64[D]")).astype("timedelta64[h]").astype(np.int64)
