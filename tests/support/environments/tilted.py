"""An environment file for tests, whose Box of actions lies so that SB3's unscaling ends just outside of it."""

import numpy as np
from gymnasium import spaces

from ludus.envs.engine.kernels import kernel
from ludus.envs.engine.simulation import Simulation

LOW, HIGH = (-2.1, 0.0), (0.4, 1.0)


def state():
    return {"x": "f8"}


def make_spaces():
    actions = spaces.Box(np.array(LOW, np.float32), np.array(HIGH, np.float32))
    return spaces.Box(-np.inf, np.inf, (1,), np.float32), actions


@kernel
def reset(s, world):
    s.x = 0.0


@kernel
def step(s, action, world, terms):
    s.x = action[0]
    terms[0] = action[0] + action[1]
    return False


@kernel
def observe(s, world, out):
    out[0] = s.x


SIMULATION = Simulation(
    name="test/Tilted-v0",
    state=state,
    spaces=make_spaces,
    reset=reset,
    step=step,
    observe=observe,
    terms=("pushed",),
    action_names=("push", "lift"),
)
