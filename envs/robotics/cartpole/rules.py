"""The rules of CartPole: how an episode starts, and the equations of motion of a step."""

from ...engine.kernels import kernel, uniform_in
from ...engine.math.trigonometry import sin_cos
from .constants import NO_PUSH, UPRIGHT


@kernel
def reset(s, world):
    s.x = uniform_in(s, s.start_low, s.start_high)
    s.x_dot = uniform_in(s, s.start_low, s.start_high)
    s.theta = uniform_in(s, s.start_low, s.start_high)
    s.theta_dot = uniform_in(s, s.start_low, s.start_high)
    s.pushed = NO_PUSH


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
        terms[UPRIGHT] = -1.0 if terminated else 0.0
    else:
        terms[UPRIGHT] = 1.0
    return terminated
