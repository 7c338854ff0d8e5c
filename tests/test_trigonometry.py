"""The fast sine and cosine of small angles: every bit as the C library has it."""

import math

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ludus.envs.engine.trigonometry import SMALL, sin_cos


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
