"""Agents and policies where actions or observations have several parts: who learns, and who refuses in a line."""

import numpy as np
import pytest
import torch
from gymnasium import spaces

from hopper import HOPPER_OF_PARTS
from ludus.agents import registry
from ludus.agents.evaluation import evaluate, named_policy, random_policy
from ludus.agents.vecenv.base import as_members, from_zero
from ludus.agents.vecenv.vecenv import BatchVecEnv
from ludus.envs.engine.slots.slotted_batch import open_batch
from ludus.envs.engine.space_layout import are_legal

TINY = {
    "ppo": {"num_envs": 4, "n_steps": 8, "batch_size": 16, "n_epochs": 1},
    "a2c": {"num_envs": 4, "n_steps": 4},
    "pqn": {"num_envs": 4, "rollout_steps": 8, "minibatches": 1, "hidden": [8]},
}


@pytest.fixture
def dict_module(third_party_file, monkeypatch):
    """The hopper with a Dict observation and Discrete actions, compiled without checks."""
    monkeypatch.setenv("LUDUS_UNCHECKED", "1")
    third_party_file("dict", HOPPER_OF_PARTS)
    return "dict_file"


@pytest.mark.parametrize(("name", "module"), [("ppo", "painter"), ("a2c", "lamps"), ("ppo", "lamps")])
def test_sb3s_agents_learn_and_act_within_the_space(name, module):
    batch = open_batch(module, 4, autoreset_mode="SameStep", max_episode_steps=20)
    agent = registry.make(name, batch, registry.resolve(name, TINY[name]), seed=0)
    before = {key: value.clone() for key, value in agent.policy.state_dict().items()}
    agent.learn(64)
    assert any(not torch.equal(before[key], value) for key, value in agent.policy.state_dict().items())
    actions = agent.choose(batch.buffers.observation, batch.buffers.mask)
    assert actions.shape == (4, 2 if module == "painter" else 4)
    assert actions.dtype.kind == "i"
    assert all(batch.action_space.contains(action) for action in actions)
    assert evaluate(batch, lambda batch: agent.choose(batch.buffers.observation, None), 4, seed=0).returns.shape == (4,)


@pytest.mark.parametrize("module", ["painter", "lamps"])
def test_masks_are_those_that_sb3_contrib_reads(module, monkeypatch):
    batch = open_batch(module, 4, autoreset_mode="SameStep", max_episode_steps=20)
    agent = registry.make("maskable_ppo", batch, registry.resolve("maskable_ppo", TINY["ppo"]), seed=0)
    step, legal, masked = batch.step, [], []

    def watched(actions):
        legal.append(are_legal(np.asarray(actions), batch.buffers.mask, batch.action_space).all())
        masked.append(batch.buffers.mask.min() == 0)
        return step(actions)

    monkeypatch.setattr(batch, "step", watched)
    agent.learn(256)
    assert len(legal) == 64
    assert all(legal)
    assert any(masked)
    chosen = agent.choose(batch.buffers.observation, batch.buffers.mask)
    assert are_legal(chosen, batch.buffers.mask, batch.action_space).all()


@pytest.mark.parametrize("name", ["pqn", "tabular", "dqn", "sac"])
@pytest.mark.parametrize("module", ["painter", "lamps"])
def test_who_cannot_act_there_says_so_in_a_line(name, module):
    batch = open_batch(module, 1, autoreset_mode="SameStep")
    with pytest.raises(ValueError, match=r"has Multi.*; take ppo or a2c$") as raised:
        registry.make(name, batch, registry.resolve(name, {}), seed=0)
    assert "\n" not in str(raised.value)


def test_pqn_learns_from_a_dict_with_and_without_a_slot_beside_it(dict_module):
    for slot in ({}, {"eye": "truth"}):
        batch = open_batch(dict_module, 4, autoreset_mode="SameStep", max_episode_steps=10, **slot)
        agent = registry.make("pqn", batch, registry.resolve("pqn", TINY["pqn"]), seed=0)
        assert agent.network.features.num_features == 3 + len(slot)
        agent.learn(64)
        assert agent.choose(batch.buffers.observation, batch.buffers.mask).shape == (4,)


def test_a_table_refuses_a_dict_in_a_line(dict_module):
    batch = open_batch(dict_module, 1, autoreset_mode="SameStep")
    with pytest.raises(ValueError, match="a table needs Discrete or Box observations"):
        registry.make("tabular", batch, registry.resolve("tabular", {}), seed=0)


@pytest.mark.parametrize("module", ["painter", "lamps"])
def test_the_random_policy_plays_legal_values_of_each_component(module):
    batch = open_batch(module, 64, autoreset_mode="SameStep", max_episode_steps=20)
    batch.seed_from(0)
    act, seen = random_policy(0), set()
    for _ in range(30):
        actions = act(batch)
        assert are_legal(actions, batch.buffers.mask, batch.action_space).all()
        seen |= set(map(tuple, actions.tolist()))
        batch.step(actions)
    assert len(seen) == {"painter": 15, "lamps": 15}[module]  # of four bits, one that nothing is pressed is illegal
    assert evaluate(batch, named_policy("heuristic", 0), 64, seed=0).success > 0.9


def test_sb3s_vecenv_hands_out_dicts_and_masks_of_all_components():
    env = BatchVecEnv(open_batch("painter", 3, autoreset_mode="SameStep", max_episode_steps=2))
    env.seed(0)
    first = env.reset()
    assert {key: part.shape for key, part in first.items()} == {"cells": (3, 5), "brush": (3, 2), "time": (3, 1)}
    kept = {key: part.copy() for key, part in first.items()}
    env.step(np.array([[1, 1]] * 3))
    *_, done, infos = env.step(np.array([[1, 2]] * 3))
    assert done.all()
    assert infos[1]["terminal_observation"]["time"] == pytest.approx(2 / 12)
    assert all((first[key] == kept[key]).all() for key in kept)
    assert np.stack(env.env_method("action_masks")).shape == (3, 8)


def test_bits_come_as_floats_and_values_from_zero():
    bits = spaces.MultiBinary(2)
    assert as_members(bits, np.array([[0.0, 1.0]], np.float32)).tolist() == [[0, 1]]
    assert as_members(bits, np.array([[0.0, 0.5]], np.float32)).dtype == np.float32  # refused where it is stepped
    shifted = spaces.MultiDiscrete([2, 3], start=[1, 5])
    assert from_zero(shifted) == spaces.MultiDiscrete([2, 3])
    assert as_members(shifted, np.array([[1, 2]])).tolist() == [[2, 7]]
    with pytest.raises(ValueError, match="counts the actions of .* from 0"):
        as_members(shifted, np.array([[1, 3]]))
    assert from_zero(spaces.MultiDiscrete([2, 3])) == spaces.MultiDiscrete([2, 3])
