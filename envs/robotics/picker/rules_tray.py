"""The tray of Picker: where items come to lie, which of them hide which, and how much of each is to be seen.

Items are numbered from the top: what has a lower number lies above. A set of items is a whole number with a bit for
each. What of an item is to be seen once a set has been taken away is counted for all sets where the items come to lie,
and read in every step.
"""

import math

import numpy as np

from ...engine.kernels import below, kernel, uniform_in
from .constants import APART, ITEMS, LEAST_VISIBLE, SAMPLES, SETS, TRIES


@kernel
def pixel_size(s, world, i):
    """The side of a pixel of item ``i`` on the tray, as a share of the tray's side."""
    image = world.images[s.image[i]]
    return s.scale[i] / max(image.shape[0], image.shape[1])


@kernel
def on_tray(s, world, i, column, row):
    """The place (x, y) on the tray of a place in the image of item ``i``."""
    middle, size = world.middles[s.image[i]], pixel_size(s, world, i)
    u, v = (column - middle[0]) * size, (row - middle[1]) * size
    sin, cos = math.sin(s.angle[i]), math.cos(s.angle[i])
    return s.root_x[i] + cos * u - sin * v, s.root_y[i] + sin * u + cos * v


@kernel
def covers(s, world, i, x, y):
    """Whether item ``i`` lies at the place (x, y) of the tray."""
    mask, middle = world.masks[s.image[i]], world.middles[s.image[i]]
    size = pixel_size(s, world, i)
    sin, cos = math.sin(s.angle[i]), math.cos(s.angle[i])
    u, v = (x - s.root_x[i]) / size, (y - s.root_y[i]) / size
    column = math.floor(cos * u + sin * v + middle[0] + 0.5)
    row = math.floor(cos * v - sin * u + middle[1] + 0.5)
    return 0 <= row < mask.shape[0] and 0 <= column < mask.shape[1] and mask[row, column] == 1


@kernel
def count_cover(s, world, i):
    """Count what of item ``i`` is to be seen, for each set of items above it that has been taken away."""
    mask = world.masks[s.image[i]]
    height, width = mask.shape
    stride = (max(height, width) + SAMPLES - 1) // SAMPLES
    seen = s.seen[i]
    for taken in range(SETS):
        seen[taken] = 0
    points = 0
    for row in range(stride // 2, height, stride):
        for column in range(stride // 2, width, stride):
            if mask[row, column] == 0:
                continue
            x, y = on_tray(s, world, i, float(column), float(row))
            above = 0
            for j in range(i):
                if covers(s, world, j, x, y):
                    above |= 1 << j
            seen[above] += 1
            points += 1
    s.points[i] = points
    for j in range(i):  # sums over all subsets, a bit after the other
        for taken in range(1 << i):
            if taken >> j & 1:
                seen[taken] += seen[taken ^ (1 << j)]


@kernel
def visible_share(s, i, taken):
    """The share of item ``i`` that is to be seen where the items ``taken`` are gone, 0 … 1."""
    above = (1 << i) - 1
    return s.seen[i, taken & above] / s.points[i]


@kernel
def extent(s, world, i):
    """The box round item ``i``, the outer edges of its pixels: left, upper, right and lower edge on the tray."""
    edges = world.edges[s.image[i]]
    left = top = np.inf
    right = bottom = -np.inf
    for row in range(edges.shape[0]):
        if edges[row, 0] < 0:
            continue
        for side in range(2):
            for end in range(2):
                x, y = on_tray(s, world, i, edges[row, side] + (side - 0.5), row + (end - 0.5))
                left, right = min(left, x), max(right, x)
                top, bottom = min(top, y), max(bottom, y)
    return left, top, right, bottom


@kernel
def throw(s, left, top, i):
    """Let item ``i`` lie anywhere, but whole: of ``left`` and ``top``, its box where the centroid is at 0."""
    x, y = uniform_in(s, 0.0, 1.0 - s.width[i]), uniform_in(s, 0.0, 1.0 - s.height[i])
    s.root_x[i], s.root_y[i] = x - left, y - top
    s.x[i], s.y[i] = x + 0.5 * s.width[i], y + 0.5 * s.height[i]


@kernel
def is_apart(s, i):
    """Whether the middle of item ``i`` is far enough from those of the items before it."""
    nearest = np.inf
    for j in range(i):
        nearest = min(nearest, math.hypot(s.x[i] - s.x[j], s.y[i] - s.y[j]))
    return nearest >= APART


@kernel
def lay_items(s, world):
    """Lay new items on the tray, from the top downwards."""
    wished = int(s.fewest) + below(s, int(s.most) - int(s.fewest) + 1)
    s.count = 0
    for i in range(wished):
        s.label[i] = below(s, world.first.shape[0] - 1)
        begin = world.first[s.label[i]]
        s.image[i] = world.order[begin + below(s, world.first[s.label[i] + 1] - begin)]
        s.angle[i] = uniform_in(s, -s.rotation, s.rotation)
        s.scale[i] = uniform_in(s, s.scale_low, s.scale_high)
        s.root_x[i] = s.root_y[i] = 0.0
        left, top, right, bottom = extent(s, world, i)
        s.width[i], s.height[i] = right - left, bottom - top
        lies = False
        for _ in range(TRIES):
            throw(s, left, top, i)
            if is_apart(s, i):
                count_cover(s, world, i)
                lies = visible_share(s, i, 0) >= LEAST_VISIBLE
                if lies:
                    break
        if not lies:
            break
        s.count = i + 1
    for i in range(s.count, ITEMS):
        s.label[i] = s.image[i] = 0
        s.x[i] = s.y[i] = s.width[i] = s.height[i] = 0.0
        s.root_x[i] = s.root_y[i] = s.angle[i] = s.scale[i] = 0.0
        s.points[i] = 0


@kernel
def axis_of(s, world, i):
    """The long axis of item ``i`` on the tray, rad from x towards y; NaN where it is round."""
    return world.axes[s.image[i]] + s.angle[i]


@kernel
def is_there(s, i):
    """Whether item ``i`` still lies on the tray."""
    return i < s.count and (s.taken >> i & 1) == 0


@kernel
def turn_between(one, other):
    """The angle between two axes, 0 … π/2 rad; 0 if one of them is NaN."""
    apart = abs(one - other) % math.pi
    return 0.0 if np.isnan(apart) else min(apart, math.pi - apart)
