"""Two threads on one environment: each step and what it returns are of one piece."""

import sys
import threading

import gymnasium as gym
import numpy as np
import pytest

import ludus  # noqa: F401  registers the environments

STEPS, THREADS = 400, 4


def from_threads(work):
    """Call ``work(number)`` from several threads at once; whatever one of them raises is raised here."""
    faults = []

    def guarded(number):
        try:
            work(number)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(THREADS)]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # s; by default a thread keeps the interpreter for a hundred steps
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(before)
    if faults:
        raise faults[0]


def test_threads_share_a_vector_environment():
    """A snake is as long as 1 + the fruit it has eaten: what one step returns is of that step, and of no other."""
    env = gym.make_vec("ludus/Snake-v1", num_envs=512, size=4)
    env.reset(seed=0)
    seen = [[] for _ in range(THREADS)]

    def play(number):
        rng = np.random.default_rng(number)
        for _ in range(STEPS):
            observation, _, _, _, info = env.step(rng.integers(4, size=512))
            seen[number].append((observation, info["totals"]["length"], info["totals"]["return"]))

    from_threads(play)
    for observation, lengths, fruit in (shown for part in seen for shown in part):
        body = observation[..., 0].sum(axis=(1, 2))
        alive = lengths > 0  # an episode that has just begun has eaten nothing
        np.testing.assert_array_equal(body[alive], 1 + fruit[alive])
    clocks = env.unwrapped.batch.records["age"]
    assert clocks.max() <= STEPS * THREADS


def test_threads_share_a_single_environment():
    env = gym.make("ludus/Bandit-v0", max_episode_steps=-1)
    env.reset(seed=0)
    lengths = [[] for _ in range(THREADS)]

    def pull(number):
        for _ in range(STEPS):
            lengths[number].append(env.step(number % 2)[4]["totals"]["length"])

    from_threads(pull)
    assert sorted(length for part in lengths for length in part) == list(range(1, STEPS * THREADS + 1))


def test_a_step_waits_for_the_one_of_another_thread():
    """What the others rely on: while a thread is within a step, no other one gets into it."""
    for env in (gym.make("ludus/CartPole-v1"), gym.make_vec("ludus/CartPole-v1", num_envs=2)):
        env.reset(seed=0)
        env.action_space.seed(0)
        inner, action = env.unwrapped, env.action_space.sample()
        with inner._one_at_a_time:
            other = threading.Thread(target=env.step, args=(action,))
            other.start()
            other.join(0.1)
            assert other.is_alive()
        other.join(5.0)
        assert not other.is_alive()
        with pytest.raises(TypeError):
            env.step(None if isinstance(env, gym.vector.VectorEnv) else "left")
        env.step(action)  # a refused step leaves nothing locked
