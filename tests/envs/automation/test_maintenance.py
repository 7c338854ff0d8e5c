"""Maintenance: its rules against a twin in plain Python, positions set by hand, what each parameter changes, starts."""

import numpy as np
import pytest

from ludus.data.plant.generated import generate_plant
from ludus.envs.automation.maintenance import PARAMETERS, SIMULATION
from ludus.envs.automation.maintenance.constants import FAILED, INSPECT, INSPECTED, REPAIR, REPAIRED, RUN
from ludus.envs.automation.maintenance.rules_wear import draw_gamma
from ludus.envs.engine.kernel_batch import KernelBatch
from ludus.envs.engine.simulation import Drift
from ludus.envs.make import make_batch
from maintenance_twin import Twin

MODULE, ID = "ludus.envs.automation.maintenance", "ludus/Maintenance-v0"
DEFAULTS = {name: parameter.default for name, parameter in PARAMETERS.items()}
NOISELESS = {"noise": 0.0, "shocks": 0.0}
WORDS = ("run", "inspect", "repair")
WORN = {"rate": 0.07, "spread": 0.5, "load_wear": 0.8, "income": 31.0, "inspection": 7.5, "repair": 44.0,
        "failure": 210.0, "repair_time": 1.4, "downtime": 2.6, "load_vibration": 0.4}  # fmt: skip


def drawing_of(batch, i):
    """Draws from the random stream of environment ``i`` as it is now: the numbers that its next steps will see."""
    record = np.zeros(1, [("rng", "u8")])[0]
    record["rng"] = batch.records["rng"][i]
    return lambda shape: draw_gamma(record, shape)


@pytest.mark.parametrize("parameters", [{}, WORN], ids=["default", "worn"])
def test_random_weeks_equal_the_twins(parameters):
    count = 40
    batch = KernelBatch(MODULE, count, autoreset_mode="Disabled", max_episode_steps=168, **parameters)
    batch.reset(seeds=range(count))
    series = generate_plant()
    rows = series.values[: series.splits["test"][0]]
    load, air = rows[:, 0].tolist(), rows[:, 1].tolist()
    twins = [
        Twin(
            {**DEFAULTS, **parameters},
            int(batch.records["hour"][i]),
            load,
            air,
            float(np.mean(load)),
            drawing_of(batch, i),
        )
        for i in range(count)
    ]
    generator = np.random.default_rng(0)
    b, failures = batch.buffers, 0
    for hour in range(168):
        for shown, twin in zip(b.observation.tolist(), twins, strict=True):
            assert shown == pytest.approx(twin.observation(), abs=1e-6)
        actions = generator.choice(3, count, p=[0.93, 0.05, 0.02])
        batch.step(actions)
        for i, twin in enumerate(twins):
            assert b.terms[i].tolist() == twin.step(WORDS[actions[i]])
            assert batch.records["wear"][i] == twin.wear
            assert not b.terminated[i]
            assert bool(b.truncated[i]) == (hour == 167)
        failures += int((b.terms[:, 3] < 0.0).sum())
    assert failures > 20


def test_without_noise_the_sensors_feel_what_the_card_says():
    batch = make_batch(ID, 8, monitor="raw", samples=3, **WORN, **NOISELESS)
    batch.reset(seeds=range(8))
    series = generate_plant()
    rows = series.values[: series.splits["test"][0]]
    load, air = rows[:, 0].tolist(), rows[:, 1].tolist()
    twins = [
        Twin({**DEFAULTS, **WORN}, int(batch.store["hour"][i]), load, air, float(np.mean(load)), drawing_of(batch, i))
        for i in range(8)
    ]
    generator = np.random.default_rng(1)
    temperatures = []
    for _ in range(100):
        raw = batch.shown("monitor")
        for seen, twin in zip(raw, twins, strict=True):
            vibration, temperature = twin.middle()
            assert seen[:, 0].tolist() == pytest.approx([vibration] * 3, rel=1e-6)
            temperatures += (seen[:, 1] - temperature).tolist()
        actions = generator.choice(3, 8, p=[0.9, 0.06, 0.04])
        batch.step(actions)
        for twin, action in zip(twins, actions, strict=True):
            twin.step(WORDS[action])
    assert np.mean(temperatures) == pytest.approx(0.0, abs=0.08)  # 2,400 of them, each ± 1 °C
    assert np.std(temperatures) == pytest.approx(1.0, abs=0.06)


