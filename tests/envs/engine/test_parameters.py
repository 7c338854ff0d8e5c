"""Parameters of an environment: fixed, randomised per episode, drifting."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.vector import AutoresetMode

import ludus
from acting import random_actions
from ludus.envs.engine.kernel_batch import KernelBatch
from ludus.envs.engine.simulation import Drift, load
from ludus.envs.engine.slots.slotted_batch import open_batch
from ludus.envs.make import make_batch

CARTPOLE = "ludus.envs.robotics.cartpole"
ALL = [
    (module, name) for module, _ in ludus.ENVIRONMENTS.values() for name in load(module)[1].parameters
]  # every parameter of every environment


def ends(simulation, name):
    """The lowest and the highest value that a parameter can have beside the defaults of those that it may not pass."""
    parameters = simulation.parameters
    below = [parameters[low].default for low, high in simulation.ordered if high == name]
    above = [parameters[high].default for low, high in simulation.ordered if low == name]
    return max([parameters[name].low, *below]), min([parameters[name].high, *above])


def in_order(simulation, values):
    """Whether parameters with these values, the others with their defaults, do not pass those that they may not."""
    now = {key: values.get(key, parameter.default) for key, parameter in simulation.parameters.items()}
    return all(now[low] <= now[high] for low, high in simulation.ordered)


def cartpole(num_envs=2, **keywords):
    """A CartPole that nothing ends within 50 steps, however it is pushed."""
    return KernelBatch(CARTPOLE, num_envs, angle_limit=1.5, position_limit=100.0, cart_mass=50.0, **keywords)


def gravity_in_each_step(batch, steps, reset_every=0):
    """(steps, N) the gravity under which each step was taken; environment 0 is reset every so many steps."""
    values = []
    only_first = np.arange(batch.num_envs) == 0
    for t in range(steps):
        if reset_every and t % reset_every == 0:
            batch.reset(only_first)
        ended = batch.step(np.full(batch.num_envs, t % 2))
        assert not ended
        values.append(batch.records["gravity"].copy())
    return np.array(values)


def play(module, value, steps=60, guided=False):
    """Bytes of observations, rewards and flags under fixed actions, or under the reference policy's."""
    slots = load(module)[1].slots
    raw = {name: "raw" for name in slots if not slots[name].replaces_state}  # what a camera sees changes, too
    batch = open_batch(module, 64, max_episode_steps=50, **raw, **value)
    batch.reset(seeds=range(64))
    rng, seen = np.random.default_rng(0), []
    for _ in range(steps):
        batch.step(batch.heuristic() if guided else random_actions(batch.action_space, 64, rng))
        b = batch.buffers
        seen += [part.tobytes() for part in (b.observation.values() if raw else [b.observation])]
        seen += [b.reward.tobytes(), b.terminated.tobytes()]
    return seen


@pytest.mark.parametrize(("module", "name"), ALL, ids=lambda value: value.rpartition(".")[2])
def test_each_parameter_changes_something(module, name):
    parameter = load(module)[1].parameters[name]
    assert parameter.low <= parameter.default <= parameter.high
    low, high = ends(load(module)[1], name)
    assert {low, high} - {parameter.default}
    # Both ends of a period may mean "never" within so short a play, hence a value between them, too.
    values = {low, min(low + 10.0, high), high}
    # Some act only where another one is switched on (a probability of rain where there is rain), where there are many
    # of something (the speed of a crowd), or where somebody plays well (how near is near enough).
    simulation = load(module)[1]
    changes = [{key: other.high} for key, other in simulation.parameters.items() if key != name]
    changes += [{key: size.high for key, size in simulation.sizes.items()}]  # at once: each combination is compiled
    ways = [({}, False), *((on, False) for on in changes), ({}, True)]
    assert any(
        play(module, {name: value, **on}, guided=guided) != play(module, on, guided=guided)
        for on, guided in ways
        for value in values
        if in_order(simulation, {name: value, **on}) and in_order(simulation, on)
    )


@pytest.mark.parametrize(("module", "name"), ALL, ids=lambda value: value.rpartition(".")[2])
def test_each_parameter_can_be_fixed_and_read(module, name):
    for value in ends(load(module)[1], name):
        batch = KernelBatch(module, 3, **{name: value})
        batch.reset(seeds=[1, 2, 3])
        assert all(batch.parameters(i)[name] == value for i in range(3))
        others = {key: p.default for key, p in load(module)[1].parameters.items() if key != name}
        assert {key: v for key, v in batch.parameters(2).items() if key != name} == others


