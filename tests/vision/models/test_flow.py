"""Flows: solvers against closed forms, how often they ask, and the times of training."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ludus.training.batches import generator
from ludus.vision.models.flow import SOLVERS, check_flow, evaluations, follow, training_times


def end_of(velocity, start, steps, solver):
    *_, end = follow(velocity, start, steps, solver)
    return end


@pytest.mark.parametrize("solver", SOLVERS)
def test_straight_lines_are_followed_exactly(solver):
    start, goal = torch.tensor([[1.0, -2.0]], dtype=torch.float64), torch.tensor([[0.5, 3.0]], dtype=torch.float64)
    path = list(follow(lambda x, time: goal - start, start, 4, solver))
    for k, x in enumerate(path, 1):
        assert torch.allclose(x, start + k / 4 * (goal - start))


def test_solvers_do_on_exponential_growth_what_their_formulas_say():
    start = torch.ones(1, 1, dtype=torch.float64)
    for steps in (1, 2, 5, 40):
        h = 1.0 / steps
        assert float(end_of(lambda x, time: x, start, steps, "euler")) == pytest.approx((1 + h) ** steps)
        whole = (1 + h + h * h / 2) ** (steps - 1) * (1 + h)  # its last step is one of Euler's
        assert float(end_of(lambda x, time: x, start, steps, "heun")) == pytest.approx(whole)


def test_heun_is_nearer_than_euler_at_as_many_evaluations():
    start = torch.ones(1, 1, dtype=torch.float64)
    near = {solver: end_of(lambda x, time: x, start, steps, solver) for solver, steps in (("euler", 19), ("heun", 10))}
    assert evaluations(19, "euler") == evaluations(10, "heun") == 19
    assert abs(float(near["heun"]) - math.e) < 0.3 * abs(float(near["euler"]) - math.e)


@settings(deadline=None, max_examples=30)
@given(steps=st.integers(1, 60), solver=st.sampled_from(SOLVERS))
def test_velocity_is_asked_as_often_as_is_said_and_never_at_the_end(steps, solver):
    asked = []

    def velocity(x, time):
        asked.append(time)
        return torch.zeros_like(x)

    path = list(follow(velocity, torch.zeros(3, 1), steps, solver))
    assert len(path) == steps
    assert len(asked) == evaluations(steps, solver)
    assert all(time.shape == (3,) for time in asked)
    assert 0.0 == float(asked[0][0]) <= max(float(time.max()) for time in asked) < 1.0


def test_times_are_spread_evenly_over_what_is_likely():
    t = training_times(1000, 0.0, 1.0, generator(0, "test"))
    assert 0.0 < t.min() < t.max() < 1.0
    ranks = torch.special.ndtr(torch.logit(t.double())) * 1000
    assert torch.equal(ranks.floor().sort().values, torch.arange(1000.0, dtype=torch.float64))  # one in each part
    assert not torch.equal(t, t.sort().values)
    later = training_times(1000, 1.0, 0.5, generator(0, "test"))
    assert float(torch.logit(later).mean()) == pytest.approx(1.0, abs=0.02)
    assert float(torch.logit(later).std()) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize(
    ("steps", "solver", "message"),
    [
        (0, "heun", "steps must be a whole number 1 … 1,000, got 0"),
        (1001, "euler", "got 1001"),
        (True, "euler", "got True"),
        (5, "midpoint", "unknown solver 'midpoint'"),
    ],
)
def test_way_that_cannot_be_followed_is_refused(steps, solver, message):
    with pytest.raises(ValueError, match=message):
        check_flow(steps, solver)
