"""Gymnasium's wrappers around one environment: their numbers are those computed by hand from the bare one."""

import gymnasium
import numpy as np
import pytest
from gymnasium import wrappers


def episode(env, seed, actions):
    """Observations (T + 1), rewards (T), the last info and whether the last step truncated."""
    observation, info = env.reset(seed=seed)
    observations, rewards, truncated = [observation], [], False
    for action in actions:
        observation, reward, terminated, truncated, info = env.step(action)
        observations.append(observation)
        rewards.append(reward)
        if terminated or truncated:
            break
    return observations, rewards, info, truncated


def test_record_episode_statistics_agree_with_the_rewards_and_with_totals(id, play, some_actions):
    env = wrappers.RecordEpisodeStatistics(gymnasium.make(id, max_episode_steps=60))
    actions = some_actions(env.action_space, 60)
    *_, info, _ = episode(env, 3, actions)
    _, rewards, *_ = play(id, 3, actions, max_episode_steps=60)
    assert info["episode"]["l"] == len(rewards) == info["totals"]["length"]
    assert info["episode"]["r"] == pytest.approx(sum(rewards), rel=1e-12)
    assert info["episode"]["r"] == pytest.approx(info["totals"]["return"], rel=1e-6, abs=1e-6)


def test_time_limit_truncates_at_its_step_and_at_no_other():
    env = wrappers.TimeLimit(gymnasium.make("ludus/Pendulum-v1", max_episode_steps=-1), 7)
    observations, _, _, truncated = episode(env, 0, [np.zeros(1, np.float32)] * 20)
    assert truncated
    assert len(observations) == 8


def test_normalize_observation_uses_the_running_mean_and_variance(play, some_actions):
    env = wrappers.NormalizeObservation(gymnasium.make("ludus/Acrobot-v1"))
    actions = some_actions(env.action_space, 50)
    normalized, *_ = episode(env, 5, actions)
    bare, *_ = play("ludus/Acrobot-v1", 5, actions)
    for t in (1, 10, 50):
        seen = np.array(bare[: t + 1], np.float64)
        weight = len(seen) + 1e-4  # the wrapper begins with mean 0 and variance 1 of 1e-4 observations
        mean = seen.sum(0) / weight
        square = ((seen**2).sum(0) + 1e-4) / weight
        np.testing.assert_allclose(
            normalized[t], (bare[t] - mean) / np.sqrt(square - mean**2 + 1e-8), rtol=1e-4, atol=1e-5
        )


def test_frame_stack_holds_the_last_observations(play, some_actions):
    env = wrappers.FrameStackObservation(gymnasium.make("ludus/Snake-v1", size=6), 3)
    actions = some_actions(env.action_space, 10)
    stacked, *_ = episode(env, 2, actions)
    bare, *_ = play("ludus/Snake-v1", 2, actions, size=6)
    assert env.observation_space.contains(stacked[0])
    assert len(stacked) == len(bare) > 3
    for t in range(len(bare)):
        np.testing.assert_array_equal(stacked[t], [bare[max(0, t - 2)], bare[max(0, t - 1)], bare[t]])


def test_transform_reward_sees_every_reward(play, some_actions):
    env = wrappers.TransformReward(gymnasium.make("ludus/CliffWalking-v1"), lambda reward: 2 * reward + 1)
    actions = some_actions(env.action_space, 30)
    _, transformed, *_ = episode(env, 0, actions)
    _, bare, *_ = play("ludus/CliffWalking-v1", 0, actions)
    assert transformed == [2 * reward + 1 for reward in bare]
    assert len(set(bare)) > 1


@pytest.mark.parametrize("name", ["Sorter-v0", "Taxi-v4", "Snake-v1"])  # a Dict, a Discrete, a board
def test_flatten_observation_is_gymnasiums_flatten_of_the_bare_one(name, play, some_actions):
    env = wrappers.FlattenObservation(gymnasium.make(f"ludus/{name}"))
    actions = some_actions(env.action_space, 20)
    flat, *_ = episode(env, 4, actions)
    bare, *_ = play(f"ludus/{name}", 4, actions)
    space = gymnasium.make(f"ludus/{name}").observation_space
    assert len(flat) == len(bare)
    for one, other in zip(flat, bare, strict=True):
        np.testing.assert_array_equal(one, gymnasium.spaces.flatten(space, other))
        assert env.observation_space.contains(one)


def test_rescale_action_reaches_both_ends_of_the_torque(play):
    env = wrappers.RescaleAction(gymnasium.make("ludus/Pendulum-v1"), np.float32(0), np.float32(1))
    shown, *_ = episode(env, 0, [np.array([end], np.float32) for end in (0, 1, 0.5)])
    bare, *_ = play("ludus/Pendulum-v1", 0, [np.array([torque], np.float32) for torque in (-2, 2, 0)])
    np.testing.assert_array_equal(shown, bare)


def test_record_video_writes_every_frame(tmp_path):
    from imageio_ffmpeg import count_frames_and_secs

    env = gymnasium.make("ludus/Snake-v1", size=6, render_mode="rgb_array", max_episode_steps=12)
    env = wrappers.RecordVideo(env, str(tmp_path / "videos"), disable_logger=True)
    observations, *_ = episode(env, 1, [0, 1, 2, 3] * 3)
    env.close()
    (video,) = (tmp_path / "videos").glob("*.mp4")
    assert count_frames_and_secs(str(video))[0] == len(observations)
