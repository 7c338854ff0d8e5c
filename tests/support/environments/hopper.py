"""The source of a small environment that has a bit of everything, for tests that put one mistake into it."""

HOPPER = '''"""A hopper on a line of cells."""

import math
from typing import NamedTuple

import numpy as np
from gymnasium import spaces

from ludus.envs.engine.drawing import fill
from ludus.envs.engine.kernels import kernel, uniform
from ludus.envs.engine.simulation import Parameter, Simulation, Size, Slot

FAR = 8.0  # m
LIMITS = [8.0]  # m
PARAMETERS = {"leap": Parameter(1.0, 0.5, 2.0, "m", "length of a hop")}


class World(NamedTuple):
    heights: np.ndarray


def make_world(cells):
    return World(np.linspace(0.0, 1.0, cells))


def state(cells):
    return {"x": "f8", "hops": "i8", "track": ("f8", (cells,)), "seen": ("i8", (cells,))}


def make_spaces(cells):
    return spaces.Box(-10.0, 10.0, (3,), np.float32), spaces.Discrete(2)


@kernel
def height_at(s, world):
    cell = int(abs(s.x)) % world.heights.shape[0]
    return world.heights[cell]


@kernel
def reset(s, world):
    s.x = uniform(s) - 0.5
    s.hops = 0
    for k in range(s.track.shape[0]):
        s.track[k] = 0.0
        s.seen[k] = 0


@kernel
def step(s, action, world, terms):
    way = 1.0 if action == 1 else -1.0
    s.x += way * s.leap * 0.5
    s.hops += 1
    cell = s.hops % s.track.shape[0]
    s.track[cell] = s.x
    s.seen[cell] += 1
    terms[0] = 0.1
    terms[1] = height_at(s, world)
    return abs(s.x) > FAR


@kernel
def observe(s, world, out):
    out[0] = s.x
    out[1] = math.sin(s.x)
    out[2] = s.track[0]


@kernel
def mask(s, world, out):
    for k in range(out.shape[0]):
        out[k] = 1


@kernel
def heuristic(s, world, out):
    out[0] = 1


@kernel
def heuristic_back(s, world, out):
    out[0] = 0


@kernel
def render(s, world, frame):
    fill(frame, 0, 0, frame.shape[1], frame.shape[0], (20, 30, 40))
    frame[frame.shape[0] - 1, 0, 0] = 255


@kernel
def invariant(s, world, shown, legal):
    if s.hops < 0:
        return 1
    return 2 if shown[0] != shown[0] else 0


@kernel
def sense_eye(s, world, out):
    out[0] = s.x


@kernel
def truth_eye(s, world, out):
    out[0] = s.x


@kernel
def baseline_eye_same(world, raw, out):
    out[0] = raw[0]


SIMULATION = Simulation(
    name="acme/Hopper-v0",
    state=state,
    spaces=make_spaces,
    reset=reset,
    step=step,
    observe=observe,
    mask=mask,
    render=render,
    heuristic=heuristic,
    invariant=invariant,
    world=make_world,
    terms=("alive", "height"),
    action_names=("back", "forth"),
    parameters=PARAMETERS,
    sizes={"cells": Size(4, 2, 9, "cells of the track")},
    heuristics={"back": heuristic_back},
    invariants=("hops are counted from 0", "the observation is a number"),
    slots={
        "eye": Slot(
            raw=lambda cells: spaces.Box(-10.0, 10.0, (1,), np.float32),
            truth=lambda cells: spaces.Box(-10.0, 10.0, (1,), np.float32),
            meaning="where it is",
            sense=sense_eye,
            tell=truth_eye,
            baselines={"same": baseline_eye_same},
        )
    },
)
'''

# The same with a Dict observation.
HOPPER_OF_PARTS = HOPPER
for _old, _new in (
    (
        "return spaces.Box(-10.0, 10.0, (3,), np.float32), spaces.Discrete(2)",
        "parts = {'at': spaces.Box(-10, 10, (2,), np.float32), 'track': spaces.Box(-10, 10, (1,), np.float32)}\n"
        "    return spaces.Dict(parts), spaces.Discrete(2)",
    ),
    ("    out[0] = s.x\n    out[1]", "    out.at[0] = s.x\n    out.at[1]"),
    ("out[2] =", "out.track[0] ="),
    ("shown[0] != shown[0]", "shown.at[0] != shown.at[0]"),
):
    assert HOPPER_OF_PARTS.count(_old) == 1, _old
    HOPPER_OF_PARTS = HOPPER_OF_PARTS.replace(_old, _new)
