"""SB3's VecEnv over a batch and over third parties' vector environments: the same steps, and targets that are right."""

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium import spaces
from gymnasium.vector import AutoresetMode
from stable_baselines3 import DQN, PPO
from stable_baselines3.common.callbacks import CheckpointCallback, EvalCallback
from stable_baselines3.common.env_checker import check_env
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.vec_env import DummyVecEnv, VecFrameStack, VecMonitor, VecNormalize

import ludus
import tilted
from acting import assert_same_observation, random_actions
from counter import Counter
from ludus.agents.pqn import PQN, PQNConfig
from ludus.agents.vecenv import BatchVecEnv, make_vec_env, to_sb3
from ludus.envs.make import make_batch

MODES = [AutoresetMode.SAME_STEP, AutoresetMode.NEXT_STEP, AutoresetMode.DISABLED]
GAMMA = 0.5


def vector_env(id, mode, num_envs=3, **keywords):
    return gymnasium.make_vec(id, num_envs=num_envs, autoreset_mode=mode, **keywords)


# --- The same as single environments ---------------------------------------------------------------------------------


@pytest.mark.parametrize("id", ludus.ENVIRONMENTS)
def test_steps_equal_those_of_sb3s_own_vector_environment(id):
    keywords = {"max_episode_steps": 20}
    ours = make_vec_env(id, 4, seed=7, **keywords)
    theirs = DummyVecEnv([lambda: gymnasium.make(id, **keywords)] * 4)
    theirs.seed(7)
    assert_same_observation(ours.reset(), theirs.reset())
    generator, ends = np.random.default_rng(0), 0
    for _ in range(120):
        actions = random_actions(ours.action_space, 4, generator)
        obs, reward, done, infos = ours.step(actions)
        other_obs, other_reward, other_done, other_infos = theirs.step(actions)
        assert_same_observation(obs, other_obs)
        np.testing.assert_array_equal(reward, other_reward)
        np.testing.assert_array_equal(done, other_done)
        assert reward.dtype == np.float32
        for i in np.flatnonzero(done):
            ends += 1
            assert_same_observation(infos[i]["terminal_observation"], other_infos[i]["terminal_observation"])
            assert infos[i]["TimeLimit.truncated"] == other_infos[i]["TimeLimit.truncated"]
    assert ends > 4


def test_infos_are_filled_where_an_episode_ended_and_empty_elsewhere():
    env = make_vec_env("test/Treadmill-v0", 2, seed=0, max_episode_steps=3)
    env.reset()
    for step in range(1, 8):
        _, _, done, infos = env.step(np.zeros(2, int))
        assert done.tolist() == [step % 3 == 0] * 2
        assert infos[0] is not infos[1]
        if step % 3:
            assert infos == [{}, {}]
        else:
            assert infos[0]["episode"] == {"r": 3.0, "l": 3, "walked": 3.0}
            assert infos[0]["TimeLimit.truncated"] is True


def test_an_end_of_both_kinds_is_a_termination():
    env = make_vec_env("test/Treadmill-v0", 1, ends=1.0, max_episode_steps=5)
    env.reset()
    for _ in range(5):
        _, _, done, infos = env.step(np.zeros(1, int))
    assert done[0]
    assert infos[0]["TimeLimit.truncated"] is False


def test_what_is_returned_stays_as_it_is():
    env = make_vec_env("ludus/CartPole-v1", 2, seed=0)
    first = env.reset()
    kept = first.copy()
    env.step(np.array([0, 1]))
    np.testing.assert_array_equal(first, kept)


# --- Targets ---------------------------------------------------------------------------------------------------------


def treadmills(mode, ends, limit):
    if mode is None:
        return make_vec_env("test/Treadmill-v0", 3, ends=ends, max_episode_steps=limit)
    return to_sb3(vector_env("test/Treadmill-v0", mode, ends=ends, max_episode_steps=limit))


