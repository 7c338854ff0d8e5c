"""MountainCar: a weak engine in a deep valley, which must roll back and forth to get out of it.

World         A car in a valley, a point on the curve of height sin(frequency · position). Its engine is weaker than
              gravity on the slope, so that it gets out only by swinging up. At the left end stands a wall that stops
              it, at the right one the car is only held.
Actions       0 push to the left · 1 roll · 2 push to the right
Observation   float32 (2,)
              | # | what     | low   | high | unit          |
              |---|----------|-------|------|---------------|
              | 0 | position | -1.2  | 0.6  | length        |
              | 1 | velocity | -0.07 | 0.07 | length / step |
Reward        `time`: -1 per step, the last one included
Start         the position uniform in [start_low, start_high), the velocity 0
End           terminated, and solved, when position >= goal_position and velocity >= goal_velocity; truncated after 200
              steps
Parameters    see PARAMETERS below: all constants of the rules. The observation's bounds follow them.
Source        Moore 1990, *Efficient Memory-based Learning for Robot Control*; the numbers are those of Gymnasium's
              `MountainCar-v0`, whose trajectories it reproduces bit for bit.
"""

import numpy as np
from gymnasium import spaces

from ...engine.simulation import Parameter, Simulation
from .constants import ACTIONS, LEFT, RIGHT, ROLL
from .invariants import INVARIANTS, invariant
from .policies import heuristic
from .rendering import render
from .rules import observe, reset, step

PARAMETERS = {
    "force": Parameter(0.001, -0.01, 0.01, "length/step²", "push of one action; negative swaps left and right"),
    "gravity": Parameter(0.0025, 0.0, 0.01, "length/step²", "largest pull of the slope"),
    "frequency": Parameter(3.0, 0.5, 6.0, "rad/length", "of the valley's curve: how steep and narrow it is"),
    "max_speed": Parameter(0.07, 0.001, 1.0, "length/step", "the car goes no faster"),
    "min_position": Parameter(-1.2, -3.0, -0.3, "length", "where the wall stands"),
    "max_position": Parameter(0.6, -0.2, 3.0, "length", "the right end of the world"),
    "goal_position": Parameter(0.5, -0.3, 3.0, "length", "how far right the flag stands"),
    "goal_velocity": Parameter(0.0, -1.0, 1.0, "length/step", "the least velocity that counts at the flag"),
    "start_low": Parameter(-0.6, -3.0, 3.0, "length", "lower end of the first position"),
    "start_high": Parameter(-0.4, -3.0, 3.0, "length", "upper end of the first position"),
}


def state():
    return {"position": "f8", "velocity": "f8", "pushed": "i8"}


def make_spaces(
    *,
    min_position=PARAMETERS["min_position"].span,
    max_position=PARAMETERS["max_position"].span,
    max_speed=PARAMETERS["max_speed"].span,
    start_low=PARAMETERS["start_low"].span,
    start_high=PARAMETERS["start_high"].span,
):
    """The world, and the start, which may lie outside (as in Gymnasium: the first step brings the car back)."""
    low = np.array([min(min_position[0], start_low[0]), -max_speed[1]], np.float32)
    high = np.array([max(max_position[1], start_high[1]), max_speed[1]], np.float32)
    return spaces.Box(low, high, dtype=np.float32), spaces.Discrete(ACTIONS)


def names():
    return {"position": "length", "velocity": "length / step"}


SIMULATION = Simulation(
    name="ludus/MountainCar-v0",
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
    action_names=("push left", "roll", "push right"),
    succeeds=True,
    scores={"random": -200.0, "heuristic": -97.5},
    frame=(400, 600),
    fps=30,
    keys={"left": LEFT, "down": ROLL, "right": RIGHT, "a": LEFT, "s": ROLL, "d": RIGHT},
    idle=(ROLL,),
)
