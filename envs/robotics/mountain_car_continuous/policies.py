"""What the reference policies of MountainCarContinuous think with: energy, and how to get it cheaply.

A push a adds power · a · velocity to the energy in a step and costs a². So the same energy costs least if it is gained
over as many steps as there are (half the push for twice the time costs half), and if the push follows the velocity.
All of it in plain numbers: it reads the record of `mountain_car_continuous.py` and imports nothing from there.
"""

import math

from ...engine.kernels import kernel

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
