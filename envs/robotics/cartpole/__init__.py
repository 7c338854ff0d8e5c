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
              step beyond that, they are what can be reached, or infinite: see `cartpole_reach.py`.
"""

import math

import numpy as np
from gymnasium import spaces

from ...engine.drawing import box, disc, fill, line, number, shade, text
from ...engine.kernels import kernel, uniform_in
from ...engine.math.trigonometry import sin_cos
from ...engine.simulation import Parameter, Shown, Simulation, vision_slot
from .bounds import farthest

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
    push = (2 * action - 1) * s.force  # -1 or +1 times the force, without a branch that no processor can foresee
    s.pushed = action
    total_mass = s.pole_mass + s.cart_mass
    pole_moment = s.pole_mass * s.pole_half_length
    sin, cos = sin_cos(s.theta)

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


INVARIANTS = (
    "the state is finite",
    "cart and pole are within their limits while the episode goes on",
    "the sum of `upright` is a whole number from -1 to the clock, and negative only at the end",
    "the last push is 0 or 1 after a step, and none before the first",
    Shown("the observation is the state"),
)


@kernel
def invariant(s, world, shown, legal):
    if not (math.isfinite(s.x) and math.isfinite(s.x_dot) and math.isfinite(s.theta) and math.isfinite(s.theta_dot)):
        return 1
    # The first state may lie beyond the limits, if the parameters say so.
    goes_on = s.clock > 0 and not s.pending
    if goes_on and not (abs(s.x) <= s.position_limit and abs(s.theta) <= s.angle_limit):
        return 2
    if s.totals[0] != math.floor(s.totals[0]) or not (-1.0 if s.pending else 0.0) <= s.totals[0] <= s.clock:
        return 3
    if s.pushed != LEFT and s.pushed != RIGHT if s.clock > 0 else s.pushed != -1:
        return 4
    if shown[X] != np.float32(s.x) or shown[X_DOT] != np.float32(s.x_dot):
        return 5
    if shown[THETA] != np.float32(s.theta) or shown[THETA_DOT] != np.float32(s.theta_dot):
        return 5
    return 0


@kernel
def heuristic(s, world, out):
    """Linear feedback on all four numbers: lean the pole to where the cart should go."""
    urge = 0.5 * s.x + 1.0 * s.x_dot + 20.0 * s.theta + 3.0 * s.theta_dot
    # The push does what the rules say, so a force below zero (or drifted there) swaps the two actions.
    out[0] = RIGHT if (urge > 0.0) == (s.force > 0.0) else LEFT


SKY_TOP, SKY_LOW, GROUND, GROUND_OUT = (238, 242, 250), (214, 224, 242), (196, 184, 164), (171, 156, 136)
RAIL, MARK, POST, LIMIT = (92, 84, 78), (150, 137, 119), (200, 74, 62), (190, 199, 222)
CART, CART_EDGE, WHEEL, HUB = (52, 92, 158), (36, 66, 120), (40, 40, 46), (150, 156, 168)
POLE, POLE_FALLING, HINGE, PUSH, INK = (226, 148, 60), (208, 62, 62), (250, 236, 214), (70, 160, 98), (70, 80, 100)


@kernel
def render(s, world, frame):
    height, width = frame.shape[0], frame.shape[1]
    rail, middle = int(0.78 * height), 0.5 * width
    unit = width / (2.4 * s.position_limit)  # pixels per metre: the limits and a fifth more are in view
    thick = max(height / 100.0, 1.0)
    draw_track(frame, rail, thick)

    x, half = middle + s.x * unit, 0.065 * width
    top, bottom = rail - 0.13 * height, rail - 0.035 * height
    length = 2.0 * s.pole_half_length * unit
    for side in (-1, 1):  # the pole may lean as far as these lines
        sin, cos = side * math.sin(s.angle_limit), math.cos(s.angle_limit)
        line(frame, x, top, x + 1.1 * length * sin, top - 1.1 * length * cos, 0.4 * thick, LIMIT)

    if s.pushed >= 0:  # an arrow behind the cart shows the last push
        way = 1.0 if (s.pushed == RIGHT) == (s.force > 0.0) else -1.0
        tip, y = x - way * 1.25 * half, 0.5 * (top + bottom)
        line(frame, x - way * 2.3 * half, y, tip, y, 1.6 * thick, PUSH)
        for side in (-1, 1):
            line(frame, tip - way * 3.5 * thick, y + side * 3.5 * thick, tip, y, 1.6 * thick, PUSH)
    box(frame, x - half, top, x + half, bottom, 1.5 * thick, CART_EDGE)
    box(frame, x - half + thick, top + thick, x + half - thick, bottom - thick, 1.2 * thick, CART)
    for side in (-1, 1):
        disc(frame, x + side * 0.6 * half, rail - 0.03 * height, 0.03 * height, WHEEL)
        disc(frame, x + side * 0.6 * half, rail - 0.03 * height, 0.01 * height, HUB)

    risk = min(abs(s.theta) / s.angle_limit, 1.0)
    tip_x, tip_y = x + length * math.sin(s.theta), top - length * math.cos(s.theta)
    line(frame, x, top, tip_x, tip_y, 2.6 * thick, shade(risk * risk, POLE, POLE_FALLING))
    disc(frame, x, top, 2.0 * thick, HINGE)
    if height >= 200:
        draw_clock(s, frame)


@kernel
def draw_track(frame, rail, thick):
    """Sky, ground, and the rail (at height ``rail``) with a post at each limit and marks between them."""
    height, width = frame.shape[0], frame.shape[1]
    for y in range(rail):
        fill(frame, 0, y, width, y + 1, shade(y / rail, SKY_TOP, SKY_LOW))
    fill(frame, 0, rail, width, height, GROUND_OUT)
    reach = width / 2.4  # from the middle to a limit
    fill(frame, int(0.5 * width - reach), rail, int(0.5 * width + reach), height, GROUND)
    for mark in range(-3, 4):
        x = 0.5 * width + 0.25 * mark * reach
        line(frame, x, rail + 3 * thick, x, rail + (6 if mark == 0 else 4) * thick, 0.5 * thick, MARK)
    line(frame, 0.0, rail, width, rail, thick, RAIL)
    for side in (-1, 1):
        x = 0.5 * width + side * reach
        line(frame, x, rail - 7 * thick, x, rail, 1.2 * thick, POST)


@kernel
def draw_clock(s, frame):
    """Steps at the left, seconds at the right."""
    height, width = frame.shape[0], frame.shape[1]
    scale = max(height // 130, 2)
    number(frame, text(frame, 4 * scale, 4 * scale, b"STEP ", scale, INK), 4 * scale, s.clock, scale, INK)
    hundredths = int(s.clock * s.time_step * 100 + 0.5)
    x = width - 30 * scale
    for limit in (1000, 10000, 100000):  # a longer number starts further left
        x -= 4 * scale if hundredths >= limit else 0
    x = text(frame, number(frame, x, 4 * scale, hundredths // 100, scale, INK), 4 * scale, b".", scale, INK)
    x = number(frame, x, 4 * scale, hundredths // 10 % 10, scale, INK)
    text(frame, number(frame, x, 4 * scale, hundredths % 10, scale, INK), 4 * scale, b" S", scale, INK)


# Errors of a reading are measured against these: m, m/s, rad, rad/s. An episode stays within, played well.
WIDTH = (4.8, 4.0, 0.42, 6.0)

SIMULATION = Simulation(
    name="ludus/CartPole-v1",
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
    slots={"vision": vision_slot(make_spaces, render=render, observe=observe, width=WIDTH)},
    terms=("upright",),
    action_names=("push left", "push right"),
    scores={"random": 22.3, "heuristic": 500.0},
    frame=(400, 600),
    fps=50,
    keys={"left": LEFT, "right": RIGHT, "a": LEFT, "d": RIGHT},
    idle=(LEFT, RIGHT),  # there is no action without a push: two that cancel each other let the cart roll on
)
