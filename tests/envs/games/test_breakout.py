"""Breakout against its plain-Python twin (``breakout_twin.py``), and positions set by hand with the answer written out.

The twin starts with the record's random stream and then plays on by itself to the end of the game. It performs the same
operations on doubles, so its observations are the same to the last bit.
"""

import math

import numpy as np
import pytest

from breakout_twin import Stream, Twin
from ludus.envs.engine.kernel_batch import KernelBatch
from ludus.envs.engine.simulation import load

MODULE = "ludus.envs.games.breakout"
LIMIT = 8000  # steps
STAY, LEFT, RIGHT = range(3)
ROWS, COLUMNS = 6, 10
WON, LOST, OUT_OF_TIME = "won", "lost", "out of time"


def twin_of_start(batch, i):
    """A twin of the game that environment ``i`` is about to begin: nothing was sampled before the first serve."""
    values = batch.parameters(i)
    assert values["serve_delay"] >= 1
    return Twin(*batch.sizes.values(), values, Stream(batch.records["rng"][i]))


def play_beside_twins(batch, games, choose):
    """Play at least ``games`` games step by step on both sides; returns [(return, steps, end)]."""
    b, played = batch.buffers, []
    batch.reset(seeds=range(batch.num_envs))
    twins = [twin_of_start(batch, i) for i in range(batch.num_envs)]
    clocks, points = np.zeros(batch.num_envs, int), np.zeros(batch.num_envs)
    while len(played) < games:
        np.testing.assert_array_equal(b.observation, np.array([twin.observation() for twin in twins], np.float32))
        actions = choose()
        batch.step(actions)
        clocks += 1
        for i, twin in enumerate(twins):
            reward, over = twin.step(actions[i])
            points[i] += reward
            truncated = clocks[i] == batch.max_episode_steps
            assert (b.reward[i], b.terms[i, 0], b.terminated[i], b.truncated[i]) == (reward, reward, over, truncated)
            if not (over or truncated):
                continue
            won = twin.walls == 2
            np.testing.assert_array_equal(b.final_observation[i], np.array(twin.observation(), np.float32))
            assert (b.episode_return[i], b.episode_length[i], b.episode_success[i]) == (points[i], clocks[i], won)
            played.append((points[i], int(clocks[i]), WON if won else LOST if over else OUT_OF_TIME))
            twins[i], clocks[i], points[i] = twin_of_start(batch, i), 0, 0.0
    return played


def test_1000_random_games_equal_the_twins():
    batch, rng = KernelBatch(MODULE, 50, max_episode_steps=500), np.random.default_rng(0)
    played = play_beside_twins(batch, 1000, lambda: rng.integers(0, 3, 50))
    assert {end for _, _, end in played} == {LOST, OUT_OF_TIME}
    assert max(score for score, _, _ in played) >= 15


def test_games_of_the_reference_equal_the_twins_up_to_two_cleared_walls():
    batch = KernelBatch(MODULE, 4, max_episode_steps=LIMIT)
    played = play_beside_twins(batch, 4, lambda: batch.heuristic().copy())
    assert {(score, end) for score, _, end in played} == {(420.0, WON)}


CHANGED = [  # each pair of sizes takes seconds to compile
    {"rows": 1, "columns": 4, "paddle_width": 60.0, "paddle_speed": 20.0},
    {"rows": 8, "columns": 14, "max_angle": 1.4, "deflection": 1.0, "serve_delay": 1.9, "balls": 1.9},
    {"speed_start": 50.0, "speed_max": 100.0, "speed_gain": 10.0, "paddle_width": 55.0},
    {"max_angle": 0.1, "speed_start": 100.0, "speed_max": 7.0, "balls": 10.0},
    {"paddle_width": 4.0, "paddle_speed": 0.3, "speed_max": 100.0, "speed_gain": 10.0},
]


