"""Keyed and open slots: a forecast on a series that all environments share."""

import numpy as np
import pytest
import torch
from gymnasium import spaces

from ludus.agents.regret import Gauge
from ludus.components.component import Component
from ludus.components.layout import Layout, Part
from ludus.envs.checks.fuzz_demands import Fault
from ludus.envs.checks.fuzz_lockstep import Pair
from ludus.envs.engine.slots.keyed import BLOCK
from ludus.envs.engine.slots.slotted_batch import open_batch
from series_toy import HOURS, LAYOUT

TOY, SLOT = "series_toy", "forecast"
LEVELS = (0.1, 0.5, 0.9)


class Guess(Component):
    """A random layer over the past; counts what it was asked. With ``levels`` it gives quantiles."""

    layout = LAYOUT

    def __init__(self, levels=(), layout=LAYOUT, memory=(), outputs=None):
        inf = np.inf
        shape = outputs or ((HOURS, len(levels)) if levels else (HOURS,))
        ends = spaces.Box(-inf, inf, (layout.size,), np.float32), spaces.Box(-inf, inf, shape, np.float32)
        super().__init__(*ends, memory=memory)
        self.layout, self.quantiles, self.batches = layout, tuple(levels), []
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(3)
            self.layer = torch.nn.Linear(HOURS, HOURS)

    def forward(self, x, memory=()):
        self.batches.append(len(x))
        y = self.layer(self.layout.take(x, "past")[:, :, 0])
        return y[:, :, None] + torch.tensor([level - 0.5 for level in self.quantiles]) if self.quantiles else y


def play(batch, steps, seed=5):
    batch.seed_from(seed)
    actions = np.random.default_rng(0).integers(0, 2, (steps, batch.num_envs))
    seen = [batch.shown(SLOT).copy()]
    for row in actions:
        batch.step(row)
        seen.append(batch.shown(SLOT).copy())
    return np.array(seen)


def prices(batch, days):
    return batch.world.prices[np.asarray(days) + 1].astype(np.float32)


def test_the_truth_is_told_anew_when_the_day_changes():
    batch = open_batch(TOY, 3)
    batch.reset(seeds=[0, 1, 2], starts=[0, 10, 20])
    for _ in range(HOURS):
        assert (batch.shown(SLOT) == prices(batch, batch.records["day"])).all()
        batch.step(np.zeros(3, np.int64))
    assert batch.records["day"].tolist() == [1, 11, 21]
    assert (batch.shown(SLOT) == prices(batch, [1, 11, 21])).all()


def test_what_is_shown_stays_for_the_day():
    batch = open_batch(TOY, 1)
    batch.reset(seeds=[0], starts=3)
    batch.shown(SLOT)[...] = 7.0  # nothing writes there until the day changes
    for _ in range(HOURS - 1):
        batch.step(np.zeros(1, np.int64))
        assert (batch.shown(SLOT) == 7.0).all()
    batch.step(np.zeros(1, np.int64))
    assert (batch.shown(SLOT) == prices(batch, [4])).all()


def test_a_component_runs_once_for_each_block_of_keys():
    component = Guess()
    batch = open_batch(TOY, 64, forecast=component)
    play(batch, 200)
    assert component.batches == [BLOCK] * 3  # 600 days


def test_bits_depend_neither_on_the_batch_nor_on_who_asked_first():
    many = open_batch(TOY, 64, forecast=Guess())
    shown = play(many, 40)
    for i in (0, 17, 63):
        alone = open_batch(TOY, 1, forecast=Guess())
        alone.reset(seeds=[5 + i])
        actions = np.random.default_rng(0).integers(0, 2, (40, 64))[:, i]
        assert (alone.shown(SLOT)[0] == shown[0, i]).all()
        for t, action in enumerate(actions):
            alone.step(np.array([action]))
            assert (alone.shown(SLOT)[0] == shown[t + 1, i]).all()


@pytest.mark.parametrize("filling", ["truth", "noisy:0.3", "yesterday", "published", "component"])
@pytest.mark.parametrize("mode", ["SameStep", "NextStep"])
def test_a_restored_batch_shows_the_same_bits(filling, mode):
    def make():
        return open_batch(TOY, 8, forecast=Guess() if filling == "component" else filling, autoreset_mode=mode)

    batch, other = make(), make()
    batch.seed_from(1)
    actions = np.random.default_rng(0).integers(0, 2, (30, 8))
    for row in actions[:10]:
        batch.step(row)
    other.restore(batch.snapshot())
    for row in actions[10:]:
        batch.step(row)
        other.step(row)
        assert (batch.shown(SLOT) == other.shown(SLOT)).all()
        assert (batch.buffers.reward == other.buffers.reward).all()
    assert batch.snapshot() == other.snapshot()


