"""TorchRL: every environment passes its check of specs, alone and as a batch; its data are those of the bare one."""

import gymnasium
import numpy as np
import pytest
import torch
from torchrl.collectors import Collector
from torchrl.envs import GymEnv, GymWrapper
from torchrl.envs.utils import check_env_specs


class WithoutTotals(gymnasium.vector.VectorWrapper):
    """TorchRL 0.14 cannot read a dict within info under SAME_STEP."""

    def __init__(self, env):
        super().__init__(env)
        self.autoreset_mode = env.autoreset_mode  # TorchRL asks for it, and Gymnasium's wrapper does not pass it on

    def reset(self, **keywords):
        observation, info = self.env.reset(**keywords)
        return observation, self.trimmed(info)

    def step(self, actions):
        *result, info = self.env.step(actions)
        return *result, self.trimmed(info)

    def trimmed(self, info):
        info = {key: value for key, value in info.items() if key not in ("totals", "_totals")}
        return info | {"final_info": self.trimmed(info["final_info"])} if "final_info" in info else info


def test_gym_env_passes_the_check_of_specs(id):
    check_env_specs(GymEnv(id), seed=0)


def test_gym_wrapper_over_make_vec_passes_the_check_of_specs(id):
    env = GymWrapper(gymnasium.make_vec(id, num_envs=3, autoreset_mode="Disabled"))
    assert env.batch_size == (3,)
    check_env_specs(env, seed=0)


@pytest.mark.parametrize("name", ["CartPole-v1", "Rover-v0", "Snake-v1", "Breakout-v0"])
def test_gym_wrapper_under_same_step_passes_without_a_dict_in_info(name):
    env = gymnasium.make_vec(f"ludus/{name}", num_envs=3, autoreset_mode="SameStep")
    check_env_specs(GymWrapper(WithoutTotals(env)), seed=0)


def test_torchrl_cannot_read_a_dict_in_the_info_of_gymnasiums_own_environments_either():
    class Nested(gymnasium.Wrapper):
        def reset(self, **keywords):
            return self.env.reset(**keywords)[0], {"nested": {"one": 1.0}}

        def step(self, action):
            return *self.env.step(action)[:4], {"nested": {"one": 1.0}}

    make = [lambda: Nested(gymnasium.make("CartPole-v1"))] * 3
    with pytest.raises(RuntimeError, match="expand_specs wasn't specified"):
        GymWrapper(gymnasium.vector.SyncVectorEnv(make, autoreset_mode="SameStep"))


@pytest.mark.parametrize("name", ["CartPole-v1", "Pendulum-v1", "Snake-v1"])
def test_a_collectors_data_are_those_of_the_bare_environment(name):
    env = GymEnv(f"ludus/{name}", categorical_action_encoding=True, max_episode_steps=30)
    env.set_seed(7)
    collector = Collector(env, frames_per_batch=50, total_frames=150)
    data = torch.cat([batch.clone() for batch in collector])
    collector.shutdown()

    bare = gymnasium.make(f"ludus/{name}", max_episode_steps=30)
    observation, _ = bare.reset(seed=7)
    for _ in range(5):  # TorchRL resets some times before it collects
        if np.array_equal(observation, data["observation"][0]):
            break
        observation, _ = bare.reset()
    ends = 0
    for row in data:
        np.testing.assert_array_equal(row["observation"], observation)
        observation, reward, terminated, truncated, _ = bare.step(row["action"].numpy())
        np.testing.assert_array_equal(row["next", "observation"], observation)
        assert row["next", "reward"].item() == np.float32(reward)
        assert (row["next", "terminated"].item(), row["next", "truncated"].item()) == (terminated, truncated)
        if terminated or truncated:
            ends += 1
            observation, _ = bare.reset()
    assert ends > 2


def test_a_batched_rollouts_rows_are_those_of_the_bare_environments(play):
    env = GymWrapper(
        gymnasium.make_vec("ludus/CartPole-v1", num_envs=4, autoreset_mode="Disabled"), categorical_action_encoding=True
    )
    env.set_seed(3)
    rollout = env.rollout(60, break_when_any_done=False)
    assert rollout.batch_size == (4, 60)
    ends = rollout["next", "done"].squeeze(-1)
    assert ends.any(1).all()
    for i in range(4):
        length = int(ends[i].int().argmax()) + 1
        actions = rollout["action"][i, :length].tolist()
        first = rollout["observation"][i, 0].numpy()
        seen, rewards, terminated, *_ = play("ludus/CartPole-v1", 3 + i, actions, first=first)
        np.testing.assert_array_equal(rollout["observation"][i, :length], seen[:-1])
        np.testing.assert_array_equal(rollout["next", "observation"][i, length - 1], seen[-1])
        assert rollout["next", "reward"][i, :length].sum() == sum(rewards)
        assert terminated[-1]
