"""Tables of action values: each update recomputed by hand, a batch against its twin in plain Python, and the grid."""

import numpy as np
import pytest
from gymnasium import spaces

from ludus.agents.exploration import coin_streams
from ludus.agents.tables import DOUBLE_Q, EXPECTED_SARSA, METHODS, Q_LEARNING, SARSA, Grid, update
from ludus.envs.engine.kernels import uniform

# --- Single updates by hand ------------------------------------------------------------------------------------------


def one_update(method, terminated=False, mask=(1, 1, 1), next_action=2, averages=False, counts=0, coin=None):
    """Table and counts after one step from state 0 by action 1: reward 1, next state 1, gamma 0.5, step size 0.5,
    epsilon 0.3. Q(0, ·) = 2, Q(1, ·) = 4, 8, 6; of the second table of double Q 10, 20, 30."""
    tables = np.zeros((2 if method == DOUBLE_Q else 1, 1, 2, 3))
    tables[0, 0] = [[2, 2, 2], [4, 8, 6]]
    tables[1:, 0] = [[2, 2, 2], [10, 20, 30]]
    seen, coins = np.full(tables.shape, counts), coin_streams(1, 0)
    if coin is not None:
        coins["rng"] = next(seed for seed in range(100) if coin == _second_table(seed))
    error = update(
        method, tables, seen, np.zeros(1, int), np.zeros(1, int), np.ones(1, int), np.ones(1), np.array([terminated]),
        np.ones(1, int), np.array([mask], np.int8), np.array([next_action]), 0.3, 0.5, 0.5, averages, coins,
    )  # fmt: skip
    return tables, seen, error


def _second_table(seed):
    stream = coin_streams(1, 0)
    stream["rng"] = seed
    return uniform(stream[0]) < 0.5


@pytest.mark.parametrize(
    ("method", "keywords", "expected"),
    [
        (Q_LEARNING, {}, 3.5),  # target 1 + .5*8 = 5, half-way from 2
        (Q_LEARNING, {"mask": (1, 0, 1)}, 3.0),  # 1 + .5*6 = 4
        (Q_LEARNING, {"mask": (0, 0, 0)}, 3.5),  # where nothing is legal, everything is
        (SARSA, {"next_action": 2}, 3.0),  # 1 + .5*6 = 4
        (SARSA, {"next_action": 0}, 2.5),  # 1 + .5*4 = 3
        (EXPECTED_SARSA, {}, 3.35),  # .7*8 + .3*(4+8+6)/3 = 7.4; 1 + .5*7.4 = 4.7
        (EXPECTED_SARSA, {"mask": (1, 0, 1)}, 2.925),  # .7*6 + .3*(4+6)/2 = 5.7; 1 + .5*5.7 = 3.85
    ],
)  # fmt: skip
def test_one_update_by_hand(method, keywords, expected):
    tables, counts, error = one_update(method, **keywords)
    assert tables[0, 0].tolist() == [[2, pytest.approx(expected), 2], [4, 8, 6]]
    assert counts[0, 0].tolist() == [[0, 1, 0], [0, 0, 0]]
    assert error == pytest.approx(2 * (expected - 2))


@pytest.mark.parametrize("method", METHODS.values())
def test_a_terminated_step_is_worth_its_reward(method):
    tables, _, _ = one_update(method, terminated=True, coin=False)
    assert tables[0, 0, 0].tolist() == [2, 1.5, 2]  # half-way from 2 to 1


def test_double_q_lets_the_other_table_judge():
    first, counts, _ = one_update(DOUBLE_Q, coin=False)
    # The first table chooses action 1, which the second one says is worth 20: 1 + .5*20 = 11, half-way from 2.
    assert first[:, 0, 0].tolist() == [[2, 6.5, 2], [2, 2, 2]]
    assert counts[:, 0, 0, 1].tolist() == [1, 0]
    second, counts, _ = one_update(DOUBLE_Q, coin=True)
    # The second one chooses action 2, which the first one says is worth 6: 1 + .5*6 = 4.
    assert second[:, 0, 0].tolist() == [[2, 2, 2], [2, 3, 2]]
    assert counts[:, 0, 0, 1].tolist() == [0, 1]
    masked, _, _ = one_update(DOUBLE_Q, coin=True, mask=(1, 1, 0))
    assert masked[1, 0, 0].tolist() == [2, 3.5, 2]  # action 1 is the best legal one, worth 8: 1 + .5*8 = 5