@pytest.mark.parametrize("keywords", CHANGED, ids=str)
def test_games_under_other_parameters_equal_the_twins(keywords):
    batch, rng = KernelBatch(MODULE, 8, max_episode_steps=400, **keywords), np.random.default_rng(1)

    def choose():
        guided = rng.random(8) < 0.8
        return np.where(guided, batch.heuristic(), rng.integers(0, 3, 8))

    assert len(play_beside_twins(batch, 24, choose)) >= 24


# --- Positions set by hand -------------------------------------------------------------------------------------------


def position(copies=1, bricks=None, seed=0, **keywords):
    """A batch whose balls are in flight; ``bricks`` lists the (row, column) that stand, otherwise all do."""
    fields = {key: keywords.pop(key) for key in list(keywords) if key in FIELDS}
    batch = KernelBatch(MODULE, copies, autoreset_mode="Disabled", **keywords)
    batch.reset(seeds=range(seed, seed + copies))
    records = batch.records
    records["wait"] = 0
    records["y"] = 60.0
    records["speed"] = 2.0
    if bricks is not None:
        records["bricks"] = 0
        for row, column in bricks:
            records["bricks"][:, row, column] = 1
        records["standing"] = len(bricks)
    for key, value in fields.items():
        records[key] = value
    batch.refresh()  # observes the new position
    return batch


FIELDS = ("x", "y", "vx", "vy", "paddle", "walls", "left", "contacts", "speed", "falling", "wait")


def ball(batch, i=0):
    return tuple(float(batch.records[name][i]) for name in ("x", "y", "vx", "vy"))


def gone(batch, i=0):
    """(row, column) of the bricks that do not stand."""
    return [tuple(map(int, place)) for place in np.argwhere(batch.records["bricks"][i] == 0)]


def test_first_observation_written_out():
    batch = KernelBatch(MODULE, 1)
    batch.reset(seeds=[0])
    fixed = [0.0, 4.05, 0.0, 0.0, 0.0, 0.0, 5.0, 0.0, 1.0, 0.1]
    np.testing.assert_array_equal(batch.buffers.observation[0], np.array(fixed + [1.0] * 60, np.float32))
    batch.step([RIGHT])
    fixed = [0.3, 4.05, 0.0, 0.0, 0.3, 0.0, 5.0, 0.0, 0.9, 0.1]
    np.testing.assert_array_equal(batch.buffers.observation[0], np.array(fixed + [1.0] * 60, np.float32))


def test_observation_of_a_position_written_out():
    flight = {"x": 20.0, "y": 80.0, "vx": 3.0, "vy": -2.5, "paddle": 70.0}
    batch = position(bricks=[(0, 1), (0, 9), (5, 0)], walls=1, left=2, contacts=4, **flight)
    bricks = np.zeros(60)
    bricks[[1, 9, 50]] = 1.0
    fixed = [-3.0, 3.0, 3.0, -2.5, 2.0, -5.0, 2.0, 1.0, 0.0, 0.5]
    np.testing.assert_array_equal(batch.buffers.observation[0], np.float32([*fixed, *bricks]))
    batch = position(contacts=1000)
    assert batch.buffers.observation[0, 9] == 1.0


def test_ball_breaks_the_brick_above_it_and_comes_back():
    # The lowest row ends at y = 38, so the ball, 3 u high, touches it at 39.5: after half a step.
    batch = position(x=25.0, y=40.5, vy=-2.0)
    batch.step([STAY])
    assert ball(batch) == (25.0, 40.5, 0.0, 2.0)
    assert gone(batch) == [(5, 2)]
    assert batch.buffers.reward[0] == 1.0


@pytest.mark.parametrize(("row", "points"), [(0, 6), (1, 5), (2, 4), (3, 3), (4, 2), (5, 1)])
def test_bricks_are_worth_more_the_higher_they_are(row, points):
    below = 14.0 + 4.0 * (row + 1)
    batch = position(bricks=[(row, 2), (0, 9)], x=25.0, y=below + 2.0, vy=-2.0)
    batch.step([STAY])
    assert (row, 2) in gone(batch)
    assert batch.buffers.reward[0] == points


