"""PQN on worlds with known values, its targets by hand, and truncation against termination."""

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium import spaces
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Logger

import chain
from ludus.agents.batch_agent import config_from
from ludus.agents.networks import ConvEncoder, make_encoder
from ludus.agents.pqn import PQN, PQNConfig
from ludus.agents.returns import lambda_returns
from ludus.agents.runs.config import configure
from ludus.agents.tabular import TabularConfig
from ludus.envs.engine.kernel_batch import KernelBatch
from ludus.envs.make import make_batch


def learn(batch, steps, **changes):
    agent = PQN(batch, PQNConfig(num_envs=batch.num_envs, **changes), seed=0)
    agent.set_logger(Logger(None, []))
    return agent.learn(steps)


@pytest.mark.parametrize("lam", [0.0, 0.5])
def test_q_values_of_the_chain_are_those_computed_by_hand(lam):
    gamma = 0.9
    batch = KernelBatch("chain", 32)
    # With lambda > 0 the targets follow the behaviour; little exploration makes behaviour and optimum agree.
    epsilon = 1.0 if lam == 0.0 else 0.1
    agent = learn(
        batch, 80_000, gamma=gamma, lam=lam, hidden=(32,), learning_rate=0.01, rollout_steps=16, minibatches=4,
        epsilon_start=1.0, epsilon_end=epsilon, epsilon_fraction=0.3,
    )  # fmt: skip
    with torch.inference_mode():
        q = agent.network(torch.arange(chain.CELLS)).numpy()
    truth = chain.values(gamma)
    assert truth[:, chain.RIGHT].tolist() == pytest.approx([0.6561, 0.729, 0.81, 0.9, 1.0])  # written out
    if lam == 0.0:
        assert np.abs(q - truth).max() < 0.05
    assert q.argmax(axis=1).tolist() == truth.argmax(axis=1).tolist()


def test_lambda_return_of_three_steps_by_hand():
    rewards = np.array([[1.0], [2.0], [3.0]], np.float32)
    after = np.array([[10.0], [20.0], [30.0]], np.float32)
    targets = np.empty((3, 1), np.float32)
    no = np.zeros((3, 1), bool)
    lambda_returns(rewards, after, no, no, 0.5, 0.5, targets)
    # G2 = 3 + .5*30 = 18; G1 = 2 + .5*(.5*18 + .5*20) = 11.5; G0 = 1 + .5*(.5*11.5 + .5*10) = 6.375
    assert targets[:, 0].tolist() == [6.375, 11.5, 18.0]


def test_lambda_return_stops_at_ends_and_bootstraps_through_truncation_only():
    rewards = np.ones((3, 2), np.float32)
    after = np.full((3, 2), 10.0, np.float32)
    terminated = np.array([[False, False], [True, False], [False, False]])
    ended = np.array([[False, False], [True, True], [False, False]])
    targets = np.empty((3, 2), np.float32)
    lambda_returns(rewards, after, terminated, ended, 0.5, 1.0, targets)
    # Terminated at step 1: G1 = 1, G0 = 1 + .5*1. Truncated there: G1 = 1 + .5*10 = 6, G0 = 1 + .5*6.
    assert targets.T.tolist() == [[1.5, 1.0, 6.0], [4.0, 6.0, 6.0]]


@pytest.mark.parametrize(("ends", "limit", "expected"), [(0.0, 5, 10.0), (0.0, None, 10.0), (1.0, None, None)])
def test_truncation_is_not_termination(ends, limit, expected):
    """A walk that only the clock cuts is worth 1 / (1 - 0.9) = 10; one that really ends is worth at most 4.1."""
    batch = KernelBatch("treadmill", 16, max_episode_steps=limit, ends=ends)
    agent = learn(
        batch, 100_000, gamma=0.9, lam=0.5, hidden=(32,), learning_rate=0.01, rollout_steps=16, minibatches=2,
        epsilon_end=1.0,
    )  # fmt: skip
    value = agent.network(torch.ones(1, 1)).max().item()
    if expected is None:
        assert value < 4.1  # 1 + .9 + .81 + .729 + .6561 at the first step, less later
    else:
        assert value == pytest.approx(expected, rel=0.05)


