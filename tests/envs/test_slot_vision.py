"""The slot `vision` of the games: the picture, or what a model reads from it, in the place of the observation."""

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.vector import AutoresetMode
from torch import nn

import ludus  # noqa: F401
from ludus.agents.regret import Gauge
from ludus.agents.vecenv import make_vec_env
from ludus.components.component import Component
from ludus.components.composition import adapt
from ludus.envs.engine.simulation import VISION_SIDE
from ludus.envs.engine.slots.measures import cells_of
from ludus.envs.make import make_batch, slots_of

GAMES = ("ludus/Breakout-v0", "ludus/Snake-v1", "ludus/CartPole-v1")


def play(batch, steps, seed=5):
    batch.seed_from(seed)
    random = np.random.default_rng(seed)
    for _ in range(steps):
        batch.step(random.integers(0, int(batch.action_space.n), batch.num_envs))
        yield batch.buffers


@pytest.mark.parametrize("id", GAMES)
def test_it_is_off_unless_filled(id):
    assert slots_of(id)["vision"].default is None
    assert isinstance(gymnasium.make(id).observation_space, spaces.Box)
    assert make_batch(id, 2).observation_space == make_batch(id, 2, vision="truth").observation_space


@pytest.mark.parametrize("id", GAMES)
def test_its_truth_is_the_ordinary_observation_with_all_ends(id):
    plain, told = (make_batch(id, 16, max_episode_steps=70, **more) for more in ({}, {"vision": "truth"}))
    ends = 0
    for ours, theirs in zip(play(told, 300), play(plain, 300), strict=True):
        np.testing.assert_array_equal(ours.observation, theirs.observation)
        done = theirs.terminated | theirs.truncated
        np.testing.assert_array_equal(ours.final_observation[done], theirs.final_observation[done])
        ends += int(done.sum())
    assert ends > 10


@pytest.mark.parametrize("id", GAMES)
def test_raw_is_what_is_rendered_and_the_same_on_all_wrappers(id):
    batch = make_batch(id, 3, vision="raw")
    frames = np.zeros((3, VISION_SIDE, VISION_SIDE, 3), np.uint8)
    for buffers in play(batch, 40):
        batch.render_many(np.arange(3), frames)
        np.testing.assert_array_equal(buffers.observation, frames)
    batch.seed_from(7)
    single, vector = gymnasium.make(id, vision="raw"), gymnasium.make_vec(id, num_envs=3, vision="raw")
    sb3 = make_vec_env(id, 3, vision="raw")
    assert single.observation_space == vector.single_observation_space == sb3.observation_space
    sb3.seed(7)
    for seen in (single.reset(seed=7)[0][None], vector.reset(seed=7)[0], sb3.reset()):
        np.testing.assert_array_equal(seen, batch.buffers.observation[: len(seen)])
    for _ in range(10):  # the heuristic keeps the episodes alive: wrappers differ in how they go on after an end
        actions = batch.heuristic()
        batch.step(actions)
        stepped = single.step(int(actions[0]))[0][None], vector.step(actions)[0], sb3.step(actions)[0]
        for seen in stepped:
            np.testing.assert_array_equal(seen, batch.buffers.observation[: len(seen)])
    assert not (batch.buffers.terminated | batch.buffers.truncated).any()


def test_last_pictures_are_those_of_the_ended_episodes_on_all_wrappers():
    keywords = {"vision": "raw", "max_episode_steps": 5}
    batch = make_batch("ludus/CartPole-v1", 3, **keywords)
    mode = AutoresetMode.SAME_STEP
    vector = gymnasium.make_vec("ludus/CartPole-v1", num_envs=3, autoreset_mode=mode, **keywords)
    sb3 = make_vec_env("ludus/CartPole-v1", 3, **keywords)
    batch.seed_from(7)
    vector.reset(seed=7)
    sb3.seed(7)
    sb3.reset()
    frames = np.zeros((3, VISION_SIDE, VISION_SIDE, 3), np.uint8)
    for _ in range(4):
        for wrapper in (batch, vector, sb3):
            wrapper.step(np.ones(3, np.int64))
    same = make_batch("ludus/CartPole-v1", 3, **{**keywords, "max_episode_steps": 100})
    same.seed_from(7)
    for _ in range(5):
        same.step(np.ones(3, np.int64))
    same.render_many(np.arange(3), frames)  # how the episodes look at their end, in a world where they go on
    batch.step(np.ones(3, np.int64))
    info, infos = vector.step(np.ones(3, np.int64))[4], sb3.step(np.ones(3, np.int64))[3]
    assert batch.buffers.truncated.all()
    np.testing.assert_array_equal(batch.buffers.final_observation, frames)
    np.testing.assert_array_equal(np.stack(list(info["final_obs"])), frames)
    np.testing.assert_array_equal([entry["terminal_observation"] for entry in infos], frames)
    assert not np.array_equal(batch.buffers.observation, frames)


def test_observations_of_a_vector_environment_are_the_callers_to_keep():
    envs = gymnasium.make_vec("ludus/Breakout-v0", num_envs=64, vision="raw")  # so large that others are handed out
    first = envs.reset(seed=0)[0]
    kept = first.copy()
    for _ in range(20):
        second = envs.step(np.zeros(64, np.int64))[0]
    np.testing.assert_array_equal(first, kept)
    assert not np.array_equal(second, first)


def test_noise_on_a_board_moves_cells_as_often_as_it_says():
    plain, noisy = make_batch("ludus/Snake-v1", 200), make_batch("ludus/Snake-v1", 200, vision="noisy:0.3")
    gauge, moved, fruit, right = Gauge(noisy, "vision"), [], [], []
    assert gauge.names == ("cells right",)
    for ours, theirs in zip(play(noisy, 12), play(plain, 12), strict=True):
        gauge.look()
        is_fruit = theirs.observation[..., 3] == 1
        fruit.append((ours.observation[..., 3] == 1)[is_fruit].mean())
        same = (ours.observation == theirs.observation).all(axis=3)
        right.append(same.mean())
        moved.append(~same)
        known = {tuple(cell) for cell in cells_of(theirs.observation)[0].tolist()}
        assert {tuple(cell) for cell in cells_of(ours.observation)[0].tolist()} <= known  # nothing is made up
    assert np.mean(fruit) == pytest.approx(0.7, abs=0.03)
    assert gauge.measures[gauge.names[0]] == pytest.approx(np.mean(right))
    assert 0.0 < np.mean(moved) < 0.3  # a cell that shows another empty one is right


def test_errors_of_cartpole_are_measured_in_its_own_widths():
    batch = make_batch("ludus/CartPole-v1", 500, vision="noisy:0.1")
    gauge = Gauge(batch, "vision")
    for _ in play(batch, 5):
        gauge.look()
    assert gauge.names == ("RMSE",)
    assert gauge.measures[gauge.names[0]] == pytest.approx(0.1, rel=0.05)


def test_a_component_stands_for_the_observation():
    raw, truth = make_batch("ludus/CartPole-v1", 1, vision="raw"), make_batch("ludus/CartPole-v1", 1)
    module = nn.Sequential(nn.Flatten(), nn.LazyLinear(4))
    model = adapt(module, raw.observation_space, truth.observation_space)
    assert isinstance(model, Component)
    envs = gymnasium.make_vec("ludus/CartPole-v1", num_envs=4, vision=model)
    assert envs.reset(seed=0)[0].shape == (4, 4)
    assert envs.step(np.ones(4, np.int64))[0].dtype == np.float32
