"""Moments of windows and the ridge on them: equal to windows that are written out, and to NumPy's least squares."""

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ludus.data.series import Series
from ludus.forecasting.moments import levelled, ridge, squared_error, sum_products
from ludus.forecasting.windows import Scaler, Windows


def series(rows=120, seed=0):
    values = np.random.default_rng(seed).normal(size=(rows, 2)).cumsum(axis=0) + 50.0
    splits = {"train": (0, rows - 40), "validation": (rows - 40, rows - 20), "test": (rows - 20, rows)}
    times = np.datetime64("2020-01-06", "s") + np.arange(rows) * np.timedelta64(3600, "s")
    columns = ("a", "b")
    return Series("walk", times, "1h", values, columns, columns, (), MappingProxyType(splits), MappingProxyType({}))


def written_out(windows, scaler, target):
    """(N, L + H) windows of one target in its spreads."""
    x = (windows.series.values[:, target] - scaler.mean[target]) / scaler.std[target]
    return np.stack([x[o - windows.lookback : o + windows.horizon] for o in windows.origins])


@settings(max_examples=30, deadline=None, derandomize=True)
@given(seed=st.integers(0, 1000), lookback=st.integers(1, 20), horizon=st.integers(1, 9), stride=st.integers(1, 3))
def test_products_are_those_of_windows_written_out(seed, lookback, horizon, stride):
    whole = series(seed=seed)
    origins = Windows.of(whole, "train", horizon, lookback).origins[::stride]
    windows, scaler = Windows(whole, origins, horizon, lookback), Scaler.fit(whole)
    for target in (0, 1):
        x = written_out(windows, scaler, target)
        np.testing.assert_allclose(sum_products(windows, scaler, target), x.T @ x, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("level", ["last", "mean"])
def test_products_can_be_measured_from_a_level(level):
    windows, scaler = Windows.of(series(), "train", 4, 12), Scaler.fit(series())
    x = written_out(windows, scaler, 0)
    y = x - (x[:, 11:12] if level == "last" else x[:, :12].mean(axis=1, keepdims=True))
    np.testing.assert_allclose(levelled(x.T @ x, 12, level), y.T @ y, atol=1e-8)


def test_ridge_is_least_squares_with_rows_added():
    """The textbook's trick: sqrt(strength) x identity below X, zeros below Y, and plain least squares."""
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(50, 6)), rng.normal(size=(50, 3))
    mean = float((x**2).sum() / 6)
    for strength, found in zip((0.0, 0.2, 3.0), ridge(x.T @ x, x.T @ y, [0.0, 0.2, 3.0]), strict=True):
        below = np.sqrt(strength * mean) * np.eye(6)
        expected = np.linalg.lstsq(np.vstack([x, below]), np.vstack([y, np.zeros((6, 3))]), rcond=None)[0]
        np.testing.assert_allclose(found, expected, atol=1e-9)


def test_ridge_gives_nothing_to_a_direction_that_never_moves():
    x = np.random.default_rng(0).normal(size=(40, 2))
    x = np.column_stack([x, x[:, 0], np.zeros(40)])  # a copy, and a column of zeros
    (found,) = ridge(x.T @ x, x.T @ x[:, :1], [0.0])
    np.testing.assert_allclose(found[:, 0], [0.5, 0.0, 0.5, 0.0], atol=1e-9)


def test_squared_error_is_that_of_the_forecasts():
    windows, scaler = Windows.of(series(), "train", 4, 12), Scaler.fit(series())
    x, weights = written_out(windows, scaler, 1), np.random.default_rng(1).normal(size=(12, 4))
    expected = ((x[:, 12:] - x[:, :12] @ weights) ** 2).sum()
    assert squared_error(x.T @ x, weights) == pytest.approx(expected, rel=1e-9)


def test_row_without_a_number_is_named():
    whole = series()
    values = whole.values.copy()
    values[30, 1] = np.nan
    windows = Windows.of(replace(whole, values=values), "train", 4, 12)
    with pytest.raises(ValueError, match="row 31, column b: no number"):
        sum_products(windows, Scaler(np.zeros(2), np.ones(2)), 1)
