"""Random actions for the tests that run over the registry, whatever an environment's action space is."""

from gymnasium import spaces


def random_actions(space, n, rng):
    """(N, …) actions, uniform over a Discrete or a bounded Box of one environment."""
    if isinstance(space, spaces.Discrete):
        return rng.integers(0, space.n, n)
    return rng.uniform(space.low, space.high, (n, *space.shape)).astype(space.dtype)
