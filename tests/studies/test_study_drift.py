"""The drift study: what it reads off its curves."""

import numpy as np

from ludus.studies.drift import Curve


def curve(returns):
    steps = np.arange(1, len(returns) + 1) * 10.0
    return Curve(True, 0, steps, np.array(returns, float), np.zeros(len(returns)))


def test_recovery_counts_from_the_change_to_the_return_after_the_drop():
    # The point at 40 still holds episodes of the world before the change at 30.
    assert curve([5, 9, 9, 9, 1, 4, 9, 9]).recovery(30, 8.0) == 70 - 30


def test_a_curve_that_never_drops_needs_no_recovery():
    assert curve([5, 9, 9, 9, 9]).recovery(30, 8.0) == 0.0


def test_a_curve_that_stays_below_never_recovers():
    assert curve([5, 9, 9, np.nan, 1, 2]).recovery(30, 8.0) == float("inf")
