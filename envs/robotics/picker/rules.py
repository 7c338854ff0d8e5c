"""The rules of Picker: the order, the way of the gantry, and what comes of a grasp."""

import math

from ...engine.kernels import below, kernel, uniform_in
from .constants import (
    BURIED,
    CROOKED,
    EMPTY,
    GOOD,
    MISSED,
    NONE_YET,
    NOTHING,
    PICKED,
    TIME,
    TRAY,
    UNASKED,
    WRONG,
)
from .rules_tray import axis_of, is_there, lay_items, turn_between, visible_share


@kernel
def take_order(s):
    """Order some of the items that lie on the tray, by their kinds."""
    for k in range(s.wanted.shape[0]):
        s.wanted[k] = 0
    left = min(int(s.ordered), s.count)
    for i in range(s.count):  # each choice of `left` items is as likely (Knuth, algorithm S)
        if below(s, s.count - i) < left:
            s.wanted[s.label[i]] += 1
            left -= 1


@kernel
def reset(s, world):
    s.taken = 0
    lay_items(s, world)
    s.light = 1.0 + uniform_in(s, -s.lighting, s.lighting)
    take_order(s)
    s.grip_x = s.grip_y = 0.5
    s.grip_angle = 0.0
    s.seconds = 0.0
    s.result, s.last = NONE_YET, NOTHING
    s.good = s.unasked = s.missed = 0


@kernel
def in_reach(s, x, y):
    """The topmost item whose middle is within reach of the place (x, y); NOTHING if there is none."""
    for i in range(s.count):
        if is_there(s, i) and math.hypot(s.x[i] - x, s.y[i] - y) <= s.reach:
            return i
    return NOTHING


@kernel
def is_clear(s, i, taken):
    """Whether enough of item ``i`` is to be seen where the items ``taken`` are gone."""
    return visible_share(s, i, taken) >= s.least_visible


@kernel
def seconds_for(s, way):
    """What a grasp takes after a ``way`` (a share of the tray's side)."""
    return TRAY * way / s.speed + s.grasp_time


@kernel
def is_filled(s):
    """Whether nothing of the order is missing."""
    missing = 0
    for k in range(s.wanted.shape[0]):
        missing += s.wanted[k]
    return missing == 0


@kernel
def grasp(s, i, angle, world, terms):
    """Try to take item ``i``, or NOTHING, with the gripper's long axis along ``angle``; whether it was taken."""
    if i == NOTHING:
        s.result = EMPTY
    elif not is_clear(s, i, s.taken):
        s.result = BURIED
    elif turn_between(angle, axis_of(s, world, i)) > s.tolerance:
        s.result = CROOKED
    else:
        s.taken |= 1 << i
        if s.wanted[s.label[i]] > 0:
            s.wanted[s.label[i]] -= 1
            s.good += 1
            s.result = GOOD
            terms[PICKED] = 1.0
        else:
            s.unasked += 1
            s.result = UNASKED
            terms[WRONG] = -s.wrong_cost
        return True
    s.missed += 1
    terms[MISSED] = -s.miss_cost
    return False


@kernel
def step(s, action, world, terms):
    x, y = 0.5 * (action[0] + 1.0), 0.5 * (action[1] + 1.0)
    way = math.hypot(x - s.grip_x, y - s.grip_y)
    s.grip_x, s.grip_y, s.grip_angle = x, y, 0.5 * math.pi * action[2]
    s.last = in_reach(s, x, y)
    if grasp(s, s.last, s.grip_angle, world, terms):  # the gripper comes to stand above what it takes
        way += math.hypot(s.x[s.last] - x, s.y[s.last] - y)
        s.grip_x, s.grip_y = s.x[s.last], s.y[s.last]
    seconds = seconds_for(s, way)
    s.seconds += seconds
    terms[TIME] = -s.wage * seconds
    s.success = is_filled(s)
    return s.success
