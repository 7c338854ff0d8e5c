"""Detectors: what each finds strange, ranks, waiting, and a memory that depends on nothing but the stream."""

import json

import numpy as np
import pytest
import torch
from gymnasium import spaces
from hypothesis import given, settings
from hypothesis import strategies as st

from ludus.components.component import Component
from ludus.components.composition import adapt, chain
from ludus.components.layout import Layout, Part
from ludus.data.series_load import load_series
from ludus.forecasting.baselines import make_climatology, make_naive
from ludus.forecasting.models.detectors.detector import spaces_for
from ludus.forecasting.models.detectors.learned import Autoencoder, Residual, check_part
from ludus.forecasting.models.detectors.rules import Gaussian, Nearest, Polynomial, extrapolation
from ludus.forecasting.models.forecaster import spaces_of
from ludus.forecasting.models.naive import Naive

SMALL = {"rank_window": 40, "first": 5, "wait": 3}


def naive_part(channels=1):
    """The last row again, of as many columns, without a calendar."""
    layout = Layout((Part("past", (3, channels), tuple(f"c{i}" for i in range(channels)), "1h"),))
    return Naive(*spaces_of(layout, (2,) if channels == 1 else (2, channels)), layout=layout.to_json()).eval()


MADE = {
    "gaussian": lambda **more: Gaussian(*ends(more), window=20, step=4, **more),
    "nearest": lambda **more: Nearest(*ends(more), window=30, scales=(1, 4), **SMALL, **more),
    "polynomial": lambda **more: Polynomial(*ends(more), window=6, degree=2, **SMALL, **more),
    "autoregression": lambda **more: Residual(*ends(more), order=3, **SMALL, **more),
    "forecaster": lambda **more: Residual(*ends(more), part=naive_part(more.get("channels", 1)), **SMALL, **more),
    "autoencoder": lambda **more: Autoencoder(*ends(more), length=4, window=16, hidden=6, code=2, **SMALL, **more),
}


def ends(more):
    torch.manual_seed(0)
    return spaces_for(more.get("channels", 1), more.get("samples", 1))


