"""The rover's rules: against a NumPy twin step by step, in positions set by hand, and each parameter by itself.

Maps have their tests in ``test_rover_map.py``, walkers in ``test_rover_crowd.py``.
"""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ludus.envs.engine.kernel_batch import KernelBatch
from ludus.envs.robotics import rover
from rover_stage import COLLISION, EFFORT, MODULE, PROGRESS, REACHED, SHARE, TIME, empty, look
from rover_twin import FULL, Twin, distances, lidar

DEFAULTS = {name: parameter.default for name, parameter in rover.PARAMETERS.items()}


# --- Beside the twin -------------------------------------------------------------------------------------------------


def drivers(batch, rng):
    """Actions (N, 2) of different kinds of drivers: straight into a wall, dawdling, guided, guided by a shaky hand."""
    n = batch.num_envs
    kind = np.arange(n) % 4
    actions = batch.heuristic()
    blind = np.where(rng.random((n, 1)) < 0.8, rng.uniform(0.3, 1.0, (n, 1)) + rng.normal(0, 0.1, (n, 2)), -1.0)
    dawdling = rng.uniform(-1, 1, (n, 2))
    shaky = actions + rng.normal(0, 0.3, (n, 2))
    actions = np.select([(kind == k)[:, None] for k in range(4)], [blind, dawdling, actions, shaky])
    return np.clip(actions, -1, 1).astype(np.float32).astype(float)  # as precise as the action space


def assert_same_episodes(episodes, num_envs, limit, seed=0, **keywords):
    """Play until ``episodes`` have ended; returns how many ended in success, by a collision, by the clock."""
    batch = KernelBatch(MODULE, num_envs, autoreset_mode="Disabled", max_episode_steps=limit, **keywords)
    batch.seed_from(seed)
    parameters = {**DEFAULTS, **{key: value for key, value in keywords.items() if key in DEFAULTS}}
    twin, rng, clock, ends = Twin(batch.records, parameters), np.random.default_rng(seed), np.zeros(num_envs, int), []
    b, records = batch.buffers, batch.records
    np.testing.assert_allclose(b.observation, twin.observe(records["noise"]), rtol=0, atol=2e-6)
    while len(ends) < episodes:
        actions, counters = drivers(batch, rng), records["rng"].copy()
        terms, terminated, success = twin.step(actions, counters)
        batch.step(actions)
        clock += 1
        for name in ("x", "y", "left", "right", "way_left"):
            np.testing.assert_allclose(records[name], getattr(twin, name), rtol=0, atol=1e-9, err_msg=name)
        np.testing.assert_allclose(np.exp(1j * records["heading"]), np.exp(1j * twin.heading), rtol=0, atol=1e-9)
        assert (np.abs(records["heading"]) <= math.pi).all()
        walking = np.arange(records["walk_x"].shape[1]) < records["walkers"][:, None]
        np.testing.assert_allclose(records["walk_x"][walking], twin.ahead[walking][:, 0], rtol=0, atol=1e-9)
        np.testing.assert_allclose(records["walk_y"][walking], twin.ahead[walking][:, 1], rtol=0, atol=1e-9)
        there = np.arange(records["disc_x"].shape[1]) < (records["pillars"] + records["walkers"])[:, None]
        for c, name in enumerate(("disc_x", "disc_y", "disc_r")):
            np.testing.assert_allclose(records[name][there], twin.discs[there][:, c], rtol=0, atol=1e-9)
        np.testing.assert_allclose(b.terms, terms, rtol=0, atol=1e-9)
        np.testing.assert_allclose(b.reward, terms.sum(axis=1), rtol=0, atol=1e-9)
        np.testing.assert_array_equal(b.terminated, terminated)
        np.testing.assert_array_equal(b.truncated, clock >= limit)
        np.testing.assert_allclose(b.observation, twin.observe(records["noise"]), rtol=0, atol=2e-6)
        assert batch.observation_space.contains(b.observation[0])
        ended = terminated | (clock >= limit)
        np.testing.assert_array_equal(b.episode_success[ended], success[ended])
        ends += [(bool(success[i]), bool(terminated[i])) for i in np.flatnonzero(ended)]
        if ended.any():
            batch.reset(ended)
            twin.begin(records, ended)
            clock[ended] = 0
            np.testing.assert_allclose(b.observation, twin.observe(records["noise"]), rtol=0, atol=2e-6)
    return ends.count((True, True)), ends.count((False, True)), ends.count((False, False))


