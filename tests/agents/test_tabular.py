"""Tabular learning: values known by hand, masks, the bias of the maximum, and what others see of the agent."""

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium import spaces
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Logger

import chain
from ludus.agents.batch_agent import config_from
from ludus.agents.evaluation import evaluate, greedy_policy
from ludus.agents.pqn import PQN, PQNConfig
from ludus.agents.runs.config import preset
from ludus.agents.tables import METHODS, gather
from ludus.agents.tabular import MOST_VALUES, Tabular, TabularConfig
from ludus.envs.engine.kernel_batch import KernelBatch
from ludus.envs.make import make_batch

GAMMA = 0.9
FIXED = {"epsilon_start": 0.2, "epsilon_end": 0.2}


def learn(batch, steps, seed=0, **changes):
    agent = Tabular(batch, TabularConfig(num_envs=batch.num_envs, rollout_steps=16, **changes), seed)
    agent.set_logger(Logger(None, []))
    return agent.learn(steps)


# --- Known values ----------------------------------------------------------------------------------------------------


def policy_values(policy, gamma):
    """Q (cell, action) of the chain under ``policy`` (cell, action): its ten linear equations, solved."""
    matrix, rewards = np.eye(2 * chain.CELLS), np.zeros(2 * chain.CELLS)
    for cell in range(chain.CELLS):
        for action in (chain.LEFT, chain.RIGHT):
            row, target = 2 * cell + action, cell + (1 if action == chain.RIGHT else -1)
            if target == chain.CELLS:
                rewards[row] = 1.0
            elif target < 0:
                rewards[row] = 0.5
            else:
                matrix[row, 2 * target : 2 * target + 2] -= gamma * policy[target]
    return np.linalg.solve(matrix, rewards).reshape(chain.CELLS, 2)


def epsilon_greedy_values(epsilon, gamma):
    """Q of the epsilon-greedy policy that is greedy for its own values."""
    q = chain.values(gamma)
    while True:
        policy = np.full(q.shape, epsilon / 2)
        policy[np.arange(chain.CELLS), q.argmax(axis=1)] += 1.0 - epsilon
        better = policy_values(policy, gamma)
        if np.array_equal(better.argmax(axis=1), q.argmax(axis=1)):
            return better
        q = better


@pytest.mark.parametrize("method", ["q-learning", "double-q"])
def test_q_learning_finds_the_values_of_the_best_policy(method):
    agent = learn(KernelBatch("chain", 8), 40_000, method=method, gamma=GAMMA, step_size=0.5, epsilon_end=1.0)
    truth = chain.values(GAMMA)
    assert truth[:, chain.RIGHT].tolist() == pytest.approx([0.6561, 0.729, 0.81, 0.9, 1.0])  # written out
    for table in agent.tables:
        np.testing.assert_allclose(table[0], truth, rtol=0, atol=1e-9)


def test_expected_sarsa_finds_the_values_of_its_own_mistakes():
    agent = learn(KernelBatch("chain", 8), 80_000, method="expected-sarsa", gamma=GAMMA, step_size=0.5, **FIXED)
    truth = epsilon_greedy_values(0.2, GAMMA)
    # From cell 4, right pays 1 at once. From cell 3, right leads there, and a tenth of the time the next move is left.
    assert truth[3, chain.RIGHT] == pytest.approx(0.9 * (0.9 * 1.0 + 0.1 * truth[4, chain.LEFT]))
    assert truth[3, chain.RIGHT] < 0.9 - 0.01  # less than what the best policy would get there
    np.testing.assert_allclose(agent.values[0], truth, rtol=0, atol=1e-6)


def test_sarsa_finds_the_values_of_its_own_mistakes():
    agent = learn(
        KernelBatch("chain", 64), 400_000, method="sarsa", gamma=GAMMA, step_size=0.2, step_size_end=0.0, **FIXED
    )
    np.testing.assert_allclose(agent.values[0], epsilon_greedy_values(0.2, GAMMA), rtol=0, atol=0.01)


