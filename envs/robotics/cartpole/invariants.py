"""The invariants of CartPole: what holds after every reset and step, whatever the parameters and actions."""

import math

import numpy as np

from ...engine.kernels import kernel
from ...engine.simulation import Shown
from .constants import LEFT, NO_PUSH, RIGHT, THETA, THETA_DOT, UPRIGHT, X_DOT, X

INVARIANTS = (
    "the state is finite",
    "cart and pole are within their limits while the episode goes on",
    "the sum of `upright` is a whole number from -1 to the clock, and negative only at the end",
    "the last push is 0 or 1 after a step, and none before the first",
    Shown("the observation is the state"),
)


@kernel
def invariant(s, world, shown, legal):
    if not (math.isfinite(s.x) and math.isfinite(s.x_dot) and math.isfinite(s.theta) and math.isfinite(s.theta_dot)):
        return 1
    # The first state may lie beyond the limits, if the parameters say so.
    goes_on = s.clock > 0 and not s.pending
    if goes_on and not (abs(s.x) <= s.position_limit and abs(s.theta) <= s.angle_limit):
        return 2
    total = s.totals[UPRIGHT]
    if total != math.floor(total) or not (-1.0 if s.pending else 0.0) <= total <= s.clock:
        return 3
    if s.pushed != LEFT and s.pushed != RIGHT if s.clock > 0 else s.pushed != NO_PUSH:
        return 4
    if shown[X] != np.float32(s.x) or shown[X_DOT] != np.float32(s.x_dot):
        return 5
    if shown[THETA] != np.float32(s.theta) or shown[THETA_DOT] != np.float32(s.theta_dot):
        return 5
    return 0
