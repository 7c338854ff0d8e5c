"""A batch over somebody else's environment shows the sums that ours shows: of the running episodes, whole at ends."""

import numpy as np

from ludus.envs.engine.gymnasium_batch import GymnasiumBatch
from ludus.envs.make import make_batch

N = 4


def test_sums_are_those_of_our_own_batch_of_the_same_rules():
    ours = make_batch("ludus/CartPole-v1", N)
    theirs = GymnasiumBatch("CartPole-v1", N)
    rng, ends = np.random.default_rng(0), 0
    for batch in (ours, theirs):
        batch.reset(seeds=range(N))
    for _ in range(100):
        actions = rng.integers(2, size=N)
        for batch in (ours, theirs):
            lengths = batch.buffers.episode_length.copy()
            ended = batch.buffers.terminated | batch.buffers.truncated
            batch.step(actions)
            b = batch.buffers
            np.testing.assert_array_equal(b.episode_length, np.where(ended, 0, lengths) + 1)
            np.testing.assert_array_equal(b.episode_return, b.episode_length)  # a point per step
            ends += int((b.terminated | b.truncated).sum())
    assert ends > 2 * N
    theirs.reset(seeds=range(N))
    assert not theirs.buffers.episode_return.any()
    assert not theirs.buffers.episode_length.any()
    theirs.close()
