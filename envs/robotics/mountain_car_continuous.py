"""MountainCarContinuous: the mountain car with an engine that can be throttled, which costs what is burnt.

World         A car in a valley, a point on the curve of height sin(frequency · position). Its engine is weaker than
              gravity on the slope, so that it gets out only by swinging up. At the left end stands a wall that stops
              it, at the right one the car is only held.
Actions       float32 (1,): the push, -1 … 1 of `power`, positive to the right
Observation   float32 (2,)
              | # | what     | low   | high | unit          |
              |---|----------|-------|------|---------------|
              | 0 | position | -1.2  | 0.6  | length        |
              | 1 | velocity | -0.07 | 0.07 | length / step |
Reward        `goal`: +goal_reward in the step that reaches the goal · `effort`: -action_cost · action² in every step
Start         the position uniform in [start_low, start_high), the velocity 0
End           terminated, and solved, when position >= goal_position and velocity >= goal_velocity; truncated after 999
              steps
Parameters    see PARAMETERS below: all constants of the rules. The observation's bounds follow them.
Source        Moore 1990, *Efficient Memory-based Learning for Robot Control*, with continuous actions; the numbers are
              those of Gymnasium's `MountainCarContinuous-v0`, whose trajectories it reproduces bit for bit: the state
              is kept in single precision, as there, but for the first step, which starts from a double. Two things
              differ: an action beyond -1 … 1 is refused where Gymnasium clips it (and lets all of it cost), and one
              that comes as a double is rounded to single precision first.
"""

import math
from functools import wraps

import numpy as np
from gymnasium import spaces

from ..engine.drawing import number, text
from ..engine.kernels import kernel, uniform_in
from ..engine.math.trigonometry import library_cos
from ..engine.simulation import Parameter, Shown, Simulation
from . import mountain_car
from .mountain_car.constants import POSITION, VELOCITY
from .mountain_car.rendering import INK, render_mountain_car

GOAL, EFFORT = 0, 1  # reward terms

PARAMETERS = {
    "power": Parameter(0.0015, -0.01, 0.01, "length/step²", "the largest push; negative swaps left and right"),
    **{name: parameter for name, parameter in mountain_car.PARAMETERS.items() if name != "force"},
    "goal_position": Parameter(0.45, -0.3, 3.0, "length", "how far right the flag stands"),  # stays in its old place
    "goal_reward": Parameter(100.0, 0.0, 1000.0, "", "for reaching the goal"),
    "action_cost": Parameter(0.1, 0.0, 10.0, "", "what the square of an action costs"),
}


def state():
    return {"position": "f8", "velocity": "f8", "push": "f4"}


@wraps(mountain_car.make_spaces)  # so that it is asked for the same keywords; those parameters are the same, too
def make_spaces(**spans):
    return mountain_car.make_spaces(**spans)[0], spaces.Box(-1.0, 1.0, (1,), np.float32)


@kernel
def rounded(number, single):
    """``number`` in single precision if ``single``, else as it is; a double in either case."""
    return np.float64(np.float32(number)) if single else np.float64(number)


@kernel
def reset(s, world):
    s.position = uniform_in(s, s.start_low, s.start_high)
    s.velocity = 0.0
    s.push = 0.0


@kernel
def step(s, action, world, terms):
    push = np.float32(action[0])
    s.push = push
    single = s.clock > 1  # sums and products of singles, taken as doubles and rounded, are those of single precision
    angle = rounded(rounded(s.frequency, single) * s.position, single)
    pull = np.float32(s.gravity * library_cos(angle))
    velocity = rounded(s.velocity + np.float64(push * np.float32(s.power) - pull), single)
    most = rounded(s.max_speed, single)
    velocity = min(max(velocity, -most), most)
    low, high = rounded(s.min_position, single), rounded(s.max_position, single)
    position = min(max(rounded(s.position + velocity, single), low), high)
    if position == low and velocity < 0.0:
        velocity = 0.0
    s.success = position >= rounded(s.goal_position, single) and velocity >= rounded(s.goal_velocity, single)
    s.position, s.velocity = rounded(position, True), rounded(velocity, True)
    if s.success:
        terms[GOAL] = s.goal_reward
    terms[EFFORT] = -(np.float64(push) * np.float64(push)) * s.action_cost
    return s.success


@kernel
def observe(s, world, out):
    out[POSITION] = s.position
    out[VELOCITY] = s.velocity


INVARIANTS = (
    "the car is within its limits after a step",
    "the wall stops the car",
    "the push is within -1 … 1, and 0 before the first step",
    "an episode is solved where its reward for the goal stands, and at the goal",
    "the effort's sum is not positive",
    Shown("the observation is the state"),
)


@kernel
def invariant(s, world, shown, legal):
    if s.clock > 0:
        low, high = np.float32(s.min_position), np.float32(s.max_position)
        if not (low <= s.position <= high and abs(s.velocity) <= np.float32(s.max_speed)):
            return 1
        if s.position == low and s.velocity < 0.0:
            return 2
    if not abs(s.push) <= (1.0 if s.clock > 0 else 0.0):
        return 3
    reached = s.position >= np.float32(s.goal_position) and s.velocity >= np.float32(s.goal_velocity)
    if s.totals[GOAL] != (s.goal_reward if s.success else 0.0) or (s.success and not (reached and s.pending)):
        return 4
    if s.totals[EFFORT] > 0.0:
        return 5
    if shown[POSITION] != np.float32(s.position) or shown[VELOCITY] != np.float32(s.velocity):
        return 6
    return 0