def test_1000_episodes_equal_the_twins():
    reached, crashed, late = assert_same_episodes(1000, 250, 120)
    assert min(reached, crashed, late) > 100


@pytest.mark.parametrize(
    "keywords",
    [
        {**FULL, "crowd_speed": 0.9, "crowd_radius": 0.15},
        {**FULL, "slip": 0.3, "lidar_range": 15.0},
        {"slip": 0.5, "motor_lag": 0.0, "lidar_noise": 0.2, "odometry_noise": 0.1, "goal_noise": 0.3},
        {"time_step": 0.05, "max_speed": 2.0, "axle": 0.5, "radius": 0.12, "motor_lag": 0.4, "goal_radius": 0.4},
        {"time_step": 0.2, "max_speed": 2.0, "axle": 0.1, "radius": 0.3, "lidar_range": 1.0},
    ],
    ids=["crowd", "slip", "noise", "quick", "wild"],
)
def test_episodes_with_other_parameters_equal_the_twins(keywords):
    reached, crashed, _ = assert_same_episodes(80, 40, 120, seed=5000, **keywords)
    assert crashed > 10
    assert reached > 0


# --- Motion ----------------------------------------------------------------------------------------------------------


@given(left=SHARE, right=st.one_of(SHARE, st.none()), axle=st.floats(0.1, 1.0), gap=st.floats(-1e-3, 1e-3))
@settings(max_examples=60, deadline=None)
def test_constant_wheel_speeds_trace_the_exact_arc(left, right, axle, gap):
    """Each of 15 steps against the arc's closed form from the start, written so that equal speeds are no exception."""
    right = float(np.float32(min(max(left + gap, -1.0), 1.0))) if right is None else right
    batch = BATCHES.setdefault("arc", empty(motor_lag=0.0))
    r = batch.records
    r["x"] = r["y"] = 5.0
    r["heading"], r["axle"], r["pending"] = 0.4, axle, False
    for k in range(1, 16):
        batch.step([[left, right]])
        length, turn = 0.05 * k * (left + right), 0.1 * k * (right - left) / axle
        # x = L * (sin(h + a) - sin h) / a: the integral of cos(h + a t), written with sinc so that a may be 0.
        chord = length * np.sinc(turn / 2 / math.pi)
        there = chord * math.cos(0.4 + turn / 2), chord * math.sin(0.4 + turn / 2)
        assert r["x"][0] - 5.0 == pytest.approx(there[0], abs=1e-9)
        assert r["y"][0] - 5.0 == pytest.approx(there[1], abs=1e-9)
        assert abs(np.exp(1j * (r["heading"][0] - 0.4 - turn)) - 1) < 1e-9


BATCHES: dict = {}  # made once: hypothesis runs a test's body many times


def test_a_full_circle_closes():
    """Wheels at 1 and 2 m/s; the axle is as long as makes a sixtieth of a turn of a step, about a point to the left."""
    axle = 0.1 * 60 / (2 * math.pi)
    batch = empty(motor_lag=0.0, time_step=0.1, axle=axle, max_speed=2.0)
    for k in range(60):
        batch.step([[0.5, 1.0]])
        if k == 29:  # the rover's own circle is one and a half axles wide in radius
            np.testing.assert_allclose([batch.records["x"][0], batch.records["y"][0]], [5.0, 5.0 + 3 * axle], atol=1e-9)
    np.testing.assert_allclose([batch.records["x"][0], batch.records["y"][0]], [5.0, 5.0], rtol=0, atol=1e-9)
    assert abs(np.exp(1j * batch.records["heading"][0]) - 1) < 1e-9


def test_straight_ahead_backwards_and_on_the_spot():
    batch = empty(3, motor_lag=0.0)
    batch.step([[1.0, 1.0], [-0.5, -0.5], [-0.25, 0.25]])
    r = batch.records
    np.testing.assert_allclose(r["x"], [5.1, 4.95, 5.0], rtol=0, atol=1e-12)
    np.testing.assert_allclose(r["y"], [5.0, 5.0, 5.0], rtol=0, atol=1e-12)
    np.testing.assert_allclose(r["heading"], [0.0, 0.0, 0.5 * 0.1 / 0.3], rtol=0, atol=1e-12)