def test_the_vibrations_noise_has_the_scale_and_the_shocks_that_are_asked_for():
    batch = make_batch(ID, 2000, monitor="raw", noise=0.3, shocks=0.2, samples=2)
    batch.seed_from(3)
    load = batch.world.load[batch.store["hour"] - 1]
    logs = np.log(batch.shown("monitor")[:, :, 0] / (1.2 * (1.0 + 1.5 * load))[:, None])
    assert logs.mean() == pytest.approx(0.2 * np.log(2.0), abs=0.02)
    assert logs.std() == pytest.approx((0.3**2 + 0.2 * 0.8 * np.log(2.0) ** 2) ** 0.5, abs=0.02)
    assert np.corrcoef(logs.T)[0, 1] == pytest.approx(0.0, abs=0.06)


def test_what_the_sensors_feel_takes_nothing_from_the_stream_and_is_another_in_each_episode():
    one, other = (make_batch(ID, 4, monitor=filling) for filling in ("raw", "truth"))
    for batch in (one, other):
        batch.reset(seeds=range(4), starts=[0, 0, 0, 0])
    first = one.shown("monitor").copy()
    assert len(np.unique(first[:, :, 0])) == 16
    one.refresh()
    assert (one.shown("monitor") == first).all()
    for _ in range(60):
        for batch in (one, other):
            batch.step(np.zeros(4, np.int64))
    assert (one.records["rng"] == other.records["rng"]).all()
    assert (one.records["wear"] == other.records["wear"]).all()
    one.reset(starts=[0, 0, 0, 0])  # the next episodes of the same environments
    assert not (one.shown("monitor") == first).any()


def set_up(wear=0.5, used=20, **parameters):
    batch = KernelBatch(MODULE, 1, autoreset_mode="Disabled", **parameters)
    batch.seed_from(0)
    batch.records["wear"], batch.records["used"] = wear, used
    batch.records["since"] = used
    batch.refresh()
    return batch


def test_a_look_shows_the_wear_and_the_machine_does_not_wear_meanwhile():
    batch = set_up(0.625, 30)
    batch.step(np.array([INSPECT]))
    assert batch.buffers.reward.tolist() == [-5.0]
    assert batch.records["wear"][0] == 0.625
    shown = batch.buffers.observation[0]
    assert shown[:3].tolist() == [np.float32(0.3), 0.625, 0.0]
    assert shown[6] == 0.0
    assert batch.records["hours"][0, 0] == INSPECTED
    batch.step(np.array([RUN]))
    assert batch.buffers.reward.tolist() == [20.0]
    assert batch.buffers.observation[0, 1:3].tolist() == [0.625, np.float32(0.01)]


def test_a_repair_takes_four_hours_and_costs_in_the_first():
    batch = set_up(0.9)
    rewards, standing = [], []
    for action in (REPAIR, REPAIR, INSPECT, RUN, RUN):
        batch.step(np.array([action]))
        rewards.append(batch.buffers.reward[0])
        standing.append(round(float(batch.buffers.observation[0, 6] * 24)))
    assert rewards == [-120.0, 0.0, 0.0, 0.0, 20.0]
    assert standing == [3, 2, 1, 0, 0]
    assert batch.records["used"][0] == 1
    assert batch.records["hours"][0, :5].tolist() == [REPAIRED] * 4 + [0]
    assert batch.records["wears"][0, :4].tolist() == [0.9, 0.0, 0.0, 0.0]


def test_a_failure_earns_nothing_stands_a_day_and_brings_a_new_part():
    batch = set_up(1.0 - 1e-15, rate=0.5)
    rewards = []
    for _ in range(26):
        batch.step(np.array([RUN]))
        rewards.append(batch.buffers.reward[0])
    assert rewards == [-600.0, *[0.0] * 24, 20.0]
    assert batch.records["hours"][0, :25].tolist() == [FAILED] * 25
    assert batch.records["wears"][0, :2].tolist() == [1.0, 0.0], "what the picture draws"
    assert batch.records["used"][0] == 1
    assert not batch.buffers.terminated.any()


@pytest.mark.parametrize(("hours", "stands"), [(0.0, 0), (0.4, 0), (0.6, 1), (2.5, 2), (3.5, 4)])
def test_durations_count_in_whole_hours(hours, stands):
    batch = set_up(1.0 - 1e-15, rate=0.5, downtime=hours)
    batch.step(np.array([RUN]))
    assert batch.records["standing"][0] == stands


def test_a_repair_takes_an_hour_at_least():
    batch = set_up(repair_time=1.0)
    batch.step(np.array([REPAIR]))
    assert batch.records["standing"][0] == 0
    batch.step(np.array([RUN]))
    assert batch.buffers.reward[0] == 20.0


