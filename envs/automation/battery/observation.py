"""The observation of Battery, and its slot: what is known of a day before it begins, and the prices that it brings."""

from ...engine.kernels import inlined, kernel
from .constants import CHARGE, CLOCK, DAYS, DAYS_LEFT, HOURS, NET_LOAD, SEASON_COS, SEASON_SIN, WEEKDAY
from .rules import net_load


@inlined
def observe(s, world, out):
    out[CHARGE] = s.charge / s.capacity
    for hour in range(HOURS):
        out[CLOCK + hour] = hour == s.hour
    for weekday in range(7):
        out[WEEKDAY + weekday] = weekday == world.weekday[s.day]
    out[SEASON_SIN] = world.season[s.day, 0]
    out[SEASON_COS] = world.season[s.day, 1]
    out[NET_LOAD] = net_load(s, world, s.day, s.hour) if s.hour < HOURS else 0.0
    out[DAYS_LEFT] = s.days_left / DAYS


@kernel
def sense(s, world, out):
    """Rows before the day's midnight, the newest last; its known columns; its calendar."""
    columns, known = world.rows.shape[1], world.known.shape[2]
    lookback = world.rows.shape[0] - HOURS * world.prices.shape[0]
    at = 0
    for row in range(HOURS * s.day, HOURS * s.day + lookback):
        for column in range(columns):
            out[at] = world.rows[row, column]
            at += 1
    for hour in range(HOURS):
        for column in range(known):
            out[at] = world.known[s.day, hour, column]
            at += 1
    for k in range(world.calendar.shape[1]):
        out[at + k] = world.calendar[s.day, k]


@kernel
def tell(s, world, out):
    """The day's prices."""
    for hour in range(HOURS):
        out[hour] = world.prices[s.day, hour]
