"""The motion of Acrobot's two links: the equations of motion, and one step of their integration.

A pose is eight numbers: both angles (rad), both angular velocities (rad/s), the angles' sines and their cosines.
"""

import math

from ...engine.kernels import inlined, kernel
from ...engine.math.sines import LARGE, sines_and_cosines
from ...engine.math.trigonometry import fused_multiply_add as fuse
from ...engine.math.trigonometry import library_cos, library_sin
from .constants import ANGLE_1, ANGLE_2, TURN


@kernel
def pose_of(s):
    return s.angle_1, s.angle_2, s.velocity_1, s.velocity_2, s.sin_1, s.sin_2, s.cos_1, s.cos_2


@kernel
def weigh(s):
    """The seven numbers by which masses, lengths and gravity enter the equations of motion."""
    coupling = s.link_mass_2 * s.link_length_1
    first = s.link_mass_1 * s.centre_1 * s.centre_1 + coupling * s.link_length_1 + s.moment_1
    pull_1 = (s.link_mass_1 * s.centre_1 + coupling) * s.gravity
    coupling *= s.centre_2
    second = s.link_mass_2 * s.centre_2 * s.centre_2 + s.moment_2
    swing = coupling if s.nips == 0.0 else 0.0  # the term that the paper lacks
    return first + second, second, first * second, coupling, swing, pull_1, s.link_mass_2 * s.centre_2 * s.gravity


@inlined
def accelerate(arm, torque, sines, velocity_1, velocity_2, from_1, from_2, time):
    """(rad/s, rad/s) what ``from_1`` and ``from_2`` become in ``time`` under the accelerations of this state.

    Two linear equations, inertia · acceleration = forces, solved by Cramer's rule with a single division. The matrix is
    [[total + 2 bend, second + bend], [second + bend, second]], where ``bend`` is how the links' coupling depends on
    the second angle.
    """
    total, second, product, coupling, swing, pull_1, pull_2 = arm
    sin_1, sin_2, cos_1, cos_2 = sines
    bend = coupling * cos_2
    fall = pull_2 * fuse(sin_1, cos_2, cos_1 * sin_2)
    force_1 = fuse(velocity_2 * (velocity_2 + 2.0 * velocity_1), coupling * sin_2, fuse(-pull_1, sin_1, -fall))
    force_2 = fuse(-velocity_1 * velocity_1, swing * sin_2, torque - fall)
    scale = time / fuse(-bend, bend, product)
    mixed = second + bend
    change_1 = fuse(second, force_1, -mixed * force_2)
    change_2 = fuse(fuse(2.0, bend, total), force_2, -mixed * force_1)
    return fuse(change_1, scale, from_1), fuse(change_2, scale, from_2)


@kernel
def look_up(angle_1, angle_2, careful):
    """Sines and cosines of both; ``careful`` is None where neither angle can be large."""
    if careful is None:
        return sines_and_cosines(angle_1, angle_2)
    return library_sin(angle_1), library_sin(angle_2), library_cos(angle_1), library_cos(angle_2)


@inlined
def integrate(s, pose, torque, careful):
    """One step of the classic Runge-Kutta method of fourth order.

    Returns how far each angle moves (rad), both velocities after it (rad/s), and the fastest of the velocities on the
    way, which says whether it was right not to be careful.
    """
    angle_1, angle_2, u1, u2, sin_1, sin_2, cos_1, cos_2 = pose
    arm, whole, half, sixth = weigh(s), s.time_step, 0.5 * s.time_step, s.time_step * (1.0 / 6.0)
    sines = sin_1, sin_2, cos_1, cos_2
    v1, v2 = accelerate(arm, torque, sines, u1, u2, u1, u2, half)
    sines = look_up(fuse(half, u1, angle_1), fuse(half, u2, angle_2), careful)
    w1, w2 = accelerate(arm, torque, sines, v1, v2, u1, u2, half)
    sines = look_up(fuse(half, v1, angle_1), fuse(half, v2, angle_2), careful)
    x1, x2 = accelerate(arm, torque, sines, w1, w2, u1, u2, whole)
    sines = look_up(fuse(whole, w1, angle_1), fuse(whole, w2, angle_2), careful)
    # Of the velocities, the first three accelerations have done their share when v, w and x are known.
    y1 = (v1 + 2.0 * w1 + (x1 - u1)) * (1.0 / 3.0)
    y2 = (v2 + 2.0 * w2 + (x2 - u2)) * (1.0 / 3.0)
    y1, y2 = accelerate(arm, torque, sines, x1, x2, y1, y2, sixth)
    move_1, move_2 = sixth * (u1 + 2.0 * (v1 + w1) + x1), sixth * (u2 + 2.0 * (v2 + w2) + x2)
    return move_1, move_2, y1, y2, max(max(abs(v1), abs(v2)), max(abs(w1), abs(w2)))


@kernel
def wrap(angle):
    """The angle in -pi … pi, if it is within one turn of there."""
    if angle > math.pi:
        return angle - TURN
    if angle < -math.pi:
        return angle + TURN
    return angle


@inlined
def swing(s, pose, torque):
    """The pose one step later: both angles, both velocities, and the angles' sines and cosines."""
    move_1, move_2, velocity_1, velocity_2, fastest = integrate(s, pose, torque, None)
    if not (abs(move_1) < TURN and abs(move_2) < TURN and fastest * s.time_step < LARGE - math.pi):
        move_1, move_2, velocity_1, velocity_2, fastest = integrate(s, pose, torque, True)
        move_1, move_2 = move_1 % TURN, move_2 % TURN
    angle_1, angle_2 = wrap(pose[ANGLE_1] + move_1), wrap(pose[ANGLE_2] + move_2)
    velocity_1 = min(max(velocity_1, -s.max_velocity_1), s.max_velocity_1)
    velocity_2 = min(max(velocity_2, -s.max_velocity_2), s.max_velocity_2)
    sin_1, sin_2, cos_1, cos_2 = sines_and_cosines(angle_1, angle_2)
    return angle_1, angle_2, velocity_1, velocity_2, sin_1, sin_2, cos_1, cos_2


@kernel
def tip_height(s, pose):
    """(m) the free end above the hinge."""
    sin_1, sin_2, cos_1, cos_2 = pose[4:]
    return s.link_length_2 * (sin_1 * sin_2 - cos_1 * cos_2) - s.link_length_1 * cos_1