def test_final_observation_is_what_a_truncated_step_bootstraps_from():
    batch = KernelBatch("ludus.envs.robotics.cartpole", 8, max_episode_steps=7)
    agent = PQN(batch, PQNConfig(num_envs=8, rollout_steps=8, minibatches=1), seed=0)
    agent.set_logger(Logger(None, []))
    seen = {}

    class Look(BaseCallback):
        def _on_step(self):
            rows = np.flatnonzero(batch.buffers.truncated)
            if len(rows):
                seen["final"] = batch.buffers.final_observation[rows].copy()
            return True

        def _on_rollout_end(self):
            if "values" not in seen:
                seen["values"] = agent._next_values[6].copy()
                with torch.inference_mode():
                    seen["expected"] = agent.network(torch.from_numpy(seen["final"])).max(dim=1).values.numpy()

    agent.learn(64, Look())
    assert seen["values"] == pytest.approx(seen["expected"], abs=1e-6)


def test_masked_actions_are_neither_taken_nor_bootstrapped():
    batch = make_batch("ludus/Snake-v1", 16, size=4)
    config = PQNConfig(num_envs=16, rollout_steps=32, minibatches=4, hidden=(32,), epsilon_start=1.0, epsilon_end=1.0)
    agent = PQN(batch, config, seed=0)
    agent.set_logger(Logger(None, []))
    illegal = []

    class Look(BaseCallback):
        def _on_training_start(self):
            self.mask = batch.buffers.mask.copy()

        def _on_step(self):
            rows = self.mask.any(axis=1)  # where nothing is legal any action is as good
            illegal.append((self.mask[np.arange(16), batch.action_buffer] == 0)[rows].sum())
            self.mask = batch.buffers.mask.copy()
            return True

    agent.learn(2048, Look())
    assert len(illegal) >= 128
    assert sum(illegal) == 0


def test_predict_takes_one_observation_or_many_and_honours_masks():
    batch = make_batch("ludus/Snake-v1", 4, size=4)
    agent = PQN(batch, PQNConfig(num_envs=4, hidden=(16,)), seed=0)
    batch.seed_from(0)
    many, _ = agent.predict(batch.buffers.observation, action_mask=batch.buffers.mask)
    assert many.shape == (4,)
    for i in range(4):
        one, _ = agent.predict(batch.buffers.observation[i], action_mask=batch.buffers.mask[i])
        assert one == many[i]
        only = np.eye(4, dtype=np.int8)[i]
        assert agent.predict(batch.buffers.observation[i], action_mask=only)[0] == i


def test_asking_for_actions_does_not_disturb_the_training():
    class Ask(BaseCallback):
        def _on_step(self):
            self.model.predict(np.zeros((8, 4), np.float32), deterministic=False)
            return True

    def weights(callback):
        agent = PQN(make_batch("ludus/CartPole-v1", 8), PQNConfig(num_envs=8, minibatches=2, hidden=(16,)))
        agent.set_logger(Logger(None, []))
        agent.learn(1024, callback)
        return torch.cat([value.flatten() for value in agent.network.state_dict().values()])

    assert torch.equal(weights(None), weights(Ask()))


class Signs(gymnasium.Env):
    """A third party's environment with a Dict observation: repeat the sign that is shown."""

    observation_space = spaces.Dict({"sign": spaces.Discrete(3), "noise": spaces.Box(-1, 1, (2,), np.float32)})
    action_space = spaces.Discrete(3, start=5)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.left = 8
        return self._observe(), {}

    def _observe(self):
        self.sign = int(self.np_random.integers(3))
        return {"sign": self.sign, "noise": self.np_random.uniform(-1, 1, 2).astype(np.float32)}

    def step(self, action):
        reward = float(action - 5 == self.sign)
        self.left -= 1
        return self._observe(), reward, self.left == 0, False, {}