def test_sarsa_with_a_step_size_that_stays_keeps_trembling():
    """The target of SARSA is a draw: without `step_size_end` the values stay noisy, so the parameter does something."""
    truth = epsilon_greedy_values(0.2, GAMMA)
    errors = [
        np.abs(learn(KernelBatch("chain", 64), 200_000, method="sarsa", gamma=GAMMA, step_size=0.5, step_size_end=end,
                     **FIXED).values[0] - truth).max()
        for end in (0.0, 1.0)
    ]  # fmt: skip
    assert errors[0] < 0.02 < errors[1]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("ends", "limit", "expected"), [(0.0, 5, 10.0), (0.0, None, 10.0), (1.0, None, None)])
def test_truncation_is_not_termination(method, ends, limit, expected):
    """A walk that only the clock cuts is worth 1 / (1 - 0.9) = 10; one that really ends is worth at most 4.1."""
    batch = KernelBatch("treadmill", 4, max_episode_steps=limit, ends=ends)
    step_size = 0.02 if expected is None else 0.1  # where the end comes as a surprise the values are noisy
    agent = learn(batch, 20_000, method=method, gamma=GAMMA, bins=2, step_size=step_size, epsilon_end=1.0)
    values = agent.tables[:, 0, 1]  # the observation is 1 always: the upper of two cells
    if expected is None:
        assert (values < 4.1).all()  # 1 + .9 + .81 + .729 + .6561 at the first step, less later
    else:
        assert values.ravel().tolist() == pytest.approx([expected] * values.size, rel=0.001)
    assert (agent.tables[:, 0, 0] == 0.0).all()


def test_a_truncated_step_bootstraps_from_where_it_ended():
    """Every episode is one step from a uniform start, right or left; the reset must not be what the step led to."""
    batch = KernelBatch("chain", 8, max_episode_steps=1)
    agent = learn(batch, 40_000, gamma=GAMMA, step_size=0.5, epsilon_end=1.0)
    np.testing.assert_allclose(agent.values[0], chain.values(GAMMA), rtol=0, atol=1e-9)


def test_sarsa_at_a_truncation_draws_the_action_that_would_have_followed():
    """With gamma 0.5 left is best in cells 0 and 1, so the action of the next episode's start would be another."""
    batch = KernelBatch("chain", 64, max_episode_steps=1)
    agent = learn(batch, 400_000, method="sarsa", gamma=0.5, step_size=0.2, step_size_end=0.0, **FIXED)
    truth = epsilon_greedy_values(0.2, 0.5)
    assert truth.argmax(axis=1).tolist() == [chain.LEFT] * 2 + [chain.RIGHT] * 3
    np.testing.assert_allclose(agent.values[0], truth, rtol=0, atol=0.01)


# --- Learners apart and together -------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_each_separate_learner_learns_as_it_would_alone(method):
    """Environments and coins are seeded with seed + i, so learner 5 of eight is the only one of a batch seeded 5 on."""
    keywords = {"method": method, "gamma": GAMMA, "shared": False, **FIXED}
    many = learn(KernelBatch("chain", 8, max_episode_steps=3), 8 * 480, seed=10, **keywords)
    for i in (0, 5):
        alone = learn(KernelBatch("chain", 1, max_episode_steps=3), 480, seed=10 + i, **keywords)
        np.testing.assert_array_equal(many.tables[:, i], alone.tables[:, 0])
    assert (many.tables[:, 0] != many.tables[:, 5]).any()


def test_what_a_shared_table_learns_is_the_same_twice_and_another_with_another_seed():
    def values(seed):
        return learn(KernelBatch("chain", 8), 4_000, seed=seed, method="sarsa", gamma=GAMMA).tables

    np.testing.assert_array_equal(values(1), values(1))
    assert (values(1) != values(2)).any()


@pytest.mark.parametrize("method", METHODS)
def test_all_but_sarsa_learn_from_a_step_before_they_choose_the_next(method):
    """Two arms that pay -1 and -2 without noise, no exploration: who has learned -1 from the first tries the second."""
    batch = make_batch("ludus/Bandit-v0", 1, arms=2, noise=0.0)
    agent = Tabular(batch, TabularConfig(num_envs=1, method=method, epsilon_start=0.0, epsilon_end=0.0, bins=1))
    agent.set_logger(Logger(None, []))
    pulled = []

    class Look(BaseCallback):
        def _on_training_start(self):
            batch.records["values"][0] = [-1.0, -2.0]

        def _on_step(self):
            pulled.append(int(batch.records["arm"][0]))
            return len(pulled) < 3

    agent.learn(100, Look())
    assert pulled[:2] == ([0, 0] if method == "sarsa" else [0, 1])
    assert pulled[2] == (1 if method == "sarsa" else pulled[2])


