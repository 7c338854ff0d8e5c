"""Pendulum against Gymnasium's own ``Pendulum-v1``, step by step to the end of every episode.

The state is synchronised once per episode, at the reset: Gymnasium's ``.state`` is set from our record, then both get
the same actions (float32, as the space says). What Gymnasium's environment cannot be given by keyword is set as its
attribute; the weights of its reward are no attributes, so these have positions of their own below.

Tolerance: none where the C library that compiled code calls and NumPy agree on sine and cosine, as they do with glibc.
Elsewhere a last bit may differ, and a rod that stands upright multiplies it by e every quarter of a second, so only the
first steps can be compared: see ``comparable``.
"""

import functools
import math

import gymnasium as gym
import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ludus.envs.engine.kernel_batch import KernelBatch
from ludus.envs.robotics.pendulum.rules import normalised

MODULE = "ludus.envs.robotics.pendulum"
LIMIT = 200  # steps

# Our name of each constant, and Gymnasium's attribute.
ATTRIBUTES = {
    "gravity": "g", "mass": "m", "length": "l", "max_speed": "max_speed", "max_torque": "max_torque", "time_step": "dt",
}  # fmt: skip
CHANGED = [
    {"gravity": 3.7},
    {"gravity": 0.0},
    {"mass": 0.37},
    {"length": 1.7},
    {"length": 0.3},
    {"max_speed": 2.9},
    {"max_torque": 0.7},
    {"max_torque": 0.0},
    {"time_step": 0.013},
    {"gravity": 17.1, "mass": 1.3, "length": 0.77, "max_speed": 11.3, "max_torque": 1.1, "time_step": 0.031},
]


@functools.cache
def comparable():
    """How many steps can be compared to the bit: all of them if compiled code and NumPy agree on sine and cosine."""
    compiled = numba.njit(lambda angle: (math.sin(angle), math.cos(angle)))
    angles = np.random.default_rng(5).uniform(-90.0, 90.0, 20_000)
    return LIMIT if all(compiled(angle) == (np.sin(angle), np.cos(angle)) for angle in angles) else 1


def upright(observation):
    """A torque that swings the rod up and holds it: our own gains, not those of the heuristic under test."""
    cos, sin, speed = (float(number) for number in observation)
    if cos > 0.85:
        return -9.0 * sin - 2.0 * speed
    energy = speed * speed / 6.0 + 5.0 * (cos - 1.0)
    return -2.0 * math.copysign(1.0, speed * energy)


def play_theirs(starts, constants, rng):
    """Play one episode of Gymnasium's Pendulum from each start (N, 2): angle and angular velocity.

    Returns actions (T, N, 1), observations (T, N, 3), rewards (T, N) and the last states (N, 2).
    """
    theirs = gym.make("Pendulum-v1", disable_env_checker=True)
    for name, value in constants.items():
        setattr(theirs.unwrapped, ATTRIBUTES[name], value)
    n = len(starts)
    actions = rng.uniform(-2.0, 2.0, (LIMIT, n, 1)).astype(np.float32)
    observations, rewards, last = np.zeros((LIMIT, n, 3), np.float32), np.zeros((LIMIT, n)), np.zeros((n, 2))
    for i, start in enumerate(starts):
        observation, _ = theirs.reset(seed=i)
        theirs.unwrapped.state = start.copy()
        # Every fourth episode swings up; every third of them is given to chance now and then.
        follows = (i % 4 == 0) & (rng.random(LIMIT) < (1.0, 0.9, 0.5)[i % 3])
        for t in range(LIMIT):
            if follows[t]:
                actions[t, i] = np.clip(upright(observation), -2.0, 2.0)
            elif i % 8 == 1:  # the ends of the range
                actions[t, i] = 2.0 if actions[t, i] > 0.0 else -2.0
            observation, rewards[t, i], terminated, truncated, _ = theirs.step(actions[t, i])
            observations[t, i] = observation
            assert (terminated, truncated) == (False, t + 1 == LIMIT)
        last[i] = theirs.unwrapped.state
    return actions, observations, rewards, last


