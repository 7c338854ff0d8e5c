"""Pendulum against Gymnasium's own ``Pendulum-v1``, step by step to the end of every episode.

The state is synchronised once per episode, at the reset: Gymnasium's ``.state`` is set from our record, then both get
the same actions (float32, as the space says). What Gymnasium's environment cannot be given by keyword is set as its
attribute; the weights of its reward are no attributes, so these have positions of their own below.

Tolerance: none where the C library that compiled code calls and NumPy agree on sine and cosine, as they do with glibc.
Elsewhere a last bit may differ, and a rod that stands upright multiplies it by e every quarter of a second, so only the
first steps can be compared: see ``comparable``.
"""

import functools
import math

import gymnasium as gym
import numba
import numpy as np
import pytest

from ludus.envs.engine.batch import KernelBatch

MODULE = "ludus.envs.robotics.pendulum"
LIMIT = 200  # steps

# Our name of each constant, and Gymnasium's attribute.
ATTRIBUTES = {
    "gravity": "g", "mass": "m", "length": "l", "max_speed": "max_speed", "max_torque": "max_torque", "time_step": "dt",
}  # fmt: skip
CHANGED = [
    {"gravity": 3.7},
    {"gravity": 0.0},
    {"mass": 0.37},
    {"length": 1.7},
    {"length": 0.3},
    {"max_speed": 2.9},
    {"max_torque": 0.7},
    {"max_torque": 0.0},
    {"time_step": 0.013},
    {"gravity": 17.1, "mass": 1.3, "length": 0.77, "max_speed": 11.3, "max_torque": 1.1, "time_step": 0.031},
]


@functools.cache
def comparable():
    """How many steps can be compared to the bit: all of them if compiled code and NumPy agree on sine and cosine."""
    compiled = numba.njit(lambda angle: (math.sin(angle), math.cos(angle)))
    angles = np.random.default_rng(5).uniform(-90.0, 90.0, 20_000)
    return LIMIT if all(compiled(angle) == (np.sin(angle), np.cos(angle)) for angle in angles) else 1


def upright(observation):
    """A torque that swings the rod up and holds it: our own gains, not those of the heuristic under test."""
    cos, sin, speed = (float(number) for number in observation)
    if cos > 0.85:
        return -9.0 * sin - 2.0 * speed
    energy = speed * speed / 6.0 + 5.0 * (cos - 1.0)
    return -2.0 * math.copysign(1.0, speed * energy)


def play_theirs(starts, constants, rng):
    """Play one episode of Gymnasium's Pendulum from each start (N, 2): angle and angular velocity.

    Returns actions (T, N, 1), observations (T, N, 3), rewards (T, N) and the last states (N, 2).
    """
    theirs = gym.make("Pendulum-v1", disable_env_checker=True)
    for name, value in constants.items():
        setattr(theirs.unwrapped, ATTRIBUTES[name], value)
    n = len(starts)
    actions = rng.uniform(-2.0, 2.0, (LIMIT, n, 1)).astype(np.float32)
    observations, rewards, last = np.zeros((LIMIT, n, 3), np.float32), np.zeros((LIMIT, n)), np.zeros((n, 2))
    for i, start in enumerate(starts):
        observation, _ = theirs.reset(seed=i)
        theirs.unwrapped.state = start.copy()
        # Every fourth episode swings up; every third of them is given to chance now and then.
        follows = (i % 4 == 0) & (rng.random(LIMIT) < (1.0, 0.9, 0.5)[i % 3])
        for t in range(LIMIT):
            if follows[t]:
                actions[t, i] = np.clip(upright(observation), -2.0, 2.0)
            elif i % 8 == 1:  # the ends of the range
                actions[t, i] = 2.0 if actions[t, i] > 0.0 else -2.0
            observation, rewards[t, i], terminated, truncated, _ = theirs.step(actions[t, i])
            observations[t, i] = observation
            assert (terminated, truncated) == (False, t + 1 == LIMIT)
        last[i] = theirs.unwrapped.state
    return actions, observations, rewards, last


def assert_same_episodes(episodes, constants, seed, **start):
    """Play the same episodes on both sides; returns the observations."""
    batch = KernelBatch(MODULE, episodes, max_episode_steps=LIMIT, autoreset_mode="Disabled", **constants, **start)
    batch.reset(seeds=range(seed, seed + episodes))
    starts = np.stack([batch.records["theta"], batch.records["theta_dot"]], axis=1)
    first = np.stack([np.cos(starts[:, 0]), np.sin(starts[:, 0]), starts[:, 1]], axis=1).astype(np.float32)
    np.testing.assert_array_equal(batch.buffers.observation, first)
    actions, observations, rewards, last = play_theirs(starts, constants, np.random.default_rng(seed))
    b = batch.buffers
    for t in range(comparable()):
        batch.step(actions[t])
        np.testing.assert_array_equal(b.observation, observations[t], err_msg=f"step {t}")
        np.testing.assert_array_equal(b.reward, rewards[t], err_msg=f"step {t}")
        assert not b.terminated.any()
        assert b.truncated.all() == b.truncated.any() == (t + 1 == LIMIT)
    if comparable() == LIMIT:
        np.testing.assert_array_equal(batch.records["theta"], last[:, 0])
        np.testing.assert_array_equal(batch.records["theta_dot"], last[:, 1])
    return observations


def test_1000_episodes_equal_gymnasiums():
    observations = assert_same_episodes(1000, {}, seed=0)
    # The comparison is worth something only if it has seen rods that hang, whirl, hit the limit, and stand.
    assert (np.abs(observations[..., 2]) == 8.0).sum() > 100
    assert (observations[-50:, :, 0] > 0.98).all(axis=0).sum() > 50
    assert (observations[..., 0] < -0.9).sum() > 10_000


@pytest.mark.parametrize("constants", CHANGED, ids=lambda constants: str(constants) if len(constants) == 1 else "all")
def test_episodes_with_changed_constants_equal_gymnasiums(constants):
    assert_same_episodes(48, constants, seed=100)


def test_starts_many_turns_away_equal_gymnasiums():
    assert_same_episodes(64, {}, seed=200, start_angle=90.0, start_speed=20.0)
