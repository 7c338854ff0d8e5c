"""The plan of Battery: equal to a mixed-integer programme where it says so, near it elsewhere, blind to the future."""

from dataclasses import replace

import gymnasium
import numpy as np
import pytest

import ludus  # noqa: F401
from battery_stage import DEFAULTS, best_day, play_plan, random_days
from ludus.envs.automation.battery import rules_market
from ludus.envs.automation.battery.policies import best_charge, nearest_action, share_towards
from ludus.envs.automation.battery.rules_market import load_prices
from ludus.envs.automation.battery.rules_site import site_shapes

NOTHING = np.zeros(24)
LOAD, SUN = site_shapes()
JUNE = 170  # day of the year
GENERATED = load_prices("generated")


def planned(prices, hour=0, charge=0.0, yearday=JUNE, **parameters):
    """(the next charge, what the plan says that the rest of the day earns)."""
    p = {**DEFAULTS, **parameters}
    site = LOAD[yearday], SUN[yearday]
    order = ("power", "capacity", "efficiency", "wear", "import_fee", "load_mean", "pv_peak")
    return best_charge(prices, *site, hour, charge, *(p[name] for name in order))


def net_of(yearday=JUNE, **parameters):
    p = {**DEFAULTS, **parameters}
    return p["load_mean"] * LOAD[yearday] - p["pv_peak"] * SUN[yearday]


def days_of_the_market(count):
    """(count, 24) days of the generated market: the lowest hours among them, and others evenly."""
    prices = GENERATED.values[:, 0].reshape(-1, 24)
    lowest = np.argsort(prices.min(axis=1))[: count // 2]
    return np.concatenate([prices[lowest], prices[:: len(prices) // (count - len(lowest))][: count - len(lowest)]])


def test_the_plan_equals_the_programme_with_the_default_parameters():
    days = np.concatenate([days_of_the_market(16), random_days(16, np.random.default_rng(1))])
    assert (days < 0.0).any(axis=1).sum() >= 10
    for prices in days:
        assert planned(prices)[1] == pytest.approx(best_day(prices), abs=1e-9)


def test_the_plan_equals_the_programme_from_any_hour_and_level():
    generator = np.random.default_rng(2)
    for prices in random_days(24, generator):
        hour = int(generator.integers(24))
        charge = int(generator.integers(0, min(20, 10 * (24 - hour)) + 1)) / 10.0
        value = best_day(prices, start=charge, hour=hour)
        assert planned(prices, hour, charge)[1] == pytest.approx(value, abs=1e-9)


def test_following_the_plan_earns_what_it_says():
    for prices in random_days(10, np.random.default_rng(3)):
        charge, earned = 0.0, 0.0
        for hour in range(24):
            target, _ = planned(prices, hour, charge)
            gained = target - charge
            earned -= prices[hour] * (gained / 0.9 if gained > 0.0 else gained) - 4.0 * min(gained, 0.0)
            charge = target
        assert charge == 0.0
        assert earned == pytest.approx(planned(prices)[1], abs=1e-9)


# Parameters whose ends are not all levels of charge; docs/battery.md says how much the plan may lose there.
OTHERS = (
    {"efficiency": 0.85},
    {"efficiency": 0.95},
    {"power": 0.7},
    {"capacity": 1.3},
    {"import_fee": 20.0, "load_mean": 1.0, "pv_peak": 2.0},
    {"capacity": 7.7, "power": 0.5, "efficiency": 0.83},
)


@pytest.mark.parametrize("parameters", OTHERS, ids=lambda p: " ".join(p))
def test_the_plan_is_near_the_programme_with_others(parameters):
    days = random_days(12, np.random.default_rng(4))
    net = net_of(**parameters)
    fee = parameters.get("import_fee", 0.0)
    idle = -(days * net).sum() - fee * 12 * np.maximum(net, 0.0).sum()
    best = sum(best_day(prices, net, **parameters) for prices in days)
    reached = sum(planned(prices, **parameters)[1] for prices in days)
    assert reached <= best + 1e-6, "nobody earns more than the programme"
    assert best - reached <= 0.006 * (best - idle)


def test_a_site_alone_earns_nothing_with_flat_prices_but_saves_the_fee():
    flat = np.full(24, 30.0)
    fee = {"import_fee": 50.0, "load_mean": 0.5, "pv_peak": 3.0, "wear": 0.0}
    net = net_of(**fee)
    idle = -(flat * net).sum() - 50.0 * np.maximum(net, 0.0).sum()
    assert planned(flat, **fee)[1] > idle + 20.0
    assert planned(flat)[1] == 0.0


def test_actions_round_to_the_nearest():
    assert [nearest_action(share) for share in (-1.0, -0.06, -0.04, 0.0, 0.05, 0.06, 1.0)] == [0, 9, 10, 10, 10, 11, 19]
    assert share_towards(0.9, 0.0, 1.0, 0.9) == 1.0
    assert share_towards(0.0, 2.0, 1.0, 0.9) == -1.0


@pytest.mark.parametrize("id", ["ludus/Battery-v0", "ludus/BatteryDiscrete-v0"])
def test_with_the_truth_a_week_earns_the_sum_of_its_days(id):
    env = gymnasium.make_vec(id, num_envs=3)
    earned, days, prices = play_plan(env.unwrapped.batch, [0, 700, 1400])
    for week, first in enumerate(days):
        best = sum(best_day(prices[day]) for day in range(first, first + 7))
        # Single precision of a Box's actions: each of 168 is rounded by 6e-8 at most, at prices up to 300 €/MWh.
        assert earned[week] == pytest.approx(best, abs=2e-3 if id == "ludus/Battery-v0" else 1e-9)
    env.close()


DAY = 50  # of the test split


@pytest.fixture
def other_future(monkeypatch):
    """Call it, and all prices from midnight of day ``DAY`` on are others; what is known in advance stays."""
    values = GENERATED.values.copy()
    midnight = GENERATED.splits["test"][0] + 24 * DAY
    values[midnight:, 0] = values[midnight:, 0][::-1] * 1.7 - 20.0

    def change():
        monkeypatch.setattr(rules_market, "load_prices", lambda data: replace(GENERATED, values=values))
        rules_market._market.cache_clear()

    yield change
    monkeypatch.undo()
    rules_market._market.cache_clear()


def actions_of_a_day(forecast):
    env = gymnasium.make_vec("ludus/BatteryDiscrete-v0", num_envs=1, forecast=forecast, split="test")
    batch = env.unwrapped.batch
    batch.seed_from(1)
    batch.store["day"] = DAY
    batch.refresh()
    actions = []
    for _ in range(24):
        actions.append(int(batch.heuristic(name="plan")[0]))
        batch.step(np.array(actions[-1:]))
    env.close()
    return actions


@pytest.mark.parametrize("forecast", ["naive", "seasonal-naive", "weekly", "climatology", "truth"])
def test_the_plan_sees_nothing_of_the_prices_that_will_come(other_future, forecast):
    before = actions_of_a_day(forecast)
    assert len(set(before)) > 1, "it does something"
    other_future()
    assert (actions_of_a_day(forecast) == before) == (forecast != "truth")