def test_a_third_partys_dict_environment_can_be_learned():
    if "test/Signs-v0" not in gymnasium.registry:
        gymnasium.register("test/Signs-v0", entry_point=Signs)
    batch = make_batch("test/Signs-v0", 16)
    agent = learn(batch, 12_000, gamma=0.5, hidden=(32,), learning_rate=0.01, rollout_steps=16, minibatches=2)
    for sign in range(3):
        x = {"sign": np.array(sign), "noise": np.zeros(2, np.float32)}
        assert agent.predict(x)[0] == sign + 5


@pytest.mark.parametrize("norm", [False, True])
def test_images_go_through_convolutions_whose_gradients_reach_all_parameters(norm):
    batch = make_batch("ludus/Snake-v1", 8, size=6)
    config = PQNConfig(
        num_envs=8, rollout_steps=8, minibatches=1, conv=((8, 3, 1), (8, 3, 2)), hidden=(16,), center=1, view_radius=5,
        conv_norm=norm,
    )  # fmt: skip
    agent = PQN(batch, config, seed=0)
    agent.set_logger(Logger(None, []))
    before = {key: value.clone() for key, value in agent.network.state_dict().items()}
    agent.learn(640)
    for key, value in agent.network.state_dict().items():
        assert not torch.equal(before[key], value), f"{key} never changed"


def test_the_norm_after_a_convolution_is_over_the_channels_of_each_pixel():
    space = spaces.Box(0, 255, (12, 12, 3), np.uint8)
    plain, normed = (ConvEncoder(space, [[8, 3, 2]], norm=norm) for norm in (False, True))
    normed.convolutions[0].load_state_dict(plain.convolutions[0].state_dict())
    x = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (4, 12, 12, 3), dtype=np.uint8))
    before = plain.convolutions[0](x.permute(0, 3, 1, 2) / 255)
    mean, var = before.mean(dim=1, keepdim=True), before.var(dim=1, keepdim=True, unbiased=False)
    expected = ((before - mean) / (var + 1e-5).sqrt()).relu().flatten(1)
    torch.testing.assert_close(normed(x), expected)