def test_ball_between_two_bricks_breaks_both():
    batch = position(x=30.0, y=40.5, vy=-2.0)
    batch.step([STAY])
    assert ball(batch) == (30.0, 40.5, 0.0, 2.0)
    assert gone(batch) == [(5, 2), (5, 3)]
    assert batch.buffers.reward[0] == 2.0


@pytest.mark.parametrize(("x", "broken"), [(28.5, [(5, 2)]), (28.75, [(5, 2), (5, 3)]), (31.5, [(5, 3)])])
def test_ball_that_ends_where_a_brick_begins_does_not_touch_it(x, broken):
    batch = position(x=x, y=40.5, vy=-2.0)
    batch.step([STAY])
    assert gone(batch) == broken


def test_side_of_a_brick_turns_the_horizontal_velocity():
    # Brick (5, 4) spans 40 … 50 x 34 … 38: touched from the left at x = 38.5, from the right at 51.5.
    batch = position(copies=2, bricks=[(5, 4), (0, 9)])
    batch.records["x"], batch.records["vx"] = [37.5, 52.5], [2.0, -2.0]
    batch.records["y"], batch.records["vy"] = 36.0, 0.5
    batch.step([STAY, STAY])
    assert ball(batch, 0) == (37.5, 36.5, -2.0, 0.5)
    assert ball(batch, 1) == (52.5, 36.5, 2.0, 0.5)
    assert (5, 4) in gone(batch, 0)
    assert (5, 4) in gone(batch, 1)


def test_upper_side_of_a_brick():
    batch = position(bricks=[(5, 4), (0, 9)], x=45.0, y=31.0, vx=0.5, vy=2.0)  # touched from above at y = 32.5
    batch.step([STAY])
    assert ball(batch) == (45.5, 32.0, 0.5, -2.0)


def test_corner_of_a_brick_turns_both():
    # The lower left corner of (5, 4) for the ball's centre: (38.5, 39.5), half a step away.
    batch = position(bricks=[(5, 4), (0, 9)], x=37.5, y=40.5, vx=2.0, vy=-2.0)
    batch.step([STAY])
    assert ball(batch) == (37.5, 40.5, -2.0, 2.0)
    assert (5, 4) in gone(batch)


def test_ball_that_grazes_a_corner_or_a_side_flies_on():
    batch = position(copies=2, bricks=[(5, 4), (0, 9)])
    # Through the corner (38.5, 39.5) at right angles to its diagonal, and up along the side x = 38.5.
    batch.records["x"], batch.records["vx"] = [37.5, 38.5], [2.0, 0.0]
    batch.records["y"], batch.records["vy"] = [38.5, 41.0], [2.0, -2.0]
    batch.step([STAY, STAY])
    assert ball(batch, 0) == (39.5, 40.5, 2.0, 2.0)
    assert ball(batch, 1) == (38.5, 39.0, 0.0, -2.0)
    assert (5, 4) not in gone(batch, 0)
    assert (5, 4) not in gone(batch, 1)


def test_two_bricks_in_an_inner_corner_at_the_same_moment():
    # From below against (2, 4), y = 27.5, and from the left against (3, 5), x = 48.5: both after half a step.
    batch = position(bricks=[(2, 4), (3, 5), (0, 0)], x=47.5, y=28.5, vx=2.0, vy=-2.0)
    batch.step([STAY])
    assert ball(batch) == (47.5, 28.5, -2.0, 2.0)
    assert batch.buffers.reward[0] == 4 + 3
    assert batch.records["standing"][0] == 1


def test_sides_and_ceiling_turn_the_ball():
    batch = position(copies=4, bricks=[(5, 9)])
    batch.records["x"], batch.records["vx"] = [2.5, 97.5, 50.0, 2.5], [-2.0, 2.0, 0.0, -2.0]
    batch.records["y"], batch.records["vy"] = [60.0, 60.0, 2.5, 2.5], [0.5, 0.5, -2.0, -2.0]
    batch.step([STAY] * 4)
    assert ball(batch, 0) == (2.5, 60.5, 2.0, 0.5)
    assert ball(batch, 1) == (97.5, 60.5, -2.0, 0.5)
    assert ball(batch, 2) == (50.0, 2.5, 0.0, 2.0)
    assert ball(batch, 3) == (2.5, 2.5, 2.0, 2.0)  # both in the corner