def assert_same_episodes(episodes, constants, seed, **start):
    """Play the same episodes on both sides; returns the observations."""
    batch = KernelBatch(MODULE, episodes, max_episode_steps=LIMIT, autoreset_mode="Disabled", **constants, **start)
    batch.reset(seeds=range(seed, seed + episodes))
    starts = np.stack([batch.records["theta"], batch.records["theta_dot"]], axis=1)
    first = np.stack([np.cos(starts[:, 0]), np.sin(starts[:, 0]), starts[:, 1]], axis=1).astype(np.float32)
    np.testing.assert_array_equal(batch.buffers.observation, first)
    actions, observations, rewards, last = play_theirs(starts, constants, np.random.default_rng(seed))
    b = batch.buffers
    for t in range(comparable()):
        batch.step(actions[t])
        np.testing.assert_array_equal(b.observation, observations[t], err_msg=f"step {t}")
        np.testing.assert_array_equal(b.reward, rewards[t], err_msg=f"step {t}")
        assert not b.terminated.any()
        assert b.truncated.all() == b.truncated.any() == (t + 1 == LIMIT)
    if comparable() == LIMIT:
        np.testing.assert_array_equal(batch.records["theta"], last[:, 0])
        np.testing.assert_array_equal(batch.records["theta_dot"], last[:, 1])
    return observations


def test_1000_episodes_equal_gymnasiums():
    observations = assert_same_episodes(1000, {}, seed=0)
    # The comparison is worth something only if it has seen rods that hang, whirl, hit the limit, and stand.
    assert (np.abs(observations[..., 2]) == 8.0).sum() > 100
    assert (observations[-50:, :, 0] > 0.98).all(axis=0).sum() > 50
    assert (observations[..., 0] < -0.9).sum() > 10_000


@pytest.mark.parametrize("constants", CHANGED, ids=lambda constants: str(constants) if len(constants) == 1 else "all")
def test_episodes_with_changed_constants_equal_gymnasiums(constants):
    assert_same_episodes(48, constants, seed=100)


def test_starts_many_turns_away_equal_gymnasiums():
    assert_same_episodes(64, {}, seed=200, start_angle=90.0, start_speed=20.0)


# --- Positions set by hand -------------------------------------------------------------------------------------------


def placed(theta, theta_dot, **keywords):
    """A batch with one environment per entry, set by hand."""
    theta, theta_dot = np.broadcast_arrays(np.asarray(theta, float), np.asarray(theta_dot, float))
    batch = KernelBatch(MODULE, len(theta), autoreset_mode="Disabled", **keywords)
    batch.reset(seeds=range(len(theta)))
    batch.records["theta"], batch.records["theta_dot"] = theta, theta_dot
    batch.records["sine"], batch.records["cosine"] = np.sin(theta), np.cos(theta)  # kept from the step before
    return batch


@pytest.mark.parametrize(
    ("theta", "speed", "torque", "after", "terms"),
    [
        # The rod hangs, and gravity pulls along it. The angle of a half turn counts as -pi: a square all the same.
        (math.pi, 0.0, 0.0, (math.pi, 0.0), (-(math.pi**2), 0.0, 0.0)),
        # It lies flat: 3 g / 2 l = 15 rad/s² for 0.05 s, and the new speed moves it.
        (math.pi / 2, 0.0, 0.0, (math.pi / 2 + 0.0375, 0.75), (-(math.pi**2) / 4, 0.0, 0.0)),
        (-math.pi / 2, 0.0, 0.0, (-math.pi / 2 - 0.0375, -0.75), (-(math.pi**2) / 4, 0.0, 0.0)),
        # Upright, and the motor pulls with 2 N·m: 3 u / (m l²) = 6 rad/s².
        (0.0, 0.0, 2.0, (0.015, 0.3), (0.0, 0.0, -0.004)),
        (0.0, 1.0, -1.0, (0.0425, 0.85), (0.0, -0.1, -0.001)),
        # 7.9 + 0.75 + 0.3 rad/s is more than it may be.
        (math.pi / 2, 7.9, 2.0, (math.pi / 2 + 0.4, 8.0), (-(math.pi**2) / 4, -6.241, -0.004)),
        (-math.pi / 2, -7.9, -2.0, (-math.pi / 2 - 0.4, -8.0), (-(math.pi**2) / 4, -6.241, -0.004)),
        # A turn and a quarter lies as flat as a quarter; so does three quarters, on the other side.
        (2.5 * math.pi, 0.0, 0.0, (2.5 * math.pi + 0.0375, 0.75), (-(math.pi**2) / 4, 0.0, 0.0)),
        (1.5 * math.pi, 0.0, 0.0, (1.5 * math.pi - 0.0375, -0.75), (-(math.pi**2) / 4, 0.0, 0.0)),
        (-4.1 * math.pi, 0.0, 0.0, (-4.1 * math.pi - 0.0116, -0.2318), (-((0.1 * math.pi) ** 2), 0.0, 0.0)),
    ],
)
def test_one_step_by_hand(theta, speed, torque, after, terms):
    batch = placed([theta], [speed])
    batch.step([[torque]])
    record = batch.records[0]
    assert (record["theta"], record["theta_dot"]) == pytest.approx(after, abs=1e-4)
    assert batch.buffers.terms[0] == pytest.approx(terms, abs=1e-6)
    assert batch.buffers.reward[0] == pytest.approx(sum(terms), abs=1e-6)
    assert batch.buffers.observation[0] == pytest.approx((math.cos(after[0]), math.sin(after[0]), after[1]), abs=1e-4)
    assert not batch.buffers.terminated[0]


