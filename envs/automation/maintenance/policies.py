"""The policies of Maintenance: when to repair, for whoever sees the wear, the age alone, or what fills the slot.

What a plan earns in the long run is what it earns in a cycle, from one new part to the next, divided by how long the
cycle takes (renewal-reward theorem; Barlow & Proschan 1965, *Mathematical Theory of Reliability*). Who sees the wear
repairs from a limit on: no plan is better where what is added does not depend on the wear (Taylor 1975, *Optimal
replacement under additive damage and other failure models*; van Noortwijk 2009).
"""

import numpy as np

from ...engine.compile.binding import loop
from ...engine.kernels import kernel, scratch
from .constants import HUNDRED, INSPECT, KNOWN, REPAIR, RUN, SINCE, STANDING
from .rules import whole_hours
from .rules_wear import chance_below, gamma_cdf

LEVELS = 50  # of wear in the dynamic programme
POINTS = LEVELS + 1
ROUNDS = 50  # of policy iteration, at most; it ends after about five
LEAST_LIMIT = 1e-6  # so that a new part is never repaired
MOST_AGE = 5_000  # h, beyond which no age is tried
GONE = 1e-9  # chance to be alive that ends the search of an age
DOUBT = 0.1  # chance that the limit is passed from which `confirm` takes a warning seriously
OVERDUE = 0.35  # and from which it looks without one


@kernel
def control_limit(rate, spread, income, repair, repair_time, failure, downtime):
    """(the wear from which on a repair pays, € an hour in the long run), for whoever sees the wear.

    A dynamic programme on ``LEVELS`` levels of wear, by policy iteration (Howard 1960): time is paid at the income of
    the round before. Since wear only grows, a round is one pass from wear 1 down. An hour's chance to fail is exact at
    each level, and between two levels the worth of a wear is taken as linear. The limit lies where the lines through
    the worth of running and of repairing cross; it is 1 where no repair pays.
    """
    scale = spread * spread
    shape, level = rate / scale, 1.0 / (LEVELS * scale)
    # Of what an hour adds: the chance to be below k levels, and of what lies between k and the next one the shares that
    # count as k and as k + 1, so that chance and mean are kept.
    alive, lower, upper = scratch(POINTS), scratch(POINTS), scratch(POINTS)
    worth, time = scratch(POINTS), scratch(POINTS)
    alive[0] = mean = 0.0
    for k in range(LEVELS):
        alive[k + 1] = gamma_cdf((k + 1) * level, shape)
        mean_above = shape * gamma_cdf((k + 1) * level, shape + 1.0) / level  # of what is below, in levels
        chance = alive[k + 1] - alive[k]
        upper[k] = mean_above - mean - k * chance
        lower[k] = chance - upper[k]
        mean = mean_above
    stands_repair, stands_failure = whole_hours(repair_time), 1 + whole_hours(downtime)
    gain, limit = 0.0, 1.0
    for _ in range(ROUNDS):
        limit, short = 1.0, 0.0  # short: by what running is worse than repairing at the level above
        stop = -repair - gain * stands_repair
        for i in range(LEVELS, -1, -1):
            lives = alive[LEVELS - i]
            value = lives * (income - gain) - (1.0 - lives) * (failure + gain * stands_failure)
            length = lives + (1.0 - lives) * stands_failure
            for k in range(LEVELS - i):
                if k > 0:
                    value += lower[k] * worth[i + k]
                    length += lower[k] * time[i + k]
                value += upper[k] * worth[i + k + 1]
                length += upper[k] * time[i + k + 1]
            if i < LEVELS:
                moves = 1.0 - lower[0]  # the share of the hour's outcomes that are not counted as no wear
                value, length = value / moves, length / moves
            if value >= stop or i == 0:
                if short > 0.0 and limit == 1.0:
                    limit = (i + (value - stop) / (value - stop + short)) / LEVELS
                worth[i], time[i] = value, length
            else:
                worth[i], time[i] = stop, stands_repair
                short = stop - value
        better = gain + worth[0] / time[0]
        if gain != 0.0 and better <= gain + 1e-9 * abs(gain):
            break
        gain = better
    return max(limit, LEAST_LIMIT), gain


@kernel
def best_age(rate, spread, income, repair, repair_time, failure, downtime):
    """(the hours of running after which a repair pays, € an hour in the long run), for whoever sees the age alone.

    Each age is tried: exact but for the sum's rounding. ``MOST_AGE`` where no repair pays before.
    """
    scale = spread * spread
    shape, most = rate / scale, 1.0 / scale
    stands_repair, stands_failure = whole_hours(repair_time), whole_hours(downtime)
    best, gain = MOST_AGE, -np.inf
    alive, ran, good = 1.0, 0.0, 0.0  # chance; hours that it runs, and that earn something
    for age in range(1, MOST_AGE + 1):
        ran += alive
        alive = gamma_cdf(most, age * shape)
        good += alive
        earned = good * income - alive * repair - (1.0 - alive) * failure
        found = earned / (ran + alive * stands_repair + (1.0 - alive) * stands_failure)
        if found > gain:
            best, gain = age, found
        if alive < GONE:
            best = MOST_AGE if best == age else best
            break
    return best, gain


