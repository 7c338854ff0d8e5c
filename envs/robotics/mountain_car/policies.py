"""The reference policy of MountainCar: a search for the pushes that reach the flag soonest."""

import math

from ...engine.kernels import kernel
from .constants import LEFT, RIGHT
from .rules import is_solved, move

HORIZON = 200  # steps within which it looks for the flag
STRIDE = 4  # of the first push to the right, from 1 step on: coarse, because every step searches anew
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
    """Search the way to the flag: push right, then left, then right, each for as long as it saves time; begin with it.

    More swings than these save nothing with the default parameters (see the test); where the engine is too weak for
    that, push the way the car rolls, which puts in energy.
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