def test_the_last_observation_shows_the_day_that_it_is_then():
    batch = open_batch(TOY, 2)
    batch.reset(seeds=[0, 1], starts=[3, 9])
    for _ in range(2 * HOURS):
        batch.step(np.zeros(2, np.int64))
    assert batch.buffers.terminated.all()
    assert (batch.buffers.final_observation[SLOT] == prices(batch, [5, 11])).all()
    assert (batch.shown(SLOT) == prices(batch, batch.records["day"])).all()


def test_one_slot_of_the_world_moves_the_truth_alone():
    """The unknown future changes: no rule, component or table made before sees it."""
    for filling, moves in (("yesterday", False), ("component", False), ("truth", True)):
        shown = []
        for change in (0.0, 50.0):
            batch = open_batch(TOY, 1, forecast=Guess() if filling == "component" else filling)
            batch.world.prices.flags.writeable = True
            batch.world.prices[12] += change  # of day 11
            batch.reset(seeds=[0], starts=11)
            shown.append(batch.shown(SLOT).copy())
        assert (shown[0] != shown[1]).any() == moves


def test_noise_has_the_error_that_its_level_says():
    days = 4000
    batch = open_batch(TOY, days - 1, forecast="noisy:0.4", days=days)
    batch.reset(seeds=range(days - 1), starts=np.arange(days - 1))
    errors = batch.shown(SLOT).astype(float) - prices(batch, np.arange(days - 1))
    assert np.abs(errors).mean() == pytest.approx(0.4 * 10.0, rel=0.03)
    assert errors.std(axis=0) == pytest.approx(np.full(HOURS, errors.std()), rel=0.05)
    assert np.corrcoef(errors[:, 0], errors[:, 1])[0, 1] == pytest.approx(0.8, abs=0.03)
    assert np.corrcoef(errors[:-1, 0], errors[1:, 0])[0, 1] == pytest.approx(0.0, abs=0.05)
    again = open_batch(TOY, 1, forecast="noisy:0.4", days=days)
    again.reset(seeds=[99], starts=7)
    assert (again.shown(SLOT)[0] == batch.shown(SLOT)[7]).all()


def test_tables_fill_by_name_by_file_and_as_arrays(tmp_path):
    batch = open_batch(TOY, 1)
    table = batch.world.prices[1:] - 2.0
    np.savetxt(tmp_path / "t.csv", table, delimiter=",")
    for filling, expected in (("published", 1.0), (table, -2.0), ({"table": table}, -2.0)):
        batch = open_batch(TOY, 2, forecast=filling)
        batch.reset(seeds=[0, 1], starts=[8, 9])
        assert batch.shown(SLOT) == pytest.approx(prices(batch, [8, 9]) + expected, abs=1e-4)
    batch = open_batch(TOY, 1, forecast=str(tmp_path / "t.csv"))
    batch.reset(seeds=[0], starts=8)
    assert batch.shown(SLOT) == pytest.approx(prices(batch, [8]) - 2.0, abs=1e-4)


def test_a_table_that_lacks_days_is_refused():
    with pytest.raises(
        ValueError, match="partial for slot forecast of series_toy covers 5 of 600 values of day, the f"
    ):
        open_batch(TOY, 1, forecast="partial")
    with pytest.raises(ValueError, match=r"float64 \(3, 4\), expected numbers \(600, 4\): a row for each day"):
        open_batch(TOY, 1, forecast=np.zeros((3, 4)))


def test_a_table_that_has_changed_is_refused(tmp_path):
    path = tmp_path / "t.csv"
    np.savetxt(path, np.zeros((600, HOURS)), delimiter=",")
    given = {"table": str(path), "sha256": "0" * 64}
    with pytest.raises(ValueError, match="t.csv has changed: its SHA-256 is"):
        open_batch(TOY, 1, forecast=given)
    with pytest.raises(ValueError, match="unknown entry 'sha' in slot forecast; did you mean"):
        open_batch(TOY, 1, forecast={"table": str(path), "sha": ""})


