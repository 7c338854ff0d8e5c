"""An environment file for tests, with continuous actions: two reward terms, the position moves by `thrust`."""

import numpy as np
from gymnasium import spaces

from ludus.envs.engine.drawing import fill
from ludus.envs.engine.kernels import kernel, uniform_in
from ludus.envs.engine.simulation import Parameter, Simulation

LOW, HIGH = (-2.0, 0.0), (4.0, 1.0)  # of thrust and brake


def state():
    return {"x": "f8"}


def make_spaces():
    actions = spaces.Box(np.array(LOW, np.float32), np.array(HIGH, np.float32))
    return spaces.Box(-np.inf, np.inf, (2,), np.float32), actions


@kernel
def reset(s, world):
    s.x = uniform_in(s, -0.5, 0.5)


@kernel
def step(s, action, world, terms):
    s.x += s.gain * action[0] * (1.0 - action[1])
    terms[0] = s.x
    terms[1] = -action[1]
    return s.x > 10.0


@kernel
def observe(s, world, out):
    out[0] = s.x
    out[1] = s.gain


@kernel
def render(s, world, frame):
    fill(frame, 0, 0, frame.shape[1], frame.shape[0], (20, 20, 20))


@kernel
def heuristic_push(s, world, out):
    out[0], out[1] = HIGH[0], LOW[1]


@kernel
def heuristic_rest(s, world, out):
    out[0], out[1] = 0.0, HIGH[1]


SIMULATION = Simulation(
    name="test/Slider-v0",
    state=state,
    spaces=make_spaces,
    reset=reset,
    step=step,
    observe=observe,
    render=render,
    heuristics={"push": heuristic_push, "rest": heuristic_rest},
    terms=("way", "braking"),
    action_names=("thrust", "brake"),
    parameters={"gain": Parameter(1.0, 0.0, 10.0, "", "how far a thrust of 1 moves it")},
    frame=(60, 80),
    fps=20,
    keys={"left": (0, -1.0), "right": (0, 1.0), "b": (1, 1.0)},
)
