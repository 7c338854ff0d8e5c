"""The rules of Maintenance: what an hour of running, inspecting or repairing does to the machine, and what it earns."""

import numpy as np

from ...engine.kernels import below, inlined, kernel, mix, uniform
from .constants import (
    FAILED,
    FAILURES,
    INCOME,
    INSPECT,
    INSPECTED,
    INSPECTION,
    RAN,
    REPAIRED,
    REPAIRS,
    RUN,
    WEEK,
)
from .rules_wear import draw_gamma


@inlined
def reset(s, world):
    s.hour = WEEK * s.start if s.start >= 0 else below(s, world.load.shape[0] - WEEK + 1)
    uniform(s)  # so that the sensors' noise is another one in each episode
    s.salt = mix(s.rng)
    s.stop = RAN
    s.standing = 0
    renew(s)


@kernel
def renew(s):
    """The part is as good as new."""
    s.wear = 0.0
    s.used = 0
    s.known = 0.0
    s.since = 0


@kernel
def whole_hours(hours):
    """A duration as it counts, in whole hours."""
    return int(np.rint(hours))


@kernel
def stop(s, why, hours):
    """The part is changed, for which the machine stands from the coming hour on."""
    renew(s)
    s.stop = why
    s.standing = hours


@inlined
def step(s, action, world, terms):
    at = (s.clock - 1) % WEEK
    was, wear = RAN, 0.0
    if s.standing > 0:
        s.standing -= 1
        was = s.stop
    elif action == RUN:
        speed = 1.0 - s.load_wear + s.load_wear * world.load[s.hour] / world.mean_load[0]
        scale = s.spread * s.spread
        s.wear += scale * draw_gamma(s, s.rate * speed / scale)
        s.used += 1
        s.since += 1
        if s.wear < 1.0:
            terms[INCOME] = s.income
            wear = s.wear
        else:
            terms[FAILURES] = -s.failure
            was, wear = FAILED, 1.0
            stop(s, FAILED, whole_hours(s.downtime))
    elif action == INSPECT:
        terms[INSPECTION] = -s.inspection
        s.known = s.wear
        s.since = 0
        was, wear = INSPECTED, s.wear
    else:
        terms[REPAIRS] = -s.repair
        was = REPAIRED
        wear = s.wear
        stop(s, REPAIRED, whole_hours(s.repair_time) - 1)
    s.wears[at] = wear  # what the picture shows once it is known
    s.hours[at] = was
    s.hour += 1
    if s.hour == world.load.shape[0]:
        s.hour = 0
    return False
