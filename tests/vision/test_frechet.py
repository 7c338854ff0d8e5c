"""The Fréchet distance against closed forms."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ludus.vision.frechet import features_of, frechet_distance
from ludus.vision.models.classifier import spaces_of
from ludus.vision.models.resnet import ResNet


def exactly(mean, deviations, count=4000, seed=0):
    """Features (N, F) whose sample mean and covariance, a diagonal one, are these to the last bits."""
    x = np.random.default_rng(seed).normal(size=(count, len(mean)))
    x -= x.mean(axis=0)
    x = x @ np.linalg.inv(np.linalg.cholesky(np.cov(x, rowvar=False)).T)
    return x * np.array(deviations) + np.array(mean)


def test_distance_of_a_set_to_itself_is_zero_and_to_a_shifted_one_the_squared_shift():
    x = exactly([1.0, 2.0, 3.0], [1.0, 2.0, 0.5])
    assert frechet_distance(x, x) == pytest.approx(0.0, abs=1e-9)
    assert frechet_distance(x, x + np.array([0.0, 3.0, 4.0])) == pytest.approx(25.0)


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.floats(0.0, 3.0), min_size=2, max_size=2),
    st.lists(st.floats(0.0, 3.0), min_size=2, max_size=2),
    st.floats(-2.0, 2.0),
)
def test_distance_of_independent_features_is_that_of_their_means_and_deviations(s1, s2, shift):
    one, other = exactly([0.0, 0.0], s1), exactly([shift, 0.0], s2, seed=1)
    wanted = shift**2 + sum((a - b) ** 2 for a, b in zip(s1, s2, strict=True))
    assert frechet_distance(one, other) == pytest.approx(wanted, abs=1e-6)
    assert frechet_distance(other, one) == pytest.approx(wanted, abs=1e-6)


def test_correlated_features_are_compared_as_wholes():
    x = exactly([0.0, 0.0], [1.0, 1.0])
    turn = np.array([[1.0, 0.9], [0.0, np.sqrt(1 - 0.81)]])  # the same deviations, correlated by 0.9
    root = np.linalg.eigvalsh(np.array([[1.0, 0.9], [0.9, 1.0]])) ** 0.5
    assert frechet_distance(x, x @ turn) == pytest.approx(((root - 1.0) ** 2).sum())


def test_features_that_never_change_are_no_obstacle():
    x = exactly([0.0, 3.0], [1.0, 0.0])
    assert frechet_distance(x, x + 1.0) == pytest.approx(2.0)


@pytest.mark.parametrize(("one", "other"), [((1, 3), (9, 3)), ((9, 3), (9, 4))])
def test_sets_that_cannot_be_compared_are_refused(one, other):
    with pytest.raises(ValueError, match=r"expected features \(N, F\) and \(M, F\)"):
        frechet_distance(np.zeros(one), np.zeros(other))


def test_features_are_those_of_the_classifier_in_float32():
    torch.manual_seed(0)
    net = ResNet(*spaces_of(np.empty((1, 8, 8, 1)), 3), widths=[8, 12]).train()
    images = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (7, 8, 8, 1)).astype(np.uint8))
    found = features_of(net, images)
    assert found.shape == (7, 12)
    with torch.no_grad():
        np.testing.assert_array_equal(found, net.eval().features(images).numpy())