def test_new_episodes_begin_with_a_choice_of_their_own():
    """The greedy action in cells 0 and 1 is left, elsewhere right; a choice left over from before would be another."""
    agent = Tabular(KernelBatch("chain", 8), TabularConfig(num_envs=8, epsilon_start=0.0, epsilon_end=0.0))
    agent.set_logger(Logger(None, []))
    agent.tables[0, 0] = chain.values(0.5)
    best = chain.values(0.5).argmax(axis=1)
    for choices in (np.zeros(8, int), np.ones(8, int)):
        agent._actions[:] = choices
        agent._has_chosen = True
        agent.learn(8, _Stop())
        agent.batch.seed_from(0)
        assert agent.first_actions.tolist() == best[agent.batch.buffers.observation].tolist()


class _Stop(BaseCallback):
    """Notes what is about to be done and ends the training after the first step."""

    def _on_rollout_start(self):
        self.model.first_actions = self.model._actions.copy()

    def _on_step(self):
        return False


def test_epsilon_follows_the_schedule_and_rises_when_the_return_drops():
    agent = learn(KernelBatch("chain", 8), 8_000, epsilon_end=0.1, epsilon_fraction=0.5, reheat_height=0.4)
    assert agent.epsilon == pytest.approx(0.1)
    assert agent.reheating.episodes > 500  # it has been told of the episodes
    agent.num_timesteps = 2_000  # half-way down
    assert agent.epsilon == pytest.approx(0.55)
    agent.reheating.extra = 0.3
    assert agent.epsilon == pytest.approx(0.85)
    agent.reheating.extra = 0.5
    assert agent.epsilon == 1.0


# --- Masks, optimism, the bias of the maximum ------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_illegal_actions_are_neither_tried_nor_hoped_for(method):
    """Ten actions of A have the optimistic first value 5, eight of which are illegal: they must not count."""
    agent = learn(
        KernelBatch("bias", 16, noise=0.0), 30_000, method=method, gamma=1.0, initial_value=5.0, step_size=0.5
    )
    place_a, place_b = agent.counts.sum(axis=(0, 1))
    assert (place_a[2:] == 0).all()
    assert (place_a[:2] > 0).all()
    assert (place_b > 0).all()
    assert agent.values[0, 1].tolist() == pytest.approx([-0.1] * 10, abs=1e-3)
    assert agent.values[0, 0, :2].tolist() == pytest.approx([-0.1, 0.0], abs=1e-3)
    assert agent.values[0, 0, 2:].tolist() == [5.0] * 8
    assert agent.predict(0, action_mask=np.eye(10, dtype=np.int8)[:2].sum(axis=0))[0] == 1


def test_the_maximum_of_noisy_values_misleads_q_learning_and_not_double_q():
    """Example 6.7: 400 independent learners, epsilon 0.1, so 5 % of the choices in A are left at the best."""
    shares = {}
    for method in ("q-learning", "double-q"):
        agent = learn(
            KernelBatch("bias", 400), 400 * 160, method=method, shared=False, gamma=1.0, step_size=0.1,
            epsilon_start=0.1, epsilon_end=0.1,
        )  # fmt: skip
        left, right = agent.counts.sum(axis=0)[:, 0, :2].sum(axis=0)
        shares[method] = left / (left + right)
    assert shares["q-learning"] > 0.5
    assert shares["double-q"] < shares["q-learning"] - 0.15


# --- Worlds of numbers -----------------------------------------------------------------------------------------------