@pytest.mark.parametrize("mode", [None, *MODES], ids=["batch", *(mode.value for mode in MODES)])
def test_ppo_bootstraps_through_truncation_and_not_through_termination(mode):
    """All observations are alike, so V is one number; with the time limit at 4, steps 4 and 8 are truncated."""
    agent = PPO("MlpPolicy", treadmills(mode, 0.0, 4), n_steps=8, batch_size=24, gamma=GAMMA, seed=0, device="cpu")
    agent.learn(24)
    value = agent.rollout_buffer.values.flat[0]
    np.testing.assert_allclose(agent.rollout_buffer.values, value, rtol=1e-6)
    expected = np.ones((8, 3), np.float32)
    expected[[3, 7]] += np.float32(GAMMA) * value
    np.testing.assert_allclose(agent.rollout_buffer.rewards, expected, rtol=1e-6)

    agent = PPO("MlpPolicy", treadmills(mode, 1.0, 9), n_steps=8, batch_size=24, gamma=GAMMA, seed=0, device="cpu")
    agent.learn(24)  # the world ends the fifth step
    np.testing.assert_array_equal(agent.rollout_buffer.rewards, np.ones((8, 3)))
    np.testing.assert_array_equal(agent.rollout_buffer.episode_starts[:, 0], [1, 0, 0, 0, 0, 1, 0, 0])


@pytest.mark.parametrize("mode", [None, *MODES], ids=["batch", *(mode.value for mode in MODES)])
def test_dqn_stores_each_step_once_and_knows_which_ends_are_real(mode):
    agent = DQN("MlpPolicy", treadmills(mode, 1.0, 3), learning_starts=100, buffer_size=300, seed=0, device="cpu")
    agent.learn(24)
    buffer = agent.replay_buffer
    assert buffer.pos == 8
    np.testing.assert_array_equal(buffer.rewards[:8], np.ones((8, 3)))
    np.testing.assert_array_equal(buffer.dones[:8, 0], [0, 0, 1, 0, 0, 1, 0, 0])
    np.testing.assert_array_equal(buffer.timeouts[:8], buffer.dones[:8])  # the clock's, at 3; the world's would be at 5

    agent = DQN("MlpPolicy", treadmills(mode, 1.0, 9), learning_starts=100, buffer_size=300, seed=0, device="cpu")
    agent.learn(24)
    np.testing.assert_array_equal(agent.replay_buffer.dones[:8, 0], [0, 0, 0, 0, 1, 0, 0, 0])
    assert not agent.replay_buffer.timeouts.any()


def weights_of(algorithm, env, **keywords):
    env.seed(3)
    agent = algorithm("MlpPolicy", env, seed=3, device="cpu", policy_kwargs={"net_arch": [16]}, **keywords)
    agent.learn(600)
    return torch.cat([parameter.detach().flatten() for parameter in agent.policy.parameters()])


@pytest.mark.parametrize(
    ("algorithm", "keywords"),
    [(PPO, {"n_steps": 32, "batch_size": 96, "n_epochs": 2}), (DQN, {"learning_starts": 60, "buffer_size": 900})],
    ids=["ppo", "dqn"],
)
def test_algorithms_learn_the_same_whatever_the_autoreset(algorithm, keywords):
    limit = {"max_episode_steps": 15}
    ours = [to_sb3(vector_env("ludus/CartPole-v1", mode, **limit)) for mode in MODES]
    results = [weights_of(algorithm, env, **keywords) for env in [make_vec_env("ludus/CartPole-v1", 3, **limit), *ours]]
    for other in results[1:]:
        assert torch.equal(results[0], other)
    theirs = [
        gymnasium.make_vec("CartPole-v1", 3, "sync", vector_kwargs={"autoreset_mode": mode}, **limit) for mode in MODES
    ]
    others = [weights_of(algorithm, to_sb3(env), **keywords) for env in theirs]
    assert torch.equal(others[0], others[1])
    assert torch.equal(others[0], others[2])
    assert not torch.equal(results[0], others[0])  # other random numbers, so other starts


