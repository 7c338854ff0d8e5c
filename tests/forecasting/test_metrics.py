"""Figures of errors, each against one written out, and that they do not hang on batches."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ludus.components.quantiles import point_of
from ludus.forecasting.metrics import Errors, seasonal_error

random = np.random.default_rng(1)
Y, F = random.normal(5.0, 3.0, (30, 6, 2)), random.normal(5.0, 3.0, (30, 6, 2))


def errors_of(y, f, **more):
    errors = Errors(**more)
    errors.add(y, f)
    return errors


def test_figures_of_two_windows_by_hand():
    found = errors_of(np.array([[1.0, 3.0], [0.0, 0.0]]), np.array([[2.0, 2.0], [0.0, 4.0]])).figures()
    assert found == {
        "MSE": (1 + 1 + 0 + 16) / 4,
        "MAE": (1 + 1 + 0 + 4) / 4,
        "RMSE": (18 / 4) ** 0.5,
        "shape-MAE": (1 + 1 + 2 + 2) / 4,  # the second window's mean error is -2
        "sMAPE": pytest.approx((2 / 3 + 2 / 5 + 0 + 2) / 4),
    }


def test_a_constant_error_is_no_error_of_shape():
    found = errors_of(Y, Y + 10.0).figures()
    assert found["MAE"] == pytest.approx(10.0)
    assert found["shape-MAE"] == pytest.approx(0.0, abs=1e-9)


@given(st.lists(st.integers(1, 29), max_size=5, unique=True).map(sorted))
def test_no_window_is_lost_whatever_the_batches(cuts):
    whole, parts = errors_of(Y, F), Errors()
    hours = np.broadcast_to(np.arange(6), (30, 6))
    whole = Errors()
    whole.add(Y, F, hours)
    for start, stop in zip([0, *cuts], [*cuts, 30], strict=True):
        parts.add(Y[start:stop], F[start:stop], hours[start:stop])
    assert parts.windows == 30
    assert parts.figures() == pytest.approx(whole.figures(), rel=1e-12)
    np.testing.assert_allclose(parts.by_hour(), whole.by_hour())
    assert whole.figures()["MSE"] == pytest.approx(((Y - F) ** 2).mean())


def test_errors_of_benchmarks_are_divided_by_each_targets_spread():
    scale = np.array([2.0, 0.5])
    found = errors_of(Y, F, scale=scale).figures()
    assert found["MSE"] == pytest.approx((((Y - F) / scale) ** 2).mean())
    assert found["sMAPE"] == pytest.approx(errors_of(Y, F).figures()["sMAPE"])


def test_errors_by_row_by_target_and_by_hour():
    errors = Errors()
    errors.add(Y, F, (np.arange(6) + 22) % 24 + np.zeros((30, 1)))
    off = np.abs(Y - F)
    np.testing.assert_allclose(errors.by_horizon(), off.mean(axis=(0, 2)))
    np.testing.assert_allclose(errors.by_target(), off.mean(axis=(0, 1)))
    by_hour = errors.by_hour()
    np.testing.assert_allclose(by_hour[[22, 23, 0, 1, 2, 3]], off.mean(axis=(0, 2)))
    assert np.isnan(by_hour[4:22]).all()


def test_quantiles_by_hand():
    y, f = np.array([[1.0, 5.0]]), np.array([[[0.0, 2.0, 3.0], [6.0, 7.0, 9.0]]])
    found = errors_of(y, f, quantiles=(0.1, 0.5, 0.9)).figures()
    pinball = (0.1 * 1 + 0.5 * 1 + 0.1 * 2) + (0.9 * 1 + 0.5 * 2 + 0.1 * 4)
    assert found["pinball"] == pytest.approx(pinball / 6)
    assert found["coverage"] == 0.5
    assert found["MAE"] == (1 + 2) / 2  # of the medians


def test_the_right_quantiles_have_the_smallest_pinball_loss_and_cover_what_they_say():
    y = random.normal(size=(20_000, 1))
    right = np.array([-1.2815515655, 0.0, 1.2815515655])
    levels = (0.1, 0.5, 0.9)
    found = errors_of(y, np.broadcast_to(right, (20_000, 1, 3)), quantiles=levels).figures()
    assert found["coverage"] == pytest.approx(0.8, abs=0.01)
    for factor in (0.7, 1.4):
        other = errors_of(y, np.broadcast_to(factor * right, (20_000, 1, 3)), quantiles=levels).figures()
        assert other["pinball"] > found["pinball"]


def test_the_single_number_of_quantiles_is_their_median():
    f = np.array([[[0.0, 10.0]]])
    assert point_of(f, (0.25, 0.75)).tolist() == [[5.0]]
    assert point_of(f, (0.5, 0.9)).tolist() == [[0.0]]
    assert point_of(f, (0.1, 0.5)).tolist() == [[10.0]]
    assert point_of(f, (0.6, 0.9)).tolist() == [[0.0]]  # no level below: the nearest one
    assert point_of(f, (0.1, 0.2)).tolist() == [[10.0]]
    assert point_of(f[..., :1], (0.3,)).tolist() == [[0.0]]


def test_the_seasonal_error_of_a_training_part():
    values = np.arange(20.0)[:, None] * np.array([1.0, 2.0])
    assert seasonal_error(values, 3).tolist() == [3.0, 6.0]
    with pytest.raises(ValueError, match="a period of 20 rows needs more than as many, got 20"):
        seasonal_error(values, 20)


def test_what_cannot_be_judged_is_refused():
    with pytest.raises(ValueError, match=r"forecasts of shape \(30, 6, 1\), expected \(30, 6, 2\) for truths"):
        errors_of(Y, F[..., :1])
    with pytest.raises(ValueError, match=r"forecasts of shape \(30, 6, 2\), expected \(30, 6, 3\)"):
        errors_of(Y[..., 0], F, quantiles=(0.1, 0.5, 0.9))
    holed = F.copy()
    holed[7, 0, 0] = np.nan
    with pytest.raises(ValueError, match="a forecast is no number, in window 8"):
        errors_of(Y, holed)
    with pytest.raises(ValueError, match="no forecast was added, so there is no error"):
        Errors().figures()