def cartpole(steps, **changes):
    """The mean return of 100 greedy episodes after training with the preset."""
    values = {**preset("ludus/CartPole-v1", "tabular"), **changes}
    config = config_from(
        TabularConfig,
        "tabular",
        {key: value for key, value in values.items() if key not in ("steps", "evaluate_every")},
    )
    agent = Tabular(make_batch("ludus/CartPole-v1", config.num_envs), config, seed=0)
    agent.set_logger(Logger(None, []))
    agent.learn(steps, log_interval=100)
    return evaluate(make_batch("ludus/CartPole-v1", 100), greedy_policy(agent), 100, seed=1_000).mean


def test_cartpole_is_learned_on_a_grid_with_the_preset():
    assert cartpole(4_000_000) > 475.0  # 500.0; of ten seeds the worst had 496.0


@pytest.mark.parametrize("agent", ["tabular", "pqn"])
def test_presets_of_cartpole_serve_where_the_bounds_are_infinite(agent):
    """Their grid has limits of its own, and networks do not ask for bounds."""
    values = {k: v for k, v in preset("ludus/CartPole-v1", agent).items() if k not in ("steps", "evaluate_every")}
    make, form = (Tabular, TabularConfig) if agent == "tabular" else (PQN, PQNConfig)
    config = config_from(form, agent, values)
    batch = make_batch("ludus/CartPole-v1", config.num_envs, force=1000.0, time_step=0.2)
    assert np.isinf(batch.observation_space.high).all()
    learner = make(batch, config, seed=0)
    learner.set_logger(Logger(None, []))
    learner.learn(20_000)
    assert np.isfinite(list(learner.metrics.values())).all()


def test_a_grid_without_limits_is_refused_where_the_bounds_are_infinite():
    batch = make_batch("ludus/CartPole-v1", 2, force=1000.0, time_step=0.2)
    config = TabularConfig(num_envs=2, bins=(4,) * 4, low=(None, -1.0, -1.0, -1.0), high=(2.0, 1.0, 1.0, 1.0))
    with pytest.raises(
        ValueError, match="component 0 of the observation has no finite bound .low is -inf.; give a list"
    ):
        Tabular(batch, config, seed=0)


def test_without_exploration_or_optimism_cartpole_is_never_learned():
    """It is good to make mistakes: whoever always does what looks best pushes the same way for ever."""
    assert cartpole(400_000, epsilon_start=0.0, epsilon_end=0.0, initial_value=0.0) < 15.0
    assert cartpole(400_000, initial_value=0.0) > 60.0


# --- A third party's world ------------------------------------------------------------------------------------------


def test_q_learning_walks_along_the_cliff_and_sarsa_keeps_away_from_it():
    """Example 6.6: the shortest way, 13 steps, leads along the edge; who slips now and then had better not take it."""
    lengths = {}
    for method in ("q-learning", "sarsa"):
        batch = make_batch("CliffWalking-v1", 8, max_episode_steps=200)
        agent = learn(
            batch, 40_000, method=method, gamma=1.0, step_size=0.5, step_size_end=0.02, epsilon_start=0.1,
            epsilon_end=0.1,
        )  # fmt: skip
        result = evaluate(make_batch("CliffWalking-v1", 1, max_episode_steps=200), greedy_policy(agent), 1, seed=0)
        lengths[method] = result.mean
    assert lengths["q-learning"] == -13.0
    assert lengths["sarsa"] == -17.0  # up to the topmost row and along it


# --- The agent as others see it --------------------------------------------------------------------------------------


def test_predict_takes_one_observation_or_many():
    agent = learn(KernelBatch("chain", 8), 20_000, gamma=GAMMA, step_size=0.5, epsilon_end=1.0)
    best = chain.values(GAMMA).argmax(axis=1).tolist()
    assert agent.predict(np.arange(5))[0].tolist() == best
    assert [agent.predict(cell)[0] for cell in range(5)] == best
    assert agent.choose(np.arange(5), None).tolist() == best
    agent.num_timesteps = 0  # epsilon 1
    tried = np.stack([agent.predict(np.arange(5), deterministic=False)[0] for _ in range(40)])
    assert (tried.min(axis=0) == 0).all()
    assert (tried.max(axis=0) == 1).all()


