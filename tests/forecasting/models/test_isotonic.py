"""Isotonic maps: the regression against its definition, memories, saving, and refusals."""

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium import spaces
from hypothesis import given
from hypothesis import strategies as st

import ludus  # noqa: F401
from ludus.components.component import Component
from ludus.envs.streams import slot_streams
from ludus.forecasting.models.detectors.detector import spaces_for
from ludus.forecasting.models.detectors.isotonic import Isotonic, fit_isotonic, isotonic_knots, smooth, step_scores
from ludus.forecasting.models.detectors.rules import Gaussian, Nearest

WEAR = spaces.Box(0.0, 1.0, (1,), np.float32)
ID = "ludus/Maintenance-v0"


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(-5, 5)), min_size=1, max_size=12))
def test_knots_are_the_isotonic_regression_by_its_minimax_formula(pairs):
    scores, truth = np.array(pairs, float).T
    at, values = isotonic_knots(scores, truth)
    assert (np.diff(at) > 0.0).all()
    assert (np.diff(values) >= -1e-12).all()
    for score in np.unique(scores):
        # Of all stretches that hold the score: the lowest over right ends of the highest mean over left ends is reached
        # by the other order, too (Barlow et al. 1972).
        best = max(
            min(truth[(scores >= low) & (scores <= high)].mean() for high in scores[scores >= score])
            for low in scores[scores <= score]
        )
        assert np.interp(score, at, values) == pytest.approx(best, abs=1e-9)


def test_a_mean_of_scores_halves_in_its_half_life():
    scores = np.zeros((2, 9))
    scores[:, 0] = 1.0
    assert (smooth(scores, 0.0, 0.7) == scores).all()
    means = smooth(scores, 4.0, 0.0)
    assert means[0, 4] == pytest.approx(0.5 * means[0, 0])
    assert means[0, 8] == pytest.approx(0.25 * means[0, 0])
    assert smooth(np.full((1, 50), 0.3), 2.0, 0.3) == pytest.approx(np.full((1, 50), 0.3))


def nearest(**more):
    return Nearest(*spaces_for(2, 4), channels=2, samples=4, window=200, rank_window=200, wait=0, **more).eval()


@pytest.fixture(scope="module")
def recorded():
    return slot_streams(ID, "monitor", 3, 600)


@pytest.fixture(scope="module")
def mapped(recorded):
    detector = nearest()
    detector.warm_up(recorded.raw[0].reshape(-1, 2)[:800])
    return fit_isotonic(detector, recorded.raw, recorded.truth[..., 0], WEAR, "here")


def stepped(net, raw):
    memory, found = net.first_memory(len(raw)), []
    for t in range(raw.shape[1]):
        y, memory = net(torch.from_numpy(raw[:, t].copy()), memory)
        found.append(y.numpy())
    return np.concatenate(found, axis=1)


def test_the_component_gives_in_steps_what_was_fitted(mapped, recorded):
    means = smooth(step_scores(mapped.part, recorded.raw), mapped.config["half_life"], float(mapped.start))
    knots, values = isotonic_knots(means.ravel(), recorded.truth.ravel())
    found = stepped(mapped, recorded.raw)
    assert found == pytest.approx(np.interp(means, knots, values), abs=1e-6)
    errors = found - recorded.truth[..., 0]
    assert mapped.metrics["MAE"] == pytest.approx(np.abs(errors).mean(), abs=1e-6)
    assert mapped.metrics["RMSE"] == pytest.approx((errors**2).mean() ** 0.5, abs=1e-6)
    assert mapped.metrics["RMSE"] < recorded.truth.std()
    assert ((found >= 0.0) & (found <= 1.0)).all()


def test_its_answers_are_the_same_alone_and_in_a_batch(mapped, recorded):
    together = stepped(mapped, recorded.raw[:, :80])
    for i in range(3):
        assert (stepped(mapped, recorded.raw[i : i + 1, :80])[0] == together[i]).all()


def test_the_half_life_is_the_best_of_those_that_are_tried(mapped, recorded):
    scores, errors = step_scores(mapped.part, recorded.raw), {}
    for half_life in (0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0):
        means = smooth(scores, half_life, float(mapped.start))
        knots, values = isotonic_knots(means.ravel(), recorded.truth.ravel())
        errors[half_life] = np.mean((np.interp(means, knots, values) - recorded.truth[..., 0]) ** 2)
    assert min(errors, key=errors.get) == mapped.config["half_life"]


def test_it_is_the_same_after_saving_and_loading_and_fills_the_slot(mapped, recorded, tmp_path):
    mapped.save(tmp_path / "wear")
    again = Component.load(tmp_path / "wear")
    assert isinstance(again, Isotonic)
    assert again.metrics == mapped.metrics
    assert (stepped(again, recorded.raw[:, :50]) == stepped(mapped, recorded.raw[:, :50])).all()
    env = gymnasium.make_vec(ID, num_envs=3, monitor=str(tmp_path / "wear"), max_episode_steps=None)
    batch = env.unwrapped.batch
    batch.seed_from(0)
    expected = stepped(mapped, recorded.raw[:, :50])
    policies = recorded.policies
    for t in range(50):
        assert (batch.shown("monitor")[:, 0] == expected[:, t]).all()
        actions = [int(np.array(batch.heuristic(name=policy))[i]) for i, policy in enumerate(policies)]
        batch.step(np.array(actions))
    snapshot = batch.snapshot()
    batch.step(np.zeros(3, np.int64))
    after = batch.shown("monitor").copy()
    batch.restore(snapshot)
    batch.step(np.zeros(3, np.int64))
    assert (batch.shown("monitor") == after).all(), "its memory is part of a snapshot"
    batch.reset()
    fresh = stepped(mapped, np.stack([batch_raw(batch)[i][None] for i in range(3)]))
    assert (batch.shown("monitor")[:, 0] == fresh[:, 0]).all(), "and of an episode"
    env.close()


def batch_raw(batch):
    seen = np.empty((batch.num_envs, 4, 2), np.float32)
    batch.slot_loop("monitor", "sense")(batch.records, np.arange(batch.num_envs), batch.world, seen)
    return seen


@pytest.mark.parametrize(
    ("how", "refusal"),
    [
        ({"half_life": -1.0}, "half_life is a number of steps"),
        ({"half_life": float("nan")}, "half_life is a number of steps"),
        ({"knots": 0}, "knots is a whole number"),
        ({"part": "mapped"}, "scores are those of a detector, got a Isotonic"),
        ({"input_space": spaces.Box(-1, 1, (3,), np.float32)}, "the detector takes"),
        ({"output_space": spaces.Box(0, 1, (2,), np.float32)}, "is one number"),
    ],
)
def test_what_does_not_fit_is_refused(mapped, how, refusal):
    detector = Gaussian(*spaces_for(2, 4), channels=2, samples=4)
    given = {"input_space": detector.input_space, "output_space": WEAR, "part": detector} | how
    if given["part"] == "mapped":
        given["part"] = mapped
    ends = given.pop("input_space"), given.pop("output_space")
    with pytest.raises(ValueError, match=refusal):
        Isotonic(*ends, **given)
