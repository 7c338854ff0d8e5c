"""What the tests over the registry need, whatever spaces an environment has: random actions, observations compared."""

from collections.abc import Mapping

import numpy as np
from gymnasium import spaces


def random_actions(space, n, rng):
    """(N, …) actions, uniform over a Discrete or a bounded Box of one environment."""
    if isinstance(space, spaces.Discrete):
        return rng.integers(0, space.n, n)
    return rng.uniform(space.low, space.high, (n, *space.shape)).astype(space.dtype)


def row_of(observation, i):
    """Environment ``i``'s part of a batch of observations, or of a dict of these."""
    if isinstance(observation, Mapping):
        return {key: part[i] for key, part in observation.items()}
    return observation[i]


def flat(observation):
    """One observation as a vector of floats."""
    if isinstance(observation, Mapping):
        return np.concatenate([np.ravel(part).astype(float) for part in observation.values()])
    return np.ravel(observation).astype(float)


def assert_same_observation(one, other, message=""):
    """Equal bit by bit, and of the same dtype."""
    if isinstance(other, Mapping):
        assert one.keys() == other.keys(), message
        for key, part in other.items():
            assert_same_observation(one[key], part, f"{message} {key}")
        return
    np.testing.assert_array_equal(one, other, err_msg=message)
    assert np.asarray(one).dtype == np.asarray(other).dtype, message