def test_constants_by_hand():
    """A rod of 2 kg and 0.5 m under 4 m/s², flat, with 1 N·m: 12 + 6 rad/s² for 0.1 s; three costs of their own."""
    costs = {"angle_cost": 2.0, "speed_cost": 0.5, "torque_cost": 0.25}
    batch = placed([math.pi / 2], [1.0], gravity=4.0, mass=2.0, length=0.5, time_step=0.1, **costs)
    batch.step([[1.0]])
    assert batch.records["theta_dot"][0] == pytest.approx(2.8)
    assert batch.records["theta"][0] == pytest.approx(math.pi / 2 + 0.28)
    assert batch.buffers.terms[0].tolist() == pytest.approx([-(math.pi**2) / 2, -0.5, -0.25])


def test_more_torque_than_the_motor_has_is_cut_and_costs_no_more():
    batch = placed([0.0] * 3, 0.0, max_torque=0.5)
    batch.step([[2.0], [0.5], [-2.0]])
    assert batch.records["torque"].tolist() == [0.5, 0.5, -0.5]
    assert batch.records["theta_dot"].tolist() == pytest.approx([0.075, 0.075, -0.075])
    assert batch.buffers.reward.tolist() == pytest.approx([-0.00025] * 3)


def test_a_torque_outside_the_space_is_refused():
    batch = placed([0.0], 0.0)
    for torque in (2.0001, -2.0001, math.nan):
        with pytest.raises(ValueError, match="outside the action space of pendulum"):
            batch.step([[torque]])
    assert batch.records["theta_dot"].tolist() == [0.0]


def test_a_torque_counts_in_single_precision():
    batch = placed([1.0] * 2, 0.5)
    batch.step(np.array([[0.1], [np.float64(np.float32(0.1))]]))
    assert batch.records["theta"][0] == batch.records["theta"][1]
    assert batch.buffers.reward[0] == batch.buffers.reward[1]


def test_last_torque_is_remembered_and_there_is_none_at_the_start():
    batch = KernelBatch(MODULE, 2, autoreset_mode="Disabled")
    batch.reset(seeds=[0, 1])
    assert batch.records["torque"].tolist() == [0.0, 0.0]
    batch.step([[1.5], [-0.5]])
    assert batch.records["torque"].tolist() == [1.5, -0.5]
    batch.reset()
    assert batch.records["torque"].tolist() == [0.0, 0.0]


def test_one_step_beyond_a_limit_of_speed_is_on_it():
    """The limit itself is kept, what is beyond it is cut: from a speed that gravity and motor leave as it is."""
    batch = placed([0.0] * 3, [8.0, math.nextafter(8.0, 9.0), -9.0])
    batch.step(np.zeros((3, 1)))
    assert batch.records["theta_dot"].tolist() == [8.0, 8.0, -8.0]


# --- Properties ------------------------------------------------------------------------------------------------------

