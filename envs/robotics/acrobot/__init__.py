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
              | 4 | angular velocity of the first                  | -12.567 | 12.567 | rad/s |
              | 5 | angular velocity of the second                 | -28.275 | 28.275 | rad/s |
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

from ...engine.kernels import inlined, kernel, uniform_in
from ...engine.math.sines import sines_and_cosines
from ...engine.simulation import Parameter, Shown, Simulation
from .rendering import draw_acrobot
from .rules_motion import swing, tip_height

CLOCKWISE, NONE, COUNTER_CLOCKWISE = 0, 1, 2
TRAIL = 16  # steps

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
    return spaces.Box(-high, high, dtype=np.float32), spaces.Discrete(3)


@kernel
def reset(s, world):
    s.angle_1 = np.float32(uniform_in(s, s.start_low, s.start_high))
    s.angle_2 = np.float32(uniform_in(s, s.start_low, s.start_high))
    s.velocity_1 = np.float32(uniform_in(s, s.start_low, s.start_high))
    s.velocity_2 = np.float32(uniform_in(s, s.start_low, s.start_high))
    s.sin_1, s.sin_2, s.cos_1, s.cos_2 = sines_and_cosines(s.angle_1, s.angle_2)
    s.turned = NONE
    leave_trail(s)


@kernel
def leave_trail(s):
    row = s.trail[s.clock % TRAIL]
    row[0], row[1], row[2], row[3] = s.angle_1, s.angle_2, s.velocity_1, s.velocity_2


@kernel
def pose_of(s):
    return s.angle_1, s.angle_2, s.velocity_1, s.velocity_2, s.sin_1, s.sin_2, s.cos_1, s.cos_2


@inlined
def step(s, action, world, terms):
    s.turned = action
    torque = (action - 1) * s.torque
    if s.torque_noise > 0.0:
        torque += uniform_in(s, -s.torque_noise, s.torque_noise)
    pose = swing(s, pose_of(s), torque)
    s.angle_1, s.angle_2, s.velocity_1, s.velocity_2, s.sin_1, s.sin_2, s.cos_1, s.cos_2 = pose
    leave_trail(s)
    s.success = tip_height(s, pose) > s.goal_height
    terms[0] = 0.0 if s.success else -1.0
    return s.success


@kernel
def observe(s, world, out):
    out[0] = s.cos_1
    out[1] = s.sin_1
    out[2] = s.cos_2
    out[3] = s.sin_2
    out[4] = s.velocity_1
    out[5] = s.velocity_2


INVARIANTS = (
    "the state is finite",
    "both angles are in -pi … pi after a step",
    "both angular velocities are within their limits after a step",
    "sines and cosines are those of the angles, within 1e-15",
    "the episode goes on if and only if the free end is not above its goal, or the time is up",
    "the sum of `time` is minus the clock, and 1 more where the goal was reached",
    "the last torque is an action, and none before the first",
    "the trail ends with the state",
    Shown("the observation is the state"),
)


@kernel
def invariant(s, world, shown, legal):
    fast = max(abs(s.velocity_1), abs(s.velocity_2))
    if not (math.isfinite(s.angle_1) and math.isfinite(s.angle_2) and math.isfinite(fast)):
        return 1
    if s.clock > 0:  # the first state may lie beyond the limits, if the parameters say so
        if max(abs(s.angle_1), abs(s.angle_2)) > math.pi:
            return 2
        if abs(s.velocity_1) > s.max_velocity_1 or abs(s.velocity_2) > s.max_velocity_2:
            return 3
    if max(abs(s.sin_1 - math.sin(s.angle_1)), abs(s.cos_1 - math.cos(s.angle_1))) > 1e-15:
        return 4
    if max(abs(s.sin_2 - math.sin(s.angle_2)), abs(s.cos_2 - math.cos(s.angle_2))) > 1e-15:
        return 4
    solved = s.clock > 0 and tip_height(s, pose_of(s)) > s.goal_height
    if solved != s.success or (solved and not s.pending):
        return 5
    if s.totals[0] != (1.0 if solved else 0.0) - s.clock:
        return 6
    if not CLOCKWISE <= s.turned <= COUNTER_CLOCKWISE or (s.clock == 0 and s.turned != NONE):
        return 7
    row = s.trail[s.clock % TRAIL]
    if row[0] != np.float32(s.angle_1) or row[1] != np.float32(s.angle_2):
        return 8
    if row[2] != np.float32(s.velocity_1) or row[3] != np.float32(s.velocity_2):
        return 8
    if shown[0] != np.float32(s.cos_1) or shown[1] != np.float32(s.sin_1):
        return 9
    if shown[2] != np.float32(s.cos_2) or shown[3] != np.float32(s.sin_2):
        return 9
    if shown[4] != np.float32(s.velocity_1) or shown[5] != np.float32(s.velocity_2):
        return 9
    return 0


HORIZON = 150  # steps that the heuristic looks ahead


@kernel
def heuristic(s, world, out):
    """Try each torque for one step and pump from there on; take the one after which the goal is reached soonest.

    To pump is to turn the waist the way it turns already, which puts in energy. Alone it needs 30 steps more, and may
    circle for ever. Where nothing reaches the goal, pump.
    """
    sooner = HORIZON
    out[0] = COUNTER_CLOCKWISE if (s.velocity_2 > 0.0) == (s.torque >= 0.0) else CLOCKWISE
    for action in range(3):
        pose, torque = pose_of(s), (action - 1) * s.torque
        for taken in range(1, sooner):
            pose = swing(s, pose, torque)
            if tip_height(s, pose) > s.goal_height:
                sooner = taken
                out[0] = action
                break
            torque = abs(s.torque) if pose[3] > 0.0 else -abs(s.torque)


@kernel
def render(s, world, frame):
    draw_acrobot(s, frame)


SIMULATION = Simulation(
    name="ludus/Acrobot-v1",
    state=state,
    spaces=make_spaces,
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
