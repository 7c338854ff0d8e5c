"""The reference policy of Sorter, and the baseline that tells kinds by their mean images."""

import numpy as np

from ...engine.kernels import kernel
from .constants import OTHER_ROUTES, SLOW, SPEEDS
from .rules import jam_probability, speed_of


@kernel
def nearest_mean(world, raw, out):
    """The kind whose mean training image is the nearest, one-hot."""
    best, least = 0, np.inf
    height, width, channels = raw.shape
    for k in range(world.means.shape[0]):
        distance = 0.0
        for row in range(height):
            for column in range(width):
                for channel in range(channels):
                    difference = raw[row, column, channel] - world.means[k, row, column, channel]
                    distance += difference * difference
        if distance < least:
            best, least = k, distance
    for k in range(out.shape[0]):
        out[k] = k == best


@kernel
def best_speed(s):
    """The belt with the lowest cost of a passage, see Optimum."""
    best, least = SLOW, np.inf
    for belt in range(SPEEDS):
        speed = speed_of(s, belt)
        jam = jam_probability(s, speed, 0) * (s.jam_cost + s.wage * s.jam_time)
        cost = s.wage / speed + s.energy * speed * speed + jam
        if cost < least:
            best, least = belt, cost
    return best


@kernel
def heuristic(s, world, out):
    """The optimum for whoever knows the kinds."""
    out[0] = s.label + (s.right.shape[0] + OTHER_ROUTES) * best_speed(s)