def test_the_heading_stays_within_half_a_turn():
    batch = empty(2, motor_lag=0.0)
    batch.records["heading"] = [3.0, -3.0]
    batch.step([[-1.0, 1.0], [1.0, -1.0]])  # two thirds of a radian
    np.testing.assert_allclose(batch.records["heading"], [3.0 + 2 / 3 - 2 * math.pi, -3.0 - 2 / 3 + 2 * math.pi])


def test_a_wheel_follows_its_command_with_the_lag():
    batch = empty(motor_lag=0.2, time_step=0.1, max_speed=2.0)
    batch.records["left"], batch.records["right"] = 1.5, -0.5
    for k in range(1, 8):
        batch.step([[0.125, 0.25]])
        fade = math.exp(-0.1 * k / 0.2)
        assert batch.records["left"][0] == pytest.approx(0.25 + (1.5 - 0.25) * fade, abs=1e-12)
        assert batch.records["right"][0] == pytest.approx(0.5 + (-0.5 - 0.5) * fade, abs=1e-12)


def test_slip_takes_a_uniform_share_of_each_wheels_way():
    batch = empty(4000, slip=0.4, motor_lag=0.0)
    batch.seed_from(0)
    batch.records["boxes"] = batch.records["pillars"] = 0
    batch.records["x"] = batch.records["y"] = 5.0
    batch.records["heading"] = 0.0
    batch.step(np.full((4000, 2), 0.5))
    r = batch.records
    assert (r["left"] == 0.5).all()  # the wheels turn as told
    turn = r["heading"] * 0.3 / 0.05  # share lost left - share lost right
    way = np.hypot(r["x"] - 5.0, r["y"] - 5.0) / np.sinc(r["heading"] / 2 / math.pi) / 0.05
    lost = np.stack([1 - way + turn / 2, 1 - way - turn / 2])
    assert lost.min() > -1e-9
    assert lost.max() < 0.4
    for wheel in lost:
        counts = np.histogram(wheel, 10, (0.0, 0.4))[0]  # 400 expected in each
        assert ((counts - 400) ** 2 / 400).sum() < 33.7  # 9 degrees of freedom, once in 10,000
    assert abs(np.corrcoef(lost)[0, 1]) < 0.08  # five standard errors


# --- Lidar -----------------------------------------------------------------------------------------------------------

COORDINATE = st.floats(0.25, 9.75)
BOX = st.tuples(st.floats(0.0, 9.0), st.floats(0.01, 3.0), st.floats(0.0, 9.0), st.floats(0.01, 3.0))
DISC = st.tuples(st.floats(0.0, 10.0), st.floats(0.0, 10.0), st.floats(0.05, 2.0))


@given(
    x=COORDINATE,
    y=COORDINATE,
    heading=st.one_of(st.floats(-math.pi, math.pi), st.sampled_from([0.0, math.pi / 2, -math.pi / 2, math.pi / 16])),
    boxes=st.lists(BOX, max_size=13),
    discs=st.lists(DISC, max_size=7),
    limit=st.sampled_from([1.0, 5.0, 15.0]),
)
@settings(max_examples=150, deadline=None)
def test_lidar_measures_the_analytic_distances(x, y, heading, boxes, discs, limit):
    """Within 1e-4 m; a beam that grazes an obstacle may hit or miss it, so they may be smaller or larger by 1e-9 m."""
    batch = BATCHES.setdefault("lidar", empty())
    r = batch.records
    r["x"], r["y"], r["heading"], r["lidar_range"] = x, y, heading, limit
    boxes = np.array([(a, min(a + w, 10.0), c, min(c + h, 10.0)) for a, w, c, h in boxes]).reshape(1, -1, 4)
    discs = np.array(discs).reshape(1, -1, 3)
    r["boxes"], r["pillars"] = boxes.shape[1], discs.shape[1]
    for c, name in enumerate(("box_x0", "box_x1", "box_y0", "box_y1")):
        r[name][0, : boxes.shape[1]] = boxes[0, :, c]
    for c, name in enumerate(("disc_x", "disc_y", "disc_r")):
        r[name][0, : discs.shape[1]] = discs[0, :, c]
    look(batch)
    pose = (np.array([x]), np.array([y]), np.array([heading]), boxes, discs, np.array([limit]))
    exact, nearer, further = lidar(*pose)[0], lidar(*pose, grow=1e-9)[0], lidar(*pose, grow=-1e-9)[0]
    lowest, highest = np.minimum.reduce([exact, nearer, further]), np.maximum.reduce([exact, nearer, further])
    assert (r["ranges"][0] >= lowest - 1e-4).all()
    assert (r["ranges"][0] <= highest + 1e-4).all()
    shown = batch.buffers.observation[0, :32] * limit
    np.testing.assert_allclose(shown, r["ranges"][0], rtol=0, atol=1e-5)


