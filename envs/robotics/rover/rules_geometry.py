"""The geometry of Rover: distances to walls, boxes and discs, and angles.

Lengths are metres, x to the right and y up, the floor is 0 … ARENA in both. Boxes lie along the axes; discs are pillars
and, behind them in the same arrays, walkers.
"""

import math

from ...engine.kernels import kernel
from .constants import ARENA


@kernel
def wrapped(angle):
    """The angle in [-pi, pi)."""
    return angle - 2.0 * math.pi * math.floor((angle + math.pi) / (2.0 * math.pi))


@kernel
def clearance(s, x, y, discs):
    """From the point (x, y) to the nearest wall, box or one of the first ``discs`` discs; <= 0 inside of one."""
    squared = ARENA * ARENA
    for k in range(s.boxes):
        dx = max(s.box_x0[k] - x, x - s.box_x1[k], 0.0)
        dy = max(s.box_y0[k] - y, y - s.box_y1[k], 0.0)
        squared = min(squared, dx * dx + dy * dy)
    nearest = min(math.sqrt(squared), min(min(x, ARENA - x), min(y, ARENA - y)))
    for k in range(discs):
        dx, dy = s.disc_x[k] - x, s.disc_y[k] - y
        nearest = min(nearest, math.sqrt(dx * dx + dy * dy) - s.disc_r[k])
    return nearest


@kernel
def box_clearance(s, x0, x1, y0, y1):
    """From a box to the nearest other one; the outer wall is not looked at."""
    nearest = ARENA
    for k in range(s.boxes):
        dx = max(s.box_x0[k] - x1, x0 - s.box_x1[k], 0.0)
        dy = max(s.box_y0[k] - y1, y0 - s.box_y1[k], 0.0)
        nearest = min(nearest, math.sqrt(dx * dx + dy * dy))
    return nearest
