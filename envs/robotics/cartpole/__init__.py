"""CartPole: push a cart left or right so that the pole on it stays up.

World         A cart on a straight, frictionless track carries a pole on a hinge without friction. Each step pushes the
              cart with a force of fixed size for one time step.
Actions       0 push to the left · 1 push to the right
Observation   float32 (4,)
              | # | what                   | low    | high  | unit  |
              |---|------------------------|--------|-------|-------|
              | 0 | cart position          | -4.8   | 4.8   | m     |
              | 1 | cart velocity          | -inf   | inf   | m/s   |
              | 2 | pole angle, 0 = up     | -0.419 | 0.419 | rad   |
              | 3 | pole angular velocity  | -inf   | inf   | rad/s |
Reward        `upright`: +1 per step, the last one included (or, with `sutton_barto_reward=1`, -1 for the step in which
              the pole falls and 0 before)
Start         all four numbers uniform in [start_low, start_high)
End           terminated when |angle| > angle_limit or |position| > position_limit; truncated after 500 steps
Parameters    see PARAMETERS below: all constants of the rules
Slot          `vision`, off unless filled: the frame of 84 x 84 pixels instead of the observation. It shows no
              velocities
Source        Barto, Sutton & Anderson 1983, *Neuronlike adaptive elements that can solve difficult learning control
              problems*; the numbers are those of Gymnasium's `CartPole-v1`, whose trajectories it reproduces.
              The bounds are twice the limits where nothing gets further, as here. Where other parameters allow a last
              step beyond that, they are what can be reached, or infinite: see `observation.py`.
"""

import math

import numpy as np
from gymnasium import spaces

from ...engine.simulation import Parameter, Simulation, vision_slot
from .constants import ACTIONS, LEFT, RIGHT
from .invariants import INVARIANTS, invariant
from .observation import farthest, observe
from .policies import heuristic
from .rendering import render
from .rules import reset, step

PARAMETERS = {
    "gravity": Parameter(9.8, 0.0, 100.0, "m/s²", "acceleration of free fall"),
    "cart_mass": Parameter(1.0, 0.01, 100.0, "kg", "mass of the cart"),
    "pole_mass": Parameter(0.1, 0.001, 100.0, "kg", "mass of the pole"),
    "pole_half_length": Parameter(0.5, 0.01, 10.0, "m", "from the hinge to the pole's centre of mass"),
    "force": Parameter(10.0, -1000.0, 1000.0, "N", "push of one action; negative swaps left and right"),
    "time_step": Parameter(0.02, 0.0001, 0.2, "s", "time between two steps"),
    "semi_implicit": Parameter(0.0, 0.0, 1.0, "", "1: semi-implicit Euler integration, 0: explicit"),
    "position_limit": Parameter(2.4, 0.1, 100.0, "m", "the cart's largest distance from the centre"),
    "angle_limit": Parameter(12 * 2 * math.pi / 360, 0.01, 1.5, "rad", "the pole's largest angle"),
    "start_low": Parameter(-0.05, -1.0, 1.0, "", "lower end of each number of the first state"),
    "start_high": Parameter(0.05, -1.0, 1.0, "", "upper end of each number of the first state"),
    "sutton_barto_reward": Parameter(0.0, 0.0, 1.0, "", "1: reward -1 for falling and 0 before"),
}


def state():
    return {"x": "f8", "x_dot": "f8", "theta": "f8", "theta_dot": "f8", "pushed": "i8"}


def make_spaces(
    *,
    position_limit=PARAMETERS["position_limit"].span,
    angle_limit=PARAMETERS["angle_limit"].span,
    start_low=PARAMETERS["start_low"].span,
    start_high=PARAMETERS["start_high"].span,
    gravity=PARAMETERS["gravity"].span,
    cart_mass=PARAMETERS["cart_mass"].span,
    pole_mass=PARAMETERS["pole_mass"].span,
    pole_half_length=PARAMETERS["pole_half_length"].span,
    force=PARAMETERS["force"].span,
    time_step=PARAMETERS["time_step"].span,
):
    """Twice the limits, as Gymnasium's; more where the last step of an episode may lead further."""
    x, theta = farthest(
        gravity=gravity,
        cart_mass=cart_mass,
        pole_mass=pole_mass,
        pole_half_length=pole_half_length,
        force=force,
        time_step=time_step,
        position_limit=position_limit[1],
        angle_limit=angle_limit[1],
        start=max(-start_low[0], start_high[1]),
    )
    high = np.array([max(2 * position_limit[1], x), np.inf, max(2 * angle_limit[1], theta), np.inf], np.float32)
    return spaces.Box(-high, high, dtype=np.float32), spaces.Discrete(ACTIONS)


# Errors of a reading are measured against these: m, m/s, rad, rad/s. An episode stays within, played well.
WIDTH = (4.8, 4.0, 0.42, 6.0)


def names():
    return {"cart position": "m", "cart velocity": "m/s", "pole angle": "rad", "pole angular velocity": "rad/s"}


SIMULATION = Simulation(
    name="ludus/CartPole-v1",
    state=state,
    spaces=make_spaces,
    names=names,
    reset=reset,
    step=step,
    observe=observe,
    render=render,
    heuristic=heuristic,
    invariant=invariant,
    invariants=INVARIANTS,
    parameters=PARAMETERS,
    ordered=(("start_low", "start_high"),),
    slots={"vision": vision_slot(make_spaces, render=render, observe=observe, width=WIDTH)},
    terms=("upright",),
    action_names=("push left", "push right"),
    scores={"random": 22.3, "heuristic": 500.0},
    frame=(400, 600),
    fps=50,
    keys={"left": LEFT, "right": RIGHT, "a": LEFT, "d": RIGHT},
    idle=(LEFT, RIGHT),  # there is no action without a push: two that cancel each other let the cart roll on
)
