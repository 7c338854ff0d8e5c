"""Sines and cosines of two angles at once: within 2 units in the last place of the exact ones."""

import math

import numba
import numpy as np
import pytest

from ludus.envs.engine.math import sines
from ludus.envs.engine.math.sines import LARGE, sines_and_cosines

BITS = 300  # of the exact values: fixed point
MOST = 2.0  # units in the last place


@numba.njit
def of_many(first, second):
    """(N, 4) sines and cosines of both."""
    out = np.empty((len(first), 4))
    for i in range(len(first)):
        out[i, 0], out[i, 1], out[i, 2], out[i, 3] = sines_and_cosines(first[i], second[i])
    return out


def exact(angle):
    """(sin, cos) of a double as whole multiples of 2**-BITS: the Taylor series in whole numbers."""
    numerator, denominator = float(angle).as_integer_ratio()
    x = (numerator << BITS) // denominator
    sums, term, n = [0, 0], 1 << BITS, 0
    while term:
        sums[n % 2] += -term if n % 4 > 1 else term
        n += 1
        term = term * x // (n << BITS)
        if -1 <= term <= 0:  # what floor division leaves of a negative number for ever
            break
    return sums[1], sums[0]


def error(value, right):
    """|value - right| in units in the last place of what is right, a multiple of 2**-BITS."""
    numerator, denominator = float(value).as_integer_ratio()
    unit = math.ulp(abs(right) / (1 << BITS))
    return abs((numerator << BITS) // denominator - right) / (1 << BITS) / unit


def worst_error(angles):
    """Each angle is paired with another, so that no lane takes its angle from a neighbour."""
    angles = np.asarray(angles, np.float64)
    found, worst = of_many(angles, angles[::-1].copy()), 0.0
    for i, angle in enumerate(angles):
        sin, cos = exact(angle)
        for lane, right in ((0, sin), (2, cos)):
            worst = max(worst, error(found[i, lane], right), error(found[-1 - i, lane + 1], right))
    return worst


def test_the_exact_values_are_right():
    for angle, sin, cos in (
        (0.0, 0.0, 1.0),
        (1.0, 0.8414709848078965, 0.5403023058681398),
        (-31.0, math.sin(-31.0), 0),
    ):
        found = exact(angle)
        assert found[0] / (1 << BITS) == pytest.approx(sin, abs=1e-16)
        assert found[1] / (1 << BITS) == pytest.approx(cos or math.cos(angle), abs=1e-16)


@pytest.mark.parametrize("reach", [LARGE, math.pi, 0.5, 1e-3, 1e-9])
def test_random_angles_are_within_two_units_in_the_last_place(reach):
    assert worst_error(np.random.default_rng(0).uniform(-reach, reach, 3000)) < MOST


def test_angles_near_multiples_of_a_quarter_turn_are_as_good():
    """Where a sine or a cosine almost vanishes, and where another half turn begins to count."""
    around = [np.nextafter(k * math.pi / 2, way) for k in range(-20, 21) if k for way in (-99.0, 99.0)]
    exactly = [k * math.pi / 2 for k in range(-20, 21)]
    near = [k * math.pi / 2 + d for k in range(-20, 21) for d in np.random.default_rng(1).normal(0.0, 1e-8, 30)]
    assert worst_error(around + exactly + near) < MOST


def test_the_smallest_angles_are_their_own_sines():
    small = np.array([0.0, 5e-324, 1e-310, 1e-200, 1e-9])
    np.testing.assert_array_equal(of_many(small, -small), np.stack([small, -small, small * 0 + 1, small * 0 + 1], 1))


def test_a_million_angles_are_close_to_the_library():
    """The library is within 0.55 units of the exact value, so that 2 units of ours are less than 3 from it."""
    angles = np.random.default_rng(2).uniform(-LARGE, LARGE, 1_000_000)
    found = of_many(angles, -angles)
    for lanes, right, turned in (((0, 1), np.sin(angles), -1.0), ((2, 3), np.cos(angles), 1.0)):
        assert (np.abs(found[:, lanes[0]] - right) <= 3 * np.spacing(np.abs(right))).all()
        np.testing.assert_array_equal(found[:, lanes[1]], turned * found[:, lanes[0]])


def test_plain_python_gives_the_bits_of_the_compiled_lanes():
    """What runs with NUMBA_DISABLE_JIT=1, where a fused multiply-add is done in fractions."""
    rng = np.random.default_rng(3)
    pairs = np.concatenate([rng.uniform(-LARGE, LARGE, (400, 2)), rng.normal(0.0, 1.0, (400, 2)), [[0.0, LARGE]]])
    for a, b in pairs.tolist():
        plain = [sines._sine_of_lane((a, b)[lane % 2], shift) for lane, shift in enumerate(sines.SHIFTS)]
        assert plain == list(sines_and_cosines_compiled(a, b))


@numba.njit
def sines_and_cosines_compiled(a, b):
    return sines_and_cosines(a, b)
