"""Policies on numbers: named entries, answers that are those of the agent, and what of every agent is explained."""

import numpy as np
import pytest
import torch
from gymnasium import spaces

from ludus.agents import registry
from ludus.agents.evaluation import greedy_policy
from ludus.agents.explanations import make_explanations, numbers_onlooker
from ludus.agents.explanations.number_policies import number_policy
from ludus.agents.explanations.own_play import own_play
from ludus.agents.runs.config import configure
from ludus.envs.make import make_batch
from ludus.envs.names import names_of_batch
from ludus.explain.numbers.policy import ACTION, GRADIENTS, PROBABILITY, VALUE, move

ROWS = np.arange(3)
# Environment, agent, what is explained, whether it has slopes
AGENTS = [
    ("ludus/CartPole-v1", "pqn", VALUE, True),
    ("ludus/CartPole-v1", "dqn", VALUE, True),
    ("ludus/CartPole-v1", "ppo", PROBABILITY, True),
    ("ludus/Taxi-v4", "tabular", VALUE, False),
    ("ludus/FrozenLake-v1", "a2c", PROBABILITY, False),
    ("ludus/Snake-v1", "pqn", VALUE, True),
    ("ludus/Snake-v1", "ppo", PROBABILITY, True),
    ("ludus/Sorter-v0", "ppo", PROBABILITY, True),
    ("ludus/Pendulum-v1", "ppo", ACTION, True),
    ("ludus/Pendulum-v1", "sac", ACTION, True),
]


def agent_of(env, name, **world):
    config = configure(env, name, environment=world)
    batch = make_batch(env, 4, **world)
    batch.seed_from(0)
    values = {**config.hyperparameters, "num_envs": 4}
    for key, value in (("minibatches", 1), ("batch_size", 4), ("n_steps", 1), ("hidden", (16,))):
        values = {**values, key: value} if key in values else values
    return registry.make(name, batch, values, 0, "cpu", True), batch


def world_of(env):
    return {"images": "parcels"} if env == "ludus/Sorter-v0" else {}


@pytest.mark.parametrize(("env", "name", "says", "has_slopes"), AGENTS)
def test_answers_are_those_the_agent_acts_by(env, name, says, has_slopes):
    agent, batch = agent_of(env, name, **world_of(env))
    policy, _ = number_policy(agent, names_of_batch(batch))
    assert (policy.says, policy.has_slopes) == (says, has_slopes)
    act = greedy_policy(agent)
    for _ in range(3):
        rows = policy.prepare(batch.buffers.observation)
        assert rows.shape == (4, policy.entries.size)
        legal = batch.buffers.mask > 0 if batch.has_mask and policy.chooses else None
        said = policy.answers(rows, legal)
        actions = act(batch)
        if policy.chooses:
            assert np.array_equal(policy.chosen(said, legal), actions - getattr(batch.action_space, "start", 0))
        else:
            assert np.allclose(np.clip(said, policy.low, policy.high), actions.reshape(4, -1), atol=1e-5)
        if says == PROBABILITY:
            assert np.allclose(said.sum(axis=1), 1.0, atol=1e-5)
        batch.step(actions)


def test_entries_are_named_as_the_environment_names_them():
    agent, batch = agent_of("ludus/CartPole-v1", "pqn")
    policy, _ = number_policy(agent, names_of_batch(batch))
    assert [(entry.name, entry.unit) for entry in policy.entries.entries] == [
        ("cart position", "m"), ("cart velocity", "m/s"), ("pole angle", "rad"), ("pole angular velocity", "rad/s"),
    ]  # fmt: skip


def test_entries_of_a_slot_are_named_after_it():
    agent, batch = agent_of("ludus/Sorter-v0", "ppo", images="parcels")
    names = [entry.name for entry in number_policy(agent, names_of_batch(batch))[0].entries.entries]
    assert names[0].startswith("perception: ")
    assert "items on the loop" in names


def test_a_number_of_several_things_is_split_into_them():
    agent, batch = agent_of("ludus/Taxi-v4", "tabular")
    agent.tables[...] = np.random.default_rng(0).normal(size=agent.tables.shape)
    policy, factors = number_policy(agent, names_of_batch(batch))
    assert [entry.name for entry in policy.entries.entries] == ["row", "column", "passenger", "destination"]
    assert factors.counts == (5, 5, 5, 4)
    everything = np.arange(500)
    assert np.array_equal(factors.join(factors.split(everything)), everything)
    assert np.array_equal(policy.answers(policy.prepare(everything)), agent.q_values(everything))


def test_cells_of_a_board_are_entries_seen_from_the_own_one():
    agent, batch = agent_of("ludus/Snake-v1", "pqn")
    policy, _ = number_policy(agent, names_of_batch(batch))
    side = 2 * agent.config.view_radius + 1
    board = policy.entries.board
    assert (board.height, board.width, len(policy.entries)) == (side, side, side * side)
    assert len(policy.entries.entries[0].places) == board.planes
    moved = move(policy, policy.prepare(batch.buffers.observation), np.zeros(policy.entries.size, np.float32), pairs=1)
    assert board.of(moved.shares.values[0]).shape == (side, side)


def test_many_entries_of_one_name_are_joined():
    agent, batch = agent_of("ludus/Elevator-v0", "pqn")
    entries = number_policy(agent, names_of_batch(batch))[0].entries
    assert len(entries) < 100 < entries.size
    assert sorted(place for entry in entries.entries for place in entry.places) == list(range(entries.size))


