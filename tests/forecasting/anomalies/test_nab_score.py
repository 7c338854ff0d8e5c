"""NAB's score: by hand, against a slow reading of the paper, and the published figures on its corpus."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ludus.data.streams import nab
from ludus.data.streams.stream import Stream
from ludus.forecasting.anomalies.nab_score import NOTHING, PROFILES, curve_of, nab_score, probation_of, worth_of
from ludus.forecasting.models.detectors.detector import spaces_for
from ludus.forecasting.models.detectors.rules import Gaussian

REAL = pytest.mark.skipif(not nab.is_at_hand(), reason="LUDUS_DATA names no folder with nab")
TOP = 2.0 / (1.0 + math.exp(-5.0)) - 1.0  # the sigmoid at the first row of a window, 0.98661


def stream(rows=20, windows=((10, 13),), name="tiny"):
    values = np.zeros((rows, 1))
    return Stream(name, None, values, np.array(windows, np.int64).reshape(-1, 2))


def alarms(*rows, count=20):
    scores = np.zeros(count)
    scores[list(rows)] = 1.0
    return scores


def score_at(scores, streams, threshold, profile):
    """NAB's score at a threshold that is given."""
    weights, worths = PROFILES[profile], [worth_of(one) for one in streams]
    curves = [curve_of(own, worth, weights) for own, worth in zip(scores, worths, strict=True)]
    total = sum(worth.windows for worth in worths)
    points = sum(float(curve.at(threshold)) for curve in curves)
    return 100.0 * (points + weights.missed * total) / ((1.0 + weights.missed) * total)


def at(scores, profile="standard", *more):
    return score_at([scores], [more[0] if more else stream()], 0.5, profile)


def test_nothing_is_0_and_the_first_row_of_every_window_100():
    for profile in PROFILES:
        assert at(alarms(), profile) == 0.0
        assert at(alarms(10), profile) == pytest.approx(100.0)


def test_later_detections_earn_less_and_only_the_earliest_counts():
    # Row 12 of the window 10 … 13 lies at -(13 - 12 + 1) / 4 = -0.5, where the sigmoid is 0.84828.
    half = (2.0 / (1.0 + math.exp(-2.5)) - 1.0) / TOP
    assert half == pytest.approx(0.85979, abs=1e-5)
    assert at(alarms(12)) == pytest.approx(100.0 * (half + 1.0) / 2.0)
    assert at(alarms(12, 13)) == pytest.approx(at(alarms(12)))
    assert at(alarms(12), "low-FN") == pytest.approx(100.0 * (half + 2.0) / 3.0)


def test_a_false_alarm_costs_more_the_farther_it_is_behind_a_window():
    # Row 16 is (16 - 13) / (4 - 1) = 1 behind the window: the sigmoid is -0.98661; before any window it is -1.
    assert at(alarms(10, 16)) == pytest.approx(100.0 * (1.0 - 0.11 * TOP + 1.0) / 2.0)
    assert at(alarms(10, 16), "low-FP") == pytest.approx(100.0 * (1.0 - 0.22 * TOP + 1.0) / 2.0)
    assert at(alarms(5, 10)) == pytest.approx(100.0 * (1.0 - 0.11 + 1.0) / 2.0)
    near = 2.0 / (1.0 + math.exp(5.0 / 3.0)) - 1.0
    assert at(alarms(10, 14)) == pytest.approx(100.0 * (1.0 + 0.11 * near + 1.0) / 2.0)
    assert at(alarms(*range(22, 30), count=30), "standard", stream(30)) == pytest.approx(100.0 * (-8 * 0.11) / 2.0)


def test_the_first_rows_are_probation():
    assert probation_of(20) == 3
    assert probation_of(22_695) == 750
    assert at(alarms(0, 1, 2)) == 0.0
    assert at(alarms(3)) < 0.0
    # Of a window that begins within them the rows behind count, at their places in the whole of it.
    early = stream(20, ((1, 4),))
    third = (2.0 / (1.0 + math.exp(-5.0 * 2 / 4)) - 1.0) / TOP
    assert at(alarms(2, 3), "standard", early) == pytest.approx(100.0 * (third + 1.0) / 2.0)


