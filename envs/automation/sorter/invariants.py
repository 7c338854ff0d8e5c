"""The invariants of Sorter: sentences that hold of every state, for the fuzzer and for snapshots."""

import numpy as np

from ...engine.kernels import kernel
from ...engine.simulation import Shown
from .constants import (
    BRIGHTEST,
    ENERGY,
    JAM,
    JAMMED,
    MOST_TURNED,
    NOTHING,
    ON_LOOP,
    OTHER_ROUTES,
    REJECTED,
    ROUNDS,
    ROUNDS_SEEN,
    SORTED,
    SPEEDS,
    TIME,
    TO_COME,
    WRONG,
)

INVARIANTS = (
    "every item of the delivery is to come, under the camera, on the loop, in a chute or rejected",
    "what lies under the camera and on the loop are images of their kinds",
    "the loop holds no more than it has room for, and nothing there has been round less than once",
    "`sorted` counts the items in their chutes; no other term is positive, or negative without its cause",
    "the camera is empty at the end, and only then",
    "time has passed if and only if there were passages, and there were no more jams than these",
    "the belt has one of its speeds, the item lies straight or is turned, and the one before went somewhere",
    Shown("the observation is the state"),
)


@kernel
def is_of_kind(world, item, label):
    return 0 <= item < world.images.shape[0] and world.labels[item] == label


@kernel
def invariant(s, world, shown, legal):
    room = s.loop_item.shape[0]
    gone, right, astray = s.rejects, 0, 0
    for k in range(s.right.shape[0]):
        if s.right[k] < 0 or s.astray[k] < 0:
            return 1
        right += s.right[k]
        astray += s.astray[k]
    gone += right + astray
    present = 1 if s.image != NOTHING else 0
    if s.feed + present + s.loop_count + gone != s.delivery or min(s.feed, s.rejects) < 0:
        return 1
    if present == 1 and not is_of_kind(world, s.image, s.label):
        return 2
    if not (0 <= s.loop_count <= room and 0 <= s.loop_first < room):
        return 3
    for j in range(s.loop_count):
        k = (s.loop_first + j) % room
        if not is_of_kind(world, s.loop_item[k], s.loop_label[k]):
            return 2
        if s.loop_rounds[k] < 1:
            return 3
    # The prices of these may drift, so their sums are not known.
    wrong, rejected, jam = s.totals[WRONG], s.totals[REJECTED], s.totals[JAM]
    time, energy = s.totals[TIME], s.totals[ENERGY]
    if s.totals[SORTED] != right or max(max(wrong, rejected), max(jam, max(time, energy))) > 0.0:
        return 4
    if (wrong != 0.0 and astray == 0) or (rejected != 0.0 and s.rejects == 0) or (jam != 0.0 and s.jams == 0):
        return 4
    if (present == 0) != (s.clock > 0 and s.feed == 0 and s.loop_count == 0 and s.pending and gone == s.delivery):
        return 5
    if (s.seconds > 0.0) != (s.clock > 0) or not 0 <= s.jams <= s.clock:
        return 6
    # The numbers that find and turn the images may stand in a third party's record, too.
    if not (0 <= s.belt < SPEEDS and NOTHING <= s.before < world.images.shape[0] and s.rounds >= 0):
        return 7
    if not (NOTHING <= s.route < s.right.shape[0] + OTHER_ROUTES and 0 <= s.label < world.first.shape[0] - 1):
        return 7
    if not (
        0.0 <= s.cover_x < 1.0
        and 0.0 <= s.cover_y < 1.0
        and abs(s.angle) <= MOST_TURNED
        and 0.0 <= s.light <= BRIGHTEST
    ):
        return 7
    for belt in range(SPEEDS):
        if shown[belt] != (s.belt == belt):
            return 8
    if shown[ON_LOOP] != np.float32(s.loop_count / room) or shown[TO_COME] != np.float32(s.feed / s.delivery):
        return 8
    if shown[ROUNDS] != np.float32(min(s.rounds, ROUNDS_SEEN) / ROUNDS_SEEN) or shown[JAMMED] != s.jammed:
        return 8
    return 0