def test_a_third_partys_environment_that_cannot_be_reset_in_parts_is_refused():
    env = to_sb3(gymnasium.make_vec("CartPole-v1", 8, vectorization_mode="vector_entry_point"))
    env.reset()

    def play():
        for _ in range(100):
            env.step(np.zeros(8, int))

    with pytest.raises(ValueError, match=r"CartPoleVectorEnv resets all environments .*=.sync."):
        play()


# --- Actions ---------------------------------------------------------------------------------------------------------


def counters(kind):
    if "test/Counter-v0" not in gymnasium.registry:
        gymnasium.register("test/Counter-v0", entry_point=Counter, max_episode_steps=9)
    if kind == "batch":
        return make_vec_env("test/Counter-v0", 2)
    return to_sb3(gymnasium.make_vec("test/Counter-v0", 2, vectorization_mode="sync"))


@pytest.mark.parametrize("kind", ["batch", "vector"])
def test_discrete_actions_count_from_0_whatever_the_environments_start(kind):
    env = counters(kind)
    assert env.action_space == spaces.Discrete(3)
    env.reset()
    assert env.step(np.array([0, 2]))[1].tolist() == [5.0, 7.0]
    with pytest.raises(
        ValueError, match=r"SB3 counts the actions of Discrete\(3, start=5\) from 0: .* got 6; subtract"
    ):
        env.step(np.array([0, 6]))
    DQN("MlpPolicy", counters(kind), learning_starts=5, buffer_size=100, device="cpu").learn(60)


@pytest.mark.parametrize("kind", ["batch", "vector"])
def test_what_float32_rounds_to_just_outside_a_box_becomes_its_bound(kind):
    """SB3 unscales -1 … 1 to low + 0.5 * (a + 1) * (high - low), which does not always end at ``high``."""
    ludus.register("test/Tilted-v0", "tilted", max_episode_steps=6)
    low, high = np.array(tilted.LOW, np.float32), np.array(tilted.HIGH, np.float32)
    unscaled = low + np.float32(0.5 * 2.0) * (high - low)
    assert unscaled[0] > high[0]
    env = make_vec_env("test/Tilted-v0", 2) if kind == "batch" else to_sb3(gymnasium.make_vec("test/Tilted-v0", 2))
    env.reset()
    env.step(np.stack([unscaled, low]))
    for beyond in (0.41, np.nan):
        with pytest.raises(ValueError, match="of environment 1 is outside the action space"):
            env.step(np.array([unscaled, [beyond, 0.5]], np.float32))


# --- SB3's tools -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("id", ludus.ENVIRONMENTS)
def test_sb3s_checker_finds_nothing(id):
    check_env(gymnasium.make(id, render_mode="rgb_array"), warn=False)


def test_sb3s_evaluation_and_callbacks_work(tmp_path):
    agent = PPO("MlpPolicy", make_vec_env("ludus/CartPole-v1", 4, seed=0), n_steps=64, batch_size=64, device="cpu")
    judge = make_vec_env("ludus/CartPole-v1", 4, seed=1)
    evaluation = EvalCallback(judge, n_eval_episodes=8, eval_freq=64, log_path=str(tmp_path), verbose=0)
    agent.learn(512, [evaluation, CheckpointCallback(64, str(tmp_path), "agent")])
    assert evaluation.n_calls == 128
    assert len(list(tmp_path.glob("agent_*_steps.zip"))) == 2
    mean, _ = evaluate_policy(agent, judge, 8)
    returns, lengths = evaluate_policy(agent, judge, 8, return_episode_rewards=True)
    assert mean > 8.0
    assert returns == lengths  # +1 per step


def test_sb3s_evaluation_works_on_ludus_own_agents(tmp_path):
    agent = PQN(make_batch("ludus/CartPole-v1", 4), PQNConfig(num_envs=4, minibatches=2, hidden=(16,)))
    judge = make_vec_env("ludus/CartPole-v1", 4, seed=1)
    evaluation = EvalCallback(judge, n_eval_episodes=8, eval_freq=64, log_path=str(tmp_path), verbose=0)
    agent.learn(512, evaluation)
    lengths = np.load(tmp_path / "evaluations.npz")["ep_lengths"]
    assert lengths.shape == (2, 8)
    assert (lengths >= 8).all()


