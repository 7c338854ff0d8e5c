"""Slots that show a path through time: what is observed begins with the present, whoever fills them."""

import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.vector import AutoresetMode
from hypothesis import given
from hypothesis import strategies as st

from ludus.agents.regret import Gauge
from ludus.components.component import Component
from ludus.envs.engine.slots.ahead import Ahead, ahead_space
from ludus.envs.engine.slots.slotted_batch import open_batch
from series_toy import HOURS, LAYOUT

TOY, SLOT = "series_toy", "forecast"


class Quantiles(Component):
    """Three numbers for each hour: 1, 2, 3 in the first, 4, 5, 6 in the next one …"""

    layout, quantiles = LAYOUT, (0.1, 0.5, 0.9)

    def __init__(self, shape=(HOURS, 3)):
        inf = np.inf
        ends = spaces.Box(-inf, inf, (LAYOUT.size,), np.float32), spaces.Box(-inf, inf, shape, np.float32)
        super().__init__(*ends)

    def forward(self, x, memory=()):
        import torch

        numbers = torch.arange(1, 1 + int(np.prod(self.output_space.shape)), dtype=torch.float32)
        return numbers.reshape(self.output_space.shape).expand(len(x), *self.output_space.shape)


def moved(path, hour):
    """(H, …) ``path`` from ``hour`` on, by hand."""
    return np.array([path[hour + h] if hour + h < len(path) else np.zeros_like(path[0]) for h in range(len(path))])


def rest():
    return np.zeros(3, np.int64)


@pytest.mark.parametrize("filling", ["truth", "yesterday", "published", "noisy:0.2", "blind"])
@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_what_is_observed_begins_with_the_present(filling, mode):
    batch = open_batch(TOY, 3, forecast=filling, autoreset_mode=mode)
    batch.reset(seeds=[0, 1, 2], starts=[0, 10, 20])
    for _ in range(5 * HOURS):
        for i in range(3):
            expected = moved(batch.shown(SLOT)[i], batch.records["hour"][i])
            assert (batch.buffers.observation[SLOT][i] == expected).all()
        batch.step(rest())
        ended = batch.buffers.terminated | batch.buffers.truncated
        if mode == AutoresetMode.DISABLED and ended.any():
            batch.reset(ended)


def test_the_end_of_an_episode_shows_the_day_that_would_come():
    batch = open_batch(TOY, 1)
    batch.reset(seeds=[0], starts=3)
    for _ in range(2 * HOURS):
        assert not batch.buffers.terminated.any()
        batch.step(np.zeros(1, np.int64))
    assert batch.buffers.terminated.all()
    assert (batch.buffers.final_observation[SLOT][0] == batch.world.prices[6].astype(np.float32)).all()


def test_quantiles_move_by_the_hour():
    batch = open_batch(TOY, 1, forecast=Quantiles())
    batch.reset(seeds=[0], starts=0)
    batch.step(np.zeros(1, np.int64))
    assert batch.buffers.observation[SLOT][0].tolist() == [[4, 5, 6], [7, 8, 9], [10, 11, 12], [0, 0, 0]]
    assert batch.estimate(SLOT)[0].tolist() == [2, 5, 8, 11]


def test_what_is_no_path_is_observed_as_it_is():
    batch = open_batch(TOY, 1, forecast="raw")
    batch.reset(seeds=[0], starts=0)
    whole = batch.shown(SLOT).copy()
    batch.step(np.zeros(1, np.int64))
    assert (batch.buffers.observation[SLOT] == whole).all()


def test_estimates_and_measures_keep_the_whole_path():
    batch = open_batch(TOY, 3, forecast="published")  # one too high everywhere
    batch.reset(seeds=[0, 1, 2], starts=[0, 10, 20])
    gauge = Gauge(batch, SLOT)
    for _ in range(HOURS - 1):
        gauge.look()
        batch.step(rest())
    assert gauge.measures["MAE"] == pytest.approx(1.0, abs=1e-5)
    assert gauge.measures["shape-MAE"] == pytest.approx(0.0, abs=1e-5)


def test_a_restored_batch_observes_what_it_did():
    batch, other = (open_batch(TOY, 3) for _ in "ab")
    batch.reset(seeds=[0, 1, 2])
    batch.step(rest())
    other.restore(batch.snapshot())
    assert (other.buffers.observation[SLOT] == batch.buffers.observation[SLOT]).all()
    assert (other.buffers.observation[SLOT][:, -1] == 0).all()


def test_records_set_by_hand_are_observed():
    batch = open_batch(TOY, 3)
    batch.reset(seeds=[0, 1, 2], starts=0)
    batch.records["hour"][1] = 2
    batch.refresh()
    assert (batch.buffers.observation[SLOT][1] == moved(batch.shown(SLOT)[1], 2)).all()


@given(st.integers(1, 6), st.integers(1, 4), st.integers(0, 9), st.integers(0, 2**32 - 1))
def test_any_path_moves_as_by_hand(length, width, hour, seed):
    paths = np.random.default_rng(seed).normal(size=(2, length, width)).astype(np.float32)
    store = np.zeros(2, [("x", "i4"), ("hour", "i8")])
    store["hour"] = [0, hour]
    ahead = Ahead("hour", paths, paths[:0])
    ahead.show(store, np.array([1]))
    assert (ahead.observation[0] == 0).all()  # a row that was not asked for
    assert (ahead.observation[1] == moved(paths[1], hour)).all()


def test_a_negative_present_is_refused():
    ahead = Ahead("hour", np.ones((2, 3), np.float32), np.ones((0, 3), np.float32))
    store = np.zeros(2, [("hour", "i8")])
    store["hour"][1] = -1
    with pytest.raises(IndexError, match="hour is -1, expected how many numbers are past"):
        ahead.show(store, np.arange(2))


def test_bounds_hold_wherever_the_path_begins():
    space = ahead_space(spaces.Box(np.float32([1, 5]), np.float32([2, 9])))
    assert space.low.tolist() == [0, 0]
    assert space.high.tolist() == [9, 9]
