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
Source        Barto, Sutton & Anderson 1983, *Neuronlike adaptive elements that can solve difficult learning control
              problems*; the numbers are those of Gymnasium's `CartPole-v1`, whose trajectories it reproduces.
              The observation's bounds belong to the default limits.
"""

import math

import numpy as np
from gymnasium import spaces

from ..engine.kernels import box, disc, fill, kernel, line, number, text, uniform_in
from ..engine.simulation import Parameter, Simulation

LEFT, RIGHT = 0, 1
X, X_DOT, THETA, THETA_DOT = range(4)  # indices of the observation

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


def make_spaces():
    high = np.array([2 * 2.4, np.inf, 2 * PARAMETERS["angle_limit"].default, np.inf], np.float32)
    return spaces.Box(-high, high, dtype=np.float32), spaces.Discrete(2)


@kernel
def reset(s, world):
    s.x = uniform_in(s, s.start_low, s.start_high)
    s.x_dot = uniform_in(s, s.start_low, s.start_high)
    s.theta = uniform_in(s, s.start_low, s.start_high)
    s.theta_dot = uniform_in(s, s.start_low, s.start_high)
    s.pushed = -1


@kernel
def step(s, action, world, terms):
    push = s.force if action == RIGHT else -s.force
    s.pushed = action
    total_mass = s.pole_mass + s.cart_mass
    pole_moment = s.pole_mass * s.pole_half_length
    cos, sin = math.cos(s.theta), math.sin(s.theta)

    # Equations of motion of Florian 2007, *Correct equations for the dynamics of the cart-pole system*, no friction.
    pull = (push + pole_moment * (s.theta_dot * s.theta_dot) * sin) / total_mass
    theta_acc = (s.gravity * sin - cos * pull) / (
        s.pole_half_length * (4.0 / 3.0 - s.pole_mass * (cos * cos) / total_mass)
    )
    x_acc = pull - pole_moment * theta_acc * cos / total_mass

    x_dot, theta_dot = s.x_dot + s.time_step * x_acc, s.theta_dot + s.time_step * theta_acc
    if s.semi_implicit != 0.0:
        s.x += s.time_step * x_dot
        s.theta += s.time_step * theta_dot
    else:
        s.x += s.time_step * s.x_dot
        s.theta += s.time_step * s.theta_dot
    s.x_dot, s.theta_dot = x_dot, theta_dot

    terminated = abs(s.x) > s.position_limit or abs(s.theta) > s.angle_limit
    if s.sutton_barto_reward != 0.0:
        terms[0] = -1.0 if terminated else 0.0
    else:
        terms[0] = 1.0
    return terminated


@kernel
def observe(s, world, out):
    out[X] = s.x
    out[X_DOT] = s.x_dot
    out[THETA] = s.theta
    out[THETA_DOT] = s.theta_dot


@kernel
def heuristic(s, world, out):
    """Linear feedback on all four numbers: lean the pole to where the cart should go."""
    urge = 0.5 * s.x + 1.0 * s.x_dot + 20.0 * s.theta + 3.0 * s.theta_dot
    # The push does what the rules say, so a force below zero (or drifted there) swaps the two actions.
    out[0] = RIGHT if (urge > 0.0) == (s.force > 0.0) else LEFT


SKY_TOP, SKY_LOW, GROUND = (238, 242, 250), (214, 224, 242), (191, 178, 160)
RAIL, CART, CART_EDGE, WHEEL = (92, 84, 78), (52, 92, 158), (36, 66, 120), (40, 40, 46)
POLE, POLE_FALLING, HINGE, PUSH, INK = (226, 148, 60), (208, 62, 62), (250, 236, 214), (70, 160, 98), (70, 80, 100)


@kernel
def draw(s, world, frame):
    height, width = frame.shape[0], frame.shape[1]
    rail = int(0.78 * height)
    for y in range(rail):
        share = y / rail
        red = int(SKY_TOP[0] + share * (SKY_LOW[0] - SKY_TOP[0]))
        green = int(SKY_TOP[1] + share * (SKY_LOW[1] - SKY_TOP[1]))
        blue = int(SKY_TOP[2] + share * (SKY_LOW[2] - SKY_TOP[2]))
        fill(frame, 0, y, width, y + 1, (red, green, blue))
    fill(frame, 0, rail, width, height, GROUND)

    unit = width / (2.4 * s.position_limit)  # pixels per metre: the limits and a fifth more are in view
    thick = max(height / 100.0, 1.0)
    line(frame, 0.0, rail, width, rail, thick, RAIL)
    for side in (-1, 1):  # the ends of the track
        post = 0.5 * width + side * s.position_limit * unit
        line(frame, post, rail - 5 * thick, post, rail, thick, RAIL)

    cart_x, half = 0.5 * width + s.x * unit, 0.065 * width
    top, bottom = rail - 0.13 * height, rail - 0.035 * height
    if s.pushed >= 0 and thick > 1.5:  # an arrow behind the cart shows the last push
        way = 1.0 if (s.pushed == RIGHT) == (s.force > 0.0) else -1.0
        tail, tip, middle = cart_x - way * 2.1 * half, cart_x - way * 1.25 * half, 0.5 * (top + bottom)
        line(frame, tail, middle, tip, middle, 1.6 * thick, PUSH)
        line(frame, tip - way * 4 * thick, middle - 4 * thick, tip, middle, 1.6 * thick, PUSH)
        line(frame, tip - way * 4 * thick, middle + 4 * thick, tip, middle, 1.6 * thick, PUSH)
    box(frame, cart_x - half, top, cart_x + half, bottom, 1.5 * thick, CART_EDGE)
    box(frame, cart_x - half + thick, top + thick, cart_x + half - thick, bottom - thick, 1.2 * thick, CART)
    for side in (-1, 1):
        disc(frame, cart_x + side * 0.6 * half, rail - 0.03 * height, 0.03 * height, WHEEL)

    length = 2.0 * s.pole_half_length * unit
    risk = min(abs(s.theta) / s.angle_limit, 1.0)
    color = (
        int(POLE[0] + risk * (POLE_FALLING[0] - POLE[0])),
        int(POLE[1] + risk * (POLE_FALLING[1] - POLE[1])),
        int(POLE[2] + risk * (POLE_FALLING[2] - POLE[2])),
    )
    tip_x, tip_y = cart_x + length * math.sin(s.theta), top - length * math.cos(s.theta)
    line(frame, cart_x, top, tip_x, tip_y, 2.6 * thick, color)
    disc(frame, cart_x, top, 2.0 * thick, HINGE)

    if height >= 200:
        scale = height // 130
        x = text(frame, 4 * scale, 4 * scale, b"STEP ", scale, INK)
        number(frame, x, 4 * scale, s.clock, scale, INK)


SIMULATION = Simulation(
    state=state,
    spaces=make_spaces,
    parameters=PARAMETERS,
    terms=("upright",),
    action_names=("push left", "push right"),
    scores={"random": 22.1, "heuristic": 500.0},
    frame=(400, 600),
    fps=50,
)