def test_randomised_parameter_is_uniform_in_its_range_and_new_for_each_episode():
    batch = cartpole(3000, randomize={"gravity": (8.0, 12.0)})
    batch.reset(seeds=range(3000))
    first = batch.records["gravity"].copy()
    assert first.min() >= 8.0
    assert first.max() < 12.0
    counts = np.histogram(first, 10, (8.0, 12.0))[0]  # 300 expected in each
    assert ((counts - 300) ** 2 / 300).sum() < 33.7  # 9 degrees of freedom, once in 10,000
    batch.step(np.zeros(3000, int))
    np.testing.assert_array_equal(batch.records["gravity"], first)  # constant within an episode
    batch.reset()
    assert (batch.records["gravity"] != first).all()
    assert abs(np.corrcoef(batch.records["gravity"], first)[0, 1]) < 0.1
    assert (batch.records["pole_mass"] == 0.1).all()


def test_randomised_parameter_is_new_after_an_autoreset():
    batch = cartpole(20, randomize={"gravity": (8.0, 12.0)}, max_episode_steps=3)
    batch.reset(seeds=range(20))
    values = []
    for _ in range(6):
        values.append(batch.records["gravity"].copy())
        batch.step(np.ones(20, int))
    np.testing.assert_array_equal(values[0], values[2])
    assert (values[2] != values[3]).all()
    np.testing.assert_array_equal(values[3], values[5])


def test_randomised_range_of_one_value_is_that_value():
    batch = cartpole(randomize={"gravity": (5.0, 5.0)})
    batch.reset(seeds=[0, 1])
    assert batch.records["gravity"].tolist() == [5.0, 5.0]


def test_sudden_drift_begins_at_its_step_and_survives_resets():
    batch = cartpole(drift={"gravity": Drift(to=3.0, at=7)})
    batch.reset(seeds=[0, 1])
    values = gravity_in_each_step(batch, 20, reset_every=3)
    assert (values[:7] == 9.8).all()
    assert (values[7:] == 3.0).all()


def test_gradual_drift_is_a_straight_line_whatever_is_reset_on_the_way():
    batch = cartpole(gravity=10.0, drift={"gravity": {"to": 20.0, "at": 5, "over": 8}})
    batch.reset(seeds=[0, 1])
    values = gravity_in_each_step(batch, 20, reset_every=3)
    np.testing.assert_allclose(values[:, 0], values[:, 1], rtol=1e-12)
    line = values[:, 1]
    assert (line[:5] == 10.0).all()
    assert (line[13:] == 20.0).all()
    assert 10.0 < line[5] < line[11] < 20.0
    np.testing.assert_allclose(np.diff(line[5:13]), line[5] - 10.0, rtol=1e-9)


@pytest.mark.parametrize("second", [13, 9, 10], ids=["with a pause", "back to back", "a step apart"])
def test_two_drifts_follow_each_other_with_and_without_resets(second):
    drifts = [Drift(to=20.0, at=5, over=4), Drift(to=0.0, at=second, over=4)]
    batch = cartpole(gravity=10.0, drift={"gravity": drifts})
    batch.reset(seeds=[0, 1])
    values = gravity_in_each_step(batch, 25, reset_every=2)
    np.testing.assert_allclose(values[:, 0], values[:, 1], rtol=1e-12)
    assert values[:, 1].max() == pytest.approx(20.0, rel=0.11)
    assert (values[second + 4 :] == 0.0).all()


def test_drift_of_a_randomised_parameter_starts_from_the_drawn_value():
    batch = cartpole(50, randomize={"gravity": (8.0, 12.0)}, drift={"gravity": Drift(to=20.0, at=2, over=7)})
    batch.reset(seeds=range(50))
    drawn = batch.records["gravity"].copy()
    values = gravity_in_each_step(batch, 12)
    np.testing.assert_array_equal(values[1], drawn)
    assert (np.diff(values[1:10], axis=0) > 0.0).all()
    assert (values[9:] == 20.0).all()


def test_seeding_starts_the_age_anew_and_a_plain_reset_does_not():
    batch = cartpole(1, drift={"gravity": Drift(to=3.0, at=5)})
    batch.reset(seeds=[0])
    gravity_in_each_step(batch, 8)
    batch.reset()
    assert batch.records["age"].tolist() == [8]
    assert batch.records["gravity"].tolist() == [3.0]
    batch.reset(seeds=[0])
    assert batch.records["age"].tolist() == [0]
    assert batch.records["gravity"].tolist() == [9.8]


