"""The value of the next action as a function of what a slot shows: what the agent itself says, and its slope."""

import numpy as np
import pytest
import torch

from ludus.agents.action_value import value_of_next_action
from ludus.agents.evaluation import greedy_policy, named_policy
from ludus.agents.pqn import PQN, PQNConfig
from ludus.envs.make import make_batch

SLOT = "utterance"


@pytest.fixture
def desk():
    batch = make_batch("ludus/Helpdesk-v0", 1, data="grammar")
    batch.seed_from(4)
    return batch


@pytest.fixture
def agent(desk):
    return PQN(desk, PQNConfig(num_envs=1, rollout_steps=8, minibatches=1, hidden=(16,)))


def test_it_is_the_lead_of_the_agents_own_choice(desk, agent):
    value = value_of_next_action(greedy_policy(agent), desk, SLOT)
    b = desk.buffers
    q, legal = agent.q_values(b.observation)[0], b.mask[0] > 0
    assert value.action == int(np.where(legal, q, -np.inf).argmax())
    shown = torch.from_numpy(b.observation[SLOT].copy())
    assert float(value(shown)[0].detach()) == pytest.approx(float(q[value.action] - q[legal].mean()), abs=1e-5)


def test_other_numbers_in_the_slot_are_asked_about_and_nothing_else_changes(desk, agent):
    value = value_of_next_action(greedy_policy(agent), desk, SLOT)
    before = {key: rows.copy() for key, rows in desk.buffers.observation.items()}
    others = torch.rand((3, 49), requires_grad=True)
    leads = value(others)
    leads.sum().backward()
    assert leads.shape == (3,)
    assert others.grad.abs().sum() > 0.0
    expected = agent.q_values({"state": np.repeat(before["state"], 3, 0), SLOT: others.detach().numpy()})
    legal = desk.buffers.mask[0] > 0
    np.testing.assert_allclose(leads.detach(), expected[:, value.action] - expected[:, legal].mean(1), atol=1e-5)
    assert all((desk.buffers.observation[key] == rows).all() for key, rows in before.items())


def test_a_rule_has_no_values(desk):
    assert value_of_next_action(named_policy("desk", 0), desk, SLOT) is None
