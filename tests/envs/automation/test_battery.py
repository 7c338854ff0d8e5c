"""Battery: its rules against a twin in plain Python, positions set by hand, what each parameter changes, its scores."""

from datetime import date, timedelta

import numpy as np
import pytest

from battery_twin import Twin, load_share, sun_share
from ludus.envs.automation.battery import PARAMETERS
from ludus.envs.automation.battery.constants import CLOCK, NET_LOAD
from ludus.envs.automation.battery.rules_market import load_prices, make_market
from ludus.envs.engine.kernel_batch import KernelBatch
from ludus.envs.engine.simulation import Drift

BOX, DISCRETE = "ludus.envs.automation.battery", "ludus.envs.automation.battery_discrete"
DEFAULTS = {name: parameter.default for name, parameter in PARAMETERS.items()}
SITE = {"load_mean": 1.5, "pv_peak": 4.0, "import_fee": 12.0}


def dated_prices():
    """What the market pays, by date: from the series, not from the environment's world."""
    series = load_prices("generated")
    days = series.times.astype("datetime64[D]")[::24].tolist()
    return dict(zip(days, np.float32(series.values[:, 0]).astype(float).reshape(-1, 24).tolist(), strict=True))


PRICES = dated_prices()


def twins_of(batch, parameters):
    first = date(1970, 1, 1)
    days = batch.world.calendar[batch.records["day"], 3]
    values = {**DEFAULTS, **parameters}
    return [Twin(values, first + timedelta(days=int(day)), PRICES, load_share, sun_share) for day in days]


@pytest.mark.parametrize(
    "parameters",
    [{}, SITE, {"power": 0.37, "capacity": 2.9, "efficiency": 0.77, "wear": 11.0}, {"power": 3.0, "capacity": 1.1}],
    ids=["default", "site", "slow", "fast"],
)
@pytest.mark.parametrize("module", [BOX, DISCRETE])
def test_random_weeks_equal_the_twins(module, parameters):
    episodes = 60
    batch = KernelBatch(module, episodes, autoreset_mode="Disabled", **parameters)
    batch.reset(seeds=range(episodes))
    twins = twins_of(batch, parameters)
    generator = np.random.default_rng(0)
    b = batch.buffers
    for hour in range(7 * 24):
        for shown, twin in zip(b.observation.tolist(), twins, strict=True):
            assert shown == pytest.approx(twin.observation(), abs=2e-5)  # rounded shapes
        if module == BOX:
            actions = np.clip(generator.normal(0.1, 0.8, (episodes, 1)), -1.0, 1.0).astype(np.float32)
            shares = actions[:, 0].tolist()
        else:
            actions = generator.integers(0, 20, episodes)
            shares = [(a - 10) / (9 if a > 10 else 10) for a in actions.tolist()]
        batch.step(actions)
        for i, (twin, share) in enumerate(zip(twins, shares, strict=True)):
            terms, done = twin.step(share)
            assert batch.records["charge"][i] == pytest.approx(twin.stored, abs=1e-12)
            assert b.terms[i].tolist() == pytest.approx(terms, abs=1e-9 if parameters != SITE else 5e-3)
            assert bool(b.terminated[i]) == done == (hour == 167)
    for shown, twin in zip(b.observation.tolist(), twins, strict=True):
        assert shown == pytest.approx(twin.observation(), abs=2e-5)
    assert np.abs(batch.records["charge"]).max() == 0.0


def test_the_day_keeps_account_for_the_picture():
    batch = KernelBatch(BOX, 8, autoreset_mode="Disabled", **SITE)
    batch.reset(seeds=range(8))
    batch.step(np.ones((8, 1), np.float32))
    batch.reset(seeds=range(8))  # and begins anew
    assert not batch.records["charges"].any()
    generator, earned = np.random.default_rng(1), np.zeros(8)
    for hour in range(7 * 24):
        assert batch.records["today"].tolist() == pytest.approx(earned.tolist(), abs=1e-9)
        before = batch.records["charge"].copy()
        batch.step(generator.uniform(-1.0, 1.0, (8, 1)).astype(np.float32))
        earned += batch.buffers.terms.sum(axis=1)
        gained = batch.records["charge"] - before
        bought = np.where(gained > 0.0, gained / 0.9, gained)
        assert batch.records["exchange"].tolist() == pytest.approx(bought.tolist(), abs=1e-12)
        assert (batch.records["charges"][:, hour % 24] == batch.records["charge"]).all()
        if hour % 24 == 23 and hour < 167:
            earned[:] = 0.0


def set_up(module=BOX, hour=0, charge=0.0, **parameters):
    batch = KernelBatch(module, 1, autoreset_mode="Disabled", **parameters)
    batch.seed_from(0)
    batch.records["hour"], batch.records["charge"] = hour, charge
    batch.refresh()
    return batch