def test_contact_at_the_very_end_of_a_step_belongs_to_it():
    batch = position(copies=4, bricks=[(5, 4), (0, 9)])
    batch.records["x"], batch.records["vx"] = [45.0, 3.5, 96.5, 45.0], [0.0, -2.0, 2.0, 0.0]
    batch.records["y"], batch.records["vy"] = [41.5, 60.0, 60.0, 88.5], [-2.0, 0.5, 0.5, 2.0]
    batch.step([STAY] * 4)
    assert ball(batch, 0) == (45.0, 39.5, 0.0, 2.0)
    assert ball(batch, 1) == (1.5, 60.5, 2.0, 0.5)
    assert ball(batch, 2) == (98.5, 60.5, -2.0, 0.5)
    assert ball(batch, 3)[3] < 0.0
    assert batch.records["contacts"][3] == 1


def test_many_contacts_in_one_step():
    batch = position(bricks=[(5, 4), (5, 5)], rows=6, x=45.0, y=11.5, vx=0.0, vy=-100.0)
    # 10 u to the ceiling at 1.5, 31 u down to the brick at 32.5, 31 u up, 28 u down.
    batch.step([STAY])
    assert ball(batch) == pytest.approx((45.0, 29.5, 0.0, 100.0))
    assert (5, 4) in gone(batch)


def test_ball_flies_through_a_gap_that_it_fits_into():
    stands = [(row, column) for row in range(6) for column in range(10) if column != 4]
    batch = position(bricks=stands, x=45.0, y=45.0, vy=-40.0)
    batch.step([STAY])
    assert ball(batch) == (45.0, 5.0, 0.0, -40.0)
    assert len(gone(batch)) == 6


# --- The paddle ------------------------------------------------------------------------------------------------------


def test_paddle_moves_and_stops_at_the_sides():
    batch = KernelBatch(MODULE, 3)
    batch.reset(seeds=range(3))
    assert batch.records["paddle"].tolist() == [50.0] * 3
    batch.step([STAY, LEFT, RIGHT])
    assert batch.records["paddle"].tolist() == [50.0, 47.0, 53.0]
    for _ in range(20):
        batch.step([STAY, LEFT, RIGHT])
    assert batch.records["paddle"].tolist() == [50.0, 8.0, 92.0]


def contact_at(offset, **keywords):
    """The batch after a ball met a paddle at 50 so far from its middle, and the angle at which it left it."""
    batch = position(x=50.0 + offset, y=90.0, vy=1.0, paddle=50.0, **keywords)
    batch.step([STAY])
    vx, vy = ball(batch)[2:]
    return batch, math.atan2(vx, -vy)


@pytest.mark.parametrize("offset", [-9.0, -4.75, 0.0, 4.75, 9.0])
def test_angle_depends_on_where_the_paddle_is_hit(offset):
    _, angle = contact_at(offset, deflection=0.0)
    assert angle == pytest.approx(1.0 * offset / 9.5)
    _, angle = contact_at(offset, deflection=0.0, max_angle=0.4)
    assert angle == pytest.approx(0.4 * offset / 9.5)


def test_paddle_meets_the_ball_up_to_the_last_touch_and_not_beside_it():
    for offset, meets in ((9.4375, True), (-9.4375, True), (9.5, False), (-9.5, False)):
        batch, _ = contact_at(offset)
        assert (ball(batch)[3] < 0.0) == meets
        assert bool(batch.records["falling"][0]) == (not meets)
    batch, _ = contact_at(11.4375, paddle_width=20.0)
    assert ball(batch)[3] < 0.0