def test_sb3s_wrappers_work():
    plain = make_vec_env("ludus/CartPole-v1", 3, seed=0)
    stacked = VecFrameStack(make_vec_env("ludus/CartPole-v1", 3, seed=0), 2)
    normal = VecNormalize(make_vec_env("ludus/CartPole-v1", 3, seed=0))
    with pytest.warns(UserWarning, match="already wrapped with a `Monitor`"):
        monitored = VecMonitor(make_vec_env("ludus/CartPole-v1", 3, seed=0))
    first = plain.reset()
    np.testing.assert_array_equal(stacked.reset()[:, 4:], first)
    normal.reset()
    np.testing.assert_array_equal(normal.get_original_obs(), first)
    monitored.reset()
    for _ in range(60):
        actions = np.ones(3, int)
        obs, _, done, infos = plain.step(actions)
        np.testing.assert_array_equal(stacked.step(actions)[0][:, 4:], obs)
        normal.step(actions)
        np.testing.assert_array_equal(normal.get_original_obs(), obs)
        theirs = monitored.step(actions)[3]
        for i in np.flatnonzero(done):
            assert theirs[i]["episode"]["r"] == infos[i]["episode"]["r"]
            assert theirs[i]["episode"]["l"] == infos[i]["episode"]["l"]


def test_legal_actions_are_there_for_maskable_algorithms():
    env = make_vec_env("ludus/Snake-v1", 3, seed=0)
    env.reset()
    masks = np.stack(env.env_method("action_masks"))
    np.testing.assert_array_equal(masks, env.batch.buffers.mask.astype(bool))
    np.testing.assert_array_equal(env.env_method("action_masks", indices=[2, 0]), masks[[2, 0]])
    assert env.has_attr("action_masks")
    assert not make_vec_env("ludus/CartPole-v1", 1).has_attr("action_masks")


def test_frames():
    env = make_vec_env("ludus/Snake-v1", 4, seed=0, render_mode="rgb_array")
    env.reset()
    images = env.get_images()
    assert len(images) == 4
    assert images[0].shape == (600, 600, 3)
    assert env.render().shape == (1200, 1200, 3)


def test_attributes_are_set_in_single_environments_where_there_are_any():
    env = to_sb3(gymnasium.make_vec("CartPole-v1", 3, vectorization_mode="sync"))
    env.set_attr("length", 5.0)
    assert env.get_attr("length") == [5.0, 5.0, 5.0]
    env.set_attr("length", 7.0, indices=[1])
    assert env.get_attr("length") == [5.0, 7.0, 5.0]
    with pytest.raises(AttributeError, match="'gravity' cannot be set"):
        to_sb3(gymnasium.make_vec("ludus/CartPole-v1", 2)).set_attr("gravity", 1.0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: to_sb3(gymnasium.make("CartPole-v1")), r"to_sb3 takes a gymnasium\.vector\.VectorEnv, got TimeLimit"),
        (lambda: make_vec_env("ludus/CartPole-v1", 2, render_mode="ansi"), "render_mode must be None"),
        (lambda: make_vec_env("CartPole-v1", 2, render_mode="rgb_array"), "renders itself; use SB3's own"),
        (lambda: make_vec_env("ludus/CartPole-v1", 2, wrapper_class=None), "wrapper_class is for environments one by"),
        (lambda: make_vec_env("ludus/CartPole-v1", seed="a"), "a seed must be a whole number"),
        (lambda: to_sb3(gymnasium.make_vec("Blackjack-v1", 2, vectorization_mode="sync")), "Blackjack-v1 observes"),
        (lambda: make_vec_env("ludus/CartPole-v1", 2).set_attr("gravity", 1.0), "'gravity' cannot be set"),
        (lambda: make_vec_env("ludus/CartPole-v1", 2).get_attr("gravity"), "'gravity'; .batch.records.* are set where"),
        (lambda: make_vec_env("ludus/CartPole-v1", 2).get_attr("weight"), "'weight'; parameters are set where the env"),
        (lambda: make_vec_env(lambda: gymnasium.make("CartPole-v1"), 2), "takes an id such as .*, got <function"),
        (lambda: make_vec_env("ludus/CartPole-v1", 2).env_method("fly"), "no method 'fly'"),
        (lambda: BatchVecEnv(_next_step_batch()), "SB3 needs a batch with the autoreset mode SameStep, got NextStep"),
    ],
)
def test_refusals(make, message):
    with pytest.raises((TypeError, ValueError, AttributeError), match=message):
        make()


