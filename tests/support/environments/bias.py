"""An environment file for tests: Sutton & Barto 2018, example 6.7, where the maximum of noisy values misleads.

From A, right ends the episode with 0, and left leads to B without reward. From B each of ten actions ends it with a
reward of -0.1 and Gaussian noise: going left is worth -0.1 and never pays, yet the best of ten estimates is above 0.
"""

from gymnasium import spaces

from ludus.envs.engine.kernels import gaussian, kernel
from ludus.envs.engine.simulation import Parameter, Simulation

A, B = 0, 1
LEFT, RIGHT = 0, 1
ACTIONS = 10  # of B; A has two


def state():
    return {"place": "i8"}


def make_spaces():
    return spaces.Discrete(2), spaces.Discrete(ACTIONS)


@kernel
def reset(s, world):
    s.place = A


@kernel
def step(s, action, world, terms):
    if s.place == B:
        terms[0] = -0.1 + s.noise * gaussian(s)
        return True
    s.place = B
    return action == RIGHT


@kernel
def observe(s, world, out):
    out[0] = s.place


@kernel
def mask(s, world, out):
    for action in range(ACTIONS):
        out[action] = s.place == B or action <= RIGHT


SIMULATION = Simulation(
    name="test/Bias-v0",
    state=state,
    spaces=make_spaces,
    reset=reset,
    step=step,
    observe=observe,
    mask=mask,
    terms=("reward",),
    action_names=("left", "right", *["try"] * (ACTIONS - 2)),
    parameters={"noise": Parameter(1.0, 0.0, 1.0, "", "standard deviation of the reward")},
)
