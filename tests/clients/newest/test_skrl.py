"""skrl: PPO learns on ``make_vec``, and its memory holds what the bare environments do."""

import gymnasium
import numpy as np
import pytest
import torch
from skrl.agents.torch.ppo import PPO, PPO_CFG
from skrl.envs.wrappers.torch import wrap_env
from skrl.memories.torch import RandomMemory
from skrl.models.torch import CategoricalMixin, DeterministicMixin, Model
from skrl.trainers.torch import SequentialTrainer
from skrl.utils import set_seed
from torch import nn

ROLLOUT = 64


class Policy(CategoricalMixin, Model):
    def __init__(self, env):
        Model.__init__(self, observation_space=env.observation_space, action_space=env.action_space, device=env.device)
        CategoricalMixin.__init__(self)
        self.net = mlp(self.num_observations, self.num_actions)

    def compute(self, inputs, role):
        return self.net(inputs["observations"]), {}


class Value(DeterministicMixin, Model):
    def __init__(self, env):
        Model.__init__(self, observation_space=env.observation_space, action_space=env.action_space, device=env.device)
        DeterministicMixin.__init__(self)
        self.net = mlp(self.num_observations, 1)

    def compute(self, inputs, role):
        return self.net(inputs["observations"]), {}


def mlp(inputs, outputs):
    return nn.Sequential(nn.Linear(inputs, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, outputs))


def trained(env, steps):
    """A PPO agent after that many steps of the whole batch."""
    set_seed(1)
    env = wrap_env(env, wrapper="gymnasium", verbose=False)
    cfg = PPO_CFG(rollouts=ROLLOUT, learning_epochs=6, mini_batches=4, learning_rate=2e-3, entropy_loss_scale=0.01)
    cfg.experiment.write_interval = cfg.experiment.checkpoint_interval = 0
    agent = PPO(
        models={"policy": Policy(env), "value": Value(env)},
        memory=RandomMemory(memory_size=ROLLOUT, num_envs=env.num_envs, device=env.device),
        cfg=cfg,
        observation_space=env.observation_space,
        action_space=env.action_space,
        device=env.device,
    )
    trainer = {"timesteps": steps, "headless": True, "disable_progressbar": True, "close_environment_at_exit": False}
    SequentialTrainer(cfg=trainer, env=env, agents=agent).train()
    return agent


@pytest.fixture
def cartpoles():
    return gymnasium.make_vec("ludus/CartPole-v1", num_envs=8, vectorization_mode="vector_entry_point")


def test_ppo_learns_cartpole(cartpoles):
    env = gymnasium.wrappers.vector.RecordEpisodeStatistics(cartpoles, buffer_length=30)
    trained(env, ROLLOUT)
    before = np.mean(env.return_queue)
    trained(env, 30 * ROLLOUT)
    assert before < 40
    assert np.mean(env.return_queue) > 120  # random play earns 22


def test_the_memory_holds_what_the_bare_environments_do(cartpoles, play, monkeypatch):
    monkeypatch.setattr(cartpoles, "reset", lambda seed=None, options=None, reset=cartpoles.reset: reset(seed=11))
    memory = trained(cartpoles, ROLLOUT).memory
    actions = memory.get_tensor_by_name("actions").squeeze(-1)
    ends = memory.get_tensor_by_name("terminated").squeeze(-1)
    for i in range(8):
        length = int(ends[:, i].int().argmax()) + 1
        observations, rewards, terminated, *_ = play("ludus/CartPole-v1", 11 + i, actions[:length, i].int().tolist())
        np.testing.assert_array_equal(memory.get_tensor_by_name("observations")[:length, i], observations[:-1])
        torch.testing.assert_close(
            memory.get_tensor_by_name("rewards")[:length, i, 0], torch.tensor(rewards), rtol=0, atol=0
        )
        assert terminated[-1] == ends[length - 1, i].item()