TURN = 2 * math.pi
near_a_turn = st.builds(
    lambda n, ulps: (n - 0.5) * TURN + ulps * math.ulp(n * TURN), st.integers(-60, 60), st.integers(-9, 9)
)


@given(st.one_of(st.floats(-200.0, 200.0), st.floats(-1e6, 1e6), near_a_turn))
@settings(max_examples=2000, deadline=None, derandomize=True, database=None)
def test_normalised_angle_is_pythons_remainder(angle):
    assert normalised(angle) == (angle + math.pi) % TURN - math.pi


@given(st.floats(-3.0, 3.0), st.floats(-8.0, 8.0), st.floats(-2.0, 2.0))
@settings(max_examples=200, deadline=None, derandomize=True, database=None)
def test_the_mirror_image_moves_alike_and_costs_the_same(theta, speed, torque):
    batch = placed([theta, -theta], [speed, -speed])
    batch.step([[torque], [-torque]])
    assert batch.records["theta"][0] == -batch.records["theta"][1]
    assert batch.records["theta_dot"][0] == -batch.records["theta_dot"][1]
    assert batch.buffers.reward[0] == pytest.approx(batch.buffers.reward[1])


def test_without_gravity_and_motor_the_rod_turns_on():
    batch = placed([0.3], [1.7], gravity=0.0, max_torque=0.0)
    for _ in range(50):
        batch.step([[2.0]])
    assert batch.records["theta_dot"].tolist() == [1.7]
    assert batch.records["theta"][0] == pytest.approx(0.3 + 50 * 0.05 * 1.7)


def test_start_is_uniform_in_its_ranges():
    batch = KernelBatch(MODULE, 4000, start_angle=0.7, start_speed=3.0)
    batch.reset(seeds=range(4000))
    starts = np.stack([batch.records["theta"] / 0.7, batch.records["theta_dot"] / 3.0], axis=1)
    assert starts.min() >= -1.0
    assert starts.max() < 1.0
    counts = np.stack([np.histogram(starts[:, k], 20, (-1.0, 1.0))[0] for k in range(2)])  # 200 expected in each
    chi_square = ((counts - 200) ** 2 / 200).sum(axis=1)
    assert chi_square.max() < 53.0  # 19 degrees of freedom: exceeded once in 20,000 tries; the seeds are fixed
    assert abs(np.corrcoef(starts.T)[0, 1]) < 0.08  # five standard errors


# --- Reference policies ----------------------------------------------------------------------------------------------


def returns_of(policy, episodes, **keywords):
    """Returns (N,) of whole episodes and the batch, which shows their last step; "random" is uniform over the space."""
    batch = KernelBatch(MODULE, episodes, max_episode_steps=LIMIT, autoreset_mode="Disabled", **keywords)
    batch.seed_from(0)
    rng = np.random.default_rng(0)
    for _ in range(LIMIT):
        batch.step(rng.uniform(-2.0, 2.0, (episodes, 1)) if policy == "random" else batch.heuristic())
    assert batch.buffers.truncated.all()
    return batch.buffers.episode_return, batch


@pytest.mark.parametrize("policy", ["random", "heuristic"])
def test_policies_score_what_the_declaration_says(policy):
    returns, batch = returns_of(policy, 2000)
    error = returns.std() / math.sqrt(2000)  # 6.5 and 1.7
    assert abs(returns.mean() - batch.simulation.scores[policy]) < 3 * error


@pytest.mark.parametrize(
    "constants", [{}, {"gravity": 13.0}, {"mass": 0.4}, {"length": 1.3}, {"max_torque": 1.3}, {"time_step": 0.03}]
)
def test_the_heuristic_ends_upright(constants):
    _, batch = returns_of("heuristic", 300, **constants)
    # Not many more than four seconds are left at 0.03 s a step, and a rod that just hangs there needs most of them.
    assert (batch.records["cosine"] > 0.99).mean() > (0.9 if "time_step" in constants else 0.98)
    assert (np.abs(batch.records["theta_dot"]) < 0.5).mean() > (0.9 if "time_step" in constants else 0.98)


def test_asking_the_heuristic_changes_nothing():
    _, batch = returns_of("random", 4)
    before = batch.snapshot()
    batch.heuristic()
    assert batch.snapshot() == before
