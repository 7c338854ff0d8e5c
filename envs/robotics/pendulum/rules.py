"""The rules of Pendulum: how an episode starts, what a step does and what of it is observed."""

import math

import numpy as np

from ...engine.kernels import kernel, uniform_in
from ...engine.math.powers import square, square_single
from ...engine.math.trigonometry import fused_multiply_add, sin_and_single_cos
from .constants import ANGLE_TERM, COSINE, SINE, SPEED, SPEED_TERM, TORQUE_TERM, TURN


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
    terms[ANGLE_TERM] = -s.angle_cost * square(normalised(s.theta))
    terms[SPEED_TERM] = -s.speed_cost * square(s.theta_dot)
    terms[TORQUE_TERM] = -np.float64(np.float32(s.torque_cost) * square_single(torque))

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