def test_paddle_moves_before_the_ball_flies():
    batch = position(copies=2, x=61.0, y=90.0, vy=1.0, paddle=50.0)
    batch.step([STAY, RIGHT])
    assert [ball(batch, i)[3] < 0.0 for i in range(2)] == [False, True]


def test_ball_is_faster_after_each_contact_up_to_the_limit():
    batch, _ = contact_at(3.0, speed=2.0, speed_gain=0.25)
    assert batch.records["speed"][0] == 2.25
    assert math.hypot(*ball(batch)[2:]) == pytest.approx(2.25)
    batch, _ = contact_at(3.0, speed=3.9, speed_gain=0.25)
    assert batch.records["speed"][0] == 4.0


@pytest.mark.parametrize(("before", "spread"), [(0, 0.02), (1, 0.04), (9, 0.2)])
def test_deflection_is_uniform_and_grows_with_the_contacts_without_a_brick(before, spread):
    copies = 4000
    batch = position(copies=copies, x=50.0, y=90.0, vy=1.0, paddle=50.0, contacts=before)
    batch.step([STAY] * copies)
    assert (batch.records["contacts"] == before + 1).all()
    angles = np.arctan2(batch.records["vx"], -batch.records["vy"])
    assert np.abs(angles).max() <= spread
    counts = np.histogram(angles, 20, (-spread, spread))[0]  # 200 expected in each
    assert ((counts - 200) ** 2 / 200).sum() < 53.0  # 19 degrees of freedom: exceeded once in 20,000 tries


def test_no_deflection_leads_beyond_the_largest_angle():
    batch = position(copies=200, x=58.0, y=90.0, vy=1.0, paddle=50.0, contacts=50)
    batch.step([STAY] * 200)
    angles = np.arctan2(batch.records["vx"], -batch.records["vy"])
    assert np.abs(angles).max() == pytest.approx(1.0)
    assert angles.min() < 0.0


def test_a_brick_ends_the_count_of_contacts():
    batch = position(x=25.0, y=40.5, vy=-2.0, contacts=7)
    batch.step([STAY])
    assert batch.records["contacts"][0] == 0


# --- Balls and walls -------------------------------------------------------------------------------------------------


def test_missed_ball_falls_past_a_paddle_that_comes_too_late():
    batch = position(x=62.0, y=90.0, vy=1.0, paddle=50.0)
    batch.step([STAY])
    assert batch.records["falling"][0]
    for k in range(7):
        batch.step([RIGHT])
        assert ball(batch) == (62.0, 92.0 + k, 0.0, 1.0)
    assert batch.records["left"][0] == 5
    batch.step([RIGHT])  # y = 98.5: its bottom is at the floor
    assert batch.records["left"][0] == 4
    assert batch.records["wait"][0] == 10
    assert not batch.records["falling"][0]
    assert ball(batch) == (74.0, 90.5, 0.0, 0.0)


def test_ball_lies_on_the_paddle_until_its_serve():
    batch = KernelBatch(MODULE, 1, serve_delay=3.7)  # the whole part counts
    batch.reset(seeds=[0])
    for k, wait in enumerate((2, 1)):
        batch.step([LEFT])
        assert ball(batch) == (47.0 - 3.0 * k, 90.5, 0.0, 0.0)
        assert batch.records["wait"][0] == wait
    batch.step([LEFT])
    x, y, vx, vy = ball(batch)
    assert (x, y) == (41.0, 90.5)
    assert math.hypot(vx, vy) == pytest.approx(2.4)
    batch.step([LEFT])
    assert ball(batch)[:2] == (x + vx, y + vy)


def test_serve_is_uniform_in_half_of_the_largest_angle():
    copies = 4000
    batch = KernelBatch(MODULE, copies, serve_delay=0.9)  # at once, that is with the reset
    batch.reset(seeds=range(copies))
    assert (batch.records["wait"] == 0).all()
    angles = np.arctan2(batch.records["vx"], -batch.records["vy"])
    counts = np.histogram(angles, 20, (-0.5, 0.5))[0]
    assert counts.sum() == copies
    assert ((counts - 200) ** 2 / 200).sum() < 53.0  # 19 degrees of freedom: exceeded once in 20,000 tries


