"""A walk along a line that begins at a numbered place, for tests: numbered starts, and a policy that reads."""

from typing import NamedTuple

import numpy as np
from gymnasium import spaces

from ludus.envs.engine.kernels import below, kernel
from ludus.envs.engine.simulation import Parameter, Simulation, Slot


class World(NamedTuple):
    heights: np.ndarray  # (5,) what a walk from there earns in each step


def make_world():
    return World(np.array([1.0, 2.0, 3.0, 4.0, 5.0]))


@kernel
def reset(s, world):
    s.begin = s.start if s.start >= 0 else below(s, world.heights.shape[0])
    s.secret = below(s, 1000)
    s.left = 2 + s.begin % 2


@kernel
def step(s, action, world, terms):
    terms[0] = world.heights[s.begin] * action * s.scale
    s.left -= 1
    return s.left == 0


@kernel
def observe(s, world, out):
    out[0] = s.left


@kernel
def sense(s, world, out):
    out[0] = s.left


@kernel
def tell(s, world, out):
    out[0] = s.begin


def read(view):
    """1 where the height is believed to be above 2, 0 elsewhere."""
    return (view.estimate("place")[:, 0] * view.parameters["scale"] > 1.0).astype(np.int64)


SIMULATION = Simulation(
    name="test/Starts_toy-v0",
    state=lambda: {"begin": "i8", "left": "i8", "secret": "i8"},
    spaces=lambda: (spaces.Box(0, 10, (1,), np.float32), spaces.Discrete(2)),
    reset=reset,
    step=step,
    observe=observe,
    world=make_world,
    terms=("height",),
    action_names=("stay", "walk"),
    parameters={"scale": Parameter(1.0, 0.0, 10.0, "", "of the reward")},
    policies={"read": read},
    starts=lambda world: len(world.heights),
    slots={
        "place": Slot(
            raw=lambda: spaces.Box(0, 10, (1,), np.float32),
            truth=lambda: spaces.Box(0, 10, (1,), np.float32),
            meaning="where the walk began",
            sense=sense,
            tell=tell,
            default="truth",
        )
    },
)
