"""Shapley values and integrated gradients of numbers: exact where theory says so, and checks that can fail."""

import numpy as np
import pytest
import torch
from torch import nn

from ludus.explain.numbers.entries import Entries, Entry
from ludus.explain.numbers.path_gradients import integrated_gradients
from ludus.explain.numbers.policy import ACTION, GRADIENTS, SHAPLEY, VALUE, NumberPolicy, move
from ludus.explain.numbers.shapley import MOST_EXACT, alone_at_rest, shapley

FEW, MANY = 5, 14  # entries: exact, and sampled


def entries(count):
    return Entries(tuple(Entry(f"number {k}", "", (k,)) for k in range(count)))


def network(inputs, outputs=3, seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(inputs, 32), nn.Tanh(), nn.Linear(32, outputs))


def policy_of(module, inputs, says=VALUE, ends=()):
    return NumberPolicy(entries(inputs), says, np.asarray, lambda x, legal: module(x), True, True, *ends)


def rows_of(count, inputs, seed=1):
    random = np.random.default_rng(seed)
    return random.normal(size=(count, inputs)).astype(np.float32), random.normal(size=inputs).astype(np.float32)


def asked(function):
    """A function (M, D) -> (M,) as the answers that `shapley` asks for."""
    return lambda x, who: np.asarray(function(x))[:, None]


def nobody(count):
    return np.zeros(count, np.int64)


@pytest.mark.parametrize("inputs", [FEW, MANY])
def test_shapley_values_of_a_linear_answer_are_its_terms(inputs):
    rows, baseline = rows_of(3, inputs)
    weights = np.random.default_rng(2).normal(size=inputs)
    found = shapley(asked(lambda x: x.astype(np.float64) @ weights), rows, baseline, np.arange(inputs), nobody(3), 2)
    assert np.allclose(found.values, weights * (rows - baseline), atol=1e-9)
    assert np.allclose(found.errors, 0.0, atol=1e-9)


@pytest.mark.parametrize("inputs", [2, FEW, MOST_EXACT, MANY])
def test_shares_add_up_whatever_is_sampled(inputs):
    rows, baseline = rows_of(4, inputs)
    module = network(inputs)
    moved = move(policy_of(module, inputs), rows, baseline, pairs=1)
    with torch.no_grad():
        said = module(torch.from_numpy(rows)).numpy()
        rested = module(torch.from_numpy(baseline[None])).numpy()
    expected = said[np.arange(4), moved.target] - rested[0, moved.target]
    assert np.array_equal(moved.target, said.argmax(axis=1))
    assert np.allclose(moved.shares.values.sum(axis=1), expected, atol=1e-5)
    assert (moved.shares.completeness < 1e-4).all()


def test_a_product_is_shared_equally_and_exactly():
    # v(both) = 6, v(one) = 0: each gets half of it, by hand.
    found = shapley(
        asked(lambda x: x[:, 0] * x[:, 1]), np.array([[2, 3]], np.float32), np.zeros(2, np.float32),
        np.arange(2), nobody(1),
    )  # fmt: skip
    assert found.values.tolist() == [[3.0, 3.0]]


@pytest.mark.parametrize("inputs", [FEW, MANY])
def test_entries_that_play_the_same_part_get_the_same(inputs):
    def answer(x):
        return np.tanh(x[:, 0] + x[:, 1]) * x[:, 2] + x[:, 3] ** 2

    rows, baseline = np.full((1, inputs), 0.7, np.float32), np.zeros(inputs, np.float32)
    found = shapley(asked(answer), rows, baseline, np.arange(inputs), nobody(1), pairs=64)
    difference = abs(found.values[0, 0] - found.values[0, 1])
    assert found.values[0, 0] > 0.1
    if inputs <= MOST_EXACT:
        assert difference < 1e-7
    else:
        assert 0.0 < difference < 4.0 * (found.errors[0, 0] + found.errors[0, 1])


@pytest.mark.parametrize("inputs", [FEW, MANY])
@pytest.mark.parametrize("method", [SHAPLEY, GRADIENTS])
def test_what_the_policy_cannot_see_has_exactly_none(inputs, method):
    module = network(inputs)
    with torch.no_grad():
        module[0].weight[:, 1] = 0.0
    rows, baseline = rows_of(4, inputs)
    moved = move(policy_of(module, inputs), rows, baseline, method=method)
    assert (moved.shares.values[:, 1] == 0.0).all()
    assert (moved.changes[:, 1] == 0.0).all()
    assert (moved.shares.values[:, 0] != 0.0).all()


def test_sampled_values_are_near_the_exact_ones_and_know_how_near():
    inputs = MANY

    def answer(x):  # only the first five count, so that their values are known exactly
        return np.tanh(x[:, 0] * x[:, 1]) + x[:, 2] * x[:, 3] * x[:, 4]

    rows, baseline = rows_of(6, inputs)
    exact = shapley(asked(answer), rows[:, :FEW], baseline[:FEW], np.arange(FEW), nobody(6)).values
    found = shapley(asked(answer), rows, baseline, np.arange(inputs), nobody(6), pairs=200)
    off = np.abs(found.values[:, :FEW] - exact)
    assert (off <= 4.5 * found.errors[:, :FEW] + 1e-6).all()
    assert 0.0 < off.max() < 0.2
    rough = shapley(asked(answer), rows, baseline, np.arange(inputs), nobody(6), pairs=8)
    assert rough.errors[:, :FEW].mean() > 2.0 * found.errors[:, :FEW].mean()


