"""Naive forecasters against what a person would write down, and the published errors of the rule of days."""

import numpy as np
import pytest
import torch

from ludus.components.component import Component
from ludus.data import datasets
from ludus.data.series_sets import SERIES_SETS, load_set
from ludus.forecasting.backtest import backtest, forecast
from ludus.forecasting.baselines import (
    CLIMATOLOGY,
    PERSISTENCE,
    SEASONAL,
    make_climatology,
    make_naive,
    make_seasonal,
    naive_rivals,
    usual_period,
)
from ludus.forecasting.models.forecaster import spaces_of
from ludus.forecasting.models.naive import Climatology, SeasonalNaive, month_of
from ludus.forecasting.report import measure
from ludus.forecasting.windows import Scaler, Windows
from series_texts import hourly, read

PRICES = read(hourly(24 * 60), targets=("price",), known=("load",))
BOTH = read(hourly(24 * 60))
HERE = all(datasets.is_at_hand(SERIES_SETS[name]) for name in ("epf-de", "etth1", "exchange"))
REAL = pytest.mark.skipif(not HERE, reason="LUDUS_DATA names no folder with energy, ett and mts")


def test_the_last_row_again():
    windows = Windows.of(BOTH, "test", 5, 30)
    y = forecast(make_naive(BOTH, 5, 30), windows.inputs(slice(0, 9)))
    last = BOTH.values[windows.origins[:9] - 1].astype(np.float32)
    np.testing.assert_array_equal(y, np.repeat(last[:, None], 5, axis=1))


@pytest.mark.parametrize(("horizon", "period"), [(5, 24), (24, 24), (30, 24), (50, 7)])
def test_the_season_before_and_again_where_the_horizon_is_longer(horizon, period):
    windows = Windows.of(BOTH, "test", horizon, 60)
    y = forecast(make_seasonal(BOTH, horizon, 60, period), windows.inputs(slice(0, 4)))
    for ahead in range(horizon):
        rows = windows.origins[:4] - period + ahead % period
        np.testing.assert_array_equal(y[:, ahead], BOTH.values[rows].astype(np.float32))


def test_the_rule_of_days():
    windows = Windows.of(PRICES, "test", 24, 168)
    net = make_seasonal(PRICES, 24, 168)
    assert (net.period, net.days) == (24, True)
    y = forecast(net, windows.inputs(slice(None)))
    seen = set()
    for origin, found in zip(windows.origins.tolist(), y, strict=True):
        weekday = PRICES.times[origin].item().weekday()
        back = 168 if weekday in (0, 5, 6) else 24
        np.testing.assert_array_equal(found, PRICES.values[origin - back : origin - back + 24, 0].astype(np.float32))
        seen.add(weekday)
    assert seen == set(range(7))


def test_months_of_any_day():
    days = np.arange(-200_000, 200_000, 7)
    expected = days.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12
    np.testing.assert_array_equal(month_of(torch.from_numpy(days)).numpy(), expected)


@pytest.mark.parametrize("by", [(), ("hour",), ("hour", "weekday"), ("hour", "weekday", "month")])
def test_climatology_is_the_mean_of_the_same_time_in_training(by):
    net = make_climatology(BOTH, 30, 48, by)
    windows = Windows.of(BOTH, "test", 30, 48)
    y = forecast(net, windows.inputs(slice(0, 50, 7)))
    start, stop = BOTH.splits["train"]

    def told(time):
        moment = time.item()
        every = {"hour": moment.hour, "weekday": moment.weekday(), "month": moment.month}
        return tuple(every[name] for name in by)

    keys = [told(time) for time in BOTH.times]
    for origin, found in zip(windows.origins[0:50:7].tolist(), y, strict=True):
        for ahead in range(30):
            same = [row for row in range(start, stop) if keys[row] == keys[origin + ahead]]
            if same:
                np.testing.assert_allclose(found[ahead], BOTH.values[same].mean(axis=0), rtol=1e-5)
            assert np.isfinite(found[ahead]).all()


def test_a_cell_that_training_never_saw_has_the_mean_and_what_its_groups_are_off():
    net = make_climatology(BOTH, 4, 8, ("hour", "month"))  # training is January and half of February
    start, stop = BOTH.splits["train"]
    at_noon = BOTH.values[start:stop][12 - start % 24 :: 24].mean(axis=0)
    np.testing.assert_allclose(net.means[12, 6].numpy(), at_noon, rtol=1e-5)


