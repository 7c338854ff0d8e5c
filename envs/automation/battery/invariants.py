"""The invariants of Battery: sentences that hold of every state, for the fuzzer and for snapshots."""

import math

import numpy as np

from ...engine.kernels import kernel
from ...engine.simulation import Shown
from .constants import CHARGE, CLOCK, DAYS, DAYS_LEFT, FEE, HOURS, NET_LOAD, SEASON_COS, SEASON_SIN, WEAR, WEEKDAY
from .rules import net_load, room

INVARIANTS = (
    "the day is one of the market's, and so are those of the week that are still to come",
    "the clock counts the hours that have passed of the week",
    "the week is over, and only then, when no day is left",
    "the battery is neither emptier than empty nor fuller than what it can give back by midnight",
    "the battery took and gave no more than its power",
    "the day's money is finite, and its charges are those of a battery",
    "wear and fee never earn anything",
    Shown("the observation is the state"),
)
TINY = 1e-9  # MW, by which a sum may be rounded beyond the power


@kernel
def invariant(s, world, shown, legal):
    last = s.hour == HOURS
    if not (0 <= s.day < world.prices.shape[0] and 0 <= s.days_left <= DAYS and 0 <= s.hour <= HOURS):
        return 1
    if s.day + max(s.days_left, 1) > world.prices.shape[0]:
        return 1
    if s.clock != HOURS * (DAYS - s.days_left) + (0 if last else s.hour):
        return 2
    if last != (s.days_left == 0) or (last and not s.pending):
        return 3
    if not 0.0 <= s.charge <= room(s, s.hour):
        return 4
    if not abs(s.exchange) <= s.power * (1.0 + TINY):
        return 5
    if not math.isfinite(s.today):
        return 6
    for hour in range(HOURS):
        if not 0.0 <= s.charges[hour] < np.inf:
            return 6
    if not (s.totals[WEAR] <= 0.0 and s.totals[FEE] <= 0.0):
        return 7
    if shown[CHARGE] != np.float32(s.charge / s.capacity):
        return 8
    for hour in range(HOURS):
        if shown[CLOCK + hour] != (hour == s.hour):
            return 8
    for weekday in range(7):
        if shown[WEEKDAY + weekday] != (weekday == world.weekday[s.day]):
            return 8
    season = world.season[s.day]
    if shown[SEASON_SIN] != np.float32(season[0]) or shown[SEASON_COS] != np.float32(season[1]):
        return 8
    net = 0.0 if last else net_load(s, world, s.day, s.hour)
    if shown[NET_LOAD] != np.float32(net) or shown[DAYS_LEFT] != np.float32(s.days_left / DAYS):
        return 8
    return 0