@pytest.mark.parametrize("layers", [[[4, 8, 4], [5, 4, 2]], [[3, 3, 1]], [[2, 1, 3], [2, 5, 2], [2, 2, 1]]])
@pytest.mark.parametrize("shape", [(84, 84, 3), (31, 17, 2), (1, 5, 2)])
def test_convolutions_know_how_much_they_give_without_a_forward_pass(shape, layers, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(torch.nn.Conv2d, "forward", lambda *_: pytest.fail("that takes memory that no weights need"))
        encoder = ConvEncoder(spaces.Box(0, 255, shape, np.uint8), layers)
    assert encoder(torch.zeros((2, *shape), dtype=torch.uint8)).shape == (2, encoder.num_features)


def test_a_preset_for_pictures_holds_where_the_picture_replaces_the_state():
    plain = configure("ludus/Breakout-v0")
    assert not plain.hyperparameters["conv"]
    for env in ("ludus/Breakout-v0", "ludus/Snake-v1"):
        seeing = configure(env, environment={"vision": "raw"})
        assert seeing.hyperparameters["conv_norm"]
        assert seeing.hyperparameters["center"] is None
    assert configure("ludus/Breakout-v0", environment={"vision": "noisy:0.1"}).hyperparameters == plain.hyperparameters
    assert not configure("ludus/Sorter-v0", environment={"perception": "raw"}).hyperparameters["conv_norm"]
    own = configure("ludus/Breakout-v0", "pqn", {"hidden": (32,)}, environment={"vision": "raw"})
    assert tuple(own.hyperparameters["hidden"]) == (32,)


def test_agents_without_a_preset_for_pictures_do_not_take_a_picture_for_the_state():
    """Else Snake's `ppo` would look for a head in the green of the picture, and `--encoder` would be refused."""
    state, picture = (
        configure("ludus/Snake-v1", "ppo", environment=e).hyperparameters for e in ({}, {"vision": "raw"})
    )
    assert state["center"] == 1
    assert (picture["center"], picture["input_scale"]) == (None, 1.0)
    assert picture["n_steps"] == state["n_steps"]
    cells = configure("ludus/CartPole-v1", "tabular", environment={"vision": "raw"}).hyperparameters
    assert (cells["bins"], cells["low"]) == (TabularConfig().bins, TabularConfig().low)


def test_the_same_seed_gives_the_same_weights_and_another_seed_others():
    def weights(seed):
        batch = make_batch("ludus/CartPole-v1", 8)
        agent = PQN(batch, PQNConfig(num_envs=8, rollout_steps=16, minibatches=2, hidden=(16,)), seed=seed)
        agent.set_logger(Logger(None, []))
        agent.learn(1024)
        return torch.cat([value.flatten() for value in agent.network.state_dict().values()])

    assert torch.equal(weights(3), weights(3))
    assert not torch.equal(weights(3), weights(4))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"learning_rat": 1}, "unknown hyperparameter 'learning_rat' of pqn; did you mean 'learning_rate'?"),
        ({"gamma": 1.5}, "gamma must be 0 … 1, got 1.5"),
        ({"minibatches": 7}, "must be a multiple of minibatches = 7"),
        ({"num_envs": 0}, "num_envs must be >= 1, got 0"),
        ({"learning_rate": 0.0}, "learning_rate must be > 0 and <= 10, got 0.0"),
        ({"learning_rate": float("inf")}, "learning_rate must be a finite number, got inf"),
        ({"reward_scale": float("nan")}, "reward_scale must be a finite number, got nan"),
        ({"hidden": (-1,)}, r"hidden must be a list of whole numbers 1 … 65,536, got \[-1\]"),
        ({"hidden": (1.5,)}, r"hidden must be a list of whole numbers 1 … 65,536, got \[1.5\]"),
        ({"hidden": (100_000, 100_000)}, "hidden must be a list of whole numbers 1 … 65,536"),
        ({"conv": ((16, 3),)}, r"conv must be a list such as \[\[16, 3, 1\]\]: channels, kernel, stride"),
        ({"conv": (16, 3, 1)}, r"conv must be a list such as \[\[16, 3, 1\]\]: channels, kernel, stride"),
        ({"input_scale": "abc"}, "input_scale must be a number, a list of numbers or a number for each key, got 'abc'"),
    ],
)
def test_bad_hyperparameters_are_refused_with_the_remedy(values, message):
    with pytest.raises(ValueError, match=message.replace("…", ".").replace("?", r"\?")):
        config_from(PQNConfig, "pqn", values)


def test_each_part_of_an_observation_can_have_a_factor_of_its_own():
    space = spaces.Dict({"a": spaces.Box(-1, 1, (2,), np.float32), "b": spaces.Box(-1, 1, (1,), np.float32)})
    seen = {"a": torch.tensor([[1.0, 2.0]]), "b": torch.tensor([[3.0]])}
    assert make_encoder(space, scale={"b": 10.0})(seen).tolist() == [[1.0, 2.0, 30.0]]
    assert make_encoder(space, scale=10.0)(seen).tolist() == [[10.0, 20.0, 30.0]]
    with pytest.raises(ValueError, match="input_scale has a factor for 'c'"):
        make_encoder(space, scale={"c": 10.0})
    with pytest.raises(ValueError, match="input_scale has factors for b, but the observation is one Box"):
        make_encoder(space["a"], scale={"b": 10.0})


def test_a_training_that_diverges_stops_and_says_what_to_change():
    agent = PQN(make_batch("ludus/CartPole-v1", 8), PQNConfig(num_envs=8, minibatches=2, reward_scale=1e30))
    with pytest.raises(ValueError, match="the loss of pqn is inf after 256 steps.*lower learning_rate, or make the re"):
        agent.learn(1024)


def test_continuous_actions_are_refused():
    batch = make_batch("Pendulum-v1", 2)
    with pytest.raises(ValueError, match="pqn needs a Discrete action space"):
        PQN(batch, PQNConfig(num_envs=2))
