"""VUS-PR, the isolation forest, thresholds without labels, and all figures together."""

import numpy as np
import pytest

from ludus.data.streams.stream import Stream, windows_of
from ludus.forecasting.anomalies import isolation_forest
from ludus.forecasting.anomalies.isolation_forest import forest_scores, usual_path
from ludus.forecasting.anomalies.judging import alarms_of, judge, threshold_for
from ludus.forecasting.anomalies.vus import soft_labels, vus_pr


def stream(rows=400, windows=((200, 219),)):
    return Stream("one", None, np.zeros((rows, 1)), np.array(windows, np.int64).reshape(-1, 2))


def slow_vus(scores, one, buffer):
    """The paper's, with a loop for each buffer and threshold."""
    rows, found = len(one), []
    cuts = np.sort(scores)[::-1][np.linspace(0, rows - 1, 250).astype(int)]
    for width in range(buffer + 1):
        labels = np.zeros(rows)
        for i in range(rows):
            for first, last in one.windows.tolist():
                away = max(first - i, i - last, 0)
                if away <= width // 2:
                    labels[i] += np.sqrt(1.0 - away / width) if away else 1.0
        labels = np.minimum(labels, 1.0)
        near = windows_of(
            np.array([any(a - width // 2 <= i <= b + width // 2 for a, b in one.windows) for i in range(rows)])
        )
        area, last_recall, last_precision = 0.0, 0.0, None
        for cut in cuts:
            chosen = scores >= cut
            true = float((labels * chosen).sum())
            hit = np.mean([chosen[a : b + 1].any() for a, b in near])
            recall = min(true / ((one.labels.sum() + labels.sum()) / 2.0), 1.0) * hit
            precision = true / chosen.sum()
            area += (recall - last_recall) * (precision + (precision if last_precision is None else last_precision)) / 2
            last_recall, last_precision = recall, precision
        found.append(area)
    return np.mean(found)


def test_vus_pr_equals_a_slow_reading_of_the_paper():
    one = stream(300, ((60, 75), (200, 230)))
    scores = np.round(np.random.default_rng(0).random(300), 2)
    scores[62:70] += 0.5
    assert vus_pr(scores, one, 12) == pytest.approx(slow_vus(scores, one, 12))


def test_vus_pr_is_high_for_who_finds_all_and_the_share_of_anomalies_for_who_says_nothing():
    one = stream()
    assert vus_pr(one.labels.astype(float), one, 0) == pytest.approx(1.0)
    assert vus_pr(np.zeros(400), one, 0) == pytest.approx(20 / 400)
    late = np.roll(one.labels, 10).astype(float)
    assert vus_pr(one.labels.astype(float), one) > vus_pr(late, one) > vus_pr(np.roll(late, 100), one)
    with pytest.raises(ValueError, match="has no anomalous window"):
        vus_pr(np.zeros(400), stream(400, ()))


def test_labels_are_soft_at_the_edges():
    labels = soft_labels(np.array([[5, 6]]), 12, 4)
    np.testing.assert_allclose(labels, [0, 0, 0, 0.5**0.5, 0.75**0.5, 1, 1, 0.75**0.5, 0.5**0.5, 0, 0, 0])


def test_an_isolation_forest_finds_what_stands_apart():
    assert usual_path(256) == pytest.approx(10.24, abs=0.01)  # of the paper's subsample
    assert (float(usual_path(2)), float(usual_path(1))) == (1.0, 0.0)
    values = np.random.default_rng(0).normal(size=(500, 2))
    values[300] = (9.0, -9.0)
    scores = forest_scores(values, seed=1)
    assert 300 <= int(np.argmax(scores)) < 310  # its row lies in the windows of the next ones
    np.testing.assert_array_equal(scores, forest_scores(values, seed=1))
    assert not np.array_equal(scores, forest_scores(values, seed=2))
    assert ((scores > 0.0) & (scores < 1.0)).all()
    assert np.ptp(forest_scores(np.zeros((50, 1)))) == 0.0


def test_an_isolation_forest_says_the_same_in_blocks(monkeypatch):
    values = np.random.default_rng(0).normal(size=(500, 2))
    whole = forest_scores(values)
    monkeypatch.setattr(isolation_forest, "BLOCK", 64)
    np.testing.assert_array_equal(forest_scores(values), whole)


def test_a_threshold_without_labels_leaves_so_many_alarms():
    scores = [np.arange(100) / 100.0, np.full(100, 0.2)]
    threshold = threshold_for(scores, 0.05)
    assert threshold == 0.9
    assert sum(alarms_of(own, threshold).sum() for own in scores) == 10
    # Of those that are the same none is left out: fewer alarms then, perhaps none.
    assert threshold_for([np.ones(10)], 0.5) > 1.0
    assert threshold_for([np.array([0.1, 0.9, 0.9, 0.9])], 0.5) > 1.0


def test_all_figures_of_labelled_streams():
    streams = [stream(), stream(500, ((300, 330),)), stream(100, ())]
    perfect = [one.labels.astype(float) for one in streams]
    figures = judge(perfect, streams)
    assert figures["NAB-standard"] == pytest.approx(100.0)
    assert figures["NAB-low-FN-elsewhere"] == pytest.approx(100.0)
    assert judge(perfect, streams, [np.zeros(len(one)) for one in streams])["VUS-PR"] < figures["VUS-PR"]
    assert "NAB-standard-elsewhere" not in judge(perfect[:1], streams[:1])


def test_of_few_rows_the_strangest_is_an_alarm_and_of_many_alike_none():
    scores = np.linspace(0.0, 0.99, 600)
    assert alarms_of(scores, threshold_for([scores], 0.001)).tolist() == [False] * 599 + [True]
    alike = np.ones(5000)
    assert not alarms_of(alike, threshold_for([alike], 0.001)).any()
