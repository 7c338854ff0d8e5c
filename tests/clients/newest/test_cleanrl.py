"""CleanRL's loop learns on ``make_vec``, and takes the very same steps as on Gymnasium's own vector environment."""

import gymnasium
import numpy as np
from cleanrl_ppo import Args, train
from gymnasium.wrappers.vector import RecordEpisodeStatistics

CARTPOLE = "ludus/CartPole-v1"


def ours(args):
    envs = gymnasium.make_vec(CARTPOLE, num_envs=args.num_envs, vectorization_mode="vector_entry_point")
    return RecordEpisodeStatistics(envs)


def gymnasiums(args):
    return RecordEpisodeStatistics(gymnasium.vector.SyncVectorEnv([lambda: gymnasium.make(CARTPOLE)] * args.num_envs))


def test_ppo_learns_cartpole():
    ends, losses = train(ours(Args()), Args())
    returns = [total for _, total, _ in ends]
    assert np.isfinite(losses).all()
    assert np.mean(returns[:20]) < 40
    assert np.mean(returns[-20:]) > 120  # five times what random play earns


def test_ppo_takes_the_same_steps_on_gymnasiums_sync_vector_env():
    args = Args(total_timesteps=4096)
    mine, theirs = train(ours(args), args), train(gymnasiums(args), args)
    assert mine == theirs  # every end and every loss, bit for bit
    assert len(mine[0]) > 20
