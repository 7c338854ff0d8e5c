"""A small environment whose slot is a window of a series, for tests: a price that goes round, and one known ahead."""

import numpy as np
from gymnasium import spaces

from ludus.envs.engine.drawing import fill
from ludus.envs.engine.kernels import below, kernel
from ludus.envs.engine.simulation import Simulation, Slot

PAST, COMING, ROUND = 12, 4, 24  # rows seen and forecast; rows after which the price comes again


def state():
    return {"row": "i8"}


def make_spaces():
    return spaces.Box(0.0, 1000.0, (1,), np.float32), spaces.Discrete(2)


@kernel
def price(row):
    return float((row * row) % ROUND)


@kernel
def reset(s, world):
    s.row = 100 + below(s, 50)


@kernel
def step(s, action, world, terms):
    s.row += 1
    terms[0] = price(s.row) * action
    return s.row >= 200


@kernel
def observe(s, world, out):
    out[0] = s.row


@kernel
def sense(s, world, out):
    for i in range(PAST):
        out[2 * i] = price(s.row - PAST + i)
        out[2 * i + 1] = s.row - PAST + i
    for i in range(COMING):
        out[2 * PAST + i] = s.row + i


@kernel
def tell(s, world, out):
    for i in range(COMING):
        out[i] = price(s.row + i)


@kernel
def render(s, world, frame):
    fill(frame, 0, 0, frame.shape[1], frame.shape[0], (200, 200, 200))


SIMULATION = Simulation(
    name="test/Forecast_toy-v0",
    state=state,
    spaces=make_spaces,
    reset=reset,
    step=step,
    observe=observe,
    render=render,
    terms=("sold",),
    action_names=("wait", "sell"),
    slots={
        "forecast": Slot(
            raw=lambda: spaces.Box(-np.inf, np.inf, (2 * PAST + COMING,), np.float32),
            truth=lambda: spaces.Box(-np.inf, np.inf, (COMING,), np.float32),
            meaning="the coming prices",
            sense=sense,
            tell=tell,
            default="truth",
            width=10.0,
        ),
    },
)