def walk(rows, channels=1, seed=0):
    values = np.random.default_rng(seed).normal(size=(rows, channels)).round(3)
    values[rows // 2] += 9.0
    return values.astype(np.float32).astype(np.float64)


def stepped(detector, streams, memory=None):
    """(N, steps) float32 the scores of N streams (N, T, C), a block of samples at a time."""
    memory, found = memory or detector.first_memory(len(streams)), []
    for first in range(0, streams.shape[1], detector.samples):
        x = torch.from_numpy(streams[:, first : first + detector.samples]).float()
        y, memory = detector(x.reshape(len(streams), *detector.input_space.shape), memory)
        found.append(y[:, 0].numpy())
    return np.stack(found, axis=1)


@pytest.mark.parametrize("name", MADE)
@pytest.mark.parametrize(("channels", "samples"), [(1, 1), (2, 4)])
def test_scores_are_the_same_alone_in_a_batch_and_row_by_row(name, channels, samples):
    detector = MADE[name](channels=channels, samples=samples)
    streams = np.stack([walk(120, channels, seed) for seed in range(5)])
    together = stepped(detector, streams)
    for number, stream in enumerate(streams):
        np.testing.assert_array_equal(stepped(detector, stream[None])[0], together[number])
        rows = detector.score_rows(stream).reshape(-1, samples).max(axis=1).astype(np.float32)
        np.testing.assert_array_equal(rows, together[number])
    assert ((together >= 0.0) & (together <= 1.0)).all()
    assert together[:, 60 // samples].min() > 0.9  # the jump in the middle


@pytest.mark.parametrize("name", MADE)
def test_a_detector_is_the_same_after_saving_and_loading_and_begins_warm(name, tmp_path):
    detector, values = MADE[name](), walk(200)
    detector.warm_up(values[:120])
    detector.threshold.fill_(0.97)
    detector.save(tmp_path / "kept")
    again = Component.load(tmp_path / "kept")
    np.testing.assert_array_equal(again.score_rows(values[120:]), detector.score_rows(values[120:]))
    assert float(again.threshold) == 0.97
    cold = MADE[name]()
    np.testing.assert_array_equal(cold.score_rows(values)[120:], again.score_rows(values[120:]))
    assert not np.array_equal(cold.score_rows(values[120:]), again.score_rows(values[120:]))


@pytest.mark.parametrize("name", MADE)
def test_memory_is_written_in_place_and_a_made_up_one_harms_nobody(name):
    detector = MADE[name]()
    memory = detector.first_memory(3)
    before = [kept.clone() for kept in memory]
    _, after = detector(torch.ones(3, 1, 1), memory)
    assert all(one is other for one, other in zip(memory, after, strict=True))
    assert not all(torch.equal(one, other) for one, other in zip(memory, before, strict=True))
    for number in (-5.0, 0.5, 1e300, -1e300):
        wrong = tuple(torch.full_like(kept, number) for kept in before)
        for _ in range(60):
            y, wrong = detector(torch.ones(3, 1, 1), wrong)
        assert ((y >= 0.0) & (y <= 1.0)).all()


def test_the_memory_of_an_autoregression_begins_with_a_penalty():
    own, ranks = Residual(*spaces_for(), order=2).first_memory(2)
    np.testing.assert_array_equal(own[1].numpy(), [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1])
    assert not ranks.any()


def test_in_a_chain_the_memories_stand_side_by_side():
    box = spaces.Box(-np.inf, np.inf, (1, 1), np.float32)
    twice = adapt(torch.nn.Identity(), box, box, after=lambda y: 2.0 * y)
    residual = MADE["autoregression"]()
    whole = chain(twice, residual)
    assert whole.in_place
    assert all(torch.equal(a, b) for a, b in zip(whole.first_memory(2), residual.first_memory(2), strict=True))


# --- What each finds strange ---


def slow_nearest(values, window, scales, ranked, first, wait):
    """The scores of one channel, in plain Python."""
    means = [[values[max(0, t - k + 1) : t + 1].sum() / min(t + 1, k) for t in range(len(values))] for k in scales]
    strange, raw, out = [[] for _ in scales], [], []
    for t in range(1, len(values)):
        best = 0.0
        for k, mean in enumerate(means):
            a = min(abs(mean[t] - other) for other in mean[max(0, t - window) : t])
            past = strange[k][-ranked:]
            if len(past) >= first:
                alike = sum(one >= a for one in past)
                share = max(past) / (a + max(past)) if not alike and a > 0 else 1.0
                best = max(best, 1.0 - (alike + 1) * share / (len(past) + 1))
            strange[k].append(a)
        out.append(best if all(best > one for one in raw[-wait:]) or not wait or not raw else 0.0)
        raw.append(best)
    return np.array([0.0, *out])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 6))
def test_nearest_equals_a_slow_twin(seed, wait):
    values = np.random.default_rng(seed).integers(0, 60, 90).astype(float)  # sums without rounding, many ties
    detector = Nearest(*spaces_for(), window=30, scales=[1, 4], rank_window=40, first=5, wait=wait)
    np.testing.assert_allclose(
        detector.score_rows(values[:, None]), slow_nearest(values, 30, (1, 4), 40, 5, wait), atol=1e-12
    )


def test_gaussian_is_the_tail_of_its_window():
    values = walk(60)
    detector = Gaussian(*spaces_for(), window=20, step=4)
    found = detector.score_rows(values)
    for t in (1, 7, 20, 21, 23, 24, 40, 59):
        seen = t if t <= 20 else 20 + (t - 20) // 4 * 4  # rows until the window moved last
        part = values[max(0, seen - 20) : seen, 0]
        z = abs(values[t, 0] - part.mean()) / max(part.std(), 1e-6)
        expected = 1.0 - 0.5 * torch.erfc(torch.tensor(z / 2**0.5, dtype=torch.float64)).item()
        assert found[t] == pytest.approx(expected, abs=1e-12)
    assert found[0] == 0.0


def test_a_polynomial_goes_on_as_it_is():
    t = np.arange(12.0)
    for degree in range(4):
        weights = extrapolation(8, degree)
        assert weights @ ((t**degree)[7::-1][:8]) == pytest.approx(8.0**degree)
    strange = np.empty((1, 12, 1))
    detector = Polynomial(*spaces_for(), window=8, degree=2, **SMALL)
    detector.find(detector.first_memory(1)[0].numpy(), (3.0 + t**2)[None, :, None], strange)
    np.testing.assert_array_equal(strange[0, :8, 0], -1.0)
    np.testing.assert_allclose(strange[0, 8:, 0], 0.0, atol=1e-9)


