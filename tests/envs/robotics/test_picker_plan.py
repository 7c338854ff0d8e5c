"""Picker's plan: as good as trying all orders, and what it makes of what a slot shows."""

from types import SimpleNamespace

import numpy as np
import pytest

from ludus.agents.evaluation import evaluate, heuristic_policy, named_policy
from ludus.components.detections import CENTRE_X, CLASS, VALID, VISIBLE, corners_of
from ludus.envs.make import make_batch
from ludus.envs.robotics.picker.constants import AT_X, AT_Y, ITEMS, LAST_MISSED, MISSES, NOTHING, ORDER
from ludus.envs.robotics.picker.policies import READ, TURN, guess_clear, likeliest_wanted, plan
from picker_stage import DEFAULTS, ID, KINDS, PARCELS
from picker_twin import Twin
from tabletop import Stream


@pytest.mark.parametrize(
    ("episodes", "parameters"),
    [
        (60, {"most": 6.0}),
        (60, {"most": 6.0, "least_visible": 0.95, "scale_low": 0.45, "scale_high": 0.55}),  # much has to be dug out
        (60, {"most": 6.0, "least_visible": 0.9, "scale_low": 0.45, "scale_high": 0.55, "speed": 0.05, "wage": 0.5}),
    ],
)
def test_the_plan_earns_what_the_best_of_all_orders_does(episodes, parameters):
    batch = make_batch(ID, episodes, **PARCELS, **parameters)
    batch.seed_from(100)
    twins = [Twin({**DEFAULTS, **parameters}, Stream.seeded(100 + i), batch.world, KINDS) for i in range(episodes)]
    best = [twin.best() for twin in twins]
    found = evaluate(batch, heuristic_policy, episodes, seed=100)
    assert found.success == 1.0
    assert found.returns.tolist() == pytest.approx(best, abs=1e-5)
    assert max(best) - min(best) > 1.0


def test_another_order_of_taking_costs_more():
    """The nearest one first is not the plan."""
    parameters = {"speed": 0.05, "wage": 0.5, "ordered": 6.0}

    def nearest(batch):
        actions = np.zeros((batch.num_envs, 3), np.float32)
        shown, state = batch.shown("perception"), batch.buffers.observation["state"]
        for i, (rows, here) in enumerate(zip(shown, state[:, :2], strict=True)):
            clear = (rows[:, VALID] > 0.5) & (rows[:, VISIBLE] >= 0.6)
            way = np.where(clear, np.hypot(*(rows[:, CENTRE_X : CENTRE_X + 2] - here).T), np.inf)
            row = rows[way.argmin()]
            actions[i] = *(2.0 * row[CENTRE_X : CENTRE_X + 2] - 1.0), np.arctan2(row[6], row[5]) / np.pi
        return np.clip(actions, -1.0, 1.0)

    ours, theirs = (
        evaluate(make_batch(ID, 64, **PARCELS, **parameters), policy, 64, seed=1)
        for policy in (heuristic_policy, nearest)
    )
    assert (ours.returns - theirs.returns).mean() > 0.3
    assert (ours.returns - theirs.returns).min() > -1e-5


@pytest.fixture(scope="module")
def earned():
    """Of the plan with several fillings, in the same episodes."""

    def play(filling):
        batch = make_batch(ID, 200, **PARCELS, perception=filling)
        return evaluate(batch, named_policy("plan", 0), 200, seed=7)

    return {filling: play(filling) for filling in ("truth", "noisy:0.1", "noisy:0.3", "blind")}


def test_what_is_shown_is_enough_for_the_plan(earned):
    optimum = evaluate(make_batch(ID, 200, **PARCELS), heuristic_policy, 200, seed=7)
    assert (optimum.returns - earned["truth"].returns).min() > -1e-5
    assert (optimum.returns - earned["truth"].returns).mean() < 0.05
    assert earned["truth"].success == 1.0