@pytest.mark.parametrize(
    ("past", "message"),
    [
        (Part("past", (HOURS + 2, 1), ("price",), "1h"), "its past has 6 rows, expected 4"),
        (Part("past", (HOURS, 1), ("load",), "1h"), "its past has the columns load, expected price"),
        (Part("past", (HOURS, 1), ("price",), "15min"), "its past is in steps of 15min, expected 1h"),
        (Part("history", (HOURS, 1), ("price",), "1h"), "its parts are history, calendar, expected past, calendar"),
    ],
)
def test_a_component_of_another_layout_is_refused_by_name(past, message):
    layout = Layout((past, LAYOUT.part("calendar")))
    with pytest.raises(ValueError, match=f"the component for slot forecast of series_toy does not fit: {message}"):
        open_batch(TOY, 1, forecast=Guess(layout=layout))


def test_an_open_slot_shows_quantiles_and_policies_read_their_middle():
    batch = open_batch(TOY, 4, forecast=Guess(LEVELS))
    assert batch.observation_space[SLOT].shape == (HOURS, 3)
    batch.seed_from(0)
    assert (batch.estimate(SLOT) == batch.shown(SLOT)[:, :, 1]).all()
    hour = batch.records["hour"]
    believed = batch.shown(SLOT)[np.arange(4), hour, 1] > 20.0
    assert (batch.heuristic(name="read") == believed).all()


def test_measures_of_an_open_slot():
    batch = open_batch(TOY, 16, forecast=Guess(LEVELS))
    batch.seed_from(0)
    gauge = Gauge(batch, SLOT)
    gauge.look()
    errors = batch.shown(SLOT)[:, :, 1].astype(float) - prices(batch, batch.records["day"])
    shape = errors - errors.mean(axis=1, keepdims=True)
    found = gauge.measures
    assert found["MAE"] == pytest.approx(np.abs(errors).mean())
    assert found["shape-MAE"] == pytest.approx(np.abs(shape).mean())
    assert 0.0 <= found["coverage"] <= 1.0
    levels, above = np.array(LEVELS), prices(batch, batch.records["day"])[..., None] - batch.shown(SLOT)
    assert found["pinball"] == pytest.approx(np.where(above > 0, levels * above, (levels - 1) * above).mean(), rel=1e-5)
    plain = Gauge(open_batch(TOY, 16, forecast="yesterday"), SLOT)
    assert np.isnan(plain.measures["pinball"])


def test_a_component_with_a_memory_is_refused():
    with pytest.raises(ValueError, match="remembers, and slot forecast of series_toy is answered once for each key"):
        open_batch(TOY, 1, forecast=Guess(memory=((2,),)))


@pytest.mark.parametrize("given", [{"randomize": {"scale": (1.0, 2.0)}}, {"drift": {"scale": {"to": 2.0, "at": 0}}}])
def test_equal_keys_sense_the_same_whatever_the_parameters(given):
    batch = open_batch(TOY, 30, forecast=Guess(), **given)
    batch.reset(seeds=range(30), starts=np.arange(30) // 3)
    assert (batch.shown(SLOT)[0] == batch.shown(SLOT)[2]).all()


def test_an_estimate_that_cannot_read_what_is_shown_is_refused_at_once():
    with pytest.raises(
        ValueError,
        match=r"estimate of slot forecast of series_toy made \(1, 2, 4\) of what is shown \(1, 2, 4, 1\), expected",
    ):
        open_batch(TOY, 1, forecast=Guess((0.5,), outputs=(2, HOURS, 1)))


def test_the_fuzzer_finds_a_key_that_a_drifting_parameter_betrays():
    """At the first fill the parameter is 0, as in an empty record: nothing is wrong yet."""
    batch = open_batch("series_toy_leaky", 2, forecast="yesterday", scale=0.0, drift={"scale": {"to": 1.0, "at": 3}})
    batch.seed_from(0)
    pair = Pair.__new__(Pair)
    pair._check_keys(batch)
    for _ in range(5):
        batch.step(np.zeros(2, np.int64))
    with pytest.raises(Fault, match="is not decided by day alone"):
        pair._check_keys(batch)


def test_a_raw_signal_that_something_else_decides_is_refused():
    batch = open_batch("series_toy_leaky", 4, forecast="yesterday")
    with pytest.raises(ValueError, match="the raw signal of slot forecast of series_toy_leaky is not decided by"):
        batch.seed_from(0)
