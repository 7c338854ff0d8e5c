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

from ...engine.kernels import kernel, uniform_in
from ...engine.math.powers import square, square_single
from ...engine.math.trigonometry import fused_multiply_add, sin_and_single_cos
from ...engine.simulation import Parameter, Shown, Simulation
from .policies import cheapest_torque
from .rendering import render

COSINE, SINE, SPEED = range(3)  # indices of the observation
TURN = 2.0 * math.pi  # rad

PARAMETERS = {
    "gravity": Parameter(10.0, 0.0, 100.0, "m/s²", "acceleration of free fall"),
    "mass": Parameter(1.0, 0.01, 100.0, "kg", "mass of the rod, spread evenly over its length"),
    "length": Parameter(1.0, 0.05, 10.0, "m", "length of the rod"),
    "max_speed": Parameter(8.0, 0.1, 1000.0, "rad/s", "largest angular velocity: what is faster is slowed down to it"),
    "max_torque": Parameter(2.0, 0.0, 2.0, "N·m", "largest torque: what is more is cut to it"),
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
    torque = PARAMETERS["max_torque"].default
    return spaces.Box(-high, high, dtype=np.float32), spaces.Box(-torque, torque, (1,), np.float32)


@kernel
def normalised(angle):
    """The angle in [-pi, pi): Python's ``(angle + pi) % (2 pi) - pi``, to the bit."""
    raised = angle + math.pi
    rest = fused_multiply_add(-np.floor(raised / TURN), TURN, raised)  # exact, or rounded once as `%` is
    if rest < 0.0:  # the quotient was rounded up to the next whole number
        rest += TURN
    return rest - math.pi


@kernel
def reset(s, world):
    s.theta = uniform_in(s, -s.start_angle, s.start_angle)
    s.theta_dot = uniform_in(s, -s.start_speed, s.start_speed)
    s.sine, s.cosine = sin_and_single_cos(s.theta)
    s.torque = 0.0


@kernel
def step(s, action, world, terms):
    most = np.float32(s.max_torque)
    torque = min(max(np.float32(action[0]), -most), most)
    s.torque = torque
    terms[0] = -s.angle_cost * square(normalised(s.theta))
    terms[1] = -s.speed_cost * square(s.theta_dot)
    terms[2] = -np.float64(np.float32(s.torque_cost) * square_single(torque))

    # The moment of inertia of a rod about its end is mass · length² / 3. Rounded to single precision, its square needs
    # no library: a last bit would have to lie within 2**-29 of the middle between two numbers to be seen.
    turned = np.float32(3.0 / (s.mass * (s.length * s.length))) * torque
    acceleration = 3.0 * s.gravity / (2.0 * s.length) * s.sine + np.float64(turned)
    speed = s.theta_dot + acceleration * s.time_step
    s.theta_dot = min(max(speed, -s.max_speed), s.max_speed)
    s.theta += s.theta_dot * s.time_step
    s.sine, s.cosine = sin_and_single_cos(s.theta)
    return False


@kernel
def observe(s, world, out):
    out[COSINE] = s.cosine
    out[SINE] = s.sine
    out[SPEED] = s.theta_dot


INVARIANTS = (
    "the state is finite",
    "the angular velocity is within its limit after a step",
    "the torque is within its limit, and 0 before the first step",
    "sine and cosine are those of the angle",
    "no term's sum is positive",
    Shown("the observation is the state"),
)


@kernel
def invariant(s, world, shown, legal):
    if not (math.isfinite(s.theta) and math.isfinite(s.theta_dot)):
        return 1
    if s.clock > 0 and abs(s.theta_dot) > s.max_speed:
        return 2
    if abs(s.torque) > (np.float32(s.max_torque) if s.clock > 0 else 0.0):
        return 3
    if s.sine != math.sin(s.theta) or s.cosine != np.float32(math.cos(s.theta)):
        return 4
    if max(s.totals[0], s.totals[1], s.totals[2]) > 0.0:
        return 5
    if shown[COSINE] != s.cosine or shown[SINE] != np.float32(s.sine):
        return 6
    if shown[SPEED] != np.float32(s.theta_dot):
        return 6
    return 0


@kernel
def heuristic(s, world, out):
    """Pump energy, catch the rod at the top, and before each step play ahead which beginning costs least."""
    out[0] = cheapest_torque(s)


SIMULATION = Simulation(
    name="ludus/Pendulum-v1",
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
    terms=("angle", "speed", "torque"),
    action_names=("torque",),
    scores={"random": -1228.0, "heuristic": -139.5},
    frame=(500, 500),
    fps=30,
    keys={"left": (0, 1.0), "right": (0, -1.0), "a": (0, 1.0), "d": (0, -1.0), "axis 0": (0, -1.0)},
)
