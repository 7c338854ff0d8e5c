"""The pictures of a report on a forecaster: one fan, and its errors by row ahead and by hour, beside naive ones."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..utils.plotting import pixels_of, save_figure
from .backtest import backtest
from .baselines import naive_rivals
from .models.forecaster import Forecaster
from .outlook import look_ahead
from .plots import render_by_horizon, render_by_hour, render_fan
from .report import scale_of
from .windows import Windows

MOST_JUDGED = 2000  # windows, evenly spread, behind a curve


def save_plots(
    forecaster: Forecaster,
    windows: Windows,
    folder: Path,
    writer: Any,
    step: int,
    note: Callable[[str], None] = lambda text: None,
) -> None:
    """Write fan.png, error-by-horizon.png and error-by-hour.png into ``folder``, and the same into TensorBoard.

    The fan is that of the middle origin of ``windows``. Without Matplotlib there are no pictures, and a note says so.

    Args:
        windows: Those of the test.
        writer: TensorBoard's ``SummaryWriter``.
    """
    series, scale = windows.series, scale_of(windows)
    try:
        figures = {"fan": render_fan(look_ahead(forecaster, series, int(windows.origins[len(windows) // 2])))}
    except ImportError as fault:
        note(str(fault))
        return
    spread = np.linspace(0, len(windows) - 1, min(len(windows), MOST_JUDGED)).round().astype(np.int64)
    some = Windows(series, windows.origins[spread], windows.horizon, windows.lookback)
    every = {"this model": forecaster, **naive_rivals(series, windows.horizon, windows.lookback)}
    found = {name: backtest(net, some, scale=scale).errors for name, net in every.items()}
    unit = "units of the series" if scale is None else "standard deviations"
    figures["error-by-horizon"] = render_by_horizon({k: v.by_horizon() for k, v in found.items()}, series.step, unit)
    by_hour = {name: errors.by_hour() for name, errors in found.items()}
    if all(np.isfinite(one).all() for one in by_hour.values()):  # not of days, weeks and months
        figures["error-by-hour"] = render_by_hour(by_hour, unit)
    for name, figure in figures.items():
        writer.add_image(f"test/{name}", pixels_of(figure), step, dataformats="HWC")
        save_figure(figure, folder / f"{name}.png")
