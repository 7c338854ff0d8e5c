"""The LASSO on moments: conditions of its minimum, least squares without a penalty, and what it refuses."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ludus.forecasting.lasso import lasso


def moments(seed, rows, features, targets):
    rng = np.random.default_rng(seed)
    mixed = rng.normal(size=(features, features)) + 2.0 * np.eye(features)
    x = rng.normal(size=(rows, features)) @ mixed
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    y = x @ rng.normal(size=(features, targets)) * (rng.random((1, targets)) + 0.1) + rng.normal(size=(rows, targets))
    y = (y - y.mean(axis=0)) / y.std(axis=0)
    return x, y, x.T @ x / rows, y.T @ x / rows


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 10_000),
    rows=st.integers(5, 80),
    features=st.integers(1, 12),
    strength=st.floats(0.01, 1.2),
    warm=st.booleans(),
)
def test_minimum_meets_its_conditions(seed, rows, features, strength, warm):
    """KKT: the gradient is -strength x sign where a coefficient is not 0, and between the two where it is."""
    _, _, gram, cross = moments(seed, rows, features, 3)
    start = np.random.default_rng(seed).normal(size=cross.shape) if warm else None
    b = lasso(gram, cross, strength, start, tolerance=1e-10, most=20_000)
    gradient = b @ gram - cross
    used = b != 0.0
    np.testing.assert_allclose(gradient[used], -strength * np.sign(b[used]), atol=1e-7)
    assert (np.abs(gradient[~used]) <= strength + 1e-7).all()


def test_without_penalty_it_is_least_squares():
    x, y, gram, cross = moments(3, 60, 6, 2)
    expected = np.linalg.lstsq(x, y, rcond=None)[0]
    np.testing.assert_allclose(lasso(gram, cross, 0.0, tolerance=1e-12, most=100_000).T, expected, atol=1e-8)


def test_one_regressor_is_shrunk_by_the_strength():
    """By hand: b = sign(c) max(|c| - strength, 0) for a regressor with spread 1."""
    b = lasso(np.array([[1.0]]), np.array([[0.7], [-0.5], [0.2]]), 0.3)
    np.testing.assert_allclose(b[:, 0], [0.4, -0.2, 0.0])


def test_start_is_left_as_it_was():
    _, _, gram, cross = moments(1, 40, 4, 2)
    start = np.ones_like(cross)
    lasso(gram, cross, 0.1, start)
    assert (start == 1.0).all()


@pytest.mark.parametrize(
    ("gram", "cross", "strength", "said"),
    [
        (np.eye(3), np.ones((1, 2)), 0.1, "do not fit"),
        (np.full((2, 2), np.nan), np.ones((1, 2)), 0.1, "no numbers"),
        (np.eye(2), np.ones((1, 2)), -1.0, "no numbers"),
    ],
)
def test_what_is_no_problem_is_refused(gram, cross, strength, said):
    with pytest.raises(ValueError, match=said):
        lasso(gram, cross, strength)


def test_what_does_not_come_to_an_end_is_refused():
    _, _, gram, cross = moments(5, 60, 8, 1)
    with pytest.raises(ValueError, match="has not come to an end"):
        lasso(gram, cross, 0.001, tolerance=0.0, most=1)