def test_lidar_in_a_place_written_out():
    batch = empty()
    r = batch.records
    r["x"], r["y"] = 3.0, 5.0
    r["boxes"], r["pillars"] = 1, 1
    r["box_x0"][0, 0], r["box_x1"][0, 0], r["box_y0"][0, 0], r["box_y1"][0, 0] = 4.0, 5.0, 4.5, 5.5
    r["disc_x"][0, 0], r["disc_y"][0, 0], r["disc_r"][0, 0] = 3.0, 8.0, 0.5
    ranges = look(batch).records["ranges"][0].copy()
    assert ranges[0] == pytest.approx(1.0)  # ahead, to the box
    assert ranges[8] == pytest.approx(2.5)  # left, to the pillar
    assert ranges[16] == pytest.approx(3.0)  # back, to the wall
    assert ranges[24] == pytest.approx(5.0)  # right: the wall, just in reach
    assert ranges[4] == pytest.approx(5.0)  # 45° to the left: past the box and too far from the wall
    assert ranges[2] == pytest.approx(1.0 / math.cos(math.pi / 8))  # 22.5°: still the box
    r["heading"] = math.pi / 2
    turned = look(batch).records["ranges"][0]
    np.testing.assert_allclose(turned, np.roll(ranges, -8), rtol=0, atol=1e-9)


@pytest.mark.parametrize("edge", ["lower", "upper"])
def test_a_beam_along_the_edge_of_a_box_meets_it_or_not_but_is_a_number(edge):
    """It runs exactly along x at the height of a box's edge, where a slope without bound would make 0 * infinity."""
    batch = empty()
    r = batch.records
    r["boxes"] = 1
    for side, value in zip(("x0", "x1"), (7.0, 8.0), strict=True):
        r[f"box_{side}"][0, 0] = value
    r["box_y0"][0, 0], r["box_y1"][0, 0] = (5.0, 6.0) if edge == "lower" else (4.0, 5.0)
    look(batch)
    assert r["heading"][0] == 0.0
    assert r["ranges"][0, 0] in (2.0, 5.0)
    assert np.isfinite(r["slope_x"]).all()
    assert np.isfinite(r["slope_y"]).all()


def test_lidar_inside_an_obstacle_measures_nothing():
    batch = empty(3)
    r = batch.records
    r["boxes"], r["pillars"] = [1, 0, 0], [0, 1, 0]
    r["box_x0"][0, 0], r["box_x1"][0, 0], r["box_y0"][0, 0], r["box_y1"][0, 0] = 4.0, 6.0, 4.0, 6.0
    r["disc_x"][1, 0], r["disc_y"][1, 0], r["disc_r"][1, 0] = 5.1, 5.0, 0.5
    r["x"][2] = -0.1
    look(batch)
    assert (r["ranges"][:2] == 0.0).all()
    assert (r["ranges"][2] == 0.0).all()  # beyond the outer wall


# --- Hand-set positions ----------------------------------------------------------------------------------------------


def test_what_is_observed_written_out():
    batch = empty()
    r = batch.records
    r["heading"], r["left"], r["right"] = math.pi / 2, 0.5, -0.25
    r["goal_x"], r["goal_y"] = 8.0, 9.0  # 3 m to the right, 4 m ahead
    observation = look(batch).buffers.observation[0]
    np.testing.assert_allclose(observation[:32:8], [1.0, 1.0, 1.0, 1.0])
    np.testing.assert_allclose(observation[32:], [5 / math.sqrt(200), -0.6, 0.8, 0.5, -0.25], atol=1e-6)
    r["goal_x"], r["goal_y"] = 5.0, 5.0
    np.testing.assert_array_equal(look(batch).buffers.observation[0, 32:35], [0.0, 0.0, 1.0])