def test_serve_is_not_faster_than_the_limit():
    batch = KernelBatch(MODULE, 1, serve_delay=0, speed_start=9.0, speed_max=1.5)
    batch.reset(seeds=[0])
    assert batch.records["speed"][0] == 1.5


def test_last_ball_ends_the_game():
    batch = position(x=62.0, y=98.0, vy=2.0, left=1, falling=True)
    assert batch.step([STAY]) == 1
    assert batch.buffers.terminated[0]
    assert not batch.buffers.episode_success[0]
    assert batch.buffers.observation[0, 6] == 0.0
    assert ball(batch) == (62.0, 98.5, 0.0, 2.0)


@pytest.mark.parametrize(("balls", "games"), [(1.0, 1), (2.9, 2), (10.0, 10)])
def test_game_has_as_many_balls_as_it_says(balls, games):
    batch = KernelBatch(MODULE, 1, balls=balls)
    batch.reset(seeds=[0])
    assert batch.records["left"][0] == games


def test_second_wall_appears_with_the_next_contact_with_the_paddle():
    batch = position(bricks=[(5, 2)], x=25.0, y=40.5, vy=-2.0, paddle=25.0)
    batch.step([STAY])
    assert batch.buffers.reward[0] == 1.0
    assert batch.records["walls"][0] == 1
    assert not batch.buffers.terminated[0]
    for _ in range(24):
        batch.step([STAY])
        assert batch.records["standing"][0] == 0
        assert (batch.buffers.observation[0, 10:] == 0.0).all()
    assert ball(batch) == (25.0, 88.5, 0.0, 2.0)
    batch.step([STAY])
    assert batch.records["standing"][0] == 60
    assert (batch.buffers.observation[0, 10:] == 1.0).all()
    assert batch.records["walls"][0] == 1


def test_second_wall_appears_with_the_next_ball():
    batch = position(bricks=[], x=62.0, y=98.0, vy=2.0, falling=True, walls=1)
    batch.step([STAY])
    assert batch.records["standing"][0] == 60
    assert batch.records["wait"][0] == 10


def test_second_cleared_wall_is_success():
    batch = position(bricks=[(0, 2)], x=25.0, y=20.5, vy=-2.0, walls=1)
    assert batch.step([STAY]) == 1
    assert (batch.buffers.reward[0], batch.buffers.terminated[0]) == (6.0, True)
    assert batch.buffers.episode_success[0]
    assert batch.buffers.observation[0, 7] == 2.0
    assert ball(batch) == (25.0, 19.5, 0.0, 2.0)  # where it broke the last brick


def test_games_begin_anew_with_all_bricks():
    batch = position(bricks=[(0, 2)], x=25.0, y=20.5, vy=-2.0, walls=1, contacts=3, falling=False)
    batch.step([STAY])
    batch.reset()
    np.testing.assert_array_equal(batch.buffers.observation[0, :10], np.float32([0, 4.05, 0, 0, 0, 0, 5, 0, 1, 0.1]))
    assert batch.buffers.observation[0, 10:].all()
    assert not batch.records["success"][0]


def test_trail_is_where_the_ball_was_in_the_last_eight_steps():
    batch = KernelBatch(MODULE, 1)
    batch.reset(seeds=[0])
    assert (batch.records["trail"][0] == np.float32([50.0, 90.5])).all()
    places = []
    for clock in range(1, 60):
        batch.step([RIGHT])
        places.append(ball(batch)[:2])
        trail = batch.records["trail"][0]
        for back in range(min(clock, 8)):
            np.testing.assert_array_equal(trail[(clock - back) % 8], np.float32(places[-1 - back]))


