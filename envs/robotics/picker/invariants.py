"""The invariants of Picker: sentences that hold of every state, for the fuzzer and for snapshots."""

import math

import numpy as np

from ...engine.kernels import kernel
from ...engine.simulation import Shown
from .constants import (
    APART,
    AT_X,
    AT_Y,
    BURIED,
    GOOD,
    ITEMS,
    LAST_GOOD,
    LAST_MISSED,
    LAST_UNASKED,
    LEAST_VISIBLE,
    MISSED,
    MISSES,
    MISSES_SEEN,
    NONE_YET,
    NOTHING,
    ORDER,
    PICKED,
    SETS,
    TIME,
    UNASKED,
    WRONG,
)
from .rules import is_filled
from .rules_tray import visible_share

ROUNDED = 1e-9  # shares of the tray's side

INVARIANTS = (
    "there are up to 8 items, each an image of its kind, and what is gone was one of them",
    "the items lie on the tray, whole and apart from one another",
    "of each item enough was to be seen, and more is where more is gone",
    "the order is of things that lie on the tray, and what was taken is what is gone",
    "`picked` counts what was ordered and taken; no other term is positive, or negative without its cause",
    "the gripper is above the tray, and time has passed if and only if there were grasps",
    "the episode has ended in success if and only if the order is filled",
    Shown("the observation is the state"),
)


@kernel
def are_items_sound(s, world):
    if not (1 <= s.count <= ITEMS and 0 <= s.taken < 1 << s.count):
        return False
    for i in range(s.count):
        if not (0 <= s.image[i] < world.images.shape[0] and 0 <= s.label[i] < s.wanted.shape[0]):
            return False
        if world.labels[s.image[i]] != s.label[i]:
            return False
    return True


@kernel
def do_items_lie(s):
    for i in range(s.count):
        half_x, half_y = 0.5 * s.width[i], 0.5 * s.height[i]
        if not (half_x > 0.0 and half_y > 0.0 and 0.0 < s.scale[i] <= 1.0 and abs(s.angle[i]) <= math.pi):
            return False
        if not (s.x[i] - half_x >= -ROUNDED and s.x[i] + half_x <= 1.0 + ROUNDED):
            return False
        if not (s.y[i] - half_y >= -ROUNDED and s.y[i] + half_y <= 1.0 + ROUNDED):
            return False
        if not (abs(s.root_x[i] - s.x[i]) <= half_x and abs(s.root_y[i] - s.y[i]) <= half_y):
            return False
        for j in range(i):
            if not math.hypot(s.x[i] - s.x[j], s.y[i] - s.y[j]) >= APART:
                return False
    return True


@kernel
def is_cover_sound(s):
    for i in range(s.count):
        if s.points[i] < 1 or visible_share(s, i, 0) < LEAST_VISIBLE or visible_share(s, i, SETS - 1) != 1.0:
            return False
        for gone in range(1 << i):
            for j in range(i):
                if s.seen[i, gone] > s.seen[i, gone | 1 << j]:
                    return False
    return True


@kernel
def is_order_sound(s):
    gone = 0
    for i in range(s.count):
        gone += s.taken >> i & 1
    if s.good + s.unasked != gone or min(s.good, min(s.unasked, s.missed)) < 0:
        return False
    for k in range(s.wanted.shape[0]):
        there = 0
        for i in range(s.count):
            there += s.label[i] == k and (s.taken >> i & 1) == 0
        if not 0 <= s.wanted[k] <= there:
            return False
    return True


@kernel
def invariant(s, world, shown, legal):
    if not are_items_sound(s, world):
        return 1
    if not do_items_lie(s):
        return 2
    if not is_cover_sound(s):
        return 3
    if not is_order_sound(s):
        return 4
    wrong, missed, time = s.totals[WRONG], s.totals[MISSED], s.totals[TIME]
    if s.totals[PICKED] != s.good or max(wrong, max(missed, time)) > 0.0:
        return 5
    if (wrong != 0.0 and s.unasked == 0) or (missed != 0.0 and s.missed == 0):
        return 5
    if not (0.0 <= s.grip_x <= 1.0 and 0.0 <= s.grip_y <= 1.0 and abs(s.grip_angle) <= 0.5 * math.pi + ROUNDED):
        return 6
    if (s.seconds > 0.0) != (s.clock > 0) or s.good + s.unasked + s.missed != s.clock or not 0.0 <= s.light <= 2.0:
        return 6
    if not (NONE_YET <= s.result <= BURIED and NOTHING <= s.last < s.count):
        return 6
    if s.success != (s.clock > 0 and is_filled(s)):
        return 7
    for k in range(s.wanted.shape[0]):
        if shown[ORDER + k] != np.float32(s.wanted[k] / ITEMS):
            return 8
    if shown[AT_X] != np.float32(s.grip_x) or shown[AT_Y] != np.float32(s.grip_y):
        return 8
    good, unasked = s.result == GOOD, s.result == UNASKED
    if shown[LAST_GOOD] != good or shown[LAST_UNASKED] != unasked:
        return 8
    if shown[LAST_MISSED] != (s.result != NONE_YET and not good and not unasked):
        return 8
    if shown[MISSES] != np.float32(min(s.missed, MISSES_SEEN) / MISSES_SEEN):
        return 8
    return 0
