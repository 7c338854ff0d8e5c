"""A third party's environment that nobody compiles: four steps, two actions, a picture of one colour."""

import gymnasium
import numpy as np
from gymnasium import spaces

ID = "test/Blinker-v0"


class Blinker(gymnasium.Env):
    """Pays ``bonus`` for action 1, nothing for action 0, and a random part that only its seed decides."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 10}
    observation_space = spaces.Box(0.0, 1.0, (2,), np.float32)
    action_space = spaces.Discrete(2)

    def __init__(self, render_mode=None, bonus=1.0):
        self.render_mode, self.bonus = render_mode, bonus

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.left, self.luck = 4, float(self.np_random.random())
        return self._observe(), {}

    def step(self, action):
        self.left -= 1
        if action:
            self.np_random.random(3)  # what is done decides which random numbers come next
        return self._observe(), self.luck + self.bonus * float(action), self.left == 0, False, {}

    def _observe(self):
        return np.array([self.luck, self.left / 4], np.float32)

    def render(self):
        return np.full((24, 32, 3), 40 * self.left + 40, np.uint8)


if ID not in gymnasium.registry:
    gymnasium.register(ID, entry_point=Blinker)