def test_touching_is_no_collision_and_a_hair_more_is():
    """A box 0.2 m ahead is as far away as the rover's radius."""
    batch = empty(6, motor_lag=0.0)
    r = batch.records
    r["boxes"], r["pillars"] = [1, 1, 0, 0, 0, 0], [0, 0, 1, 1, 0, 0]
    for side, value in zip(("x0", "x1", "y0", "y1"), (5.5, 6.0, 4.0, 6.0), strict=True):
        r[f"box_{side}"][:, 0] = value
    r["disc_x"][:, 0], r["disc_y"][:, 0], r["disc_r"][:, 0] = 5.75, 5.0, 0.25
    hair = 1e-9
    r["x"][:4] = [5.3 - hair, 5.3 + hair] * 2
    r["x"][4:] = [0.2 + hair, 0.2 - hair]
    batch.step(np.zeros((6, 2)))
    assert batch.buffers.terminated.tolist() == [False, True] * 3
    assert batch.buffers.terms[:, COLLISION].tolist() == [0.0, -10.0] * 3
    assert not batch.buffers.episode_success.any()


@pytest.mark.parametrize(("x", "y"), [(0.19, 5.0), (9.81, 5.0), (5.0, 0.19), (5.0, 9.81)])
def test_each_outer_wall_is_one(x, y):
    batch = empty()
    batch.records["x"], batch.records["y"] = x, y
    batch.step([[0.0, 0.0]])
    assert batch.buffers.terminated[0]


def test_the_goal_is_reached_within_its_radius():
    batch = empty(3, motor_lag=0.0)
    batch.records["goal_x"], batch.records["goal_y"] = 5.0, [5.3, 5.3 + 1e-9, 4.0]
    batch.step([[0.0, 0.0]] * 3)
    assert batch.buffers.terminated.tolist() == [True, False, False]
    assert batch.buffers.terms[:, REACHED].tolist() == [10.0, 0.0, 0.0]
    assert batch.buffers.episode_success.tolist() == [True, False, False]


def test_a_collision_at_the_goal_is_no_success():
    batch = empty()
    batch.records["goal_x"], batch.records["goal_y"] = 5.1, 5.0
    batch.records["pillars"] = 1
    batch.records["disc_x"], batch.records["disc_y"], batch.records["disc_r"] = 5.3, 5.0, 0.2
    batch.step([[0.0, 0.0]])
    assert batch.buffers.terms[0].tolist() == pytest.approx([0.0, 0.0, -10.0, -0.01, 0.0])
    assert batch.buffers.terminated[0]
    assert not batch.buffers.episode_success[0]


def test_time_and_effort_written_out():
    batch = empty(2, time_step=0.2)
    batch.step([[1.0, 1.0], [0.5, -1.0]])
    np.testing.assert_allclose(batch.buffers.terms[:, TIME], [-0.02, -0.02])
    np.testing.assert_allclose(batch.buffers.terms[:, EFFORT], [-0.01, -0.01 * 0.625])


def test_progress_is_the_change_of_the_way_and_none_off_the_grid():
    batch = empty(motor_lag=0.0)
    r = batch.records
    way = np.full((42, 42), 65535, np.uint16)
    way[21, 21], way[21, 22], way[21, 20] = 10, 5, 65534  # cells with their middles at (5.125, 5.125), (5.375, 5.125)
    r["way"], r["x"], r["y"], r["way_left"] = way.ravel(), 5.025, 5.125, 2.0
    batch.step([[1.0, 1.0]])  # to (5.125, 5.125): 10 * 0.05 m from there, as from the next cell with 0.25 m to it
    assert batch.buffers.terms[0, PROGRESS] == pytest.approx(2.0 - 0.5)
    batch.step([[1.0, 1.0]])  # 0.1 m nearer to the next cell
    assert batch.buffers.terms[0, PROGRESS] == pytest.approx(0.1)
    r["way"] = 65535
    batch.step([[1.0, 1.0]])
    assert batch.buffers.terms[0, PROGRESS] == 0.0
    assert r["way_left"][0] == pytest.approx(0.4)


# --- Noise -----------------------------------------------------------------------------------------------------------


