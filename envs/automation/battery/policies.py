"""The policies of Battery: an exact plan for what is believed of a day's prices, a rule by the clock, simple forecasts.

The plan is a dynamic programme backwards over the hours of the day (Bellman 1957) on levels of charge: what a level is
worth at an hour is the best of all levels that can be reached from it within the hour. The ends of what can be reached
are tried, too, and so is the charge at which the site takes nothing from the grid; between two levels the worth is
taken as linear. With the default parameters all ends are levels, so that the plan is exact.
"""

import math

import numpy as np

from ...engine.compile.binding import loop
from ...engine.kernels import kernel, scratch
from .constants import (
    CHARGE,
    CLOCK,
    HOURS,
    IN,
    MOST_LEVELS,
    OUT,
    REST,
    SEASON_COS,
    SEASON_SIN,
    YEARDAYS,
)
from .rules_site import site_shapes

PER_POWER = 10  # levels of charge that an hour at full power takes out
LEAST_LEVELS = 20
NEAR = 1e-4  # of a level: a charge that is as near to one is taken for it, because it comes in single precision
LEVELS = MOST_LEVELS + 1  # room for the worth of empty, full and what is between


@kernel
def income(price, net, held, charge, efficiency, wear, fee):
    """What an hour earns (€) that takes the battery from ``held`` to ``charge`` (MWh); ``net`` is the site's load."""
    gained = charge - held
    site = net + (gained / efficiency if gained > 0.0 else gained)
    return -price * site + min(gained, 0.0) * wear + min(-site, 0.0) * fee


@kernel
def count_levels(capacity, power):
    """Steps of charge between empty and full."""
    return min(max(int(np.rint(PER_POWER * capacity / power)), LEAST_LEVELS), MOST_LEVELS)


@kernel
def worth_at(worth, charge, unit, levels):
    """The worth of a charge between two levels."""
    place = charge / unit
    level = min(int(place), levels - 1)
    part = place - level
    if part < NEAR:
        return worth[level]
    if part > 1.0 - NEAR:
        return worth[level + 1]
    return (1.0 - part) * worth[level] + part * worth[level + 1]


@kernel
def best_move(price, net, held, most, worth, unit, levels, power, efficiency, wear, fee):
    """(the charge to end the hour with, what it is worth): the best that can be reached from ``held``.

    Args:
        most: The highest charge that is allowed at the end of the hour.
        worth: (levels + 1,) of each level then.
    """
    lowest, highest = max(held - power, 0.0), min(held + efficiency * power, most)
    best = min(held, most)
    value = income(price, net, held, best, efficiency, wear, fee) + worth_at(worth, best, unit, levels)
    first, last = int(np.ceil(lowest / unit - NEAR)), int(np.floor(highest / unit + NEAR))
    for level in range(first, last + 1):
        charge = level * unit
        total = income(price, net, held, charge, efficiency, wear, fee) + worth[level]
        if total > value:
            best, value = charge, total
    alone = held - (net if net > 0.0 else efficiency * net)  # the site takes nothing from the grid and gives nothing
    for charge in (lowest, highest, min(max(alone, lowest), highest)):
        total = income(price, net, held, charge, efficiency, wear, fee) + worth_at(worth, charge, unit, levels)
        if total > value:
            best, value = charge, total
    return best, value


@kernel
def best_charge(
    prices, load_shape, sun_shape, hour, charge, power, capacity, efficiency, wear, fee, load_mean, pv_peak
):
    """(the charge (MWh) to end this ``hour`` with, what the rest of the day then earns (€)), if ``prices`` come true.

    Args:
        prices: (24,) €/MWh.
        load_shape, sun_shape: (24,) of the day, see `site_shapes`.
    """
    levels = count_levels(capacity, power)
    unit = capacity / levels
    worth, earlier = scratch(LEVELS), scratch(LEVELS)
    for level in range(levels + 1):
        worth[level] = 0.0
    for later in range(HOURS - 1, hour, -1):
        net = load_mean * load_shape[later] - pv_peak * sun_shape[later]
        room, most = min(capacity, power * (HOURS - later)), min(capacity, power * (HOURS - 1 - later))
        for level in range(levels + 1):
            held = min(level * unit, room)
            earlier[level] = best_move(
                prices[later], net, held, most, worth, unit, levels, power, efficiency, wear, fee
            )[1]
        worth, earlier = earlier, worth
    net = load_mean * load_shape[hour] - pv_peak * sun_shape[hour]
    held = min(charge, min(capacity, power * (HOURS - hour)))
    level = np.rint(held / unit)
    if abs(held / unit - level) < NEAR:
        held = level * unit
    most = min(capacity, power * (HOURS - 1 - hour))
    return best_move(prices[hour], net, held, most, worth, unit, levels, power, efficiency, wear, fee)


@kernel
def share_towards(target, charge, power, efficiency):
    """The share of the rated power that takes the battery from ``charge`` to ``target``."""
    gained = target - charge
    return min(max(gained / (power * (efficiency if gained > 0.0 else 1.0)), -1.0), 1.0)


@kernel
def nearest_action(share):
    """The discrete action nearest to ``share``."""
    return REST + int(np.rint(share * (IN if share > 0.0 else OUT)))


