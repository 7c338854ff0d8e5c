"""Gymnasium's wrappers around ``make_vec``: their numbers are those of single environments with the same seeds."""

import gymnasium
import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from gymnasium.wrappers import vector as wrappers

MODES = [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP]


def make(id, number, **keywords):
    return gymnasium.make_vec(id, num_envs=number, vectorization_mode="vector_entry_point", **keywords)


def batches(space, number):
    space.seed(1)
    return [space.sample() for _ in range(number)]


@pytest.mark.parametrize("mode", MODES)
def test_record_episode_statistics_are_those_of_the_bare_episodes(mode, play):
    env = wrappers.RecordEpisodeStatistics(make("ludus/CartPole-v1", 4, autoreset_mode=mode))
    actions = batches(env.action_space, 40)
    env.reset(seed=10)
    first = {}
    for batch in actions:
        *_, info = env.step(batch)
        for i in np.flatnonzero(info.get("_episode", [])):
            first.setdefault(int(i), (int(info["episode"]["l"][i]), float(info["episode"]["r"][i])))
            assert info["totals"]["length"][i] == info["episode"]["l"][i]
            assert info["totals"]["return"][i] == info["episode"]["r"][i]
    assert len(first) == 4  # a random pole falls within 40 steps, with these seeds
    for i, (length, total) in first.items():
        _, rewards, *_ = play("ludus/CartPole-v1", 10 + i, [int(batch[i]) for batch in actions])
        assert (length, total) == (len(rewards), sum(rewards))


@pytest.mark.parametrize("mode", MODES)
def test_dict_info_to_list_gives_each_environment_its_own_values(mode):
    env = make("ludus/Snake-v1", 3, autoreset_mode=mode, size=5)
    listed = wrappers.DictInfoToList(make("ludus/Snake-v1", 3, autoreset_mode=mode, size=5))
    _, info = env.reset(seed=0)
    _, infos = listed.reset(seed=0)
    ends = 0
    for batch in [None, *batches(env.action_space, 60)]:
        if batch is not None:
            *_, info = env.step(batch)
            *_, infos = listed.step(batch)
        assert [set(each) >= {"action_mask", "is_success"} for each in infos] == [True] * 3
        for i, each in enumerate(infos):
            np.testing.assert_array_equal(each["action_mask"], info["action_mask"][i])
            assert each["is_success"] == info["is_success"][i]
        for i in np.flatnonzero(info["_totals"]):
            ends += 1
            assert infos[i]["totals"]["length"] == info["totals"]["length"][i]
            if mode == AutoresetMode.SAME_STEP:
                np.testing.assert_array_equal(infos[i]["final_obs"], info["final_obs"][i])
                assert infos[i]["final_info"]["totals"]["return"] == info["totals"]["return"][i]
    assert ends > 3


@pytest.mark.parametrize("name", ["Sorter-v0", "Snake-v1"])  # a Dict, a board
def test_flatten_observation_is_gymnasiums_flatten_of_each_row(name):
    env, bare = wrappers.FlattenObservation(make(f"ludus/{name}", 3)), make(f"ludus/{name}", 3)
    flat, shown = env.reset(seed=2)[0], bare.reset(seed=2)[0]
    for batch in batches(env.action_space, 10):
        for i in range(3):
            row = {key: array[i] for key, array in shown.items()} if isinstance(shown, dict) else shown[i]
            np.testing.assert_array_equal(flat[i], gymnasium.spaces.flatten(bare.single_observation_space, row))
        assert env.observation_space.contains(flat)
        flat, shown = env.step(batch)[0], bare.step(batch)[0]


def test_rescale_and_clip_wrappers_do_what_they_do_by_hand():
    wrapped = wrappers.ClipReward(
        wrappers.RescaleAction(make("ludus/Pendulum-v1", 3), np.float32(0), np.float32(1)), -0.5, 0.0
    )
    bare = make("ludus/Pendulum-v1", 3)
    np.testing.assert_array_equal(wrapped.reset(seed=1)[0], bare.reset(seed=1)[0])
    clipped = 0
    for share in (0.0, 0.25, 0.5, 1.0):
        shown, reward, *_ = wrapped.step(np.full((3, 1), share, np.float32))
        expected, cost, *_ = bare.step(np.full((3, 1), 4 * share - 2, np.float32))
        np.testing.assert_array_equal(shown, expected)
        np.testing.assert_array_equal(reward, np.clip(cost, -0.5, 0))
        clipped += (cost < -0.5).sum()
    assert clipped


def test_wrappers_say_over_make_vec_what_they_say_over_gymnasiums_own_vector_environment():
    def wrapped(env):
        env = wrappers.NormalizeObservation(wrappers.RecordEpisodeStatistics(env))
        env = wrappers.TransformReward(env, lambda reward: 0.5 * reward)
        return wrappers.NormalizeReward(env, gamma=0.9)

    id, limit = "ludus/MountainCarContinuous-v0", {"max_episode_steps": 20}
    one = wrapped(make(id, 3, **limit))
    other = wrapped(gymnasium.vector.SyncVectorEnv([lambda: gymnasium.make(id, **limit)] * 3))
    np.testing.assert_array_equal(one.reset(seed=4)[0], other.reset(seed=4)[0])
    for batch in batches(one.action_space, 50):
        mine, theirs = one.step(batch), other.step(batch)
        for array, expected in zip(mine[:4], theirs[:4], strict=True):
            np.testing.assert_array_equal(array, expected)
        assert ("episode" in mine[4]) == ("episode" in theirs[4]) == bool(mine[3].any())
        if "episode" in mine[4]:
            np.testing.assert_array_equal(mine[4]["episode"]["r"], theirs[4]["episode"]["r"])
            np.testing.assert_array_equal(mine[4]["episode"]["l"], theirs[4]["episode"]["l"])
