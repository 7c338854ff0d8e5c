"""A world for the encoder of sets: is the heaviest of some things, which stand in any row, heavy?"""

import numpy as np
from gymnasium import spaces

import ludus
from ludus.envs.engine.kernels import below, kernel, uniform
from ludus.envs.engine.simulation import Simulation

ROWS = 4


def state():
    return {"weight": ("f8", ROWS), "count": "i8"}


def make_spaces():
    things = spaces.Box(0.0, 1.0, (ROWS, 2), np.float32)
    return spaces.Dict({"state": spaces.Box(0.0, 1.0, (1,), np.float32), "things": things}), spaces.Discrete(2)


@kernel
def reset(s, world):
    s.count = 1 + below(s, ROWS)
    for i in range(ROWS):
        s.weight[i] = uniform(s) if i < s.count else 0.0


@kernel
def step(s, action, world, terms):
    heaviest = 0.0
    for i in range(ROWS):
        heaviest = max(heaviest, s.weight[i])
    terms[0] = 1.0 if action == int(heaviest > 0.7) else 0.0
    reset(s, world)
    return False


@kernel
def observe(s, world, out):
    out.state[0] = s.count / ROWS
    for i in range(ROWS):
        out.things[i, 0] = i < s.count
        out.things[i, 1] = s.weight[i]


SIMULATION = Simulation(
    name="test/Rows-v0",
    state=state,
    spaces=make_spaces,
    reset=reset,
    step=step,
    observe=observe,
    terms=("right",),
    action_names=("light", "heavy"),
)
ludus.register("test/Rows-v0", __name__, max_episode_steps=20)