def test_what_is_told_apart_is_chosen_on_the_validation_part():
    assert make_climatology(BOTH, 4, 8).by == ("hour",)  # a day's wave, and nothing else but noise
    weekly = [f"{time},{time.item().weekday() + 0.1 * (i % 5)}" for i, time in enumerate(BOTH.times)]
    assert make_climatology(read(["time,x", *weekly]), 4, 8).by == ("weekday",)


def test_months_count_in_a_monthly_series():
    months = read(["Month,x", *(f"{1949 + i // 12}-{i % 12 + 1:02d},{i % 12 + 0.1 * (i % 5)}" for i in range(120))])
    assert usual_period(months) == 12
    net = make_climatology(months, 12, 24, ("month",))
    y = forecast(net, Windows.of(months, "test", 12, 24).inputs(slice(0, 1)))
    origin = Windows.of(months, "test", 12, 24).origins[0]
    np.testing.assert_allclose(y[0], [(origin + ahead) % 12 + 0.2 for ahead in range(12)], atol=0.15)


def test_rivals_stand_beside_a_model_as_far_as_its_look_back_reaches():
    assert list(naive_rivals(PRICES, 24, 168)) == [PERSISTENCE, SEASONAL, CLIMATOLOGY]
    assert list(naive_rivals(PRICES, 24, 100)) == [PERSISTENCE, CLIMATOLOGY]
    assert list(naive_rivals(BOTH, 96, 24)) == [PERSISTENCE, SEASONAL, CLIMATOLOGY]


@pytest.mark.parametrize("make", [make_naive, make_seasonal, make_climatology])
def test_they_are_components_that_come_back_from_their_folders(make, tmp_path):
    net = make(PRICES)
    net.save(tmp_path / "model")
    again = Component.load(tmp_path / "model")
    assert type(again) is type(net)
    x = Windows.of(PRICES, "test", net.horizon, net.lookback).inputs(slice(None))
    np.testing.assert_array_equal(forecast(again, x), forecast(net, x))
    assert again.config["data"] == "prices.csv"


def test_what_does_not_fit_is_refused():
    layout = Windows.of(BOTH, "test", 30, 20).layout
    ends = spaces_of(layout, (30, 2))
    for kind, arguments, expected in (
        (SeasonalNaive, {"period": 24}, "a season of 24 rows needs a look-back of as many, got 20"),
        (
            SeasonalNaive,
            {"period": 10, "days": True},
            "the rule of days needs a calendar and a horizon of at most a day",
        ),
        (SeasonalNaive, {"period": 0}, "period is 1 row or more and days a truth, got 0 and False"),
        (Climatology, {"by": ["month", "hour"]}, "by takes some of hour, weekday, month, in this order"),
        (Climatology, {"by": ["year"]}, "by takes some of hour, weekday, month"),
    ):
        with pytest.raises(ValueError, match=expected):
            kind(*ends, layout=layout.to_json(), **arguments)


@pytest.mark.parametrize("series", [PRICES, BOTH])
def test_the_scaled_error_is_a_share_of_the_seasonal_error_in_training(series):
    net = make_naive(series, 24, 168)
    windows = Windows.of(series, "test", 24, 168)
    count, (start, stop) = len(series.targets), series.splits["train"]
    train = series.values[start:stop, :count]
    season = np.abs(train[24:] - train[:-24]).mean(axis=0)
    off = np.abs(windows.truths(slice(None)) - forecast(net, windows.inputs(slice(None)))).reshape(-1, count)
    assert measure(net, windows, 0.0)["MASE"] == pytest.approx((off.mean(axis=0) / season).mean(), rel=1e-5)


# --- Published figures -----------------------------------------------------------------------------------------------


@REAL
def test_the_rule_of_days_has_the_published_error_in_germany():
    series = load_set("epf-de")
    windows = Windows.of(series, "test")
    assert len(windows) == 728
    assert backtest(make_seasonal(series), windows).errors.figures()["MAE"] == pytest.approx(8.040, abs=5e-4)


@REAL
@pytest.mark.parametrize(("name", "mse", "mae"), [("etth1", 1.295, 0.713), ("exchange", 0.081, 0.196)])
def test_repeating_the_last_row_has_the_published_error(name, mse, mae):
    series = load_set(name)
    windows = Windows.of(series, "test", 96, 336)
    found = backtest(make_naive(series, 96, 336), windows, scale=Scaler.fit(series).std).errors.figures()
    assert found["MSE"] == pytest.approx(mse, abs=1e-3)
    assert found["MAE"] == pytest.approx(mae, abs=1e-3)