# --- Policies --------------------------------------------------------------------------------------------------------
#
# A push a adds power · a · velocity to the energy in a step and costs a². So the same energy costs least if it is
# gained over as many steps as there are (half the push for twice the time costs half), and if the push follows the
# velocity.

HURRY = 870.0  # steps in which the energy for the last swing should be there
GAIN = 1.2  # a swing in this valley takes longer at its ends, so its mean speed is lower than that of a sine
LAST = 0.24  # the largest push that a last swing may need to be begun early
MARGIN = 0.0115  # energy to spare at the goal, as a share of the valley's half depth
LEAST = 0.005  # smallest push
PIECES = 16  # of the way to the goal, along which the last swing is summed up


@kernel
def potential(s, x):
    """Potential energy at ``x`` (per mass): its slope is the pull."""
    return s.gravity / s.frequency * math.sin(s.frequency * x)


@kernel
def barrier(s):
    """The highest potential energy between here and the goal, or of the goal if that is behind."""
    turn = 2.0 * math.pi / s.frequency
    top = 0.25 * turn + turn * math.floor(s.goal_position / turn - 0.25)  # the last hilltop before the goal
    return s.gravity / s.frequency if top > s.position else potential(s, s.goal_position)


@kernel
def last_swing(s, missing):
    """The k of a push k · velocity that adds the energy ``missing`` on the way to the goal."""
    way = (s.goal_position - s.position) / PIECES
    energy, area = 0.5 * s.velocity * s.velocity + potential(s, s.position), 0.0
    for piece in range(PIECES):  # velocity times way, if the energy grows evenly
        share = (piece + 0.5) / PIECES
        kinetic = energy + share * missing - potential(s, s.position + (piece + 0.5) * way)
        area += math.sqrt(max(2.0 * kinetic, 0.0)) * way
    return missing / (max(abs(s.power), 1e-9) * max(area, 1e-9))


@kernel
def thrifty_push(s):
    """The push -1 … 1 along positive power that reaches the goal for little, in up to about 950 steps."""
    depth = s.gravity / s.frequency
    energy = 0.5 * s.velocity * s.velocity + potential(s, s.position)
    missing = barrier(s) + 0.5 * s.goal_velocity * abs(s.goal_velocity) + MARGIN * depth - energy
    speed = math.sqrt(max(2.0 * (energy + depth), 0.0))  # at the bottom of the valley, with this energy
    most = math.sqrt(max(2.0 * (potential(s, s.min_position) + depth), 0.0))  # more hits the wall
    if s.velocity > 0.0:
        factor = last_swing(s, max(missing, 0.0))
        # Up the hill the need may grow, as the sum is a rough one: what was begun is not given up for that.
        need = factor * (speed if s.frequency * s.position < -0.5 * math.pi else s.velocity)
        if need <= LAST or s.clock > HURRY or speed > 0.99 * most:
            return min(max(factor * s.velocity, LEAST), 1.0)
    left = max(HURRY - s.clock, 1.0)
    push = GAIN * 2.0 * (most - speed) / (max(abs(s.power), 1e-9) * left)  # in a sine's swing, half of it counts
    push = min(max(push, LEAST), 1.0)
    return push * s.velocity / max(speed, 1e-9) if s.velocity != 0.0 else push


@kernel
def heuristic(s, world, out):
    """As little as it takes: small pushes along the velocity for most of the time limit, then a longer one uphill."""
    push = thrifty_push(s)
    out[0] = push if s.power >= 0.0 else -push


@kernel
def heuristic_full(s, world, out):
    """Full throttle along the velocity: soon there, and dear."""
    push = 1.0 if s.velocity >= 0.0 else -1.0
    out[0] = push if s.power >= 0.0 else -push


# --- Picture ---------------------------------------------------------------------------------------------------------


@kernel
def render_effort(frame, effort):
    """At the upper right what pushing has cost so far, with one decimal."""
    if frame.shape[0] >= 200:
        scale, tenths = max(frame.shape[0] // 130, 2), int(10.0 * effort + 0.5)
        y, x = 4 * scale, frame.shape[1] - 54 * scale
        x = number(frame, text(frame, x, y, b"EFFORT ", scale, INK), y, tenths // 10, scale, INK)
        number(frame, text(frame, x, y, b".", scale, INK), y, tenths % 10, scale, INK)


@kernel
def render(s, world, frame):
    push = float(s.push) if s.power >= 0.0 else -float(s.push)
    render_mountain_car(frame, s.position, push, s.min_position, s.max_position, s.goal_position, s.frequency, s.clock)
    render_effort(frame, -s.totals[EFFORT])


SIMULATION = Simulation(
    name="ludus/MountainCarContinuous-v0",
    state=state,
    spaces=make_spaces,
    names=mountain_car.names,
    reset=reset,
    step=step,
    observe=observe,
    render=render,
    heuristic=heuristic,
    heuristics={"full": heuristic_full},
    invariant=invariant,
    invariants=INVARIANTS,
    parameters=PARAMETERS,
    ordered=(("start_low", "start_high"),),
    terms=("goal", "effort"),
    action_names=("push",),
    succeeds=True,
    scores={"random": -33.3, "heuristic": 99.53, "full": 89.35},
    frame=(400, 600),
    fps=30,
)