def test_sample_average_divides_by_the_number_of_updates():
    tables, _, _ = one_update(Q_LEARNING, averages=True, counts=3)
    assert tables[0, 0, 0].tolist() == [2, 2.75, 2]  # the fourth: a quarter of the way from 2 to 5
    first, _, _ = one_update(Q_LEARNING, averages=True, counts=0)
    assert first[0, 0, 0].tolist() == [2, 5, 2]  # the first one forgets the initial value


# --- A batch is its environments in order ----------------------------------------------------------------------------


def twin(method, table, judge, s, a, reward, terminated, s2, mask, a2, epsilon, gamma, step_size):
    """One update in plain Python, from the book; ``judge`` is the other table of double Q-learning."""
    value = 0.0
    if not terminated:
        legal = [b for b in range(len(mask)) if mask[b]]
        best = max(legal, key=lambda b: (table[s2][b], -b))
        value = {
            Q_LEARNING: lambda: table[s2][best],
            SARSA: lambda: table[s2][a2],
            EXPECTED_SARSA: lambda: sum(
                table[s2][b] * (epsilon / len(legal) + (1 - epsilon) * (b == best)) for b in legal
            ),
            DOUBLE_Q: lambda: judge[s2][best],
        }[method]()
    table[s][a] += step_size * (reward + gamma * value - table[s][a])


@pytest.mark.parametrize("method", METHODS.values())
@pytest.mark.parametrize("shared", [True, False])
def test_a_batch_updates_as_its_environments_do_one_after_the_other(method, shared):
    rng, n, s, a = np.random.default_rng(3), 50, 3, 4
    tables = rng.normal(size=(2 if method == DOUBLE_Q else 1, 1 if shared else n, s, a))
    lists = tables.tolist()
    learners = np.zeros(n, int) if shared else np.arange(n)
    coins, mine = coin_streams(n, 5), coin_streams(n, 5)
    counts = np.zeros(tables.shape, int)
    for _ in range(20):
        states, next_states = rng.integers(0, s, (2, n))
        actions, next_actions = rng.integers(0, a, (2, n))
        rewards, terminated = rng.normal(size=n), rng.random(n) < 0.2
        mask = (rng.random((n, a)) < 0.6).astype(np.int8)
        mask[np.arange(n), next_actions] = 1
        update(
            method, tables, counts, learners, states, actions, rewards, terminated, next_states, mask, next_actions,
            0.3, 0.8, 0.25, False, coins,
        )  # fmt: skip
        for i in range(n):
            m = int(uniform(mine[i]) < 0.5) if method == DOUBLE_Q else 0
            twin(
                method, lists[m][learners[i]], lists[-1 - m][learners[i]], states[i], actions[i], rewards[i],
                terminated[i], next_states[i], mask[i], next_actions[i], 0.3, 0.8, 0.25,
            )  # fmt: skip
    np.testing.assert_allclose(tables, lists, rtol=0, atol=1e-12)
    assert counts.sum() == 20 * n
    assert (coins == mine).all()


# --- Where an observation lies ---------------------------------------------------------------------------------------


def test_cells_of_a_grid_by_hand():
    space = spaces.Box(np.array([-1.0, 0.0], np.float32), np.array([1.0, np.inf], np.float32))
    grid = Grid(space, bins=(4, 3), low=(None, 0.0), high=(None, 6.0))
    assert grid.states == 12
    # Cells of 0.5 from -1 on, and of 2 from 0 on; the second component counts fastest; outside belongs to the border.
    points = [[-1.0, 0.0], [-0.51, 0.0], [-0.5, 1.9], [0.99, 5.9], [1.0, 6.0], [-9.0, np.inf], [9.0, -np.inf]]
    assert grid(np.array(points, np.float32)).tolist() == [0, 0, 3, 11, 11, 2, 9]


def test_members_of_a_discrete_space_are_its_states():
    grid = Grid(spaces.Discrete(3, start=5), bins=99)
    assert grid.states == 3
    assert grid(np.array([7, 5])).tolist() == [2, 0]


@pytest.mark.parametrize(
    ("space", "observation"),
    [(spaces.Discrete(3), [3]), (spaces.Discrete(3), [-1]), (spaces.Box(0, 1, (1,)), [[np.nan]])],
    ids=str,
)
def test_what_has_no_cell_is_refused(space, observation):
    with pytest.raises(ValueError, match=r"observation .* of environment 0 is not in (Discrete|Box)"):
        Grid(space)(np.array(observation))


def test_pictures_can_be_states_if_they_are_small():
    grid = Grid(spaces.Box(0, 255, (2, 2, 1), np.uint8), bins=2)
    assert grid(np.array([[[[0], [255]], [[128], [127]]]], np.uint8)).tolist() == [0b0110]
