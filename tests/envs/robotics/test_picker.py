"""Picker's rules: step by step against a twin in plain Python, and in positions set by hand."""

import math

import numpy as np
import pytest

from ludus.envs.engine.kernel_batch import KernelBatch
from ludus.envs.engine.slots.slotted_batch import open_batch
from ludus.envs.make import make_batch
from ludus.envs.robotics.picker.constants import BURIED, CROOKED, EMPTY, GOOD, UNASKED
from picker_stage import DEFAULTS, ID, KINDS, MODULE, PARCELS
from picker_twin import Twin
from tabletop import Stream


def twins_of(batch, parameters, seeds):
    values = {**DEFAULTS, **parameters}
    return [Twin(values, Stream.seeded(seed), batch.world, KINDS) for seed in seeds]


def grasps(batch, generator):
    """Actions (N, 3): the plan, the plan beside the middle or turned, and anything."""
    actions = batch.heuristic().astype(float)
    n = len(actions)
    kind = generator.integers(5, size=n)
    beside = actions + generator.normal(0.0, 0.06, (n, 3)) * [1.0, 1.0, 0.0]
    turned = actions + generator.normal(0.0, 0.4, (n, 3)) * [0.0, 0.0, 1.0]
    middles = np.stack([batch.records["x"], batch.records["y"], 0.5 * np.ones((n, 8))], axis=2) * 2.0 - 1.0
    others = middles[np.arange(n), generator.integers(8, size=n)] + generator.uniform(-1, 1, (n, 3)) * [0.0, 0.0, 1.0]
    chosen = np.select([(kind == k)[:, None] for k in range(4)], [actions, beside, turned, others])
    anywhere = generator.uniform(-1.0, 1.0, (n, 3))
    return np.clip(np.where((kind == 4)[:, None], anywhere, chosen), -1.0, 1.0).astype(np.float32)


@pytest.mark.parametrize(
    ("episodes", "parameters"),
    [
        (300, {}),
        (100, {"lighting": 0.5, "rotation": 0.3, "tolerance": 0.1, "reach": 0.02, "ordered": 2.0, "wrong_cost": 3.0}),
        (100, {"fewest": 8.0, "scale_low": 0.5, "scale_high": 0.6, "least_visible": 0.9, "speed": 5.0, "wage": 0.7}),
    ],
)
def test_episodes_equal_the_twins(episodes, parameters):
    batch = open_batch(MODULE, episodes, autoreset_mode="Disabled", perception="truth", **PARCELS, **parameters)
    batch.reset(seeds=range(episodes))
    twins = twins_of(batch, parameters, range(episodes))
    b, records = batch.buffers, batch.records
    assert records["light"].tolist() == [twin.light for twin in twins]
    generator, running, results = np.random.default_rng(0), np.ones(episodes, bool), []
    for step in range(41):
        for i in np.flatnonzero(running):
            assert b.observation["state"][i].tolist() == pytest.approx(twins[i].observation(), abs=1e-6)
            np.testing.assert_allclose(b.observation["perception"][i], twins[i].rows(), rtol=0, atol=2e-6)
        if not running.any() or step == 40:
            break
        actions = grasps(batch, generator)
        batch.step(actions)
        for i in np.flatnonzero(running):
            terms, done = twins[i].step(actions[i].astype(float))
            assert b.terms[i].tolist() == pytest.approx(terms, abs=1e-6)
            assert bool(b.terminated[i]) == bool(records["success"][i]) == done
            assert records["seconds"][i] == pytest.approx(twins[i].seconds, abs=1e-5)
        results += records["result"][running].tolist()
        running &= ~b.terminated
        if b.terminated.any():
            batch.reset(b.terminated.copy())
    assert {GOOD, UNASKED, EMPTY, CROOKED, BURIED} <= set(results)


@pytest.fixture
def tray():
    """One environment with two items that are set by hand: a long one, and one under it."""
    batch = KernelBatch(MODULE, 1, autoreset_mode="Disabled", **PARCELS)
    batch.reset(seeds=[0])
    return batch


def lay(batch, **fields):
    for name, values in fields.items():
        batch.records[name][0, : len(values)] = values


def test_what_lies_above_is_taken_first_and_what_is_buried_is_not(tray):
    lay(tray, x=[0.5, 0.54], y=[0.5, 0.5], label=[2, 3], image=tray.world.order[tray.world.first[[2, 3]]].tolist())
    records = tray.records
    records["count"], records["taken"], records["wanted"] = 2, 0, 0
    records["wanted"][0, 3] = 1
    records["points"][0, :2] = 100
    records["seen"][0, 0] = 100
    records["seen"][0, 1, :2] = [30, 100]  # of the lower one three tenths are to be seen
    records["angle"][0, :2] = -np.nan_to_num(tray.world.axes[records["image"][0, :2]])
    at_lower, between = np.array([[0.08, 0.0, 0.0]], np.float32), np.array([[0.06, 0.0, 0.0]], np.float32)
    tray.step(np.array([[0.14, 0.0, 0.0]], np.float32))  # only the lower one is in reach
    assert (records["result"][0], records["last"][0]) == (BURIED, 1)
    tray.step(between)  # both are
    assert (records["result"][0], records["last"][0], records["taken"][0]) == (UNASKED, 0, 1)
    assert records["grip_x"][0] == 0.5
    assert not tray.buffers.terminated[0]
    tray.step(at_lower)
    assert (records["result"][0], records["taken"][0]) == (GOOD, 3)
    assert tray.buffers.terminated[0]
    assert tray.buffers.terms[0].tolist() == pytest.approx([1.0, 0.0, 0.0, -0.1 * (1.0 + 0.6 * 0.04 / 0.3)])


def test_an_axis_is_the_same_after_half_a_turn(tray):
    (i,) = [k for k in range(100) if not math.isnan(tray.world.axes[k])][:1]
    lay(tray, x=[0.5], y=[0.5], label=[int(tray.world.labels[i])], image=[i], points=[1])
    records = tray.records
    records["count"], records["seen"][0, 0] = 1, 1
    for turned, expected in ((0.5 * math.pi, GOOD), (-0.5 * math.pi, GOOD), (0.0, CROOKED)):
        records["taken"], records["wanted"] = 0, 1
        records["angle"][0, 0] = turned - tray.world.axes[i]
        tray.step(np.array([[0.0, 0.0, 1.0]], np.float32))
        assert records["result"][0] == expected


def test_the_clock_ends_what_is_not_filled():
    batch = make_batch(ID, 2, **PARCELS)
    batch.seed_from(0)
    for step in range(1, 41):
        batch.step(np.full((2, 3), -1.0, np.float32))
        assert batch.buffers.truncated.tolist() == [step == 40] * 2
        assert not batch.buffers.terminated.any()


def test_a_truth_is_told_when_something_was_taken():
    batch = make_batch(ID, 4, **PARCELS)
    batch.seed_from(0)
    told, before = batch.buffers.observation["perception"], None
    for _ in range(12):
        before, taken = told.copy(), batch.records["taken"].copy()
        batch.step(grasps(batch, np.random.default_rng(3)))
        same = (batch.records["taken"] == taken) & ~batch.buffers.terminated
        np.testing.assert_array_equal(told[same], before[same])
        assert (told[..., 0].sum(axis=1) == [bin(~int(t) & (1 << int(c)) - 1).count("1") for t, c in zip(
            batch.records["taken"], batch.records["count"], strict=True)]).all()  # fmt: skip