def test_noise_is_normal_and_sampled_anew_in_every_step():
    batch = empty(500, lidar_noise=0.1, odometry_noise=0.05, goal_noise=0.2, motor_lag=0.0, lidar_range=15.0)
    r = batch.records
    seen = []
    for _ in range(2):
        batch.step(np.zeros((500, 2)))
        seen.append(batch.buffers.observation.astype(float))
    ranges = (np.stack(seen)[:, :, :32] * 15.0 - r["ranges"]) / 0.1
    bearing = np.stack(seen)[:, :, 32] * math.sqrt(200) * np.exp(1j * np.arctan2(*np.stack(seen)[:, :, 33:35].T).T)
    goal = (bearing - (9.125 - 5.0) * (1 + 1j)) / 0.2
    wheels = np.stack(seen)[:, :, 35:] / 0.05
    for numbers in (ranges, goal.real, goal.imag, wheels[..., 0], wheels[..., 1]):
        assert abs(numbers.mean()) < 5 / math.sqrt(numbers.size)
        assert abs(numbers.std() - 1) < 5 / math.sqrt(2 * numbers.size)
        assert abs(np.corrcoef(numbers[0].ravel(), numbers[1].ravel())[0, 1]) < 5 / math.sqrt(numbers[0].size)


@pytest.mark.parametrize("name", ["lidar_noise", "odometry_noise", "goal_noise"])
def test_each_noise_disturbs_its_own_readings_from_the_first_on(name):
    plain, noisy = KernelBatch(MODULE, 20), KernelBatch(MODULE, 20, **{name: 1.0})
    own = {"lidar_noise": slice(0, 32), "odometry_noise": slice(35, 37), "goal_noise": slice(32, 35)}[name]
    for batch in (plain, noisy):
        batch.seed_from(3)
    difference = plain.buffers.observation != noisy.buffers.observation
    assert difference[:, own].mean() > 0.8
    difference[:, own] = False
    assert not difference.any()
    np.testing.assert_array_equal(plain.records["way"], noisy.records["way"])  # the same maps


def test_without_noise_and_slip_a_step_samples_nothing():
    batch = KernelBatch(MODULE, 10)
    batch.seed_from(0)
    before = batch.records["rng"].copy()
    batch.step(np.zeros((10, 2)))
    np.testing.assert_array_equal(batch.records["rng"], before)


# --- Scores ----------------------------------------------------------------------------------------------------------


def play(games, policy, **keywords):
    """(returns, successes) of one episode of each environment, seeds 0 … games - 1."""
    batch = KernelBatch(MODULE, games, max_episode_steps=500, **keywords)
    batch.seed_from(0)
    rng, waiting, returns, successes = np.random.default_rng(0), np.ones(games, bool), np.zeros(games), np.zeros(games)
    b = batch.buffers
    while waiting.any():
        batch.step(batch.heuristic() if policy == "heuristic" else rng.uniform(-1, 1, (games, 2)))
        ended = waiting & (b.terminated | b.truncated)
        returns[ended], successes[ended] = b.episode_return[ended], b.episode_success[ended]
        waiting &= ~ended
    return returns, successes


@pytest.mark.parametrize(("policy", "success"), [("heuristic", 1.0), ("random", 0.0)])
def test_policies_score_what_the_declaration_says(policy, success):
    returns, successes = play(1000, policy)
    assert abs(returns.mean() - rover.SIMULATION.scores[policy]) < 4 * returns.std() / math.sqrt(1000)
    assert abs(successes.mean() - success) <= 0.003


def test_the_reference_policy_comes_through_a_crowd():
    assert play(200, "heuristic", **FULL)[1].mean() >= 0.97


@pytest.mark.parametrize("steps", [0, 100, 300])
def test_the_trail_holds_where_the_rover_was(steps):
    batch = KernelBatch(MODULE, 1, autoreset_mode="Disabled")
    batch.seed_from(0)
    r, places = batch.records, []
    for _ in range(steps):
        places.append((r["x"][0], r["y"][0]))
        batch.step([[0.3, -0.3]])
    places.append((r["x"][0], r["y"][0]))
    expected = np.zeros((256, 2))
    for n, place in enumerate(places):
        expected[n % 256] = place
    np.testing.assert_allclose(r["trail"][0], expected, atol=1e-6)


def test_distances_of_the_twin_written_out():
    boxes, discs = np.array([[[4.0, 5.0, 4.0, 5.0]]]), np.array([[[8.0, 8.0, 0.5]]])
    points = np.array([[3.0, 4.5], [6.0, 6.0], [4.5, 4.5], [8.0, 7.0], [1.0, 9.8]])
    found = [distances(np.array([x]), np.array([y]), boxes, discs)[0] for x, y in points]
    assert found == pytest.approx([1.0, math.sqrt(2), 0.0, 0.5, 0.2])