def test_the_threshold_is_the_best_of_all_streams_and_for_each_that_of_the_others():
    first, second = stream(name="a"), stream(name="b")
    loud, quiet = np.full(20, 0.1), np.full(20, 0.1)
    loud[5], loud[10] = 0.6, 0.9  # its false alarm is as strange as the other stream's anomaly
    quiet[10] = 0.6
    found = nab_score([loud, quiet], [first, second])
    assert found.threshold == 0.6
    assert found.score == pytest.approx(100.0 * (1.0 - 0.11 + 1.0 + 2.0) / 4.0)
    np.testing.assert_array_equal(found.thresholds, [0.6, 0.9])
    assert found.elsewhere == pytest.approx(100.0 * ((1.0 - 0.11) - 1.0 + 2.0) / 4.0)


def slow_score(scores, streams, threshold, profile):
    """The same, from the paper, detection by detection."""
    weights, total, points = PROFILES[profile], 0, 0.0
    for own, one in zip(scores, streams, strict=True):
        begin = min(math.floor(0.15 * len(one)), 750)
        for first, last in one.windows.tolist():
            if last < begin:
                continue
            total += 1
            width = last - first + 1
            hits = [i for i in range(max(first, begin), last + 1) if own[i] >= threshold]
            position = -(last - hits[0] + 1) / width if hits else 0.0
            points += (2.0 / (1.0 + math.exp(5.0 * position)) - 1.0) / TOP if hits else -weights.missed
        for i in range(begin, len(one)):
            if own[i] < threshold or any(first <= i <= last for first, last in one.windows.tolist()):
                continue
            before = [(first, last) for first, last in one.windows.tolist() if last < i]
            position = (i - before[-1][1]) / max(before[-1][1] - before[-1][0], 1) if before else 3.0
            points += weights.false_alarm * (-1.0 if position >= 3.0 else 2.0 / (1.0 + math.exp(5.0 * position)) - 1.0)
    return 100.0 * (points + weights.missed * total) / ((1.0 + weights.missed) * total)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(list(PROFILES)))
def test_it_equals_a_slow_reading_of_the_paper_at_every_threshold(seed, profile):
    draw = np.random.default_rng(seed)
    streams, scores = [], []
    for number in range(draw.integers(1, 4)):
        rows = int(draw.integers(30, 80))
        edges = np.sort(draw.choice(np.arange(8, rows), 4, replace=False)).reshape(2, 2)
        streams.append(stream(rows, edges, str(number)))
        scores.append(draw.integers(0, 5, rows) / 4.0)  # many that are the same
    best = -math.inf
    for threshold in (1.1, 1.0, 0.75, 0.5, 0.25, 0.0):
        slow = slow_score(scores, streams, threshold, profile)
        assert score_at(scores, streams, threshold, profile) == pytest.approx(slow)
        best = max(best, slow)
    assert nab_score(scores, streams, profile).score == pytest.approx(best)


def test_no_threshold_is_above_nothing():
    curve = curve_of(alarms(10), worth_of(stream()), PROFILES["standard"])
    np.testing.assert_array_equal(curve.at([5.0, NOTHING, 1.05, 1.0]), [-1.0, -1.0, -1.0, 1.0])


def test_what_cannot_be_scored_is_refused():
    with pytest.raises(ValueError, match="needs an anomalous window behind the probation"):
        nab_score([np.zeros(20)], [stream(20, ())])
    with pytest.raises(ValueError, match="numbers from 0 to 1, one for each of 20 rows"):
        nab_score([np.full(20, 1.5)], [stream()])
    with pytest.raises(ValueError, match="numbers from 0 to 1, one for each of 20 rows"):
        nab_score([np.full(20, np.nan)], [stream()])


@REAL
@pytest.mark.slow
def test_on_its_corpus_the_published_figures_come_out():
    streams = nab.load_nab()
    assert (len(streams), sum(map(len, streams)), sum(len(s.windows) for s in streams)) == (58, 365_558, 116)
    gaussian = Gaussian(*spaces_for())
    # The files of scores that NAB published have 12 significant digits, and scores saturate there.
    scores = [np.round(gaussian.score_rows(s.values), 12) for s in streams]
    for profile, published in (("standard", 39.649523), ("low-FP", 20.867986), ("low-FN", 47.410027)):
        assert nab_score(scores, streams, profile).score == pytest.approx(published, abs=1e-6)
        assert nab_score([np.zeros(len(s)) for s in streams], streams, profile).score == 0.0
