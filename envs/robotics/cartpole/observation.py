"""The observation of CartPole, and its bounds: the farthest that cart and pole get before their episode ends.

Cart and pole move alike: in a step of t seconds the velocity v gains a·t, and the position moves by u·t, where u is the
velocity before the step or after it, as the integrator says. Every state from which a step is taken lies within ±R: the
limit, or the start if that is wider. Let the first velocity be within ±v0, a step take T seconds at most, and every
acceleration be within ±A, so that no step changes the velocity by more than D = T·A. Then

1.  in every state from which a step is taken, |v| <= top = sqrt((max(v0, D) + D)² + 6·A·R). For let v > 0, the other
    sign being its mirror image, and go back to the last state whose velocity was max(v0, D) or less. If that is not
    this very state, the next one's was at most D more, and all from there on are above D. A step that gains speed there
    adds a·t·(2·v + a·t) <= 3·A·t·v <= 3·A·t·u to v², one that loses some adds nothing. All of them lead the same way
    and from ±R into ±R, so that the sum of their t·u is 2·R at most;
2.  a step moves by t·u <= T·(top + D), and what it leads to is shown, whether it ends the episode or not: nothing is
    ever shown beyond R + T·(top + D).

A depends on how fast the pole turns. With (angular velocity)² <= w the equations of motion give, at the worst ends of
all parameters' ranges, A = ``accelerations(w)``. If the `top` of the pole that follows from it is sqrt(w) or less, then
by induction, step by step, the pole was never faster. Such a w is looked for from below; where none is found (a light
cart, a strong push, long steps) there is no bound.
"""

import math

from ...engine.kernels import kernel
from .constants import THETA, THETA_DOT, X_DOT, X

Span = tuple[float, float]  # the lowest and the highest value of a parameter

MARGIN = 1.01  # for rounding, which stays below 1e-9 of any number here
GROWTH = 1.1  # by which w is raised in the search
ENDLESS = 1e12  # (rad/s)², where it is given up


@kernel
def observe(s, world, out):
    out[X] = s.x
    out[X_DOT] = s.x_dot
    out[THETA] = s.theta
    out[THETA_DOT] = s.theta_dot


def farthest(
    *,
    gravity: Span,
    cart_mass: Span,
    pole_mass: Span,
    pole_half_length: Span,
    force: Span,
    time_step: Span,
    position_limit: float,
    angle_limit: float,
    start: float,
) -> tuple[float, float]:
    """The largest |position| (m) and |angle| (rad) that an episode can show; infinity where no bound is known.

    Args:
        position_limit, angle_limit: Their highest values; at most a right angle.
        start: The largest of the first state's numbers.
    """
    cart_room, pole_room = max(position_limit, start), max(angle_limit, start)  # R of each
    longest, push = time_step[1], max(-force[0], force[1])
    total = pole_mass[0] + cart_mass[0]
    share = pole_mass[1] / (pole_mass[1] + cart_mass[0])  # of the pole in all mass, at most
    lean = math.sin(pole_room)

    def accelerations(w: float) -> tuple[float, float]:
        """A of the cart and of the pole; cosines are taken for 1."""
        pull = push / total + share * pole_half_length[1] * w * lean
        turn = (gravity[1] * lean + pull) / (pole_half_length[0] * (4.0 / 3.0 - share))
        return pull + share * pole_half_length[1] * turn, turn

    def top(acceleration: float, room: float) -> float:
        gain = longest * acceleration
        return math.sqrt((max(start, gain) + gain) ** 2 + 6.0 * acceleration * room)

    w = 0.0
    while (needed := top(accelerations(w)[1], pole_room) ** 2) > w:
        w = GROWTH * needed
        if w > ENDLESS:
            return math.inf, math.inf
    cart, pole = accelerations(w)
    return (
        MARGIN * (cart_room + longest * (top(cart, cart_room) + longest * cart)),
        MARGIN * (pole_room + longest * (top(pole, pole_room) + longest * pole)),
    )