def _next_step_batch():
    from ludus.envs.engine.kernel_batch import KernelBatch

    return KernelBatch("ludus.envs.robotics.cartpole", 2, autoreset_mode=AutoresetMode.NEXT_STEP)


@pytest.mark.parametrize(
    "make", [lambda: make_vec_env("ludus/CartPole-v1", 2), lambda: to_sb3(gymnasium.make_vec("ludus/CartPole-v1", 2))]
)
def test_a_closed_environment_is_not_stepped(make):
    env = make()
    env.reset()
    env.close()
    env.close()
    for call in (lambda: env.step(np.zeros(2, int)), env.reset):
        with pytest.raises(gymnasium.error.ClosedEnvironmentError, match="are closed; make new ones"):
            call()


def test_options_at_reset_are_refused_once():
    env = make_vec_env("ludus/CartPole-v1", 2)
    env.set_options({"gravity": 3.7})
    with pytest.raises(ValueError, match="reset takes no options"):
        env.reset()
    assert env.reset().shape == (2, 4)


def test_a_partial_reset_that_cannot_be_seen_proves_nothing():
    """Treadmills look the same always: whether the others were reset, too, cannot be told from what they show."""
    env = to_sb3(vector_env("test/Treadmill-v0", AutoresetMode.NEXT_STEP, ends=1.0))
    env.reset()
    env.env.reset(options={"reset_mask": np.array([True, False, False])})
    for _ in range(2):
        env.step(np.zeros(3, int))
    env.env.reset(options={"reset_mask": np.array([True, False, False])})
    for _ in range(3):
        env.step(np.zeros(3, int))  # ends the two that were not reset
    assert not env._respects_mask


def test_a_question_without_an_answer_leaves_the_workers_of_an_async_vector_environment_alive():
    env = to_sb3(gymnasium.make_vec("CartPole-v1", 2, vectorization_mode="async"))
    env.reset()
    assert env.has_attr("gravity")
    assert not env.has_attr("nope")
    with pytest.raises(AttributeError, match="have no attribute 'nope'"):
        env.get_attr("nope")
    with pytest.raises(AttributeError, match="no method 'fly'"):
        env.env_method("fly")
    assert env.get_attr("gravity") == [9.8, 9.8]
    assert env.step(np.zeros(2, int))[1].tolist() == [1.0, 1.0]
    env.close()


def test_a_third_partys_environments_are_asked_one_by_one():
    env = to_sb3(gymnasium.make_vec("CartPole-v1", 2, vectorization_mode="sync"))
    assert env.get_attr("gravity") == [9.8, 9.8]
    assert env.has_attr("gravity")
    assert not env.has_attr("weight")
    env.seed(5)
    first = env.reset()
    np.testing.assert_array_equal(first[1], gymnasium.make("CartPole-v1").reset(seed=6)[0])
    with pytest.raises(ValueError, match=r"actions must have shape \(2,\), got \(3,\)"):
        env.step(np.zeros(3, int))


def test_any_gymnasium_environment_as_a_batch():
    env = BatchVecEnv(make_batch("CartPole-v1", 3, max_episode_steps=9))
    env.seed(0)
    env.reset()
    for step in range(1, 10):
        _, _, done, infos = env.step(np.full(3, step % 2))
    assert done.all()
    assert infos[0]["episode"]["l"] == 9
    assert infos[0]["TimeLimit.truncated"]
