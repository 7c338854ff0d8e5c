"""Calibration: errors computed by hand, temperatures that are known, and what scaling leaves as it is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ludus.explain.calibration import (
    BINS,
    calibration_error,
    fit_temperature,
    log_loss,
    reliability,
    tempered,
)


def sampled(count=20_000, temperature=1.0, seed=0):
    """Probabilities (N, 4) of which labels are drawn, and the same as a classifier says them that is too sure."""
    random = np.random.default_rng(seed)
    logits = random.normal(0.0, 1.5, (count, 4))
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    labels = (p.cumsum(axis=1) < random.random((count, 1))).sum(axis=1)
    return tempered(p, temperature), labels


def test_error_by_hand():
    # Two answers at .95, one of them right; two at .55, both right: (2 * .45 + 2 * .45) / 4.
    p = np.array([[0.95, 0.05], [0.95, 0.05], [0.55, 0.45], [0.55, 0.45]])
    bins = reliability(p, np.array([0, 1, 0, 0]), bins=10)
    assert [one.count for one in bins] == [0, 0, 0, 0, 0, 2, 0, 0, 0, 2]
    assert bins[9].accuracy == 0.5
    assert bins[5].confidence == pytest.approx(0.55)
    assert calibration_error(bins) == pytest.approx(0.45)


def test_who_says_true_probabilities_is_calibrated_and_needs_no_temperature():
    p, labels = sampled()
    assert calibration_error(reliability(p, labels)) < 0.02
    assert fit_temperature(p, labels) == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize("temperature", [0.4, 2.5])
def test_temperature_mends_one_that_is_too_sure_or_not_sure_enough(temperature):
    p, labels = sampled(temperature=temperature)
    assert calibration_error(reliability(p, labels)) > 0.08
    found = fit_temperature(p, labels)
    assert found == pytest.approx(1.0 / temperature, rel=0.04)
    others, their_labels = sampled(temperature=temperature, seed=1)  # not those it was fitted on
    mended = tempered(others, found)
    assert calibration_error(reliability(mended, their_labels)) < 0.02
    assert log_loss(mended, their_labels) < log_loss(others, their_labels)
    assert np.array_equal(mended.argmax(axis=1), others.argmax(axis=1))


@given(st.integers(0, 10_000), st.floats(0.1, 10.0))
@settings(max_examples=30, deadline=None)
def test_bins_hold_all_answers_and_errors_are_shares(seed, temperature):
    p, labels = sampled(50, temperature, seed)
    bins = reliability(p, labels)
    assert sum(one.count for one in bins) == 50
    assert len(bins) == BINS
    assert 0.0 <= calibration_error(bins) <= 1.0
    assert all(one.low < one.confidence <= one.high + 1e-12 for one in bins if one.count)
    assert np.allclose(tempered(p, temperature).sum(axis=1), 1.0)


def test_one_that_is_always_sure_of_zeros_and_ones_is_taken():
    p = np.eye(3)[[0, 1, 2, 0]]
    assert calibration_error(reliability(p, np.array([0, 1, 2, 1]))) == pytest.approx(0.25)
    assert np.isfinite(fit_temperature(p, np.array([0, 1, 2, 1])))


@pytest.mark.parametrize(
    ("p", "labels", "message"),
    [
        (np.zeros((0, 2)), np.zeros(0, int), "got"),
        (np.ones((2, 2)), np.zeros(2, int), "probabilities that sum to 1, got sums 2 … 2"),
        (np.array([[1.5, -0.5]]), np.zeros(1, int), "sum to 1"),
        (np.full((2, 2), 0.5), np.zeros(3, int), r"got \(2, 2\) and \(3,\)"),
    ],
)
def test_what_are_no_probabilities_is_refused(p, labels, message):
    with pytest.raises(ValueError, match=message):
        reliability(p, labels)
    with pytest.raises(ValueError, match="above 0, got 0"):
        tempered(np.full((1, 2), 0.5), 0.0)