def test_an_autoregression_learns_the_stream():
    noise = np.random.default_rng(0).normal(size=4000)
    values = np.zeros(4000)
    for t in range(2, 4000):
        values[t] = 1.6 * values[t - 1] - 0.9 * values[t - 2] + noise[t]
    detector = Residual(*spaces_for(), order=12, **SMALL)
    strange = np.empty((1, 4000, 1))
    detector.find(detector.first_memory(1)[0].numpy(), values[None, :, None], strange)
    best, changes = np.abs(noise[2000:]).mean(), np.abs(np.diff(values)[2000:]).mean()
    assert strange[0, 2000:].mean() < 1.05 * best < 0.6 * changes


def test_residuals_are_those_of_the_forecaster():
    values, strange = walk(30, 2), np.empty((1, 30, 2))
    detector = MADE["forecaster"](channels=2)
    detector.find(detector.first_memory(1)[0].numpy(), values[None], strange)
    np.testing.assert_array_equal(strange[0, :3], -1.0)
    np.testing.assert_allclose(strange[0, 3:], np.abs(np.diff(values, axis=0))[2:], atol=1e-6)


def test_an_autoencoder_finds_strange_what_it_cannot_draw():
    detector = MADE["autoencoder"]()
    values = walk(50)
    strange = np.empty((1, 50, 1))
    detector.find(detector.first_memory(1)[0].numpy(), values[None], strange)
    seen = torch.from_numpy(detector.seen(values))
    with torch.no_grad():
        errors = ((detector.draw(seen) - seen) ** 2).mean(dim=1).sqrt()
    np.testing.assert_array_equal(strange[0, :7, 0], -1.0)
    np.testing.assert_allclose(strange[0, 7:, 0], errors.numpy(), rtol=1e-5)


def test_after_a_score_only_a_higher_one_is_told():
    values = np.concatenate([np.arange(20) % 4 / 4.0, [5.0, 5.0, 8.0, 1.0, 3000.0], np.zeros(5)])[:, None]
    told = Nearest(*spaces_for(), window=50, scales=[1], rank_window=50, first=5, wait=3).score_rows(values)
    each = Nearest(*spaces_for(), window=50, scales=[1], rank_window=50, first=5, wait=3).score_rows(values, False)
    assert told[20] == each[20] > 0.9
    assert each[22] > 0.0
    assert told[22] == 0.0
    assert told[24] == each[24] > each[20]


# --- What is refused ---


def test_what_does_not_fit_is_refused(tmp_path):
    ends = spaces_for(2, 4)
    with pytest.raises(ValueError, match="4 samples of 3 channels is a Box of 12 numbers"):
        Nearest(*ends, channels=3, samples=4)
    with pytest.raises(ValueError, match="a score is one number"):
        Nearest(ends[0], spaces.Box(0, 1, (2,), np.float32), channels=2, samples=4)
    for wrong in ({"window": 1}, {"scales": []}, {"scales": [4, 1]}, {"scales": [0]}, {"wait": -1}, {"first": True}):
        with pytest.raises(ValueError, match="scales|whole number"):
            Nearest(*spaces_for(), **wrong)
    with pytest.raises(ValueError, match="rows of 1 numbers, got an array of the shape"):
        Nearest(*spaces_for()).score_rows(np.zeros((5, 2)))
    with pytest.raises(ValueError, match="row 3, channel 0 of the stream is nan"):
        Nearest(*spaces_for()).score_rows(np.array([0, 0, 0, np.nan, 0])[:, None])
    with pytest.raises(ValueError, match="2 channels needs a forecaster that sees as many columns"):
        Residual(*spaces_for(2), channels=2, part=naive_part(1))
    with pytest.raises(ValueError, match="residuals are those of a forecaster"):
        Residual(*spaces_for(), part=Nearest(*spaces_for()))
    Nearest(*spaces_for()).save(tmp_path / "net")
    config = json.loads((tmp_path / "net" / "config.json").read_text())
    config["config"]["window"] = 10**12
    (tmp_path / "net" / "config.json").write_text(json.dumps(config))
    with pytest.raises(ValueError, match="window is a whole number from 2 to 1,000,000"):
        Component.load(tmp_path / "net")


def test_a_forecaster_that_looks_at_the_calendar_is_refused():
    series = load_series("generated")
    with pytest.raises(ValueError, match="looks at the calendar"):
        check_part(make_climatology(series, 1, 3, ["hour"]))
    check_part(make_naive(series, 1, 3))
