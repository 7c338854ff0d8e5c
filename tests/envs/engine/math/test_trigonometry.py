"""The fast sine and cosine: every bit as the C library has it."""

import math
from fractions import Fraction

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ludus.envs.engine.math.trigonometry import (
    NEAR,
    SMALL,
    STEPS,
    TABLE,
    WIDE,
    library_cos,
    library_sin,
    sin_and_single_cos,
    sin_cos,
)


@numba.njit
def count_differences(angles):
    """Angles whose sine or cosine is another number than the library's; NaN equals NaN here."""
    wrong = 0
    for angle in angles:
        sin, cos = sin_cos(angle)
        right_sin, right_cos = math.sin(angle), math.cos(angle)
        same = sin == right_sin and cos == right_cos
        wrong += not (same or (math.isnan(right_sin) and math.isnan(sin) and math.isnan(cos)))
    return wrong


@pytest.mark.parametrize("reach", [4.0, SMALL, 0.126, 0.01, 1e-6, 1e-300])
def test_a_million_angles_have_the_bits_of_the_library(reach):
    angles = np.random.default_rng(0).uniform(-reach, reach, 1_000_000)
    assert count_differences(angles) == 0


def test_the_edges():
    edges = [0.0, -0.0, SMALL, -SMALL, np.nextafter(SMALL, 0), np.nextafter(SMALL, 1), 5e-324, 1e300, np.inf, np.nan]
    assert count_differences(np.array(edges)) == 0


@given(st.floats(allow_nan=False, allow_infinity=False))
@settings(max_examples=300, deadline=None, derandomize=True, database=None)
def test_any_angle_has_the_bits_of_the_library(angle):
    assert sin_cos(angle) == (math.sin(angle), math.cos(angle))


# --- Wide angles -----------------------------------------------------------------------------------------------------


@given(st.floats(-2 * WIDE, 2 * WIDE))
@settings(max_examples=300, deadline=None, derandomize=True, database=None)
def test_any_wide_angle_has_the_bits_of_the_library(angle):
    assert sin_and_single_cos(angle) == (math.sin(angle), np.float32(math.cos(angle)))


def test_the_table_to_twice_the_precision():
    """sin² + cos² = 1 and the sines of the double angle, in exact fractions."""
    sines, cosines = ([Fraction(row[k]) + Fraction(row[k + 1]) for row in TABLE] for k in (0, 2))
    for n in range(STEPS):
        assert abs(sines[n] ** 2 + cosines[n] ** 2 - 1) < Fraction(1, 2**100)
        assert abs(2 * sines[n] * cosines[n] - sines[2 * n % STEPS]) < Fraction(1, 2**100)
        assert abs(float(sines[n]) - math.sin(n * math.pi / 128)) < 1e-15


@numba.njit
def count_single_differences(angles):
    wrong = 0
    for angle in angles:
        sin, cos = sin_and_single_cos(angle)
        right_sin, right_cos = library_sin(angle), np.float32(library_cos(angle))
        same = sin == right_sin and cos == right_cos
        wrong += not (same or (math.isnan(right_sin) and math.isnan(sin) and math.isnan(cos)))
    return wrong


@pytest.mark.parametrize("reach", [2 * WIDE, WIDE, 100.0, 8.0, math.pi, 1.0, 0.1, 2 * NEAR, 1e-300])
def test_a_million_cosines_in_single_precision(reach):
    angles = np.random.default_rng(1).uniform(-reach, reach, 1_000_000)
    assert count_single_differences(angles) == 0


def test_single_cosines_at_multiples_of_a_part_of_pi():
    for part in (1, 2, 128, 256):
        multiples = np.arange(-300 * part, 300 * part + 1) * (math.pi / part)
        for ulps in range(-3, 4):
            assert count_single_differences(multiples + ulps * np.spacing(multiples)) == 0
    edges = [0.0, -0.0, WIDE, -WIDE, NEAR, -NEAR, 5e-324, 1e300, np.inf, -np.inf, np.nan]
    assert count_single_differences(np.array(edges)) == 0


def test_single_cosines_that_are_almost_in_the_middle_between_two_numbers():
    """Angles whose cosine is a middle between two float32, and their neighbours: only the library can say which."""
    rng = np.random.default_rng(2)
    below = rng.uniform(0.01, 0.999, 20_000).astype(np.float32)
    middles = 0.5 * (below.astype(np.float64) + np.nextafter(below, np.float32(2)).astype(np.float64))
    angles = np.arccos(middles)
    for ulps in range(-4, 5):
        assert count_single_differences(angles + ulps * np.spacing(angles)) == 0