def test_a_worse_sense_earns_less(earned):
    means = [earned[filling].mean for filling in ("truth", "noisy:0.1", "noisy:0.3", "blind")]
    assert means == sorted(means, reverse=True)
    assert means[0] - means[1] > 0.5


def rows_of(*things):
    """(8, 8 + 3) rows of (x, y, side, visible, class)."""
    rows = np.zeros((ITEMS, CLASS + 3), np.float32)
    for row, (x, y, side, visible, kind) in zip(rows, things, strict=False):
        row[:CLASS] = 1.0, x, y, side, side, 1.0, 0.0, visible
        row[CLASS + kind] = 1.0
    return rows


def test_what_hides_a_thing_is_guessed_from_the_boxes():
    rows = rows_of((0.5, 0.5, 0.2, 1.0, 0), (0.9, 0.9, 0.1, 1.0, 0), (0.6, 0.5, 0.2, 0.4, 1), (0.1, 0.1, 0.1, 0.3, 1))
    clear = np.zeros(256 * ITEMS)
    guess_clear(rows, corners_of(rows), 0b11110000, 0.6, clear)
    clear = clear.reshape(256, ITEMS)
    assert clear[0, :4].tolist() == [
        1.0,
        1.0,
        0.0,
        1.0,
    ]  # above the last one lies nothing: it is free
    assert clear[0b01, 2] == 1.0  # the one above is gone
    assert clear[0b10, 2] == 0.0  # that one never touched it
    both = rows_of((0.5, 0.5, 0.2, 1.0, 0), (0.7, 0.5, 0.2, 1.0, 0), (0.6, 0.5, 0.2, 0.2, 1))
    guess_clear(both, corners_of(both), 0b11111000, 0.7, clear.reshape(-1))
    assert clear[[0b00, 0b01, 0b10, 0b11], 2].tolist() == [0.0, 0.0, 0.0, 1.0]  # half of .8 is hidden by each


def test_where_no_kind_fits_the_likeliest_row_is_taken():
    rows = rows_of((0.5, 0.5, 0.2, 1.0, 0), (0.2, 0.2, 0.2, 1.0, 0), (0.8, 0.8, 0.2, 1.0, 0))
    rows[:, CLASS:] = [[0.9, 0.1, 0.0], [0.6, 0.4, 0.0], [0.5, 0.5, 0.0]] + [[0.0, 0.9, 0.1]] * 5
    rows[2, VALID] = 0.3  # this one is not believed
    assert likeliest_wanted(rows, 3, np.array([0, 2, 0])) == 1
    assert likeliest_wanted(np.zeros_like(rows), 3, np.array([0, 2, 0])) == NOTHING


@pytest.mark.parametrize(("misses", "turns"), [(1, 1), (9, 1), (11, 3), (39, 3)])
def test_what_was_missed_is_tried_turned_however_often(misses, turns):
    """And every other time something else is tried."""
    rows = rows_of((0.3, 0.3, 0.2, 1.0, 0), (0.8, 0.8, 0.2, 1.0, 0))
    view = SimpleNamespace(num_envs=1, parameters={name: np.array([DEFAULTS[name]]) for name in READ})
    view.estimate = lambda slot: rows[None]
    for count, place in ((misses, 0.3), (misses + 1, 0.8)):
        state = np.zeros((1, ORDER + 3), np.float32)
        state[0, [AT_X, AT_Y, LAST_MISSED, MISSES, ORDER]] = 0.3, 0.3, 1.0, min(count, 40) / 40, 1 / 8
        view.observation = {"state": state}
        action = plan(view)[0]
        assert (action[:2] + 1) / 2 == pytest.approx([place, place], abs=1e-6)
        if place == 0.3:
            turned = turns * TURN
            assert abs((action[2] * np.pi / 2 - turned + np.pi / 2) % np.pi - np.pi / 2) < 1e-5