def test_each_week_of_the_split_is_a_start_and_the_first_hour_follows_the_last():
    batch = KernelBatch(MODULE, 104, split="test", autoreset_mode="Disabled")
    assert SIMULATION.starts(batch.world) == 104
    batch.reset(starts=np.arange(104))
    assert batch.records["hour"].tolist() == [168 * week for week in range(104)]
    for _ in range(168):
        batch.step(np.zeros(104, np.int64))
    assert batch.records["hour"].tolist() == [*(168 * week for week in range(1, 104)), 0]
    assert batch.buffers.observation[-1, 3] == np.float32(batch.world.load[-1])
    assert batch.buffers.observation[-1, 4] == np.float32(batch.world.load[0])


def test_other_starts_are_any_hour_that_a_week_follows():
    batch = KernelBatch(MODULE, 20_000, split="test")
    batch.seed_from(0)
    hours = len(batch.world.load)
    assert hours == 104 * 168
    assert batch.records["hour"].min() < 5
    assert hours - 168 - 5 < batch.records["hour"].max() <= hours - 168
    assert len(np.unique(batch.records["hour"] % 168)) == 168


@pytest.mark.parametrize(
    ("name", "value"),
    [("rate", 0.04), ("spread", 0.6), ("load_wear", 1.0), ("income", 30.0), ("inspection", 9.0), ("repair", 90.0),
     ("failure", 900.0), ("repair_time", 8.0), ("downtime", 6.0)],
)  # fmt: skip
def test_each_parameter_changes_what_the_same_actions_earn_or_wear(name, value):
    earned = []
    for parameters in ({}, {name: value}):
        batch = KernelBatch(MODULE, 1, **parameters)
        batch.seed_from(5)
        total = 0.0
        for hour in range(300):
            batch.step(np.array([INSPECT if hour == 10 else REPAIR if hour == 30 else RUN]))
            total += batch.buffers.reward[0]
        earned.append((total, batch.records["wear"][0] if name == "load_wear" else 0.0))
    assert earned[0] != earned[1]


@pytest.mark.parametrize(("name", "value"), [("noise", 0.4), ("load_vibration", 0.2), ("shocks", 1.0)])
def test_each_parameter_of_the_sensors_changes_what_they_feel_and_nothing_else(name, value):
    seen = []
    for parameters in ({}, {name: value}):
        batch = make_batch(ID, 4, monitor="raw", **parameters)
        batch.seed_from(5)
        for _ in range(30):
            batch.step(np.zeros(4, np.int64))
        seen.append((batch.shown("monitor").copy(), batch.store["wear"].copy()))
    assert (seen[0][0][:, :, 0] != seen[1][0][:, :, 0]).all()
    assert (seen[0][0][:, :, 1] == seen[1][0][:, :, 1]).all()
    assert (seen[0][1] == seen[1][1]).all()


def test_a_rate_that_drifts_wears_faster():
    batch = KernelBatch(MODULE, 200, drift={"rate": Drift(0.2, 3, 0)}, spread=0.1)
    batch.seed_from(0)
    for _ in range(3):
        batch.step(np.zeros(200, np.int64))
    before = batch.records["wear"].copy()
    assert before.mean() == pytest.approx(0.06, abs=0.01)
    batch.step(np.zeros(200, np.int64))
    assert (batch.records["wear"] - before).mean() == pytest.approx(0.2, abs=0.02)


def test_the_rule_by_vibration_inverts_the_median_at_half_the_load():
    batch = make_batch(ID, 1, monitor="vibration", samples=5, **NOISELESS)
    batch.seed_from(0)
    rule, raw, out = (
        batch.slot_loop("monitor", "baselines", "vibration"),
        np.zeros((4, 5, 2), np.float32),
        np.zeros((4, 1)),
    )
    new = 1.2 * (1.0 + 1.5 * 0.5)
    raw[:, :, 0] = new * np.array([[1, 9, 1, 0, 1], [1.375] * 5, [2.5, 3, 2, 2.5, 9], [0.1, 0.1, 99, 99, 99]])
    out = out.astype(np.float32)
    rule(batch.world, raw, out)
    assert out[:, 0].tolist() == pytest.approx([0.0, 0.5, 1.0, 1.0], abs=1e-3)


def test_of_an_even_number_of_samples_the_median_lies_between_two():
    batch = make_batch(ID, 1, monitor="vibration", samples=2, **NOISELESS)
    batch.seed_from(0)
    rule, out = batch.slot_loop("monitor", "baselines", "vibration"), np.zeros((1, 1), np.float32)
    raw = 1.2 * 1.75 * np.array([[[1.75, 0.0], [1.0, 0.0]]], np.float32)
    rule(batch.world, raw, out)
    assert out[0, 0] == pytest.approx(0.5, abs=1e-3)  # 1.375 = 1 + 1.5 / 4
