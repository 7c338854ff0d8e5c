"""CartPole never shows what its observation space does not hold, whatever its parameters and who pushes."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ludus.envs.engine.kernel_batch import KernelBatch
from ludus.envs.engine.simulation import Drift
from ludus.envs.robotics.cartpole import PARAMETERS, make_spaces
from ludus.envs.robotics.cartpole.observation import farthest

MODULE = "ludus.envs.robotics.cartpole"
ENVIRONMENTS, STEPS = 16, 40
OTHERS = [name for name in PARAMETERS if not name.startswith("start_")]
ISSUE = {"force": 1000.0, "time_step": 0.2, "cart_mass": 0.01, "angle_limit": 0.01, "start_high": 1.0}


def values(name):
    """Values of a parameter, its ends and its default above all."""
    parameter = PARAMETERS[name]
    corners = st.sampled_from([parameter.default, parameter.low, parameter.high])
    return st.one_of(corners, st.floats(parameter.low, parameter.high))


@st.composite
def worlds(draw):
    """Keywords of a batch: each parameter left alone, fixed, randomised or drifting."""
    low, high = sorted(draw(st.tuples(values("start_low"), values("start_high"))))
    world = {"start_low": low, "start_high": high, "randomize": {}, "drift": {}}
    for name in draw(st.lists(st.sampled_from(OTHERS), unique=True)):
        one, other = draw(values(name)), draw(values(name))
        way = draw(st.sampled_from(["fixed", "fixed", "randomised", "drifting"]))
        if way == "fixed":
            world[name] = one
        elif way == "randomised":
            world["randomize"][name] = sorted((one, other))
        else:
            world[name] = one
            world["drift"][name] = Drift(to=other, at=draw(st.integers(0, STEPS)), over=draw(st.sampled_from([0, 7])))
    return world


def pushes(batch, way, rng):
    """(N,) actions: at random, always the same, with the cart as it rolls, or with the pole as it turns."""
    if way == "random":
        return rng.integers(0, 2, ENVIRONMENTS)
    if way == "same":
        return np.full(ENVIRONMENTS, int(rng.integers(2)) if batch.records["age"][0] == 0 else batch.action_buffer[0])
    speed = batch.records["x_dot" if way == "cart" else "theta_dot"]
    return ((speed > 0.0) == (batch.records["force"] > 0.0)).astype(int)


@given(world=worlds(), way=st.sampled_from(["random", "same", "cart", "pole"]), seed=st.integers(0, 2**32))
@example(world=ISSUE, way="random", seed=0)
@example(world={**ISSUE, "position_limit": 100.0}, way="same", seed=0)
@example(world={"time_step": 0.2, "start_low": -1.0, "start_high": 1.0}, way="pole", seed=0)
@settings(max_examples=150, deadline=None)
def test_every_observation_lies_in_the_space(world, way, seed):
    batch = KernelBatch(MODULE, ENVIRONMENTS, **world)
    batch.seed_from(seed)
    rng, space, b = np.random.default_rng(seed), batch.observation_space, batch.buffers
    assert all(row in space for row in b.observation)
    for _ in range(STEPS):
        batch.step(pushes(batch, way, rng))
        shown = np.where(b.terminated[:, None], b.final_observation, b.observation)
        outside = ~((shown >= space.low) & (shown <= space.high))
        assert not outside.any(), f"{shown[outside.any(axis=1)][0]} is outside {space}"


def span_of(name, **given):
    value = given.get(name, PARAMETERS[name].default)
    return value if isinstance(value, tuple) else (value, value)


def space_of(**given):
    return make_spaces(**{name: span_of(name, **given) for name in PARAMETERS if name in make_spaces.__kwdefaults__})[0]


def test_bounds_are_twice_the_limits_where_nothing_gets_further():
    """Gymnasium's, by default; and a study's ranges of masses and pushes do not widen the cart's."""
    default = [2 * 2.4, math.inf, np.float32(2 * PARAMETERS["angle_limit"].default), math.inf]
    np.testing.assert_array_equal(space_of().high, np.float32(default))
    np.testing.assert_array_equal(space_of().low, -np.float32(default))
    np.testing.assert_array_equal(space_of(pole_mass=(0.05, 1.0), force=(5.0, 15.0)).high[:2], np.float32(default[:2]))


def test_bounds_are_wider_where_the_last_step_leads_further_and_infinite_where_nothing_is_known():
    assert 2 * 0.2 + 0.02 < space_of(force=1000.0).high[2] < 4.0
    assert space_of(force=1000.0).high[0] > 4.8
    assert space_of(start_high=1.0).high[2] > 1.0
    assert space_of(**ISSUE).high.tolist() == [math.inf] * 4
    # What drifts or is sampled counts at its worst.
    assert space_of(force=(-1000.0, 10.0)).high.tolist() == space_of(force=1000.0).high.tolist()


@pytest.mark.parametrize("gravity", [0.0, 9.8])
def test_a_pole_that_nothing_pushes_gets_no_further_than_its_limit_and_one_step(gravity):
    """Without gravity and push it turns as fast as at its start: one more step of start · time_step, and the margin."""
    still = {name: span_of(name) for name in ("cart_mass", "pole_mass", "pole_half_length", "time_step")}
    limits = {"position_limit": 2.4, "angle_limit": 0.2, "start": 0.05}
    x, theta = farthest(gravity=(0.0, gravity), force=(0.0, 0.0), **still, **limits)
    assert theta > 0.2 + 0.02 * 0.05
    assert (theta < 0.21) == (gravity == 0.0)
    assert 2.5 > x > 2.4 + 0.02 * 0.05
