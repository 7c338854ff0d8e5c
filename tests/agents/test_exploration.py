"""Epsilon: its schedule, one coin per environment, and its rise when the world changes."""

import numpy as np
import pytest
from stable_baselines3.common.logger import Logger

from ludus.agents.exploration import AskedEpsilonGreedy, EpsilonGreedy, LinearSchedule, Reheating, coin_streams
from ludus.agents.pqn import PQN, PQNConfig
from ludus.agents.tabular import Tabular, TabularConfig
from ludus.envs.engine.kernel_batch import KernelBatch

ALL_LEGAL = np.ones((1, 4), np.int8)


def test_schedule_falls_linearly_and_then_stays():
    schedule = LinearSchedule(1.0, 0.2, 0.5)
    assert [schedule(p) for p in (0.0, 0.25, 0.5, 1.0)] == pytest.approx([1.0, 0.6, 0.2, 0.2])
    assert LinearSchedule(1.0, 0.1, 0.0)(0.0) == pytest.approx(0.1)


def test_epsilon_zero_takes_the_best_legal_action():
    q = np.array([[1.0, 5.0, 3.0, 2.0]] * 2, np.float32)
    mask = np.array([[1, 1, 1, 1], [1, 0, 1, 1]], np.int8)
    actions, values = EpsilonGreedy(2, 0)(q, mask, 0.0)
    assert actions.tolist() == [1, 2]
    assert values.tolist() == [5.0, 3.0]


def test_where_nothing_is_legal_everything_counts_as_legal():
    q = np.array([[1.0, 5.0, 3.0, 2.0]], np.float32)
    actions, values = EpsilonGreedy(1, 0)(q, np.zeros((1, 4), np.int8), 0.0)
    assert (actions[0], values[0]) == (1, 5.0)


def test_each_environment_tosses_its_own_coin():
    n, epsilon = 4000, 0.3
    q = np.tile(np.array([0.0, 0.0, 1.0, 0.0], np.float32), (n, 1))
    mask = np.tile(np.array([1, 1, 1, 0], np.int8), (n, 1))
    choice = EpsilonGreedy(n, 0)
    counts = np.stack([np.bincount(choice(q, mask, epsilon)[0], minlength=4) for _ in range(20)])
    assert (counts[:, 3] == 0).all()  # never an illegal one
    # Within every single step about 30 % explore, a third of them by chance on the best action.
    expected = np.array([0.1, 0.1, 0.8]) * n
    spread = 5 * np.sqrt(n * 0.16)
    assert (np.abs(counts[:, :3] - expected) < spread).all()


def test_coins_of_an_environment_do_not_depend_on_how_many_others_there_are():
    def trail(n):
        choice = EpsilonGreedy(n, seed=7)
        q, mask = np.zeros((n, 4), np.float32), np.ones((n, 4), np.int8)
        return np.stack([choice(q, mask, 0.5)[0].copy() for _ in range(50)])

    assert (trail(3) == trail(64)[:, :3]).all()
    assert (trail(64)[:, 0] != trail(64)[:, 1]).any()


def test_some_environments_can_choose_while_the_coins_of_the_others_stay():
    rows, n = np.array([4, 1]), 6
    q, mask = np.random.default_rng(0).normal(size=(n, 4)).astype(np.float32), np.ones((n, 4), np.int8)
    part, whole = EpsilonGreedy(n, seed=7), EpsilonGreedy(n, seed=7)
    before = part.streams.copy()
    for _ in range(20):
        assert part.at(rows, q[rows], mask[rows], 0.5).tolist() == whole(q, mask, 0.5)[0][rows].tolist()
    others = [0, 2, 3, 5]
    assert (part.streams[rows] == whole.streams[rows]).all()
    assert (part.streams[others] == before[others]).all()


def tries(choice, epsilon, steps, n):
    """What is chosen (steps, n) where action 0 is the best of four."""
    q, mask = np.tile(np.array([1.0, 0.0, 0.0, 0.0], np.float32), (n, 1)), np.ones((n, 4), np.int8)
    return np.stack([choice(q, mask, epsilon)[0].copy() for _ in range(steps)])


def test_what_is_tried_is_kept_for_k_steps_or_more_in_one_of_k_cases():
    n, longest = 20_000, 8
    choice = EpsilonGreedy(n, 5, longest=longest)
    first = tries(choice, 1.0, 1, n)[0]
    for k in range(2, longest + 1):
        actions = tries(choice, 0.0, 1, n)[0]  # nothing new is tried: who does not do the best holds on
        assert ((actions == first) | (actions == 0)).all()
        held = (actions == first) & (first != 0)
        share = held.sum() / (first != 0).sum()
        assert share == pytest.approx(1 / k, abs=5 * (1 / k / n) ** 0.5)
    assert (tries(choice, 0.0, 1, n) == 0).all()  # never for longer


def test_what_is_tried_ends_with_the_episode_and_where_it_is_no_longer_legal():
    n = 1000
    choice = EpsilonGreedy(n, 5, longest=1000)
    tries(choice, 1.0, 1, n)
    kept = choice.streams["left"] > 0
    choice.let_go(np.arange(n) < 500)
    actions = tries(choice, 0.0, 1, n)[0]
    assert (actions[:500] == 0).all()
    assert (actions[500:] == np.where(kept, choice.streams["tried"], 0)[500:]).all()
    tried = choice.streams["tried"].copy()
    assert 100 < (choice.streams["left"] > 0).sum() < 500
    mask = np.ones((n, 4), np.int8)
    mask[np.arange(n), tried] = 0
    mask[:, 0] = 1
    actions = choice(np.tile(np.array([1.0, 0.0, 0.0, 0.0], np.float32), (n, 1)), mask, 0.0)[0]
    assert (actions == 0).all()
    assert (choice.streams["left"][tried != 0] == 0).all()