@pytest.mark.parametrize(
    ("hour", "charge", "share", "after", "exchange"),
    [
        (0, 0.0, 1.0, 0.9, 1.0),
        (0, 0.0, -1.0, 0.0, 0.0),  # there is nothing to sell
        (5, 1.5, 1.0, 2.0, 0.5 / 0.9),  # full
        (5, 0.4, -1.0, 0.0, -0.4),
        (21, 1.9, 0.0, 1.9, 0.0),  # two hours are left after this one: just enough
        (22, 1.9, 0.0, 1.0, -0.9),  # one is left: what exceeds it must go now
        (22, 0.6, 1.0, 1.0, 0.4 / 0.9),  # what is charged must go out in the last hour
        (22, 1.0, 1.0, 1.0, 0.0),
        (23, 0.7, 1.0, 0.0, -0.7),  # midnight
        (23, 1.0, 0.0, 0.0, -1.0),
        (23, 0.0, 1.0, 0.0, 0.0),
    ],
)
def test_an_action_is_moved_to_the_nearest_that_is_possible(hour, charge, share, after, exchange):
    batch = set_up(hour=hour, charge=charge)
    price = batch.world.prices[batch.records["day"][0], hour]
    batch.step(np.array([[share]]))
    assert batch.records["charge"][0] == pytest.approx(after, abs=1e-12)
    assert batch.records["exchange"][0] == pytest.approx(exchange, abs=1e-12)
    market, wear, fee = batch.buffers.terms[0]
    assert market == pytest.approx(-price * exchange, abs=1e-9)
    assert wear == pytest.approx(4.0 * min(exchange, 0.0), abs=1e-12)
    assert fee == 0.0


@pytest.mark.parametrize(("action", "change"), [(0, -1.0), (9, -0.1), (10, 0.0), (11, 0.1), (15, 0.5), (19, 0.9)])
def test_discrete_actions_are_tenths_of_a_megawatt_hour(action, change):
    batch = set_up(DISCRETE, hour=8, charge=1.0)
    batch.step(np.array([action]))
    assert batch.records["charge"][0] == pytest.approx(1.0 + change, abs=1e-12)


def test_the_week_ends_after_168_hours_and_its_last_midnight_belongs_to_it():
    batch = KernelBatch(BOX, 2, autoreset_mode="Disabled")
    batch.seed_from(0)
    first = batch.records["day"].copy()
    for hour in range(168):
        assert not batch.buffers.terminated.any()
        assert batch.buffers.observation[0, CLOCK + hour % 24] == 1.0
        batch.step(np.zeros((2, 1)))
    assert batch.buffers.terminated.all()
    assert not batch.buffers.truncated.any()
    assert (batch.records["day"] == first + 6).all()
    assert (batch.buffers.observation[:, CLOCK : CLOCK + 24] == 0.0).all()


def test_the_last_week_of_a_split_can_be_played():
    batch = KernelBatch(BOX, 4000, split="test", autoreset_mode="Disabled")
    batch.seed_from(0)
    days = len(batch.world.prices)
    assert days == 728
    assert batch.records["day"].min() == 0
    assert batch.records["day"].max() == days - 7


def test_parameters_that_shrink_lose_what_no_longer_fits():
    batch = KernelBatch(BOX, 1, drift={"capacity": Drift(0.5, 3, 0)})
    batch.seed_from(0)
    for _ in range(3):
        batch.step(np.ones((1, 1)))
    assert batch.records["charge"][0] == 2.0
    batch.step(np.zeros((1, 1)))
    assert batch.records["charge"][0] == 0.5
    assert batch.buffers.reward[0] == 0.0


@pytest.mark.parametrize(
    ("name", "value", "sign"),
    [
        ("power", 0.5, 0), ("capacity", 1.0, 0), ("efficiency", 0.8, -1), ("wear", 9.0, -1), ("import_fee", 5.0, -1),
        ("load_mean", 1.0, -1), ("pv_peak", 1.0, 1),
    ],
)  # fmt: skip
def test_each_parameter_changes_what_the_same_actions_earn(name, value, sign):
    earned = []
    for parameters in ({}, {name: value}):
        batch = KernelBatch(BOX, 1, **parameters)
        batch.seed_from(5)
        total = 0.0
        for hour in range(24):
            batch.step(np.full((1, 1), 1.0 if hour < 3 else -1.0 if hour > 18 else 0.0))
            total += batch.buffers.reward[0]
        earned.append(total)
    assert earned[0] != earned[1]
    assert sign == 0 or np.sign(earned[1] - earned[0]) == sign


def test_the_net_load_is_in_its_bounds_at_every_hour_of_the_year():
    market = make_market("generated", "train", 672)
    assert market.load_shape.max() <= 1.7
    assert market.load_shape.min() > 0.0
    assert market.load_shape.mean() == pytest.approx(1.0, abs=1e-3)
    assert market.sun_shape.min() == 0.0
    assert market.sun_shape.max() <= 1.0
    batch = KernelBatch(BOX, 1, load_mean=2.0, pv_peak=3.0)
    assert batch.observation_space.low[NET_LOAD] == -3.0
    assert batch.observation_space.high[NET_LOAD] == pytest.approx(3.4)
