"""The invariants of Maintenance: sentences that hold of every state, for the fuzzer and for snapshots."""

import numpy as np

from ...engine.kernels import kernel
from ...engine.simulation import Shown
from .constants import (
    AGE,
    AMBIENT,
    DAY,
    FAILED,
    FAILURES,
    HUNDRED,
    INCOME,
    INSPECTION,
    KNOWN,
    LOAD,
    NEXT_LOAD,
    RAN,
    REPAIRED,
    REPAIRS,
    SINCE,
    STANDING,
    WEEK,
)
from .observation import hour_before

INVARIANTS = (
    "the hour is one of the plant's",
    "the wear is 0 or more and below 1, and not less than when it was last seen",
    "what was last known is no older than the part, which is no older than its wear allows",
    "a machine that stands has a new part, and was stopped by a repair or a failure",
    "what the hours were and how worn the part was in them is something that can be",
    "running alone earns, and nothing else does",
    Shown("the observation is the state"),
)
MOST_STANDING = 100_000  # h, more than any downtime


@kernel
def invariant(s, world, shown, legal):
    if not 0 <= s.hour < world.load.shape[0]:
        return 1
    if not 0.0 <= s.known <= s.wear < 1.0:
        return 2
    if not 0 <= s.since <= s.used or (s.used == 0 and s.wear > 0.0) or (s.since == 0 and s.known != s.wear):
        return 3
    if not 0 <= s.standing <= MOST_STANDING or not RAN <= s.stop <= FAILED:
        return 4
    if s.standing > 0 and (s.used != 0 or not (s.stop == REPAIRED or s.stop == FAILED)):
        return 4
    for at in range(WEEK):
        if not (0.0 <= s.wears[at] <= 1.0 and RAN <= s.hours[at] <= FAILED):
            return 5
    if not (
        s.totals[INCOME] >= 0.0
        and s.totals[INSPECTION] <= 0.0
        and s.totals[REPAIRS] <= 0.0
        and s.totals[FAILURES] <= 0.0
    ):
        return 6
    last = hour_before(s, world, 1)
    if shown[AGE] != np.float32(s.used / HUNDRED) or shown[SINCE] != np.float32(s.since / HUNDRED):
        return 7
    if shown[KNOWN] != np.float32(s.known) or shown[STANDING] != np.float32(s.standing / DAY):
        return 7
    if shown[LOAD] != np.float32(world.load[last]) or shown[NEXT_LOAD] != np.float32(world.load[s.hour]):
        return 7
    if shown[AMBIENT] != np.float32(world.ambient[last] / HUNDRED):
        return 7
    return 0