def test_predicting_does_not_disturb_the_training():
    def values(disturb):
        agent = learn(KernelBatch("chain", 8), 2_000, gamma=GAMMA)
        if disturb:
            agent.predict(np.arange(5).repeat(8)[:8], deterministic=False)
        return agent.learn(4_000, reset_num_timesteps=False).tables

    np.testing.assert_array_equal(values(False), values(True))


def test_the_greedy_choice_sees_what_float32_would_not():
    """1 and 1 + 1e-9 are one number in float32, and the first of a tie would be taken."""
    agent = Tabular(KernelBatch("chain", 8), TabularConfig(num_envs=8, epsilon_start=0.0, epsilon_end=0.0))
    agent.set_logger(Logger(None, []))
    agent.tables[...] = [1.0, 1.0 + 1e-9]
    assert agent.predict(np.arange(5))[0].tolist() == [chain.RIGHT] * 5
    agent.learn(8, _Stop())
    assert agent.first_actions.tolist() == [chain.RIGHT] * 8


def test_an_agent_that_has_not_begun_begins_whatever_is_asked():
    """As SB3's do: `reset_num_timesteps=False` on a fresh agent."""
    agent = Tabular(KernelBatch("chain", 8), TabularConfig(num_envs=8, rollout_steps=16))
    agent.set_logger(Logger(None, []))
    agent.learn(256, reset_num_timesteps=False)
    assert agent.num_timesteps == 256
    before = agent.batch.snapshot()
    agent.learn(256, reset_num_timesteps=False)  # nothing is left to do, so nothing moves
    assert agent.batch.snapshot() == before


def test_a_training_that_begins_anew_keeps_only_what_was_learned():
    agent = learn(KernelBatch("chain", 8), 2_048, reheat_height=0.4)
    agent.reheating.extra = 0.3
    kept = agent.tables.copy()
    agent.learn(0)
    assert (agent.num_timesteps, agent._n_updates) == (0, 0)
    assert (agent.reheating.extra, agent.reheating.episodes) == (0.0, 0)
    np.testing.assert_array_equal(agent.tables, kept)


def test_another_autoreset_than_same_step_is_refused():
    batch = KernelBatch("chain", 2, autoreset_mode="NextStep")
    with pytest.raises(ValueError, match="tabular needs a batch with the autoreset mode SameStep, got NextStep; leave"):
        Tabular(batch, TabularConfig(num_envs=2))


def test_separate_tables_act_by_their_mean():
    agent = Tabular(KernelBatch("chain", 2), TabularConfig(num_envs=2, shared=False))
    agent.tables[0, 0, 3] = [5.0, 0.0]
    agent.tables[0, 1, 3] = [0.0, 6.0]
    q = np.empty((1, 2), np.float32)
    gather(agent.tables, np.array([-1]), np.array([3]), q)
    assert q.tolist() == [[2.5, 3.0]]
    assert agent.predict(3)[0] == 1


@pytest.mark.parametrize("method", METHODS)
def test_an_agent_goes_on_from_what_was_saved(method):
    keywords = {"method": method, "gamma": GAMMA, "rollout_steps": 20, "reheat_height": 0.3, "epsilon_repeat": 9}

    def fresh(num_envs=8):
        batch = KernelBatch("chain", num_envs, max_episode_steps=7)
        agent = Tabular(batch, TabularConfig(num_envs=8, **keywords), seed=2)
        agent.set_logger(Logger(None, []))
        return agent

    first, second = fresh(), fresh()
    first._total_timesteps = 8 * 400
    first.learn(8 * 200)
    kept = first.tensors(), first.state(), first.batch.snapshot()
    first.learn(8 * 400, reset_num_timesteps=False)
    assert (first.tables != kept[0]["tables"].numpy()).any()  # what was handed out is a copy
    second.load(*kept[:2])
    second.batch.restore(kept[2])
    second.learn(8 * 400, reset_num_timesteps=False)
    assert second.state() == first.state()
    assert second.batch.snapshot() == first.batch.snapshot()
    for name, tensor in first.tensors().items():
        assert torch.equal(tensor, second.tensors()[name]), name

    acting = fresh(num_envs=1)
    acting.load_network(first.tensors())
    assert acting.choose(np.arange(5), None).tolist() == first.choose(np.arange(5), None).tolist()


