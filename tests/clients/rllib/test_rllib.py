"""RLlib's new API stack: PPO learns on our ids, as single environments and through the batch, and Ray Tune compares."""

import math

import gymnasium
import pytest
from ray import tune
from ray.rllib.algorithms.ppo import PPOConfig
from ray.rllib.connectors.env_to_module import FlattenObservations

from ludus.envs.engine.vector import VectorEnv


def configured(id, **environment):
    """A PPO that samples in this process; ``environment`` are the keywords of ``gymnasium.make``."""
    return (
        PPOConfig()
        .environment(id, env_config=environment)
        .env_runners(num_env_runners=0, num_envs_per_env_runner=8)
        .training(train_batch_size_per_learner=2048, minibatch_size=256, num_epochs=6, lr=3e-3, gamma=0.98)
        .debugging(seed=0, log_level="ERROR")
    )


def trained(config, iterations):
    """The mean returns and losses of so many iterations."""
    algorithm = config.build_algo()
    results = [algorithm.train() for _ in range(iterations)]
    algorithm.stop()
    returns = [result["env_runners"]["episode_return_mean"] for result in results]
    losses = [result["learners"]["default_policy"]["total_loss"] for result in results]
    assert all(map(math.isfinite, losses)), losses
    return returns


@pytest.mark.parametrize("vectorization", ["sync", "vector_entry_point"])
def test_ppo_learns_cartpole(vectorization, ray):
    config = configured("ludus/CartPole-v1").env_runners(gym_env_vectorize_mode=vectorization)
    returns = trained(config, 4)
    assert returns[0] < 40
    assert returns[-1] > 70  # random play earns 22


def test_ppo_learns_a_deterministic_frozen_lake(ray):
    config = configured("ludus/FrozenLake-v1", is_slippery=False)
    config.env_runners(env_to_module_connector=lambda env, spaces, device: FlattenObservations())  # one-hot
    returns = trained(config, 6)
    assert returns[0] < 0.2
    assert returns[-1] > 0.3  # random play earns 0.014


def test_rllib_steps_our_batch_and_its_keywords_reach_it(ray):
    config = configured("ludus/CartPole-v1", gravity=5.0).env_runners(gym_env_vectorize_mode="vector_entry_point")
    algorithm = config.build_algo()
    env = algorithm.env_runner.env.unwrapped
    env.reset(seed=0)
    assert isinstance(env, VectorEnv)
    assert env.batch.records["gravity"].tolist() == [5.0] * 8
    algorithm.stop()


def test_an_environment_of_ours_is_found_in_another_process(ray):
    config = configured("ludus:ludus/CartPole-v1").env_runners(num_env_runners=1)
    assert 9 < trained(config, 1)[0] < 60


def test_ray_tune_finds_the_learning_rate_that_learns(ray, tmp_path):
    config = configured("ludus:ludus/CartPole-v1").training(lr=tune.grid_search([1e-7, 3e-3]))
    results = tune.Tuner(
        "PPO",
        param_space=config,
        run_config=tune.RunConfig(stop={"training_iteration": 4}, storage_path=str(tmp_path), verbose=0),
    ).fit()
    assert len(results) == 2
    assert not results.errors
    best = results.get_best_result("env_runners/episode_return_mean", mode="max")
    assert best.config["lr"] == 3e-3
    assert best.metrics["env_runners"]["episode_return_mean"] > 60


def test_the_piece_of_python_on_the_page_runs(ray, snippets):
    names: dict = {}
    exec(snippets["RLlib"], names)
    assert 9 < names["result"]["env_runners"]["episode_return_mean"] < 100


def test_ludus_runs_on_the_gymnasium_that_ray_pins():
    assert gymnasium.__version__ == "1.2.2"