def test_lidar_is_a_fan():
    agent, batch = agent_of("ludus/Rover-v0", "ppo")
    fan = number_policy(agent, names_of_batch(batch))[0].entries.fan
    assert fan.subject == "lidar at"
    assert fan.degrees.tolist() == [11.25 * k for k in range(32)]
    assert fan.entries.tolist() == list(range(32))


def test_random_weights_leave_the_agent_as_it_is():
    agent, batch = agent_of("ludus/CartPole-v1", "pqn")
    names = names_of_batch(batch)
    rows = np.ones((2, 4), np.float32)
    before = number_policy(agent, names)[0].answers(rows)
    other = number_policy(agent, names, random_weights=1)[0].answers(rows)
    assert not np.allclose(other, before)
    assert np.array_equal(number_policy(agent, names)[0].answers(rows), before)


def test_pictures_and_several_actions_are_refused_with_a_reason():
    agent, batch = agent_of("ludus/CartPole-v1", "pqn")
    agent.batch = type("Wide", (), {"observation_space": spaces.Box(0, 255, (84, 84, 3), np.uint8)})()
    agent.batch.action_space = batch.action_space
    with pytest.raises(ValueError, match="a picture of 84 x 84 pixels, and no numbers that have names"):
        number_policy(agent, names_of_batch(batch))
    agent.batch.action_space = spaces.MultiDiscrete([2, 2])
    with pytest.raises(ValueError, match="only policies in Discrete and Box"):
        number_policy(agent, {})


def test_own_play_is_what_the_policy_sees_and_is_the_same_each_time():
    agent, batch = agent_of("ludus/Taxi-v4", "tabular")
    policy, _ = number_policy(agent, names_of_batch(batch))

    def make(count):
        return make_batch("ludus/Taxi-v4", count)

    one = own_play(make, greedy_policy(agent), policy.prepare, 50)
    again = own_play(make, greedy_policy(agent), policy.prepare, 50)
    other = own_play(make, greedy_policy(agent), policy.prepare, 50, seed=1)
    assert one.rows.shape == (50, 4)
    assert one.legal.shape == (50, 6)
    assert np.array_equal(one.rows, again.rows)
    assert not np.array_equal(one.rows, other.rows)
    baseline = policy.entries.baseline(one.rows)
    assert set(baseline.tolist()) <= set(np.unique(one.rows).tolist())  # the most frequent, and no mean of places
    with pytest.raises(ValueError, match="must play 1 step or more"):
        own_play(make, greedy_policy(agent), policy.prepare, 0)


@pytest.mark.parametrize(("env", "name"), [("ludus/CartPole-v1", "pqn"), ("ludus/Taxi-v4", "tabular")])
@pytest.mark.parametrize("size", [(480, 360), (240, 180), (30, 20)])
def test_panels_of_every_size_leave_the_batch_as_it_is(env, name, size):
    agent, batch = agent_of(env, name)
    torch.manual_seed(0)
    if name == "tabular":
        agent.tables[...] = np.random.default_rng(0).normal(size=agent.tables.shape)
    before = batch.snapshot()
    beside = make_explanations(batch, greedy_policy(agent), "grad-cam", lambda count: make_batch(env, count))
    drawn = beside.render(ROWS, size)
    assert drawn.shape == (3, *size, 3)
    assert batch.snapshot() == before
    if size[0] > 100:
        assert len(np.unique(drawn[0].reshape(-1, 3), axis=0)) > 10
    again = beside.render(ROWS, size)
    assert np.array_equal(drawn, again)
    assert beside.explained == 3


def test_gradients_are_shown_where_there_are_some_and_named():
    agent, batch = agent_of("ludus/CartPole-v1", "pqn")
    policy = greedy_policy(agent)
    onlooker = numbers_onlooker(batch, policy, GRADIENTS, lambda count: make_batch("ludus/CartPole-v1", count))
    looks = onlooker.looks(ROWS)
    view = onlooker.view(looks[0], onlooker.heat(looks)[0])
    assert view.method == "integrated gradients"
    assert view.completeness <= 0.01
    moved = [bar.moved for bar in view.bars]
    assert moved == sorted(moved, key=abs, reverse=True)
    assert view.bars[0].value.split()[-1] in ("m", "m/s", "rad", "rad/s")
    table, taxi = agent_of("ludus/Taxi-v4", "tabular")
    onlooker = numbers_onlooker(taxi, greedy_policy(table), GRADIENTS, lambda count: make_batch("ludus/Taxi-v4", count))
    looks = onlooker.looks(ROWS)
    view = onlooker.view(looks[0], onlooker.heat(looks)[0])
    assert view.method == "Shapley values"  # a table has no gradients, and the panel says what it shows
    assert len(view.neighbours) >= 4
    assert len(view.bars) <= 4


def test_rows_of_things_are_named_row_by_row():
    agent, batch = agent_of("ludus/Picker-v0", "ppo", images="parcels")
    entries = number_policy(agent, names_of_batch(batch))[0].entries
    names = names_of_batch(batch)["perception"]
    rows, columns = batch.observation_space["perception"].shape
    assert len(names) == columns
    assert sum(entry.name.startswith("perception: row ") for entry in entries.entries) == rows
    assert rows * columns > 64  # so many that a row is one entry
    assert len({entry.name for entry in entries.entries}) == len(entries)
    places = sorted(place for entry in entries.entries for place in entry.places)
    assert places == list(range(entries.size))
