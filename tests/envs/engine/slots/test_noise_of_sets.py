"""Noise on sets of things: each kind of error by itself, the same alone and in a batch, and nothing at level 0."""

import numpy as np
import pytest

from ludus.components.average_precision import average_precision
from ludus.components.detections import AXIS_COS, AXIS_SIN, CENTRE_X, CLASS, VALID, VISIBLE, WIDTH
from ludus.envs.make import make_batch
from picker_stage import ID, PARCELS

ENVS = 600


def shown(filling, envs=ENVS, seed=0, **keywords):
    batch = make_batch(ID, envs, **PARCELS, perception=filling, **keywords)
    batch.seed_from(seed)
    return batch.buffers.observation["perception"]


@pytest.fixture(scope="module")
def truth():
    return shown("truth").copy()


def test_without_a_level_it_is_the_truth(truth):
    np.testing.assert_allclose(shown("noisy:0"), truth, rtol=0, atol=1e-6)


def test_it_is_the_same_alone_and_in_a_batch():
    many = shown("noisy:0.4", 9, seed=5)
    for i in (0, 4, 8):
        np.testing.assert_array_equal(shown("noisy:0.4", 1, seed=5 + i)[0], many[i])


def test_things_are_lost_and_invented(truth):
    noisy, level = shown("noisy:0.2"), 0.2
    there, empty = (truth[..., VALID] > 0.5).sum(axis=1), (truth[..., VALID] < 0.5).sum(axis=1)
    expected = (1 - level) * there + level * empty
    found = (noisy[..., VALID] > 0.5).sum(axis=1)
    assert found.mean() == pytest.approx(expected.mean(), abs=0.15)
    assert (found < there).any()
    assert (found > there).any()
    assert set(np.unique(noisy[..., VALID])) == {0.0, 1.0}
    for rows in noisy:  # what is there comes first, and the rest is all zeros
        count = int(rows[:, VALID].sum())
        assert (rows[:count, VALID] == 1.0).all()
        assert (rows[count:] == 0.0).all()


def test_numbers_stay_within_their_bounds_and_classes_one_hot():
    noisy = shown("noisy:1")
    low = np.zeros(noisy.shape[-1])
    low[[AXIS_COS, AXIS_SIN]] = -1.0
    assert (noisy >= low).all()
    assert (noisy <= 1.0).all()
    assert (noisy[..., CLASS:].sum(axis=-1) == noisy[..., VALID]).all()
    assert (noisy[..., :8] != shown("noisy:0.9")[..., :8]).any()


def test_each_error_is_as_large_as_the_level_says():
    """Of things that are neither lost nor moved to another row: the topmost of a tray with one thing."""
    one = {"fewest": 1.0, "most": 1.0}
    truth, noisy = shown("truth", 4000, **one)[:, 0], shown("noisy:0.1", 4000, **one)
    kept = (noisy[..., VALID] > 0.5).sum(axis=1) == 1
    near = np.abs(noisy[:, 0, CENTRE_X] - truth[:, CENTRE_X]) < 0.08
    kept &= near  # else it was lost, and another one invented
    first, truth = noisy[kept, 0], truth[kept]
    for error in (first[:, CENTRE_X] - truth[:, CENTRE_X], first[:, WIDTH] / truth[:, WIDTH] - 1.0):
        assert np.median(np.abs(error)) == pytest.approx(0.674 * 0.01, rel=0.15)  # of a normal distribution
    assert np.median(first[:, VISIBLE]) == 1.0  # clipped
    swapped = (first[:, CLASS:].argmax(axis=1) != truth[:, CLASS:].argmax(axis=1)).mean()
    assert swapped == pytest.approx(0.1, abs=0.03)
    axes = np.hypot(truth[:, AXIS_COS], truth[:, AXIS_SIN]) > 0.5
    turns = [np.arctan2(rows[axes, AXIS_SIN], rows[axes, AXIS_COS]) / 2.0 for rows in (first, truth)]
    apart = np.abs((turns[0] - turns[1] + np.pi / 2) % np.pi - np.pi / 2)
    assert np.median(apart) == pytest.approx(0.674 * 0.1 * np.pi / 2, rel=0.25)


def test_neighbours_change_places(truth):
    """Where the first thing is lost the second stands there, too: by itself that gives 0.06."""
    noisy = shown("noisy:0.1")
    first = np.abs(noisy[:, 0, CENTRE_X] - truth[:, 0, CENTRE_X]) < 0.06
    second = np.abs(noisy[:, 0, CENTRE_X] - truth[:, 1, CENTRE_X]) < 0.02
    assert first.mean() > 0.7
    assert (second & ~first).mean() > 0.09


def test_more_noise_is_a_worse_detector(truth):
    found = [average_precision(truth, shown(f"noisy:{level}")) for level in (0.0, 0.05, 0.2, 0.5)]
    assert found[0] == 1.0
    assert found == sorted(found, reverse=True)
    assert found[2] < 0.6
