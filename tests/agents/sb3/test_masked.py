"""sb3-contrib's MaskablePPO as an agent: it sees which actions are legal, in training and where it is judged."""

import shutil
import sys

import numpy as np
import pytest
import torch

from ludus.agents import registry
from ludus.agents.runs.callback import load_latest
from ludus.agents.runs.config import configure
from ludus.agents.runs.run import Run
from ludus.envs.make import make_batch
from ludus.training import checkpoint

VALUES = {"num_envs": 4, "n_steps": 16, "batch_size": 32, "n_epochs": 2, "policy_kwargs": {"net_arch": [8]}}


def make(env="ludus/Snake-v1", **values):
    batch = make_batch(env, VALUES["num_envs"])
    return registry.make("maskable_ppo", batch, registry.resolve("maskable_ppo", VALUES | values), seed=0), batch


@pytest.mark.parametrize("values", [{}, {"normalize": True}, {"center": 1, "input_scale": 1.0}])
def test_it_plays_legal_actions_alone_while_it_learns(monkeypatch, values):
    agent, batch = make(**values)
    step, illegal, played = batch.step, [], []

    def watched(actions):
        rows = np.arange(batch.num_envs)
        illegal.append((batch.buffers.mask[rows, actions] == 0).sum())
        played.append(batch.buffers.mask.min())
        return step(actions)

    monkeypatch.setattr(batch, "step", watched)
    agent.learn(256)
    assert len(illegal) == 64
    assert sum(illegal) == 0
    assert min(played) == 0  # some action was illegal: a policy without masks plays those, too


def test_it_chooses_what_the_mask_leaves():
    agent, batch = make()
    batch.seed_from(0)
    for action in range(batch.action_space.n):
        only = np.zeros((batch.num_envs, batch.action_space.n), np.int8)
        only[:, action] = 1
        np.testing.assert_array_equal(agent.choose(batch.buffers.observation, only), action)


def test_a_run_that_goes_on_has_the_bits_of_one_that_never_stopped(tmp_path):
    config = configure("ludus/Snake-v1", "maskable_ppo", VALUES, steps=384, evaluate_every=0, checkpoint_seconds=0.0)
    whole, again = tmp_path / "whole", tmp_path / "again"
    Run.start(whole, config).train()
    shutil.copytree(whole, again)
    shutil.rmtree(checkpoint.list_checkpoints(again / "checkpoints")[0])
    assert load_latest(again).steps < load_latest(whole).steps
    Run.open(again).train()
    tensors = [load_latest(folder).tensors for folder in (whole, again)]
    assert tensors[0].keys() == tensors[1].keys()
    assert all(torch.equal(tensors[0][key], tensors[1][key]) for key in tensors[0])


def test_an_environment_without_masks_and_a_missing_package_are_refused(monkeypatch):
    with pytest.raises(ValueError, match="maskable_ppo needs an environment that says .* cartpole does not; take ppo"):
        make("ludus/CartPole-v1")
    with pytest.raises(ValueError, match="= 64 must be a multiple of batch_size = 48"):
        registry.resolve("maskable_ppo", VALUES | {"batch_size": 48})
    monkeypatch.setitem(sys.modules, "sb3_contrib", None)
    with pytest.raises(ValueError, match="sb3-contrib's, which is not installed: pip install 'ludus"):
        registry.resolve("maskable_ppo", VALUES)
