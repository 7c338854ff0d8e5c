"""The rolling-origin backtest: every origin once, a forecaster made anew on the way, and what does not fit refused."""

from dataclasses import replace

import numpy as np
import pytest

from ludus.forecasting.backtest import backtest, check_fits
from ludus.forecasting.baselines import make_climatology, make_naive, make_seasonal
from ludus.forecasting.windows import Windows
from series_texts import hourly, read

SERIES = read(hourly(24 * 60), targets=("price",), known=("load",))
WINDOWS = Windows.of(SERIES, "test", 24, 168)


def test_forecasts_are_kept_in_the_order_of_the_origins():
    told = []
    found = backtest(make_naive(SERIES, 24, 168), WINDOWS, keep=True, progress=told.append)
    last = SERIES.values[WINDOWS.origins - 1, 0].astype(np.float32)
    np.testing.assert_array_equal(found.forecasts, np.repeat(last[:, None], 24, axis=1))
    assert found.errors.windows == len(WINDOWS) == told[-1] == 12
    off = np.abs(WINDOWS.truths(slice(None)) - last[:, None])
    assert found.errors.figures()["MAE"] == pytest.approx(off.mean(), rel=1e-6)
    np.testing.assert_allclose(found.errors.by_hour(), off.mean(axis=0), rtol=1e-5)
    assert backtest(make_naive(SERIES, 24, 168), WINDOWS).forecasts is None


@pytest.mark.parametrize("every", [1, 5, 100])
def test_recalibration_happens_at_every_so_many_origins_with_the_rows_before(every):
    asked = []

    def recalibrate(origin):
        asked.append(origin)
        return make_climatology(SERIES, 24, 168, (), rows=(0, origin))

    found = backtest(None, WINDOWS, recalibrate, every, keep=True)
    assert asked == WINDOWS.origins[::every].tolist()
    means = [SERIES.values[:origin, 0].mean() for origin in asked]
    np.testing.assert_allclose(found.forecasts[:, 0], np.repeat(means, every)[: len(WINDOWS)], rtol=1e-5)


def test_what_does_not_fit_is_refused_by_what_differs():
    other = read(hourly(24 * 60, seed=1), targets=("price",))
    longer = make_naive(SERIES, 24, 200)
    for net, windows, expected in (
        (longer, WINDOWS, "its past has 200 rows, expected 168"),
        (make_naive(SERIES, 12, 168), WINDOWS, "its known has 12 rows, expected 24"),
        (make_naive(other, 24, 168), WINDOWS, "its parts are past, calendar, expected past, known, calendar"),
        (make_naive(other, 12, 168), Windows.of(other, "test", 24, 168), "its horizon is 12 rows, expected 24"),
        (
            make_naive(read(hourly(24 * 60)), 24, 168),
            Windows.of(other, "test", 24, 168),
            "it forecasts 2 columns, expected price",
        ),
    ):
        with pytest.raises(ValueError, match=".") as said:
            check_fits(net, windows)
        assert str(said.value) == f"the Naive does not fit prices.csv: {expected}; fit one to this series"
    slow = replace(other, step="2h")
    with pytest.raises(ValueError, match="does not fit prices.csv: its past is in steps of 1h, expected 2h"):
        backtest(make_seasonal(other, 24, 168), Windows(slow, WINDOWS.origins, 24, 168))
    with pytest.raises(ValueError, match="a backtest needs a forecaster, or a function that makes one"):
        backtest(None, WINDOWS)
    with pytest.raises(ValueError, match="there is no origin, so there is nothing to forecast"):
        backtest(longer, Windows(SERIES, np.zeros(0, np.int64), 24, 200))