def test_a_table_of_another_shape_is_refused():
    agent = Tabular(KernelBatch("chain", 2), TabularConfig(num_envs=2))
    with pytest.raises(ValueError, match=r"the saved table does not fit .* its shape is \(1, 1, 4, 2\), expected"):
        agent.load_network({"tables": torch.zeros(1, 1, 4, 2)})


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"method": "sarsas"}, "unknown method 'sarsas' of tabular; did you mean 'sarsa'?"),
        ({"step_siz": 1}, "unknown hyperparameter 'step_siz' of tabular; did you mean 'step_size'?"),
        ({"step_size": 0.0}, "step_size must be > 0 and <= 1, got 0.0"),
        ({"gamma": 1.5}, "gamma must be 0 … 1, got 1.5"),
        ({"bins": [4, 0]}, "bins must be a whole number >= 1 or a list of these, got (4, 0)"),
        ({"bins": 2.5}, "bins must be a whole number >= 1 or a list of these, got 2.5"),
        ({"low": ["a"]}, "low must be a list of numbers or null, such as [-2.4, null], got ('a',)"),
        ({"shared": 1}, "shared must be true or false, got 1"),
        ({"num_envs": 0}, "num_envs must be >= 1, got 0"),
        ({"initial_value": float("inf")}, "initial_value must be a finite number, got inf"),
    ],
)
def test_bad_hyperparameters_are_refused_with_the_remedy(values, message):
    with pytest.raises(ValueError) as fault:  # noqa: PT011
        config_from(TabularConfig, "tabular", values)
    assert message in str(fault.value)


@pytest.mark.parametrize(
    ("id", "changes", "message"),
    [
        ("Pendulum-v1", {}, "tabular needs a Discrete action space"),
        ("ludus/CartPole-v1", {}, "component 1 of the observation has no finite bound (low is -inf); give a list, such "
                                  "as low=[null, …, null, …], null for the space's own"),
        ("ludus/CartPole-v1", {"low": (None,)}, "low must have 4 entries"),
        ("ludus/CartPole-v1", {"bins": (3, 3)}, "bins must be one number or 4, one per component"),
        ("ludus/CartPole-v1", {"low": (0.0, 0.0, 0.0, 1.0), "high": (1.0,) * 4}, "low must be below high, got 1 and 1"),
        ("ludus/Snake-v1", {"bins": 2}, "would hold 2.2e217 values, and 20,000,000 are the most; take fewer bins"),
    ],
)  # fmt: skip
def test_worlds_that_fit_no_table_are_refused_with_the_remedy(id, changes, message):
    with pytest.raises(ValueError) as fault:  # noqa: PT011
        Tabular(make_batch(id, 2), TabularConfig(num_envs=2, **changes))
    assert message in str(fault.value)


def test_the_size_limit_counts_every_learner():
    space_for = MOST_VALUES // (chain.CELLS * 2)
    Tabular(KernelBatch("chain", 1), TabularConfig(num_envs=4, shared=False))
    with pytest.raises(ValueError, match="take fewer bins"):
        Tabular(KernelBatch("chain", 1), TabularConfig(num_envs=space_for + 1, shared=False))


def test_separate_tables_need_the_batch_that_they_belong_to():
    agent = Tabular(KernelBatch("chain", 1), TabularConfig(num_envs=4, shared=False))
    with pytest.raises(ValueError, match="num_envs is 4, but the batch has 1 environments"):
        agent.learn(100)


def test_a_dict_of_observations_is_refused():
    class Dicts(gymnasium.Env):
        observation_space = spaces.Dict({"sign": spaces.Discrete(3)})
        action_space = spaces.Discrete(3)

        def reset(self, *, seed=None, options=None):
            return {"sign": 0}, {}

    if "test/Dicts-v0" not in gymnasium.registry:
        gymnasium.register("test/Dicts-v0", entry_point=Dicts, max_episode_steps=5)
    with pytest.raises(ValueError, match="a table needs Discrete or Box observations"):
        Tabular(make_batch("test/Dicts-v0", 1), TabularConfig(num_envs=1))