@kernel
def optimal_share(s, world):
    """The share of the rated power that is best for whoever knows the day's prices."""
    if s.hour >= HOURS:
        return 0.0
    target = best_charge(
        world.prices[s.day], world.load_shape[world.yearday[s.day]], world.sun_shape[world.yearday[s.day]],
        s.hour, s.charge, s.power, s.capacity, s.efficiency, s.wear, s.import_fee, s.load_mean, s.pv_peak,
    )[0]  # fmt: skip
    return share_towards(target, s.charge, s.power, s.efficiency)


@kernel
def heuristic(s, world, out):
    """The plan for the prices that will come, which is the optimum."""
    out[0] = optimal_share(s, world)


@kernel
def heuristic_discrete(s, world, out):
    """The plan for the prices that will come, which is the optimum with the default parameters."""
    out[0] = nearest_action(optimal_share(s, world))


@kernel
def clock_share(s, world):
    return world.clock[s.hour] if s.hour < HOURS else 0.0


@kernel
def cheap_hours(s, world, out):
    """Buy in the three hours that are cheapest on a mean day, and sell in the dearest three: whatever the day."""
    out[0] = clock_share(s, world)


@kernel
def cheap_hours_discrete(s, world, out):
    out[0] = nearest_action(clock_share(s, world))


# --- Simple forecasts: baselines of the slot -------------------------------------------------------------------------


@kernel
def days_ago(world, raw, days, out):
    """The prices of the day so many days before."""
    columns = world.rows.shape[1]
    lookback = world.rows.shape[0] - HOURS * world.prices.shape[0]
    for hour in range(HOURS):
        out[hour] = raw[(lookback - days * HOURS + hour) * columns]


@kernel
def calendar_in(world, raw, k):
    """Entry ``k`` of the calendar in a raw signal."""
    return int(raw[raw.shape[0] - world.calendar.shape[1] + k])


@kernel
def naive(world, raw, out):
    """The prices of the day before."""
    days_ago(world, raw, 1, out)


@kernel
def days_to_alike(weekday):
    """How many days ago a day was that is like this one: 7 for a Monday, a Saturday and a Sunday, else 1."""
    return 7 if weekday == 0 or weekday >= 5 else 1


@kernel
def seasonal_naive(world, raw, out):
    """Those of a week ago for a Monday, a Saturday and a Sunday, else those of the day before (Lago et al. 2021)."""
    days_ago(world, raw, days_to_alike(calendar_in(world, raw, 1)), out)


@kernel
def weekly(world, raw, out):
    """The prices of a week ago."""
    days_ago(world, raw, 7, out)


@kernel
def climatology(world, raw, out):
    """The mean of the training split for this month, weekday and hour."""
    day = calendar_in(world, raw, 3) - int(world.calendar[0, 3])
    for hour in range(HOURS):
        out[hour] = world.climate[world.month[day], calendar_in(world, raw, 1), hour]


# --- The plan, which sees what slot and observation show -------------------------------------------------------------


@loop
def _plan_all(shown, prices, parameters, load_shape, sun_shape, shares):
    """Write the share of the rated power for each row into ``shares`` (N,)."""
    for i in range(len(shares)):
        power, capacity, efficiency = parameters[0, i], parameters[1, i], parameters[2, i]
        hour = 0
        while hour < HOURS and shown[i, CLOCK + hour] == 0.0:
            hour += 1
        if hour == HOURS:
            shares[i] = 0.0
            continue
        angle = math.atan2(shown[i, SEASON_SIN], shown[i, SEASON_COS])
        yearday = int(np.rint(angle * YEARDAYS / (2.0 * math.pi))) % YEARDAYS
        charge = np.float64(shown[i, CHARGE]) * capacity
        target, _ = best_charge(
            prices[i], load_shape[yearday], sun_shape[yearday], hour, charge, power, capacity, efficiency,
            parameters[3, i], parameters[4, i], parameters[5, i], parameters[6, i],
        )  # fmt: skip
        shares[i] = share_towards(target, charge, power, efficiency)


PLANNED = ("power", "capacity", "efficiency", "wear", "import_fee", "load_mean", "pv_peak")


def plan(view):
    """The best use of the rest of the day if what fills the slot ``forecast`` comes true.

    Args:
        view: What is shown of N environments, a ``PolicyView``; the slot estimates (N, 24) in €/MWh.

    Returns:
        (N, 1) float32 shares of the rated power, or (N,) int64 actions where these are discrete.

    Raises:
        ValueError: the slot ``forecast`` is not filled.
    """
    prices = np.ascontiguousarray(view.estimate("forecast"), np.float64)
    parameters = view.parameters
    shares = np.empty(view.num_envs)
    _plan_all(
        np.ascontiguousarray(view.observation["state"]),
        prices,
        np.stack([parameters[name] for name in PLANNED]),
        *site_shapes(),
        shares,
    )
    if hasattr(view.action_space, "n"):
        return REST + np.rint(shares * np.where(shares > 0.0, IN, OUT)).astype(np.int64)
    return shares[:, None].astype(np.float32)
