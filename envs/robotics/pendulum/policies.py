"""The reference policy of Pendulum: a plain policy, played ahead with other beginnings.

The plain policy pumps energy and catches the rod at the top. Played ahead from here after a full push either way, or
none, held for a quarter of a second, it shows which beginning is the cheapest. To take that one is the plain policy
improved by a step of policy iteration (a *rollout policy*, Tesauro & Galperin 1996). With the default parameters it
costs as little as what backward induction finds on a grid of 361 angles, 241 velocities and 21 torques: 140.44 and
140.52 on the same 400 starts.
"""

import math

from ...engine.kernels import kernel
from .constants import TURN

STEPS, HELD = 60, 5  # looked ahead, and of these with the same torque
STIFFNESS, DAMPING = 31.0, 11.3  # 1/s², 1/s of the rod that is held upright
NEAR, STRONG = 0.36, 7.0  # rad from the top within which it is caught, and by how many times the largest torque at most
FALL = 2.33  # rad from the top from which a rod with enough energy is led there
ENOUGH = 0.043  # energy that may be missing then, as a share of gravity's pull


@kernel
def remainder(angle):
    """The angle in [-pi, pi)."""
    return angle - TURN * math.floor((angle + math.pi) / TURN)


@kernel
def plain_torque(s, theta, speed):
    """Hold the rod near the top; lead it there if its energy will do; pump otherwise. ``theta`` in [-pi, pi)."""
    pull = 1.5 * s.gravity / s.length  # rad/s² of a rod that lies flat
    gain = 3.0 / (s.mass * s.length * s.length)  # rad/s² of 1 N·m
    holding = -((pull + STIFFNESS) * math.sin(theta) + DAMPING * speed) / gain
    held = min(max(holding, -s.max_torque), s.max_torque)
    if abs(theta) < NEAR and abs(holding) < STRONG * s.max_torque:
        return held
    energy = 0.5 * speed * speed + pull * (math.cos(theta) - 1.0)  # 0 for a rod that stands still at the top
    if energy > -ENOUGH * pull:
        return held if theta * speed < 0.0 and abs(theta) < FALL else 0.0
    return s.max_torque if speed >= 0.0 else -s.max_torque


@kernel
def cost_ahead(s, first, held):
    """What the coming ``STEPS`` steps cost with the torque ``first`` in ``held`` of them and the plain policy after."""
    pull, gain = 1.5 * s.gravity / s.length, 3.0 / (s.mass * s.length * s.length)
    theta, speed, cost = remainder(s.theta), s.theta_dot, 0.0
    for ahead in range(STEPS):
        torque = first if ahead < held else plain_torque(s, theta, speed)
        cost += s.angle_cost * theta * theta + s.speed_cost * speed * speed + s.torque_cost * torque * torque
        speed += (pull * math.sin(theta) + gain * torque) * s.time_step
        speed = min(max(speed, -s.max_speed), s.max_speed)
        theta = remainder(theta + speed * s.time_step)
    return cost


@kernel
def cheapest_torque(s):
    """The plain policy's torque, or one of the three others if a beginning with it is cheaper."""
    best = plain_torque(s, remainder(s.theta), s.theta_dot)
    least = cost_ahead(s, best, 1)
    for way in range(-1, 2):
        cost = cost_ahead(s, way * s.max_torque, HELD)
        if cost < least:
            best, least = way * s.max_torque, cost
    return best


@kernel
def heuristic(s, world, out):
    """Pump energy, catch the rod at the top, and before each step play ahead which beginning costs least."""
    out[0] = cheapest_torque(s)
