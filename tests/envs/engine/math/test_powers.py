"""Squares with the bits of the C library's pow, which are NumPy's and Python's for ``x ** 2`` of a single number."""

import math

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ludus.envs.engine.math.powers import library_square, library_square_single, square, square_single


@numba.njit
def count_differences(numbers):
    """(numbers whose square is another one than the library's, numbers where ``x * x`` would be)."""
    wrong = plain = 0
    for x in numbers:
        wrong += square(x) != library_square(x)
        plain += x * x != library_square(x)
    return wrong, plain


@numba.njit
def count_single_differences(numbers):
    wrong = plain = 0
    for x in numbers:
        wrong += square_single(x) != library_square_single(x)
        plain += x * x != library_square_single(x)
    return wrong, plain


@pytest.mark.parametrize("reach", [8.0, math.pi, 1.0, 1e-6, 1e-30, 1e9, 1e120])
def test_a_million_squares_have_the_bits_of_the_library(reach):
    wrong, plain = count_differences(np.random.default_rng(0).uniform(-reach, reach, 1_000_000))
    assert wrong == 0
    assert plain > 100  # with glibc about 800: else there would be nothing to do


@pytest.mark.parametrize("reach", [2.0, 1e-3, 1e6])
def test_a_million_single_squares_have_the_bits_of_the_library(reach):
    numbers = np.random.default_rng(0).uniform(-reach, reach, 1_000_000).astype(np.float32)
    wrong, plain = count_single_differences(numbers)
    assert wrong == 0
    assert plain > 50


def test_they_are_pythons_and_numpys_powers():
    numbers = np.random.default_rng(1).uniform(-4.0, 4.0, 30_000)
    assert [square(x) for x in numbers] == [x**2 for x in numbers] == [math.pow(x, 2.0) for x in numbers]
    singles = numbers.astype(np.float32)
    assert [square_single(x) for x in singles] == [float(x**2) for x in singles]


@given(st.floats(-1e154, 1e154))  # Python raises where the square overflows
@settings(max_examples=300, deadline=None, derandomize=True, database=None)
def test_any_square_is_pythons(x):
    assert square(x) == math.pow(x, 2.0)


def test_the_edges():
    edges = np.array([0.0, -0.0, 5e-324, 1e-170, 1e-162, 1e-140, 1e150, 1.3e154, 1e300, np.inf, -np.inf])
    assert count_differences(edges)[0] == 0
    assert math.isnan(square(math.nan))
    tiny = np.array([0.0, 1e-45, 1e-30, 1e-23, 1e-19, 1.2e19, 1.8446743e19, 2e19, 3e38, np.inf], np.float32)
    assert count_single_differences(tiny)[0] == 0
    assert math.isnan(square_single(np.float32(math.nan)))
