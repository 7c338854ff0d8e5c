"""Bandit against a twin in plain Python, its changes by hand, and what its references earn."""

import math

import numpy as np
import pytest

from ludus.envs.engine import kernels
from ludus.envs.engine.kernel_batch import KernelBatch
from ludus.envs.games import bandit

BANDIT, MASK = "ludus.envs.games.bandit", 2**64 - 1


def mix(z):
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
    return z ^ (z >> 31)


class Twin:
    """The card in plain Python: first what the arm pays, then what changes, the values in order of the arms.

    Only the normal numbers come from the engine (`kernels.gaussian`, see test_kernels.py).
    """

    def __init__(self, seed, arms=10, spread=1.0, noise=1.0, walk=0.0, change_every=0):
        self.stream = np.zeros(1, [("rng", "u8")])[0]
        self.stream["rng"] = mix(mix((seed + 0x9E3779B97F4A7C15) & MASK))
        self.arms, self.spread, self.noise, self.walk, self.change_every = arms, spread, noise, walk, change_every
        self.reset()

    def normal(self, count):
        return [kernels.gaussian(self.stream) for _ in range(count)]

    def reset(self):
        self.clock = 0
        self.values = [self.spread * z for z in self.normal(self.arms)]

    def step(self, arm):
        """The payout, and whether no arm was better."""
        self.clock += 1
        best = self.values[arm] == max(self.values)
        payout = self.values[arm] + self.noise * self.normal(1)[0]
        if self.change_every and self.clock % self.change_every == 0:
            self.values = [self.spread * z for z in self.normal(self.arms)]
        elif self.walk:
            self.values = [v + self.walk * z for v, z in zip(self.values, self.normal(self.arms), strict=True)]
        return payout, best


WORLDS = [
    {},
    {"arms": 3},
    {"spread": 0.0, "walk": 0.01},
    {"change_every": 30, "noise": 0.2},
    {"arms": 2, "spread": 5.0, "walk": 0.3, "change_every": 7},
]


@pytest.mark.parametrize("world", WORLDS, ids=str)
def test_every_step_is_the_twins(world):
    """Three environments over two episodes; the compiler may fuse a product and a sum, which rounds otherwise."""
    batch = KernelBatch(BANDIT, 3, max_episode_steps=50, **world)
    batch.reset(seeds=[5, 2**40, 7])
    twins = [Twin(seed, **world) for seed in (5, 2**40, 7)]
    rng, best = np.random.default_rng(0), 0
    for t in range(100):
        actions = rng.integers(0, batch.action_space.n, 3)
        assert batch.heuristic().tolist() == [int(np.argmax(twin.values)) for twin in twins]
        batch.step(actions)
        expected = [twin.step(int(arm)) for twin, arm in zip(twins, actions, strict=True)]
        np.testing.assert_allclose(batch.buffers.reward, [payout for payout, _ in expected], rtol=0, atol=1e-12)
        assert batch.buffers.truncated.all() == (t % 50 == 49)
        if t % 50 == 49:  # the records belong to the next episode already
            for twin in twins:
                twin.reset()
        else:
            assert batch.records["was_best"].tolist() == [is_best for _, is_best in expected]
            best += int(batch.records["was_best"].sum())
        np.testing.assert_allclose(batch.records["values"], [twin.values for twin in twins], rtol=0, atol=1e-12)
        assert not batch.buffers.terminated.any()
        assert (batch.buffers.observation == 0).all()
    assert 0 < best < 294


def by_hand(values, **parameters):
    batch = KernelBatch(BANDIT, 1, arms=len(values), **parameters)
    batch.seed_from(0)
    batch.records["values"][0] = values
    return batch


def test_without_noise_an_arm_pays_its_value():
    batch = by_hand([0.5, -2.0, 3.25], noise=0.0)
    paid = []
    for arm in (1, 2, 0, 2):
        batch.step(np.array([arm]))
        paid.append(batch.buffers.reward[0])
    assert paid == [-2.0, 3.25, 0.5, 3.25]
    assert batch.records["counts"][0].tolist() == [1, 1, 2]
    assert (batch.records["arm"][0], batch.records["payout"][0]) == (2, 3.25)
    assert batch.records["values"][0].tolist() == [0.5, -2.0, 3.25]


