"""What the tests of Battery share: a mixed-integer programme for a day, which is solved by HiGHS, and random prices."""

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

HOURS = 24
DEFAULTS = {
    "power": 1.0, "capacity": 2.0, "efficiency": 0.9, "wear": 4.0, "import_fee": 0.0, "load_mean": 0.0, "pv_peak": 0.0,
}  # fmt: skip


def best_day(prices, net=None, start=0.0, hour=0, **parameters):
    """What the rest of a day from ``hour`` on earns at most (€), with ``start`` MWh in the battery.

    The variables of each hour: bought for the battery, discharged, charge after the hour, taken from the grid (all
    MWh), given to it, whether it charges, whether the site takes. The two whole ones forbid to do both at once, which
    would pay where prices are negative.

    Args:
        prices: (24,) €/MWh. net: (24,) MW that the site takes without the battery.
    """
    p = {**DEFAULTS, **parameters}
    n = HOURS - hour
    prices, net = np.asarray(prices, float)[hour:], np.zeros(n) if net is None else np.asarray(net, float)[hour:]
    big = p["power"] + np.abs(net).max()
    bought, out, charge, taken, given, charges, takes = (slice(k * n, (k + 1) * n) for k in range(7))
    cost = np.zeros(7 * n)
    cost[taken], cost[given], cost[out] = prices + p["import_fee"], -prices, p["wear"]
    eye, rows, low, high = np.eye(n), [], [], []

    def demand(least, most, **terms):
        row = np.zeros((n, 7 * n))
        for name, matrix in terms.items():
            row[:, places[name]] = matrix
        rows.append(row)
        low.append(np.full(n, least) if np.isscalar(least) else least)
        high.append(np.full(n, most) if np.isscalar(most) else most)

    places = {"bought": bought, "out": out, "charge": charge, "taken": taken, "given": given, "charges": charges,
              "takes": takes}  # fmt: skip
    first = np.where(np.arange(n) == 0, start, 0.0)
    demand(first, first, charge=eye - np.eye(n, k=-1), bought=-p["efficiency"] * eye, out=eye)
    demand(net, net, taken=eye, given=-eye, bought=-eye, out=eye)
    demand(-np.inf, 0.0, bought=eye, charges=-p["power"] * eye)
    demand(-np.inf, p["power"], out=eye, charges=p["power"] * eye)
    demand(-np.inf, 0.0, taken=eye, takes=-big * eye)
    demand(-np.inf, big, given=eye, takes=big * eye)
    most = np.concatenate([np.full(2 * n, p["power"]), np.full(n, p["capacity"]), np.full(2 * n, big), np.ones(2 * n)])
    most[charge.stop - 1] = 0.0  # empty at midnight
    whole = np.concatenate([np.zeros(5 * n), np.ones(2 * n)])
    found = milp(
        cost, integrality=whole, bounds=Bounds(0.0, most),
        constraints=LinearConstraint(np.concatenate(rows), np.concatenate(low), np.concatenate(high)),
        options={"mip_rel_gap": 0.0},
    )  # fmt: skip
    assert found.status == 0, found.message
    return -found.fun


def random_days(count, generator):
    """(count, 24) prices of days that look like days; about a third of them have hours below zero."""
    hours = np.arange(HOURS)
    shape = 12.0 * np.sin(2.0 * np.pi * (hours - 9.0) / 24.0) + 8.0 * np.sin(4.0 * np.pi * (hours - 5.0) / 24.0)
    noise = generator.normal(0.0, 9.0, (count, HOURS))
    return np.round(generator.uniform(-5.0, 45.0, (count, 1)) + shape + noise, 2)


def play_plan(batch, days):
    """Play a week from each of ``days`` with the plan on what the slot shows.

    Returns:
        (N,) what was earned (€), the days, and the market's prices (D, 24).
    """
    batch.seed_from(0)
    batch.store["day"] = days
    batch.refresh()
    earned = np.zeros(batch.num_envs)
    for _ in range(7 * HOURS):
        batch.step(batch.heuristic(name="plan"))
        earned += batch.buffers.reward
    assert batch.buffers.terminated.all()
    return earned, days, batch.world.prices
