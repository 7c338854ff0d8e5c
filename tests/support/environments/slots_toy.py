"""A small environment with two slots, for tests: a counter that a camera shows, and an instruction per episode."""

import numpy as np
from gymnasium import spaces

from ludus.envs.engine.drawing import fill
from ludus.envs.engine.kernels import below, kernel
from ludus.envs.engine.simulation import Parameter, Simulation, Size, Slot

PARAMETERS = {"shift": Parameter(0.0, 0.0, 100.0, "", "added to every pixel")}


def state(size):
    return {"value": "i8", "order": "i8"}


def make_spaces(size):
    return spaces.Box(0, 1000, (1,), np.float32), spaces.Discrete(2)


@kernel
def reset(s, world):
    s.value = below(s, 4)
    s.order = below(s, 3)


@kernel
def step(s, action, world, terms):
    s.value += 1 + action
    terms[0] = 1.0 if s.value % 3 == s.order else 0.0
    return s.value >= 9


@kernel
def observe(s, world, out):
    out[0] = s.clock


@kernel
def sense_camera(s, world, out):
    for row in range(out.shape[0]):
        for column in range(out.shape[1]):
            out[row, column, 0] = int(s.value * 10 + row + s.shift)


@kernel
def truth_camera(s, world, out):
    out[0] = s.value / 10.0
    out[1] = s.clock / 10.0


@kernel
def baseline_camera_brightness(world, raw, out):
    out[0] = min(raw[0, 0, 0] / 100.0, 1.0)
    out[1] = 0.5


@kernel
def render(s, world, frame):
    fill(frame, 0, 0, frame.shape[1], frame.shape[0], (20 * s.value, 0, 0))


@kernel
def sense_order(s, world, out):
    out[0] = s.order + 1


@kernel
def truth_order(s, world, out):
    for k in range(3):
        out[k] = k == s.order


SIMULATION = Simulation(
    name="test/Slots_toy-v0",
    state=state,
    spaces=make_spaces,
    reset=reset,
    step=step,
    observe=observe,
    render=render,
    terms=("hits",),
    action_names=("one", "two"),
    parameters=PARAMETERS,
    sizes={"size": Size(4, 1, 16, "pixels of the camera")},
    slots={
        "camera": Slot(
            raw=lambda size: spaces.Box(0, 255, (size, size, 1), np.uint8),
            truth=lambda size: spaces.Box(0, 1, (2,), np.float32),
            meaning="the counter, and the clock",
            sense=sense_camera,
            tell=truth_camera,
            baselines={"brightness": baseline_camera_brightness},
        ),
        "order": Slot(
            raw=lambda size: spaces.Box(0, 3, (1,), np.uint8),
            truth=lambda size: spaces.Box(0, 1, (3,), np.float32),
            meaning="which values count",
            sense=sense_order,
            tell=truth_order,
            refresh="reset",
            default="truth",
            classes=lambda size: ("first", "second", "third"),
        ),
    },
)
