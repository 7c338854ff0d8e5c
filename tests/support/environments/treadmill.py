"""An environment file for tests: +1 per step, for ever (`ends=0`), or until the fifth step ends it (`ends=1`)."""

import numpy as np
from gymnasium import spaces

from ludus.envs.engine.kernels import kernel
from ludus.envs.engine.simulation import Parameter, Simulation

LENGTH = 5  # steps


def state():
    return {"walked": "i8"}


def make_spaces():
    return spaces.Box(0.0, 1.0, (1,), np.float32), spaces.Discrete(2)


@kernel
def reset(s, world):
    s.walked = 0


@kernel
def step(s, action, world, terms):
    s.walked += 1
    terms[0] = 1.0
    return s.ends != 0.0 and s.walked == LENGTH


@kernel
def observe(s, world, out):
    out[0] = 1.0  # the same always: what is worth V here is worth V everywhere


SIMULATION = Simulation(
    name="test/Treadmill-v0",
    state=state,
    spaces=make_spaces,
    reset=reset,
    step=step,
    observe=observe,
    terms=("walked",),
    action_names=("walk", "walk too"),
    parameters={"ends": Parameter(0.0, 0.0, 1.0, "", "1: the fifth step ends the episode")},
)