def test_step_that_only_resets_does_not_age():
    batch = cartpole(1, max_episode_steps=2, autoreset_mode=AutoresetMode.NEXT_STEP)
    batch.reset(seeds=[0])
    for _ in range(6):  # 2 steps, a reset, 2 steps, a reset
        batch.step([0])
    assert batch.records["age"].tolist() == [4]


def test_a_field_that_numpy_would_hide_is_refused(monkeypatch):
    import chain

    monkeypatch.setattr(chain, "SIMULATION", replace(chain.SIMULATION, state=lambda **_: {"diagonal": "f8"}))
    with pytest.raises(ValueError, match="the record has a field 'diagonal', which NumPy's arrays have too; rename it"):
        KernelBatch("chain", 1)


BOUNDED = [
    (module, name, way)
    for module, name in ALL
    if isinstance(load(module)[1].spaces_for(load(module)[1].resolve_sizes({}, ""), {})[0], spaces.Box)
    for way in ("lowest", "highest", "randomised", "drifting")
]


@pytest.mark.parametrize(("module", "name", "way"), BOUNDED)
def test_observations_stay_within_the_space_whatever_the_parameter(module, name, way):
    low, high = ends(load(module)[1], name)
    drifts = {"drift": {name: [Drift(to=low, at=3), Drift(to=high, at=20, over=5)]}}
    ways = {"lowest": {name: low}, "highest": {name: high}, "randomised": {"randomize": {name: (low, high)}}}
    batch = KernelBatch(module, 8, max_episode_steps=40, **ways.get(way, drifts))
    batch.seed_from(0)
    rng, space = np.random.default_rng(0), batch.observation_space
    for _ in range(60):
        shown, last = batch.buffers.observation, batch.buffers.final_observation
        last = last[batch.buffers.terminated | batch.buffers.truncated]
        for part in (shown, last):
            assert ((part >= space.low) & (part <= space.high)).all()
        batch.step(random_actions(batch.action_space, 8, rng))


@pytest.mark.parametrize(
    ("id", "given", "message"),
    [
        (
            "ludus/Acrobot-v1",
            {"start_low": 1.0, "start_high": -1.0},
            "start_low of acrobot must not exceed start_high, got start_low up to 1 and start_high from -1 on",
        ),
        (
            "ludus/MountainCar-v0",
            {"randomize": {"start_low": (-0.5, 0.1)}},
            "start_low of mountain_car must not exceed start_high, got start_low up to 0.1 and start_high from -0.4 on",
        ),
        (
            "ludus/MountainCarContinuous-v0",
            {"drift": {"start_high": Drift(to=-0.7, at=10)}},
            "start_low of mountain_car_continuous must not exceed start_high, got start_low up to -0.6",
        ),
    ],
)
def test_an_empty_range_of_starts_is_refused(id, given, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make_batch(id, 2, **given)


def test_bounds_follow_the_highest_value_that_is_reached():
    space = KernelBatch("ludus.envs.robotics.pendulum", 1, randomize={"max_speed": (1.0, 20.0)}).observation_space
    assert space.high.tolist() == [1.0, 1.0, 20.0]
    drift = {"drift": {"balls": Drift(to=9.0, at=5)}, "speed_max": 3.0}
    space = KernelBatch("ludus.envs.games.breakout", 1, **drift).observation_space
    assert space.high[[2, 3, 6]].tolist() == [3.0, 3.0, 9.0]
    assert space.low[[2, 3, 6]].tolist() == [-3.0, -3.0, 0.0]
    space = KernelBatch("ludus.envs.robotics.acrobot", 1, max_velocity_1=50.0, max_velocity_2=60.0).observation_space
    assert space.high.tolist() == [1.0, 1.0, 1.0, 1.0, 50.0, 60.0]
    space = KernelBatch("ludus.envs.robotics.cartpole", 1, position_limit=7.0, angle_limit=1.5).observation_space
    assert space.high.tolist() == [14.0, math.inf, 3.0, math.inf]
    for car in ("mountain_car", "mountain_car_continuous"):
        valley = {"min_position": -2.0, "randomize": {"max_position": (1.0, 2.5)}, "max_speed": 0.5}
        space = KernelBatch(f"ludus.envs.robotics.{car}", 1, **valley).observation_space
        assert (space.low.tolist(), space.high.tolist()) == ([-2.0, -0.5], [2.5, 0.5])
