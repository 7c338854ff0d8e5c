"""A Gymnasium environment for tests, with actions that do not begin at 0."""

import gymnasium
import numpy as np
from gymnasium import spaces


class Counter(gymnasium.Env):
    """A third party's environment whose actions are 5, 6 and 7; the reward says which one came."""

    observation_space = spaces.Box(0.0, 1.0, (1,), np.float32)
    action_space = spaces.Discrete(3, start=5)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return np.zeros(1, np.float32), {}

    def step(self, action):
        assert self.action_space.contains(action)
        return np.zeros(1, np.float32), float(action), False, False, {}
