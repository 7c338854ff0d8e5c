"""Intervals of means, against the quantiles in the books."""

import math

import pytest

from ludus.utils.intervals import student_interval


def test_interval_is_students():
    low, high = student_interval([1.0, 2.0, 3.0])
    assert (low, high) == (pytest.approx(2 - 4.303 / math.sqrt(3)), pytest.approx(2 + 4.303 / math.sqrt(3)))
    assert all(math.isnan(end) for end in student_interval([5.0]))