def test_trying_for_a_step_draws_as_many_numbers_as_ever():
    short, long = EpsilonGreedy(50, 3), EpsilonGreedy(50, 3, longest=2)
    assert (tries(short, 1.0, 1, 50) == tries(long, 1.0, 1, 50)).all()
    assert (short.streams["rng"] != long.streams["rng"]).all()


def test_a_choice_goes_on_from_its_tensors():
    one, two = EpsilonGreedy(50, 3, longest=100), EpsilonGreedy(50, 4, longest=100)
    tries(one, 0.5, 20, 50)
    two.load(one.tensors(), actions=4)
    assert (tries(one, 0.5, 20, 50) == tries(two, 0.5, 20, 50)).all()


@pytest.mark.parametrize(("kind", "config"), [(PQN, PQNConfig), (Tabular, TabularConfig)])
def test_no_agent_carries_a_try_into_the_next_episode(kind, config):
    batch = KernelBatch("ludus.envs.robotics.mountain_car", 8, max_episode_steps=7)
    agent = kind(batch, config(num_envs=8, rollout_steps=40, epsilon_end=1.0, epsilon_repeat=1000))
    agent.set_logger(Logger(None, []))
    held, carried = [], []

    class Watched(EpsilonGreedy):
        def __call__(self, q, mask, epsilon):
            left, begins = self.streams["left"], batch.records["clock"] == 0
            held.append((left > 0).sum())
            carried.append((left[begins] > 0).sum())
            return super().__call__(q, mask, epsilon)

    agent.explore = Watched(8, 0, longest=agent.explore.longest)
    agent.learn(8 * 40)
    assert sum(held) > 40
    assert sum(carried) == 0


def test_coins_for_another_purpose_are_others():
    one, two = coin_streams(100, 3), coin_streams(100, 3, salt=1)
    assert not set(one["rng"].tolist()) & set(two["rng"].tolist())


def test_who_asks_tosses_other_coins_than_the_training_and_as_many_as_the_largest_batch_needs():
    def ask(sizes):
        asked = AskedEpsilonGreedy(7)
        return asked, [asked(np.zeros((n, 9)), np.ones((n, 9), np.int8), 1.0).tolist() for n in sizes]

    asked, (few, many, again) = ask([3, 40, 40])
    assert len(asked.choice.streams) == 40
    assert not set(asked.choice.streams["rng"].tolist()) & set(EpsilonGreedy(40, 7).streams["rng"].tolist())
    assert many != again
    assert [row[:3] for row in ask([40, 40, 40])[1][:2]] == [few, many[:3]]  # the same, however many were asked before
    training = EpsilonGreedy(40, 7)
    assert training(np.zeros((40, 9), np.float32), np.ones((40, 9), np.int8), 1.0)[0].tolist() != ask([40])[1][0]


def test_values_that_differ_in_float64_alone_are_no_tie():
    q = np.array([[1.0, 1.0 + 1e-12]])
    assert EpsilonGreedy(1, 0)(q, np.ones((1, 2), np.int8), 0.0)[0].tolist() == [1]


def test_coins_are_not_the_environments_own_random_numbers():
    batch = KernelBatch("ludus.envs.robotics.cartpole", 8)
    batch.seed_from(7)
    assert not set(batch.records["rng"].tolist()) & set(EpsilonGreedy(8, 7).streams["rng"].tolist())


def test_epsilon_rises_when_the_return_drops_and_halves_again():
    reheating = Reheating(height=0.4, drop=0.5, half_life=50)
    reheating.update(np.linspace(20, 100, 300))
    reheating.update(np.full(300, 100.0))
    assert reheating.extra == 0.0
    reheating.update(np.full(60, 5.0))
    assert reheating.times == 1
    raised = reheating.extra
    assert raised > 0.1
    reheating.update(np.full(50, 5.0))
    assert reheating.extra == pytest.approx(raised / 2)


def test_noise_around_a_steady_return_raises_nothing():
    generator = np.random.default_rng(0)
    reheating = Reheating(height=0.4)
    reheating.update(20 + 5 * generator.standard_normal(500))
    reheating.update(100 + 40 * generator.standard_normal(5000))
    assert reheating.times == 0


def test_reheating_goes_on_from_its_state():
    one, two = Reheating(height=0.4), Reheating(height=0.4)
    one.update(np.linspace(0, 100, 250))
    two.load_state_dict(one.state_dict())
    more = np.linspace(100, 0, 250)
    one.update(more)
    two.update(more)
    assert one.state_dict() == two.state_dict()
    assert one.times > 0


@pytest.mark.parametrize("arguments", [(1.2, 0.0, 0.5), (0.5, -0.1, 0.5), (0.5, 0.1, float("nan"))])
def test_bad_schedules_are_refused(arguments):
    with pytest.raises(ValueError, match="must be 0 … 1, got"):
        LinearSchedule(*arguments)
