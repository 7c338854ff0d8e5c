"""Acrobot: a gymnast of two links, who swings up with a motor in the waist alone.

World         Two links hang from a fixed hinge, the second from the end of the first. The upper joint turns freely; a
              motor turns the lower one with a torque that is the same for a whole time step.
Actions       0 torque clockwise · 1 none · 2 torque counter-clockwise
Observation   float32 (6,)
              | # | what                                           | low     | high   | unit  |
              |---|------------------------------------------------|---------|--------|-------|
              | 0 | cosine of the first angle, 1 = hanging down    | -1      | 1      |       |
              | 1 | sine of the first angle                        | -1      | 1      |       |
              | 2 | cosine of the second angle, 1 = stretched out  | -1      | 1      |       |
              | 3 | sine of the second angle                       | -1      | 1      |       |
              | 4 | angular velocity of the first angle            | -12.567 | 12.567 | rad/s |
              | 5 | angular velocity of the second angle           | -28.275 | 28.275 | rad/s |
              The second angle and its velocity are measured against the first link.
Reward        `time`: -1 per step, but 0 for the one that reaches the goal
Start         both angles and both velocities uniform in [start_low, start_high), rounded to float32
End           terminated, and solved, when the free end is higher than goal_height above the hinge; truncated after 500
              steps
Parameters    see PARAMETERS below: all constants of the rules. The observation's bounds follow them.
Source        Sutton 1996, *Generalization in Reinforcement Learning: Successful Examples Using Sparse Coarse Coding*,
              with the equations of motion of Sutton & Barto 2018, *Reinforcement Learning: An Introduction*, or, with
              `nips=1`, those that the paper printed. The numbers are those of Gymnasium's `Acrobot-v1`. A step equals
              Gymnasium's within 1e-12: the same equations are solved in other words, to save nine tenths of the time.
              Two things differ: the links' lengths count at the goal (Gymnasium takes them for 1 there), and angles
              however large are wrapped at once.
"""

import math

import numpy as np
from gymnasium import spaces

from ...engine.simulation import Parameter, Simulation
from .constants import ACTIONS, CLOCKWISE, COUNTER_CLOCKWISE, NONE, TRAIL
from .invariants import INVARIANTS, invariant
from .policies import heuristic
from .rendering import render
from .rules import observe, reset, step

PARAMETERS = {
    "link_length_1": Parameter(1.0, 0.05, 10.0, "m", "length of the first link"),
    "link_length_2": Parameter(1.0, 0.05, 10.0, "m", "length of the second link"),
    "link_mass_1": Parameter(1.0, 0.01, 100.0, "kg", "mass of the first link"),
    "link_mass_2": Parameter(1.0, 0.01, 100.0, "kg", "mass of the second link"),
    "centre_1": Parameter(0.5, 0.01, 10.0, "m", "from the hinge to the first link's centre of mass"),
    "centre_2": Parameter(0.5, 0.01, 10.0, "m", "from the waist to the second link's centre of mass"),
    "moment_1": Parameter(1.0, 0.001, 100.0, "kg·m²", "moment of inertia of the first link about its centre"),
    "moment_2": Parameter(1.0, 0.001, 100.0, "kg·m²", "moment of inertia of the second link about its centre"),
    "gravity": Parameter(9.8, 0.0, 100.0, "m/s²", "acceleration of free fall"),
    "max_velocity_1": Parameter(4 * math.pi, 0.1, 100.0, "rad/s", "largest angular velocity of the first angle"),
    "max_velocity_2": Parameter(9 * math.pi, 0.1, 100.0, "rad/s", "largest angular velocity of the second angle"),
    "torque": Parameter(1.0, -100.0, 100.0, "N·m", "of one action; negative swaps the two ways"),
    "torque_noise": Parameter(0.0, 0.0, 100.0, "N·m", "largest random torque that is added in each step"),
    "time_step": Parameter(0.2, 0.001, 1.0, "s", "time between two steps"),
    "nips": Parameter(0.0, 0.0, 1.0, "", "not 0: the equations of the paper, which lack a term"),
    "goal_height": Parameter(1.0, -20.0, 20.0, "m", "above the hinge, to be passed by the free end"),
    "start_low": Parameter(-0.1, -3.0, 3.0, "", "lower end of each number of the first state"),
    "start_high": Parameter(0.1, -3.0, 3.0, "", "upper end of each number of the first state"),
}


def state():
    return {
        "angle_1": "f8",
        "angle_2": "f8",
        "velocity_1": "f8",
        "velocity_2": "f8",
        "sin_1": "f8",
        "sin_2": "f8",
        "cos_1": "f8",
        "cos_2": "f8",
        "turned": "i8",
        "trail": ("f4", (TRAIL, 4)),  # angles and velocities at the last steps, for the picture: row clock % TRAIL
    }


def make_spaces(
    *,
    max_velocity_1=PARAMETERS["max_velocity_1"].span,
    max_velocity_2=PARAMETERS["max_velocity_2"].span,
    start_low=PARAMETERS["start_low"].span,
    start_high=PARAMETERS["start_high"].span,
):
    start = max(-start_low[0], start_high[1])
    high = np.array([1.0, 1.0, 1.0, 1.0, max(max_velocity_1[1], start), max(max_velocity_2[1], start)], np.float32)
    return spaces.Box(-high, high, dtype=np.float32), spaces.Discrete(ACTIONS)


def names():
    angles = [f"{ratio} of the {which} angle" for which in ("first", "second") for ratio in ("cosine", "sine")]
    speeds = [f"angular velocity of the {which} angle" for which in ("first", "second")]
    return {**dict.fromkeys(angles, ""), **dict.fromkeys(speeds, "rad/s")}


SIMULATION = Simulation(
    name="ludus/Acrobot-v1",
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
    terms=("time",),
    action_names=("clockwise", "none", "counter-clockwise"),
    succeeds=True,
    scores={"random": -499.0, "heuristic": -64.3},
    frame=(500, 500),
    fps=15,
    keys={
        "left": CLOCKWISE,
        "down": NONE,
        "right": COUNTER_CLOCKWISE,
        "a": CLOCKWISE,
        "s": NONE,
        "d": COUNTER_CLOCKWISE,
    },
    idle=(NONE,),
)
