"""A small environment for tests of detectors: a tray with up to three bars, thrown anew in each step."""

from typing import NamedTuple

import numpy as np
from gymnasium import spaces

from ludus.components.detections import detections_space, names_of_columns
from ludus.envs.engine.kernels import below, kernel
from ludus.envs.engine.simulation import Choice, Simulation, Slot

SIDE, MOST = 32, 3  # pixels, bars
LONG, SHORT = 11, 5  # pixels
CLASSES = ("lying", "standing")


class World(NamedTuple):
    """How bright bars are."""

    shades: np.ndarray  # (1,)


def make_world(split):
    return World(np.array([200 if split == "train" else 210]))


def state(split):
    return {"count": "i8", "kind": ("i8", MOST), "left": ("i8", MOST), "top": ("i8", MOST), "shade": "i8"}


def make_spaces(split):
    return spaces.Box(0, 1000, (1,), np.float32), spaces.Discrete(2)


@kernel
def throw(s):
    s.count = 1 + below(s, MOST)
    for k in range(s.count):
        s.kind[k] = below(s, 2)
        s.left[k] = below(s, SIDE - LONG)
        s.top[k] = below(s, SIDE - LONG)


@kernel
def reset(s, world):
    s.shade = world.shades[0]
    throw(s)


@kernel
def step(s, action, world, terms):
    throw(s)
    terms[0] = 1.0
    return False


@kernel
def observe(s, world, out):
    out[0] = s.clock


@kernel
def sense(s, world, out):
    for y in range(SIDE):
        for x in range(SIDE):
            out[y, x, 0] = 40 + (7 * x + 13 * y) % 8
    for k in range(s.count - 1, -1, -1):  # the first lies on top
        wide = LONG if s.kind[k] == 0 else SHORT
        high = SHORT if s.kind[k] == 0 else LONG
        for y in range(s.top[k], s.top[k] + high):
            for x in range(s.left[k], s.left[k] + wide):
                edge = y == s.top[k] or x == s.left[k] or y == s.top[k] + high - 1 or x == s.left[k] + wide - 1
                out[y, x, 0] = 90 if edge else s.shade


@kernel
def tell(s, world, out):
    for row in range(out.shape[0]):
        for column in range(out.shape[1]):
            out[row, column] = 0.0
    for k in range(s.count):
        wide = LONG if s.kind[k] == 0 else SHORT
        high = SHORT if s.kind[k] == 0 else LONG
        out[k, 0] = 1.0
        out[k, 1] = (s.left[k] + wide / 2) / SIDE
        out[k, 2] = (s.top[k] + high / 2) / SIDE
        out[k, 3] = wide / SIDE
        out[k, 4] = high / SIDE
        out[k, 5] = 1.0 if s.kind[k] == 0 else -1.0
        out[k, 7] = 1.0
        out[k, 8 + s.kind[k]] = 1.0


SIMULATION = Simulation(
    name="test/Tray-v0",
    state=state,
    spaces=make_spaces,
    world=make_world,
    reset=reset,
    step=step,
    observe=observe,
    terms=("thrown",),
    action_names=("one", "two"),
    choices={"split": Choice("test", "which bars", ("train", "test"))},
    slots={
        "perception": Slot(
            raw=lambda split: spaces.Box(0, 255, (SIDE, SIDE, 1), np.uint8),
            truth=lambda split: detections_space(MOST, len(CLASSES)),
            meaning="the bars on the tray, the topmost first",
            sense=sense,
            tell=tell,
            detections=True,
            names=lambda split: names_of_columns(CLASSES),
        )
    },
)
