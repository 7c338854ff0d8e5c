"""Tianshou: what its collector stores is what the bare environments do, and DQN learns from it."""

import gymnasium
import numpy as np
import pytest
import torch
from tianshou.algorithm import DQN
from tianshou.algorithm.modelfree.dqn import DiscreteQLearningPolicy
from tianshou.algorithm.optim import AdamOptimizerFactory
from tianshou.data import Collector, CollectStats, VectorReplayBuffer
from tianshou.env import DummyVectorEnv
from tianshou.trainer import OffPolicyTrainerParams
from tianshou.utils.net.common import Net


def environments(id, number):
    return DummyVectorEnv([lambda: gymnasium.make(id)] * number)


def policy(env, epsilon, inference=0.0):
    net = Net(state_shape=env.observation_space.shape, action_shape=env.action_space.n, hidden_sizes=[64, 64])
    space = env.action_space
    return DiscreteQLearningPolicy(model=net, action_space=space, eps_training=epsilon, eps_inference=inference)


@pytest.mark.parametrize("name", ["CartPole-v1", "Snake-v1"])  # Snake's info holds a mask, which the collector stores
def test_what_the_collector_stores_is_what_the_bare_environments_do(name, play):
    env, bare = environments(f"ludus/{name}", 3), gymnasium.make(f"ludus/{name}")
    bare.action_space.seed(0)
    buffer = VectorReplayBuffer(3000, 3)
    # Random in both modes: what an untrained network would do depends on torch's seed, and may never end.
    collector = Collector(policy(bare, epsilon=1.0, inference=1.0), env, buffer, exploration_noise=True)
    env.seed([5, 6, 7])
    collector.reset()
    np.random.seed(0)  # noqa: NPY002 (what Tianshou explores with)
    collector.collect(n_episode=6)
    for i, part in enumerate(buffer.buffers):
        stored = part[: len(part)]
        length = int(np.argmax(stored.done)) + 1
        actions = stored.act[:length].tolist()
        observations, rewards, terminated, truncated, infos = play(f"ludus/{name}", 5 + i, actions, first=stored.obs[0])
        np.testing.assert_array_equal(stored.obs[:length], observations[:-1])
        np.testing.assert_array_equal(stored.obs_next[:length], observations[1:])
        np.testing.assert_array_equal(stored.rew[:length], rewards)
        assert (stored.terminated[length - 1], stored.truncated[length - 1]) == (terminated[-1], truncated[-1])
        np.testing.assert_array_equal(
            stored.info["totals"]["return"][:length], [i["totals"]["return"] for i in infos[1:]]
        )
        if "action_mask" in infos[0]:
            np.testing.assert_array_equal(stored.info["action_mask"][:length], [i["action_mask"] for i in infos[1:]])


def test_dqn_learns_cartpole():
    np.random.seed(1)  # noqa: NPY002
    torch.manual_seed(1)
    training, test = environments("ludus/CartPole-v1", 8), environments("ludus/CartPole-v1", 8)
    training.seed(0)
    test.seed(100)
    algorithm = DQN(
        policy=policy(gymnasium.make("ludus/CartPole-v1"), epsilon=0.1),
        optim=AdamOptimizerFactory(lr=2e-3),
        n_step_return_horizon=3,
        target_update_freq=100,
    )
    before = Collector[CollectStats](algorithm, test).collect(n_episode=16, reset_before_collect=True)
    result = algorithm.run_training(
        OffPolicyTrainerParams(
            training_collector=Collector(algorithm, training, VectorReplayBuffer(20_000, 8), exploration_noise=True),
            test_collector=Collector(algorithm, test),
            max_epochs=5,
            epoch_num_steps=4000,
            collection_step_num_env_steps=8,
            test_step_num_episodes=16,
            batch_size=64,
            update_step_num_gradient_steps_per_sample=0.125,
            stop_fn=lambda mean: mean > 150,
            verbose=False,
            show_progress=False,
        )
    )
    assert before.returns.mean() < 60
    assert result.best_reward > 120  # random play earns 22
