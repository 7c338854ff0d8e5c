"""Minari: a data set recorded with infos holds the environment's own, step for step, after it was loaded from disk."""

import gymnasium
import minari
import numpy as np
import pytest

EPISODES, STEPS = 2, 15


@pytest.fixture
def recorded(tmp_path, monkeypatch, some_actions):
    """``recorded(id)``: the data set of some episodes of random play, loaded from disk."""
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path))

    def recorded(id):
        env = minari.DataCollector(gymnasium.make(id, max_episode_steps=STEPS), record_infos=True, data_format="hdf5")
        for episode in range(EPISODES):
            env.reset(seed=20 + episode)
            for action in some_actions(env.action_space, STEPS):
                *_, terminated, truncated, _ = env.step(action)
                if terminated or truncated:
                    break
        name = f"{id.lower()}-v0"
        about = dict.fromkeys(("author", "author_email", "code_permalink", "description"), "for a test")
        env.create_dataset(name, eval_env=id, algorithm_name="random", **about)
        env.close()
        return minari.load_dataset(name)

    return recorded


def test_a_data_set_holds_what_the_environment_did(id, recorded, play):
    dataset = recorded(id)
    assert dataset.total_episodes == EPISODES
    for seed, episode in zip((20, 21), dataset, strict=True):
        observations, rewards, terminated, truncated, infos = play(id, seed, episode.actions, max_episode_steps=STEPS)
        same(episode.observations, observations)
        np.testing.assert_array_equal(episode.rewards, rewards)
        np.testing.assert_array_equal(episode.terminations, terminated)
        np.testing.assert_array_equal(episode.truncations, truncated)
        assert set(episode.infos) == set(infos[0]) >= {"totals"}
        same(episode.infos, infos)


def same(columns, rows):
    """Arrays over time, perhaps nested, equal a list of values over time."""
    if isinstance(columns, dict):
        for key, column in columns.items():
            same(column, [row[key] for row in rows])
    else:
        np.testing.assert_array_equal(columns, rows)


def test_the_environment_is_recovered_from_the_data_set(recorded):
    env = recorded("ludus/Snake-v1").recover_environment()
    assert env.spec.id == "ludus/Snake-v1"
    assert env.spec.max_episode_steps == STEPS
    env.reset(seed=0)
