"""Intervals of means, by hand and against the values that they have always had."""

import math

import numpy as np
import pytest

from ludus.utils.intervals import bootstrap_interval, half_said, normal_interval, student_interval


def test_interval_of_few_values_is_students():
    low, high = student_interval([1.0, 2.0, 3.0])
    assert (low, high) == (pytest.approx(2 - 4.303 / math.sqrt(3)), pytest.approx(2 + 4.303 / math.sqrt(3)))
    for few in ([5.0], [0.4, 0.9]):  # of two it would reach from -2.5 to 3.8
        assert all(math.isnan(end) for end in student_interval(few))


def test_half_of_an_interval_is_left_out_where_there_is_none():
    assert half_said(1.25, 1.5, 2) == "1.25 ± 0.25"
    assert half_said(-1.25, float("nan"), 1) == "-1.2"


def test_interval_of_many_values_by_hand():
    mean, half = normal_interval(np.array([1.0, 2.0, 3.0, 4.0]))
    assert mean == 2.5
    assert half == pytest.approx(1.96 * np.sqrt(5 / 3) / 2)


def test_bootstrap_is_near_the_normal_interval_and_always_the_same():
    values = np.arange(100.0)
    mean, half = normal_interval(values)
    assert bootstrap_interval(values) == (pytest.approx(mean - half, abs=0.6), pytest.approx(mean + half, abs=0.6))
    assert bootstrap_interval(values) == (43.909499999999994, 55.08025)


def test_more_values_than_the_table_of_student_has_degrees_of_freedom():
    low, high = student_interval([float(i) for i in range(30)])
    assert high - low == pytest.approx(2 * 2.045 * np.std(np.arange(30), ddof=1) / math.sqrt(30), rel=2e-3)
