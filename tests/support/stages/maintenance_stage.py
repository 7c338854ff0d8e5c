"""What the tests of Maintenance's references share: the renewal formulae by SciPy, and long plays of a rule."""

import numpy as np
from scipy.integrate import quad
from scipy.stats import gamma

from ludus.envs.automation.maintenance import PARAMETERS
from ludus.envs.automation.maintenance.constants import REPAIR, RUN
from ludus.envs.engine.kernel_batch import KernelBatch

COSTS = ("rate", "spread", "income", "repair", "repair_time", "failure", "downtime")
DEFAULTS = {name: PARAMETERS[name].default for name in COSTS}


def cycle_gain(ran, fails, p):
    """€ an hour of cycles of ``ran`` hours, the failing one included, of which the share ``fails`` ends in failure."""
    earned = p["income"] * (ran - fails) - p["repair"] * (1.0 - fails) - p["failure"] * fails
    return earned / (ran + p["repair_time"] * (1.0 - fails) + p["downtime"] * fails)


def gain_of_limit(limit, **changed):
    """€ an hour of who repairs from ``limit`` on: the renewal-reward formula, by SciPy's gamma distribution."""
    p = {**DEFAULTS, **changed}
    scale = p["spread"] ** 2
    shape = p["rate"] / scale
    ran, fails = 1.0, gamma.sf(1.0, shape, scale=scale)
    for hour in range(1, 100_000):
        below = gamma.cdf(limit, hour * shape, scale=scale)  # so many hours, and the limit is not reached
        if below < 1e-10:
            break
        ran += below

        def last_jump(y, k=hour * shape):  # y = wear ** k takes the pole at 0 away
            wear = y ** (1.0 / k)
            front = np.exp(-wear / scale - k * np.log(scale) - log_gamma_plus_one(k))
            return front * gamma.sf(1.0 - wear, shape, scale=scale)

        fails += quad(last_jump, 0.0, limit ** (hour * shape), epsabs=1e-9, limit=200)[0]
    return cycle_gain(ran, fails, p)


def log_gamma_plus_one(k):
    from scipy.special import gammaln

    return gammaln(k + 1.0)


def gain_of_limit_exponential(limit, **changed):
    """The same in closed form for increments that are exponentially distributed: rate = spread squared.

    The hours before the limit are then a Poisson process along the wear, and what passes it is exponential again.
    """
    p = {**DEFAULTS, **changed}
    mean = p["rate"]
    assert abs(mean - p["spread"] ** 2) < 1e-12
    return cycle_gain(1.0 + limit / mean, np.exp(-(1.0 - limit) / mean), p)


def gain_of_age(age, **changed):
    """€ an hour of who repairs after ``age`` hours of running."""
    p = {**DEFAULTS, **changed}
    scale = p["spread"] ** 2
    alive = gamma.cdf(1.0, np.arange(1, age + 1) * p["rate"] / scale, scale=scale)
    return cycle_gain(1.0 + alive[:-1].sum(), 1.0 - alive[-1], p)


def play(rule, hours, count=2000, seed=0, **parameters):
    """(mean, standard error) of € an hour over ``count`` machines; ``rule(records)`` says which are to be repaired."""
    batch = KernelBatch("ludus.envs.automation.maintenance", count, **parameters)
    batch.seed_from(seed)
    earned = np.zeros(count)
    for _ in range(hours):
        repairs = rule(batch.records) & (batch.records["standing"] == 0)
        batch.step(np.where(repairs, REPAIR, RUN))
        earned += batch.buffers.reward
    return earned.mean() / hours, earned.std() / hours / count**0.5