def test_a_reverse_makes_pairs_exact_where_two_interact():
    # Of products of two the mean over an order and its reverse is the value: antithetic pairs have no error.
    inputs = MANY
    rows, baseline = rows_of(3, inputs)
    found = shapley(asked(lambda x: x[:, 0] * x[:, 1].astype(np.float64)), rows, baseline, np.arange(inputs), nobody(3))
    first = (rows - baseline)[:, 0] * (rows + baseline)[:, 1] / 2.0
    assert np.allclose(found.values[:, 0], first, atol=1e-6)
    assert np.allclose(found.errors, 0.0, atol=1e-6)


def test_gradients_are_complete_because_steps_are_doubled_where_needed():
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(6, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
    rows, baseline = rows_of(32, 6)
    policy = policy_of(module, 6)
    moved = move(policy, 40.0 * rows, baseline, method=GRADIENTS)
    assert (moved.shares.completeness <= 0.01).all()
    assert moved.shares.completeness.max() > 0.0
    assert len(set(moved.steps.tolist())) > 1  # some rows needed more than others
    strict, steps = integrated_gradients(
        lambda x, who: module(x), 40.0 * rows, baseline, np.arange(6), moved.target, enough=1e-4
    )
    assert strict.completeness.max() < moved.shares.completeness.max()
    assert steps.sum() > moved.steps.sum()


def test_gradients_of_a_linear_answer_are_its_terms():
    module = nn.Linear(FEW, 2).double().float()
    rows, baseline = rows_of(3, FEW)
    moved = move(policy_of(module, FEW), rows, baseline, method=GRADIENTS)
    weights = module.weight.detach().numpy()[moved.target]
    assert np.allclose(moved.shares.values, weights * (rows - baseline), atol=1e-6)


def test_alone_at_rest_asks_about_one_entry_at_a_time():
    rows, baseline = rows_of(2, 3)
    found = alone_at_rest(lambda x, who: x * (1 + who[:, None]), rows, baseline, np.array([0, 1, 1]))
    assert found.shape == (2, 2, 3)
    assert np.allclose(found[1, 0], 2 * np.array([baseline[0], rows[1, 1], rows[1, 2]]))
    assert np.allclose(found[0, 1], [rows[0, 0], baseline[1], baseline[2]])


def test_shares_and_what_changes_the_action_rank_differently():
    # x0 moves both actions alike, x1 decides between them: the first has the larger share, the second alone decides.
    module = nn.Linear(2, 2, bias=False)
    with torch.no_grad():
        module.weight[:] = torch.tensor([[5.0, 1.0], [5.0, -1.0]])
    moved = move(policy_of(module, 2), np.array([[1.0, 0.1]], np.float32), np.array([0.0, -0.1], np.float32))
    assert moved.target.tolist() == [0]
    assert abs(moved.shares.values[0, 0]) > abs(moved.shares.values[0, 1])
    assert moved.changes.tolist() == [[0.0, 1.0]]
    assert moved.alone.tolist() == [[0, 1]]


def test_illegal_actions_are_neither_chosen_nor_explained():
    module = network(FEW)
    rows, baseline = rows_of(4, FEW)
    free = move(policy_of(module, FEW), rows, baseline).target
    legal = np.ones((4, 3), bool)
    legal[np.arange(4), free] = False
    moved = move(policy_of(module, FEW), rows, baseline, legal)
    assert (moved.target != free).all()
    assert not (moved.alone == free[:, None]).any()


def test_a_box_is_explained_before_it_is_clipped_and_changes_only_what_is_done():
    ends = (np.full(2, -1.0, np.float32), np.full(2, 1.0, np.float32))
    module = nn.Linear(2, 2, bias=False)
    with torch.no_grad():
        module.weight[:] = torch.tensor([[3.0, 0.5], [0.0, 0.1]])
    policy = policy_of(module, 2, ACTION, ends)
    moved = move(policy, np.array([[2.0, 1.0]], np.float32), np.zeros(2, np.float32))
    assert moved.target.tolist() == [0]
    assert moved.shares.said.tolist() == [6.5]
    assert np.allclose(moved.shares.values, [[6.0, 0.5]])
    assert np.allclose(moved.alone, [[0.5, 1.0]])  # without the second number it is 6.0, which is clipped to 1, too
    assert np.allclose(moved.changes, [[0.25, 0.05]])  # and the other component moves from 0.1 to 0


def test_refusals_say_what_was_expected():
    rows, baseline = rows_of(1, FEW)
    with pytest.raises(ValueError, match="unknown method 'lime'; expected shapley or integrated-gradients"):
        move(policy_of(network(FEW), FEW), rows, baseline, method="lime")
    with pytest.raises(ValueError, match="needs 1 pair of orders or more, got 0"):
        move(policy_of(network(FEW), FEW), rows, baseline, pairs=0)
    table = NumberPolicy(entries(FEW), VALUE, np.asarray, lambda x, legal: x, False)
    with pytest.raises(ValueError, match="a table has no gradients; take the method 'shapley'"):
        move(table, rows, baseline, method=GRADIENTS)
