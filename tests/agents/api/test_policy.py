"""A loaded policy: one observation or a batch, with its mask, in every kind of environment."""

import random
from types import SimpleNamespace

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium import spaces

import ludus
from ludus.agents.api.surroundings import Surroundings
from ludus.agents.vecenv import make_vec_env, to_sb3
from trained_policies import train_policy


@pytest.fixture(scope="module")
def policies(tmp_path_factory):
    """By name, policies of masked and other worlds, of each kind of agent."""
    folder = tmp_path_factory.mktemp("runs")
    made = {
        "taxi pqn": ("ludus/Taxi-v4", "pqn"),
        "taxi tabular": ("ludus/Taxi-v4", "tabular"),
        "taxi ppo": ("ludus/Taxi-v4", "ppo"),
        "cartpole dqn": ("ludus/CartPole-v1", "dqn"),
        "pendulum sac": ("ludus/Pendulum-v1", "sac"),
    }
    short = {"max_episode_steps": 20}
    return {name: train_policy(folder / name, env, agent, **short) for name, (env, agent) in made.items()}


@pytest.mark.parametrize("name", ["taxi pqn", "taxi tabular", "taxi ppo", "cartpole dqn", "pendulum sac"])
def test_one_observation_and_a_batch_get_the_actions_of_the_evaluation(policies, name):
    """``predict`` says what `ludus evaluate` plays, one by one as well as in a batch, and ``act`` plays the same."""
    policy = policies[name]
    envs = policy.make_vec(6)
    observation, info = envs.reset(seed=3)
    batch = envs.unwrapped.batch
    for _ in range(5):
        mask = info.get("action_mask")
        many, state = policy.predict(observation, action_mask=mask)
        assert state is None
        expected = policy.agent.choose(batch.buffers.observation, batch.buffers.mask if policy.uses_mask else None)
        np.testing.assert_array_equal(many, expected)
        assert many.shape == (6, *policy.action_space.shape)
        for i in range(6):
            one, _ = policy.predict(observation[i], action_mask=None if mask is None else mask[i])
            np.testing.assert_allclose(one, many[i], rtol=1e-5)
            assert policy.action_space.contains(one)
        np.testing.assert_array_equal(policy.act(envs), many)
        observation, _, _, _, info = envs.step(many)


@pytest.mark.parametrize("name", ["taxi pqn", "taxi tabular"])
def test_who_learned_with_masks_is_not_asked_without_one(policies, name):
    policy = policies[name]
    assert policy.uses_mask
    said = r'no mask was given: predict\(observation, action_mask=info\["action_mask"\]\), or act\(env\)'
    for ask in (policy.predict, policy.agent.predict):
        with pytest.raises(ValueError, match=said):
            ask(np.array(7))
        for action in range(6):
            assert ask(np.array(7), action_mask=np.eye(6)[action])[0] == action
    with pytest.raises(ValueError, match=r"action_mask must have the shape \(2, 6\), .* got \(6,\)"):
        policy.predict(np.array([7, 8]), action_mask=np.ones(6))


def test_sb3s_agents_act_as_they_learned_with_a_mask_or_without(policies):
    policy = policies["taxi ppo"]
    assert not policy.uses_mask
    states = np.arange(500)
    bare = policy.predict(states)[0]
    none = np.zeros((500, 6), np.int8)
    none[np.arange(500), (bare + 1) % 6] = 1  # only another action is legal
    np.testing.assert_array_equal(policy.predict(states, action_mask=none)[0], bare)
    with pytest.raises(ValueError, match=r"action_mask must have the shape \(500, 6\)"):
        policy.predict(states, action_mask=np.ones(6))


def test_explored_actions_are_legal_and_others_now_and_then(policies):
    policy = policies["taxi pqn"]
    mask = np.tile(np.array([1, 0, 1, 0, 0, 1], np.int8), (300, 1))
    best = policy.predict(np.arange(300), action_mask=mask)[0]
    tried = [policy.predict(np.arange(300), deterministic=False, action_mask=mask)[0] for _ in range(5)]
    assert {0, 2, 5} >= set(np.unique(tried))
    assert 0.0 < np.mean(np.array(tried) != best) < 0.2  # epsilon is 0.05 at the end, and a third of it is the best
    dqn = policies["cartpole dqn"]
    x = np.random.default_rng(0).normal(size=(500, 4)).astype(np.float32)
    changed = np.mean(dqn.predict(x, deterministic=False)[0] != dqn.predict(x)[0])
    assert 0.0 < changed < 0.1  # not as at the beginning of its training, when half of them would be others


def test_an_action_is_read_off_every_kind_of_environment(policies):
    policy = policies["taxi pqn"]
    inner = policy.make_env()
    env = gymnasium.wrappers.TransformObservation(inner, lambda shown: 0, inner.observation_space)  # hides its state
    env.reset(seed=5)
    action = policy.act(env)
    assert type(action) is int
    vec = make_vec_env("ludus/Taxi-v4", 3, seed=5)
    observation = vec.reset()
    masks = np.stack(vec.env_method("action_masks"))
    expected = policy.predict(observation, action_mask=masks)[0]
    np.testing.assert_array_equal(policy.act(vec), expected)
    assert policy.act(env) == expected[0]
    vec.step(policy.act(vec))


