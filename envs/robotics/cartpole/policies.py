"""The reference policy of CartPole: linear feedback."""

from ...engine.kernels import kernel
from .constants import LEFT, RIGHT


@kernel
def heuristic(s, world, out):
    """Linear feedback on all four numbers: lean the pole to where the cart should go."""
    urge = 0.5 * s.x + 1.0 * s.x_dot + 20.0 * s.theta + 3.0 * s.theta_dot
    # The push does what the rules say, so a force below zero (or drifted there) swaps the two actions.
    out[0] = RIGHT if (urge > 0.0) == (s.force > 0.0) else LEFT
