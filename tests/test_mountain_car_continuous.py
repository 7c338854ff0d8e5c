"""MountainCarContinuous against Gymnasium's ``MountainCarContinuous-v0``: the same bits to the end of every episode.

The state is synchronised once per episode, at the reset: Gymnasium's ``.state`` is set from our record, to the double
array that its reset makes, then both get the same actions (float32, as the space says). What Gymnasium's environment
cannot be given by keyword is set as its attribute. Both round to single precision at the same places and both take the
cosine from the C library, so nothing but equality is accepted.
"""

import math

import gymnasium as gym
import numpy as np
import pytest

from ludus.envs.engine.batch import KernelBatch

MODULE = "ludus.envs.robotics.mountain_car_continuous"
LIMIT = 999  # steps

# What Gymnasium has as attributes, under the same names; its gravity, frequency and rewards are part of its code.
CHANGED = [
    {"power": 0.0023},
    {"power": -0.0015},
    {"max_speed": 0.031},
    {"min_position": -0.9},
    {"max_position": 0.45},
    {"max_position": 0.47},
    {"goal_position": 0.1},
    {"goal_velocity": 0.031},
    {
        "power": 0.0021, "max_speed": 0.041, "min_position": -1.03, "max_position": 0.37, "goal_position": 0.31,
        "goal_velocity": 0.013,
    },
]  # fmt: skip


def pump(observation, share):
    """Pushes the way the car rolls."""
    return share if observation[1] >= 0.0 else -share


def play_theirs(starts, constants, limit, rng):
    """Play one episode of Gymnasium's MountainCarContinuous from each start (N,), ``limit`` steps at most.

    Returns actions (T, N, 1), observations (T, N, 2), rewards, terminated, truncated (T, N) and the lengths (N,).
    """
    theirs = gym.make("MountainCarContinuous-v0", disable_env_checker=True, max_episode_steps=limit)
    for name, value in constants.items():
        assert hasattr(theirs.unwrapped, name)
        setattr(theirs.unwrapped, name, value)
    n = len(starts)
    actions = rng.uniform(-1.0, 1.0, (limit, n, 1)).astype(np.float32)
    observations, rewards = np.zeros((limit, n, 2), np.float32), np.zeros((limit, n))
    terminated, truncated = np.zeros((limit, n), bool), np.zeros((limit, n), bool)
    lengths = np.zeros(n, int)
    for i, start in enumerate(starts):
        theirs.reset(seed=i)
        theirs.unwrapped.state = np.array([start, 0.0])
        observation = (start, 0.0)
        # From chance alone (every fourth episode) to pumping with 20 … 100 % of the engine.
        follows, share = rng.random(limit) < (0.0, 0.7, 0.95, 1.0)[i % 4], (0.2, 0.5, 1.0)[i % 3]
        for t in range(limit):
            if follows[t]:
                actions[t, i] = pump(observation, share) * math.copysign(1.0, constants.get("power", 1.0))
            observation, rewards[t, i], terminated[t, i], truncated[t, i], _ = theirs.step(actions[t, i])
            observations[t, i] = observation
            if terminated[t, i] or truncated[t, i]:
                lengths[i] = t + 1
                break
    return actions, observations, rewards, terminated, truncated, lengths


def assert_same_episodes(episodes, constants, seed, limit=LIMIT, **start):
    """Play the same episodes on both sides; returns their lengths and whether they were solved."""
    batch = KernelBatch(MODULE, episodes, max_episode_steps=limit, **constants, **start)
    batch.reset(seeds=range(seed, seed + episodes))
    starts = batch.records["position"].copy()
    np.testing.assert_array_equal(batch.buffers.observation[:, 0], starts.astype(np.float32))
    np.testing.assert_array_equal(batch.buffers.observation[:, 1], np.zeros(episodes))
    rng = np.random.default_rng(seed)
    actions, observations, rewards, terminated, truncated, lengths = play_theirs(starts, constants, limit, rng)
    for t in range(lengths.max()):
        batch.step(actions[t])
        b = batch.buffers
        live = lengths > t
        last = live & (lengths == t + 1)  # autoreset: their last observation is our final one
        ours = np.where(last[:, None], b.final_observation, b.observation)
        np.testing.assert_array_equal(ours[live], observations[t, live], err_msg=f"step {t}")
        np.testing.assert_array_equal(b.reward[live], rewards[t, live], err_msg=f"step {t}")
        np.testing.assert_array_equal(b.terminated[live], terminated[t, live], err_msg=f"step {t}")
        np.testing.assert_array_equal(b.truncated[live], truncated[t, live], err_msg=f"step {t}")
        np.testing.assert_array_equal(b.episode_success[last], b.terminated[last])
        np.testing.assert_array_equal(b.episode_length[last], t + 1)
    return lengths, terminated.any(axis=0)


def test_1000_episodes_equal_gymnasiums():
    lengths, solved = assert_same_episodes(1000, {}, seed=0)
    # The comparison is worth something only if it has seen cars that arrive soon, late, and never.
    assert (lengths < 150).sum() > 100
    assert ((lengths > 300) & solved).sum() > 50
    assert (lengths == LIMIT).sum() > 100


@pytest.mark.parametrize("constants", CHANGED, ids=lambda constants: min(constants) if len(constants) == 1 else "all")
def test_episodes_with_changed_constants_equal_gymnasiums(constants):
    _, solved = assert_same_episodes(48, constants, seed=100, limit=300)
    assert solved.any()


def test_starts_everywhere_equal_gymnasiums():
    lengths, _ = assert_same_episodes(200, {}, seed=200, limit=200, start_low=-1.3, start_high=0.7)
    assert (lengths == 1).sum() > 5