def test_bounds_of_the_observation_are_reached_and_not_passed():
    batch = KernelBatch(MODULE, 64, max_episode_steps=LIMIT)
    batch.reset(seeds=range(64))
    space, rng = batch.observation_space, np.random.default_rng(0)
    assert space.shape == (70,)
    low, high = np.full(70, np.inf), np.full(70, -np.inf)
    for k in range(3000):
        batch.step(batch.heuristic() if k < 2000 else rng.integers(0, 3, 64))
        np.minimum(low, batch.buffers.observation.min(axis=0), out=low)
        np.maximum(high, batch.buffers.observation.max(axis=0), out=high)
    assert (low >= space.low).all()
    assert (high <= space.high).all()
    assert (low[10:] == 0.0).all()
    np.testing.assert_allclose(high[[0, 1, 3, 4, 6, 8]], [4.85, 4.85, 4.0, 4.2, 5.0, 1.0], atol=0.05)


# --- Scores ----------------------------------------------------------------------------------------------------------


def play(games, policy):
    """One game per environment, seeds 0 … games-1: (returns, lengths, successes), each (games,)."""
    batch = KernelBatch(MODULE, games, max_episode_steps=LIMIT)
    batch.reset(seeds=range(games))
    rng, waiting, b = np.random.default_rng(2), np.ones(games, bool), batch.buffers
    returns, lengths, won = np.zeros(games), np.zeros(games, int), np.zeros(games, bool)
    while waiting.any():
        batch.step(batch.heuristic() if policy == "heuristic" else rng.integers(0, 3, games))
        ended = waiting & (b.terminated | b.truncated)
        returns[ended], lengths[ended] = b.episode_return[ended], b.episode_length[ended]
        won[ended] = b.episode_success[ended]
        waiting &= ~ended
    return returns, lengths, won


def test_reference_clears_both_walls_in_the_time_limit():
    returns, lengths, won = play(1000, "heuristic")
    # All of 1,000 games, with 420 points, after 3,589 steps (3,137 … 4,119).
    assert won.mean() >= 0.995
    assert abs(returns.mean() - load(MODULE)[1].scores["heuristic"]) <= 0.5
    assert lengths.mean() < 3800


def test_random_play_scores_what_the_declaration_says():
    returns, _, won = play(4000, "random")
    assert abs(returns.mean() - load(MODULE)[1].scores["random"]) < 4 * 4.7 / math.sqrt(4000)
    assert not won.any()


def test_asking_the_reference_changes_nothing():
    batch = KernelBatch(MODULE, 8)
    batch.reset(seeds=range(8))
    for _ in range(40):
        before = batch.snapshot()
        actions = batch.heuristic().copy()
        assert batch.snapshot() == before
        batch.step(actions)


def test_reference_brings_a_paddle_that_misses_the_ball_under_it():
    """The ball comes straight down at 80, 25 steps away; the paddle needs 8 to touch it and has 28 u to go."""
    batch = position(bricks=[(0, 9)], x=80.0, y=40.5, vy=2.0, paddle=50.0)
    for _ in range(25):
        batch.step(batch.heuristic())
    assert ball(batch)[3] < 0.0


def test_reference_aims_at_the_brick_that_is_left():
    """From x = 50 straight up there is nothing; the brick hangs at the upper left."""
    batch = position(bricks=[(5, 0)], x=50.0, y=45.0, vy=2.0, paddle=50.0, deflection=0.0)
    for _ in range(23):
        batch.step(batch.heuristic())
    assert ball(batch)[3] < 0.0
    assert batch.records["paddle"][0] != 50.0
    for _ in range(60):
        batch.step([STAY])
        if batch.buffers.reward[0]:
            break
    assert batch.records["walls"][0] == 1


@pytest.mark.parametrize("speed", [0.0, 1.25, 20.0])
def test_paddle_moves_as_far_in_a_step_as_its_speed_says(speed):
    batch = KernelBatch(MODULE, 1, paddle_speed=speed)
    batch.reset(seeds=[0])
    batch.step([LEFT])
    assert batch.records["paddle"][0] == 50.0 - speed
