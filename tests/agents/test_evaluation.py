"""Evaluation without bias: every environment plays the same number of episodes."""

import numpy as np
import pytest

from ludus.agents.evaluation import Evaluation, envs_for, evaluate, heuristic_policy, random_policy
from ludus.envs.make import make_batch


def go_right(batch):
    return np.ones(batch.num_envs, int)


def test_each_environment_plays_its_share():
    """On the chain, going right from a uniform start takes 3 steps on average; early finishers would make it less."""
    batch = make_batch("test/Chain-v0", 64)
    result = evaluate(batch, go_right, 64 * 20, seed=0)
    assert result.returns.tolist() == [1.0] * 1280
    assert result.lengths.mean() == pytest.approx(3.0, abs=0.15)


def test_same_seed_same_episodes_and_another_seed_others():
    batch = make_batch("ludus/CartPole-v1", 8)
    one = evaluate(batch, random_policy(1), 16, seed=5)
    assert (evaluate(batch, random_policy(1), 16, seed=5).returns == one.returns).all()
    assert (evaluate(batch, random_policy(1), 16, seed=6).returns != one.returns).any()


def test_the_random_policy_is_uniform_over_a_box_too():
    batch = make_batch("test/Slider-v0", 10_000)
    batch.seed_from(0)
    actions = random_policy(0)(batch)
    low, high = batch.action_space.low, batch.action_space.high
    assert actions.shape == (10_000, *low.shape)
    assert np.allclose(actions.mean(axis=0), (low + high) / 2, rtol=0.0, atol=0.06)
    assert np.allclose(actions.std(axis=0), (high - low) / 12**0.5, rtol=0.03)


def test_normalised_score_is_0_for_random_and_1_for_the_reference():
    batch = make_batch("ludus/CartPole-v1", 256)
    assert evaluate(batch, heuristic_policy, 256, seed=0).normalised == pytest.approx(1.0)
    assert evaluate(batch, random_policy(0), 2048, seed=0).normalised == pytest.approx(0.0, abs=0.004)


def test_interval_is_the_bootstraps():
    returns = np.arange(100.0)
    result = Evaluation(returns, returns, returns * 0, {})
    low, high = result.interval
    error = returns.std() / 10  # of the mean of 100
    assert low == pytest.approx(49.5 - 1.96 * error, abs=0.6)
    assert high == pytest.approx(49.5 + 1.96 * error, abs=0.6)
    assert result.normalised is None


def test_age_decides_which_world_is_met():
    batch = make_batch("ludus/CartPole-v1", 16, drift={"force": {"to": -10.0, "at": 1000}})
    assert evaluate(batch, heuristic_policy, 16, seed=0).mean == 500.0
    assert batch.parameters(0)["force"] == 10.0

    def deaf(batch):  # the heuristic of the world before
        actions = batch.heuristic()
        return actions if batch.parameters(0)["force"] > 0 else 1 - actions

    assert evaluate(batch, deaf, 16, seed=0, age=2000).mean < 30.0


@pytest.mark.parametrize(
    ("episodes", "expected"), [(1, 1), (64, 64), (256, 256), (512, 256), (100, 100), (514, 2), (257, 1)]
)
def test_episodes_are_shared_evenly(episodes, expected):
    assert envs_for(episodes) == expected


def test_uneven_shares_are_refused():
    with pytest.raises(ValueError, match=r"episodes \(10\) must be a multiple of the batch's 4 environments"):
        evaluate(make_batch("ludus/CartPole-v1", 4), random_policy(0), 10, seed=0)
    with pytest.raises(ValueError, match="episodes must be 1 … 100,000, got 0"):
        envs_for(0)
    assert envs_for(100_000) == 250
    with pytest.raises(ValueError, match="episodes must be 1 … 100,000, got 100,001"):
        envs_for(100_001)


def test_another_time_limit_is_another_world():
    """The reference scores hold for the registered limit, so there is no normalised score with another one."""
    for limit, known in ((500, True), (50, False)):
        batch = make_batch("ludus/CartPole-v1", 2, max_episode_steps=limit)
        result = evaluate(batch, heuristic_policy, 2, 0)
        assert (result.normalised is not None) == known