class Doors(gymnasium.Env):
    """A third party's world with illegal actions, counted from 3; it hides what it shows."""

    observation_space = spaces.Box(-1.0, 1.0, (2,), np.float32)
    action_space = spaces.Discrete(4, start=3)

    def __init__(self, tells=True):
        if tells:
            self.action_masks = self._legal

    def _legal(self):
        return np.array([0, 1, 0, 0], np.int8)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.left = 4
        return np.zeros(2, np.float32), {"action_mask": self._legal()}

    def step(self, action):
        self.left -= 1
        return np.zeros(2, np.float32), float(action), self.left == 0, False, {"action_mask": self._legal()}


def test_a_third_partys_environment_is_asked_for_its_mask(tmp_path):
    if "test/Doors-v0" not in gymnasium.registry:
        gymnasium.register("test/Doors-v0", entry_point=Doors)
    policy = train_policy(tmp_path / "run", "test/Doors-v0", "pqn")
    env = gymnasium.make("test/Doors-v0", disable_env_checker=True)
    observation, info = env.reset()
    assert policy.act(env, observation) == 4
    assert policy.predict(observation, action_mask=info["action_mask"])[0] == 4
    with pytest.raises(ValueError, match=r"does not tell what it shows; give it: act\(env, observation\)"):
        policy.act(env)
    silent = gymnasium.make("test/Doors-v0", tells=False, disable_env_checker=True)
    with pytest.raises(ValueError, match=r"has no action_masks\(\) that says which; give the mask"):
        policy.act(silent, observation)
    envs = gymnasium.make_vec("test/Doors-v0", 2, vectorization_mode="sync")
    observation, _ = envs.reset()
    assert policy.act(envs, observation).tolist() == [4, 4]
    counted_from_zero = to_sb3(envs)
    assert policy.predict(counted_from_zero.reset(), action_mask=np.tile(info["action_mask"], (2, 1)))[0][0] == 4


@pytest.mark.parametrize(
    ("name", "observation", "expected"),
    [
        ("cartpole dqn", np.zeros(3), r"must have the shape \(4,\), or \(N, 4\) for several, got \(3,\)"),
        ("cartpole dqn", np.zeros((2, 2, 4)), r"got \(2, 2, 4\)"),
        ("taxi pqn", np.zeros((2, 3), int), r"must have the shape \(\), or \(N\) for several, got \(2, 3\)"),
    ],
)
def test_an_observation_of_another_shape_is_refused(policies, name, observation, expected):
    with pytest.raises(ValueError, match=expected):
        policies[name].predict(observation)


def test_a_policy_is_not_sent_into_another_world(policies):
    env = gymnasium.make("ludus/Pendulum-v1")
    env.reset(seed=0)
    with pytest.raises(ValueError, match="the agent was trained where it observes"):
        policies["cartpole dqn"].act(env)


def test_lists_are_observations_too(policies):
    x = [0.0, 0.1, 0.0, -0.1]
    policy = policies["cartpole dqn"]
    assert policy.predict(x)[0] == policy.predict(np.array(x, np.float32))[0]
    assert policy.predict([x, x])[0].shape == (2,)


def test_a_policy_says_what_it_is(policies):
    policy = policies["taxi pqn"]
    assert repr(policy) == f"<TrainedPolicy pqn on ludus/Taxi-v4, 64 steps, from {policy.run.folder}>"
    assert SimpleNamespace(**vars(policy)).steps == 64


def test_dict_observations_are_taken_by_their_keys(tmp_path):
    policy = train_policy(tmp_path / "run", "ludus/Sorter-v0", "pqn", max_episode_steps=10)
    assert isinstance(policy.observation_space, spaces.Dict)
    envs = policy.make_vec(3)
    observation, info = envs.reset(seed=0)
    mask = info.get("action_mask")
    many = policy.predict(observation, action_mask=mask)[0]
    first = {key: part[0] for key, part in observation.items()}
    assert policy.predict(first, action_mask=None if mask is None else mask[0])[0] == many[0]
    key = next(iter(first))
    with pytest.raises(ValueError, match="the observation must be a dict with the keys"):
        policy.predict({key: first[key]})
    with pytest.raises(ValueError, match="of one, or of as many environments"):
        policy.predict({**first, key: observation[key]})


def test_environments_in_processes_are_not_taken_for_stable_baselines3s(policies):
    """Gymnasium's AsyncVectorEnv has a step_async, too."""
    envs = gymnasium.make_vec("CartPole-v1", 2, vectorization_mode="async")
    try:
        observation, _ = envs.reset(seed=0)
        assert not Surroundings(envs).is_vec_env
        assert policies["cartpole dqn"].act(envs, observation).shape == (2,)
    finally:
        envs.close()


def test_loading_and_training_leave_the_callers_random_numbers_and_threads(policies, tmp_path):
    folder = policies["taxi ppo"].run.folder
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    torch.manual_seed(1)
    expected = random.random(), np.random.rand(), torch.rand(1)  # noqa: NPY002
    random.seed(1)
    np.random.seed(1)  # noqa: NPY002
    torch.manual_seed(1)
    ludus.load(folder)
    assert (random.random(), np.random.rand(), torch.rand(1)) == expected  # noqa: NPY002
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(before + 1)
        train_policy(tmp_path / "run", "CartPole-v1", "pqn")
        assert torch.get_num_threads() == before + 1
    finally:
        torch.set_num_threads(before)