@kernel
def limit_of(s):
    """The control limit with the parameters of this moment."""
    return control_limit(s.rate, s.spread, s.income, s.repair, s.repair_time, s.failure, s.downtime)[0]


@kernel
def heuristic(s, world, out):
    """Repair from the control limit on, by the wear that nobody sees."""
    out[0] = REPAIR if s.standing == 0 and s.wear > 0.0 and s.wear >= limit_of(s) else RUN


@kernel
def age_rule(s, world, out):
    """Repair at the best age, whatever the wear."""
    out[0] = RUN
    if s.standing == 0 and s.used > 0:
        age = best_age(s.rate, s.spread, s.income, s.repair, s.repair_time, s.failure, s.downtime)[0]
        out[0] = REPAIR if s.used >= age else RUN


@kernel
def run_to_failure(s, world, out):
    """Run until it breaks."""
    out[0] = RUN


# --- Policies that read the slot -------------------------------------------------------------------------------------

COSTS = ("rate", "spread", "income", "repair", "repair_time", "failure", "downtime")


@loop
def _limits(parameters, limits):
    """Write the control limit of each row of ``parameters`` (M, 7) into ``limits`` (M,)."""
    for i in range(len(limits)):
        p = parameters[i]
        limits[i] = control_limit(p[0], p[1], p[2], p[3], p[4], p[5], p[6])[0]


def control_limits(view):
    """(N,) the control limit of each environment of a ``PolicyView``: that of the truth."""
    rows, which = np.unique(np.stack([view.parameters[name] for name in COSTS], axis=1), axis=0, return_inverse=True)
    limits = np.empty(len(rows))
    _limits(rows, limits)
    return limits[which.ravel()]


def believed_wear(view):
    """(N,) what the slot says, but for what is known: exactly after a look, and that wear never shrinks."""
    told, state = view.estimate("monitor")[:, 0], view.observation["state"]
    known = state[:, KNOWN]
    return np.where(state[:, SINCE] == 0.0, known, np.maximum(told, known))


def repair_at(view, limit):
    """Repair where the wear that is believed is ``limit`` or more, (N,) or one number.

    Returns:
        (N,) int64 actions.

    Raises:
        ValueError: the slot ``monitor`` is not filled, or shows its raw signal.
    """
    wear = believed_wear(view)
    runs = view.observation["state"][:, STANDING] == 0.0
    return np.where(runs & (wear > 0.0) & (wear >= limit), REPAIR, RUN)


def limit(view):
    """Repair from the control limit on, as if what fills the slot were the truth; see ``repair_at``."""
    return repair_at(view, control_limits(view))


@loop
def _confirm_all(state, told, parameters, limits, warnings, actions):
    for i in range(len(actions)):
        known, since, most = np.float64(state[i, KNOWN]), np.float64(state[i, SINCE]) * HUNDRED, limits[i]
        actions[i] = RUN
        if state[i, STANDING] > 0.0:
            continue
        if known >= most:
            actions[i] = REPAIR
        elif since > 0.0:
            beyond = 1.0 - chance_below(most - known, since, parameters[i, 0], parameters[i, 1])
            if beyond >= OVERDUE or (beyond >= DOUBT and told[i] >= warnings[i]):
                actions[i] = INSPECT


def confirm_at(view, warning):
    """Look before a repair, and repair where what was seen is the control limit or more.

    It looks where the slot says ``warning`` or more ((N,) or one number; ``None`` for the control limit) and the chance
    that the limit is passed is ``DOUBT`` at least, by what was seen last and the hours since; and without a word of the
    slot where that chance is ``OVERDUE``.

    Returns, raises: as ``repair_at``.
    """
    actions, limits = np.empty(view.num_envs, np.int64), control_limits(view)
    _confirm_all(
        np.ascontiguousarray(view.observation["state"]),
        np.ascontiguousarray(view.estimate("monitor")[:, 0], np.float64),
        np.stack([view.parameters[name] for name in ("rate", "spread")], axis=1),
        limits,
        np.broadcast_to(np.asarray(limits if warning is None else warning, np.float64), limits.shape).copy(),
        actions,
    )
    return actions


def confirm(view):
    """Look before a repair where the slot says that the control limit is reached; see ``confirm_at``."""
    return confirm_at(view, None)