def test_no_arm_counts_as_pulled_before_the_first_pull():
    batch = KernelBatch(BANDIT, 2)
    batch.reset(seeds=[0, 1])
    batch.step(np.array([1, 0]))
    assert batch.records["arm"].tolist() == [1, 0]
    batch.reset()
    assert batch.records["arm"].tolist() == [-1, -1]
    assert batch.records["payout"].tolist() == [0.0, 0.0]
    assert batch.records["was_best"].tolist() == [False, False]


def test_the_optimum_is_the_highest_value_and_of_several_the_first():
    batch = by_hand([0.5, 3.0, 3.0])
    assert batch.heuristic().tolist() == [1]
    seen = []
    for arm in range(3):
        batch.step(np.array([arm]))
        seen.append(bool(batch.records["was_best"][0]))
    assert seen == [False, True, True]


def test_was_best_is_about_the_values_before_they_change():
    batch = by_hand([1.0, 0.0], change_every=1, spread=0.0)
    batch.step(np.array([1]))
    assert not batch.records["was_best"][0]  # all are 0 by now
    assert batch.records["values"][0].tolist() == [0.0, 0.0]
    batch.step(np.array([1]))
    assert batch.records["was_best"][0]


def test_values_are_sampled_anew_after_the_step_and_only_then():
    batch = by_hand([9.0, -9.0], change_every=3, noise=0.0)
    seen = []
    for _ in range(6):
        batch.step(np.array([0]))
        seen.append((batch.buffers.reward[0], batch.records["values"][0, 0]))
    assert [paid for paid, _ in seen[:3]] == [9.0] * 3  # the third step is still the old world's
    assert seen[1][1] == 9.0
    assert abs(seen[2][1]) < 5.0
    assert [paid for paid, _ in seen[3:]] == [seen[2][1]] * 3
    assert seen[5][1] != seen[2][1]


def test_values_and_their_walk_have_the_stated_spread():
    batch = KernelBatch(BANDIT, 4000, spread=2.0, walk=0.1)
    batch.seed_from(0)
    start = batch.records["values"].copy()
    assert abs(start.mean()) < 4 * 2.0 / 200  # 40,000 numbers, four standard errors
    assert abs(start.std() - 2.0) < 4 * 2.0 / math.sqrt(2 * 40_000)
    for _ in range(25):
        batch.step(np.zeros(4000, int))
    moved = batch.records["values"] - start
    assert abs(moved.std() - 0.5) < 4 * 0.5 / math.sqrt(2 * 40_000)  # 0.1 * sqrt(25)
    assert abs(np.corrcoef(moved[:, 0], moved[:, 1])[0, 1]) < 4 / math.sqrt(4000)
    assert abs(np.corrcoef(moved[:, 0], start[:, 0])[0, 1]) < 4 / math.sqrt(4000)


@pytest.mark.parametrize("policy", ["random", "optimum"])
def test_the_references_earn_what_is_stated(policy):
    batch = KernelBatch(BANDIT, 4000, max_episode_steps=1000)
    batch.seed_from(0)
    rng = np.random.default_rng(0)
    for _ in range(1000):
        batch.step(batch.heuristic() if policy == "optimum" else rng.integers(0, 10, 4000))
    returns = batch.buffers.episode_return
    error = returns.std() / math.sqrt(len(returns))  # 5 for random, 9 for the optimum
    assert abs(returns.mean() - bandit.SIMULATION.scores[policy]) < 4 * error < 40


def test_the_optimum_score_is_a_thousand_times_the_best_of_ten_normal_numbers():
    x = np.linspace(-9.0, 9.0, 20_001)
    density = np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)
    below = np.array([0.5 * math.erfc(-value / math.sqrt(2)) for value in x])
    mean = (x * 10 * density * below**9).sum() * (x[1] - x[0])
    assert round(1000 * mean, 1) == bandit.SIMULATION.scores["optimum"]
