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

import math

import numpy as np
from gymnasium import spaces

from ...engine.kernels import kernel, uniform_in
from ...engine.simulation import Parameter, Shown, Simulation
from .rendering import draw_mountain_car

LEFT, ROLL, RIGHT = 0, 1, 2
POSITION, VELOCITY = 0, 1  # indices of the observation

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
    return spaces.Box(low, high, dtype=np.float32), spaces.Discrete(3)


@kernel
def reset(s, world):
    s.position = uniform_in(s, s.start_low, s.start_high)
    s.velocity = 0.0
    s.pushed = ROLL


@kernel
def move(s, position, velocity, push):
    """(position, velocity) one step later; ``push`` is -1, 0 or 1 times the force."""
    pull = math.cos(s.frequency * position) * -s.gravity
    velocity = min(max(velocity + (push * s.force + pull), -s.max_speed), s.max_speed)
    position = min(max(position + velocity, s.min_position), s.max_position)
    if position == s.min_position and velocity < 0.0:
        velocity = 0.0
    return position, velocity


@kernel
def is_solved(s, position, velocity):
    return position >= s.goal_position and velocity >= s.goal_velocity


@kernel
def step(s, action, world, terms):
    s.pushed = action
    s.position, s.velocity = move(s, s.position, s.velocity, action - 1)
    s.success = is_solved(s, s.position, s.velocity)
    terms[0] = -1.0
    return s.success


@kernel
def observe(s, world, out):
    out[POSITION] = s.position
    out[VELOCITY] = s.velocity


INVARIANTS = (
    "the state is finite",
    "the car is within the world's ends, and no faster than the limit, after a step",
    "a car at the wall does not move into it after a step",
    "the episode goes on if and only if the flag is not reached, or the time is up",
    "the sum of `time` is minus the clock",
    "the last push is an action, and none before the first",
    Shown("the observation is the state"),
)


@kernel
def invariant(s, world, shown, legal):
    if not (math.isfinite(s.position) and math.isfinite(s.velocity)):
        return 1
    if s.clock > 0:  # the first state may lie anywhere, if the parameters say so
        # The left end comes first: parameters may put it to the right of the right one.
        if not min(s.min_position, s.max_position) <= s.position <= s.max_position or abs(s.velocity) > s.max_speed:
            return 2
        if s.position == s.min_position and s.velocity < 0.0:
            return 3
        solved = s.position >= s.goal_position and s.velocity >= s.goal_velocity
        if solved != s.success or (solved and not s.pending):
            return 4
    if s.totals[0] != -s.clock:
        return 5
    if not LEFT <= s.pushed <= RIGHT or (s.clock == 0 and s.pushed != ROLL):
        return 6
    if shown[POSITION] != np.float32(s.position) or shown[VELOCITY] != np.float32(s.velocity):
        return 7
    return 0


HORIZON = 200  # steps that a plan may take
STRIDE = 4  # of the first push to the right, from 1 step on: coarse, because every step plans anew
PATIENCE = 10_000  # steps that it tries before it gives up, with other parameters: a tenth of a millisecond
DOUBT = 0.02  # of the hill's height: how exactly an energy must be known


@kernel
def energy(s, position, velocity):
    """What a car that is pushed to the right keeps on its way, as well as steps allow, by the mass (length²/step²).

    Kinetic energy, height in the pull of gravity and of the engine; the last term is what a whole step at a time adds.
    """
    force = abs(s.force)
    slope = s.gravity * math.cos(s.frequency * position) - force
    height = s.gravity / s.frequency * math.sin(s.frequency * position) - force * position
    return 0.5 * velocity * velocity + height - 0.5 * velocity * slope


@kernel
def steps_to_the_right(s, position, velocity, needed, most):
    """(steps to the flag if the car is pushed to the right all the way, steps tried).

    ``most`` steps if it takes as many, turns back, or lacks the energy ``needed``.
    """
    if energy(s, position, velocity) < needed:
        return most, 0
    push = 1.0 if s.force >= 0.0 else -1.0
    for taken in range(1, most):
        before = velocity
        position, velocity = move(s, position, velocity, push)
        if is_solved(s, position, velocity):
            return taken, taken
        if velocity <= 0.0 < before:
            return most, taken
    return most, most


@kernel
def steps_by_the_left(s, position, velocity, needed, most):
    """The same if it is pushed to the left first, for as many steps as suit best, but at least one."""
    push, tried = -1.0 if s.force >= 0.0 else 1.0, 0
    for taken in range(1, most):
        before = velocity
        position, velocity = move(s, position, velocity, push)
        if velocity <= 0.0:  # to turn before the car rolls to the left would only brake it
            rest, more = steps_to_the_right(s, position, velocity, needed, max(most - taken, 0))
            most, tried = min(most, taken + rest), tried + more
        if velocity >= 0.0 > before or tried > PATIENCE:  # the top on the left, or the wall
            break
    return most, tried


@kernel
def heuristic(s, world, out):
    """Plan to the flag: push right, then left, then right, each for as long as it saves time; do the first of it.

    More swings than these save nothing with the default parameters (see the test); where the engine is too weak for
    such a plan, push the way the car rolls, which puts in energy.
    """
    right, left = (RIGHT, LEFT) if s.force >= 0.0 else (LEFT, RIGHT)
    out[0] = left if s.velocity < 0.0 else right
    if s.goal_position > s.max_position or s.goal_velocity > s.max_speed:
        return
    needed = energy(s, s.goal_position, max(s.goal_velocity, 0.0)) - DOUBT * s.gravity / s.frequency
    straight = steps_to_the_right(s, s.position, s.velocity, needed, HORIZON)[0]
    if straight < HORIZON and s.velocity > 0.0:
        return
    best, tried = steps_by_the_left(s, s.position, s.velocity, needed, straight)
    if best < HORIZON:
        out[0] = left if best < straight else right
    position, velocity, push = s.position, s.velocity, 1.0 if s.force >= 0.0 else -1.0
    for taken in range(1, HORIZON):
        if velocity < 0.0 or tried > PATIENCE:
            break
        position, velocity = move(s, position, velocity, push)
        if taken % STRIDE == 1:
            rest, more = steps_by_the_left(s, position, velocity, needed, max(best - taken, 0))
            tried += more
            if taken + rest < best:
                best = taken + rest
                out[0] = right


@kernel
def render(s, world, frame):
    push = float(s.pushed - 1) if s.force >= 0.0 else float(1 - s.pushed)
    draw_mountain_car(frame, s.position, push, s.min_position, s.max_position, s.goal_position, s.frequency, s.clock)


SIMULATION = Simulation(
    name="ludus/MountainCar-v0",
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
    action_names=("push left", "roll", "push right"),
    succeeds=True,
    scores={"random": -200.0, "heuristic": -97.5},
    frame=(400, 600),
    fps=30,
    keys={"left": LEFT, "down": ROLL, "right": RIGHT, "a": LEFT, "s": ROLL, "d": RIGHT},
    idle=(ROLL,),
)
