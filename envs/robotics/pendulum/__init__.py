"""Pendulum: swing a rod up with a motor that is too weak to lift it, and hold it there.

World         A rod turns without friction about a fixed hinge at one end. Each step a motor in the hinge turns it with
              a torque for one time step.
Actions       float32 (1,): the torque in N·m, -2 … 2, positive counter-clockwise
Observation   float32 (3,)
              | # | what                              | low | high | unit  |
              |---|-----------------------------------|-----|------|-------|
              | 0 | cosine of the angle, 1 = upright  | -1  | 1    |       |
              | 1 | sine of the angle                 | -1  | 1    |       |
              | 2 | angular velocity                  | -8  | 8    | rad/s |
Reward        of the state before the step and the torque taken in it, each term 0 or negative:
              `angle`   -angle_cost · angle², the angle in [-pi, pi), 0 = upright
              `speed`   -speed_cost · angular velocity²
              `torque`  -torque_cost · torque²
Start         angle uniform in [-start_angle, start_angle), angular velocity in [-start_speed, start_speed)
End           never terminated; truncated after 200 steps
Parameters    see PARAMETERS below: all constants of the rules
Source        the rules and numbers are those of Gymnasium's `Pendulum-v1`, whose trajectories it reproduces to the bit:
              the torque and what it alone decides are single precision there, as the action is, the rest is double, and
              squares are the C library's powers. Two things differ: a torque beyond -2 … 2 is refused where Gymnasium
              clips it (one beyond `max_torque`, which may be less, is clipped here, too), and one that comes as a
              double is rounded to single precision first. The observation's bounds follow the speeds.
"""

import math

import numpy as np
from gymnasium import spaces

from ...engine.simulation import Parameter, Simulation
from .constants import LARGEST_TORQUE
from .invariants import INVARIANTS, invariant
from .policies import heuristic
from .rendering import render
from .rules import observe, reset, step

PARAMETERS = {
    "gravity": Parameter(10.0, 0.0, 100.0, "m/s²", "acceleration of free fall"),
    "mass": Parameter(1.0, 0.01, 100.0, "kg", "mass of the rod, spread evenly over its length"),
    "length": Parameter(1.0, 0.05, 10.0, "m", "length of the rod"),
    "max_speed": Parameter(8.0, 0.1, 1000.0, "rad/s", "largest angular velocity: what is faster is slowed down to it"),
    "max_torque": Parameter(LARGEST_TORQUE, 0.0, LARGEST_TORQUE, "N·m", "largest torque: what is more is cut to it"),
    "time_step": Parameter(0.05, 0.0001, 0.2, "s", "time between two steps"),
    "start_angle": Parameter(math.pi, 0.0, 100.0, "rad", "largest angle of the first state, to either side"),
    "start_speed": Parameter(1.0, 0.0, 100.0, "rad/s", "largest angular velocity of the first state, either way"),
    "angle_cost": Parameter(1.0, 0.0, 100.0, "1/rad²", "what the square of the angle costs"),
    "speed_cost": Parameter(0.1, 0.0, 100.0, "s²/rad²", "what the square of the angular velocity costs"),
    "torque_cost": Parameter(0.001, 0.0, 100.0, "1/(N·m)²", "what the square of the torque costs"),
}


def state():
    return {"theta": "f8", "theta_dot": "f8", "sine": "f8", "cosine": "f4", "torque": "f4"}


def make_spaces(*, max_speed=PARAMETERS["max_speed"].span, start_speed=PARAMETERS["start_speed"].span):
    high = np.array([1.0, 1.0, max(max_speed[1], start_speed[1])], np.float32)
    return spaces.Box(-high, high, dtype=np.float32), spaces.Box(-LARGEST_TORQUE, LARGEST_TORQUE, (1,), np.float32)


def names():
    return {"cosine of the angle": "", "sine of the angle": "", "angular velocity": "rad/s"}


SIMULATION = Simulation(
    name="ludus/Pendulum-v1",
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
    terms=("angle", "speed", "torque"),
    action_names=("torque",),
    scores={"random": -1228.0, "heuristic": -139.5},
    frame=(500, 500),
    fps=30,
    keys={"left": (0, 1.0), "right": (0, -1.0), "a": (0, 1.0), "d": (0, -1.0), "axis 0": (0, -1.0)},
)
