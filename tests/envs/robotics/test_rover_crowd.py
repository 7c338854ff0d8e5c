"""Rover's crowd: walkers set by hand, what stops them, and that neither they nor the rover go through anything."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ludus.envs.engine.kernel_batch import KernelBatch
from ludus.envs.engine.simulation import Drift
from rover_stage import COLLISION, MODULE, SHARE, empty, look, walkers
from rover_twin import FULL, Stream


def test_walkers_walk_straight_on():
    batch = walkers([(5.0, 5.0), (7.0, 7.0)], [(1.0, 0.0), (-0.6, 0.8)], crowd_speed=0.5)
    for _ in range(4):
        batch.step([[0.0, 0.0]])
    np.testing.assert_allclose(batch.records["disc_x"][0, :2], [5.2, 6.88])
    np.testing.assert_allclose(batch.records["disc_y"][0, :2], [5.0, 7.16])


@pytest.mark.parametrize("hindrance", ["wall", "box", "pillar", "walker", "rover"])
def test_walkers_stand_and_turn_where_they_cannot_go_on(hindrance):
    """A step of 0.1 m from (5, 5) leads to (5.1, 5); each hindrance is a hair too near to that, then a hair away."""
    for gap, stands in ((-1e-6, True), (1e-6, False)):
        places, ahead = [(5.0, 5.0)], [(1.0, 0.0)]
        if hindrance == "walker":
            places, ahead = [(5.0, 5.0), (5.5 + gap, 5.0)], [(1.0, 0.0), (0.0, 1.0)]
        batch = walkers(places, ahead, crowd_speed=1.0, crowd_radius=0.2)
        r = batch.records
        if hindrance == "wall":
            r["disc_x"][0, 0] = 9.7 + -gap
        elif hindrance == "box":
            r["boxes"] = 1
            for side, value in zip(("x0", "x1", "y0", "y1"), (5.3 + gap, 6.0, 4.0, 6.0), strict=True):
                r[f"box_{side}"][0, 0] = value
        elif hindrance == "pillar":
            r["pillars"] = 1
            r["disc_x"][0, :2], r["disc_y"][0, :2], r["disc_r"][0, :2] = [5.6 + gap, 5.0], [5.0, 5.0], [0.3, 0.2]
        elif hindrance == "rover":
            r["x"], r["y"] = 5.8 + gap, 5.0
        me = int(r["pillars"][0])
        before, counter = r["disc_x"][0, me], r["rng"][0]
        batch.step([[0.0, 0.0]])
        moved = r["disc_x"][0, me] - before
        assert moved == pytest.approx(0.0 if stands else 0.1, abs=1e-12)
        if stands:
            angle = math.pi * (2 * Stream(counter).uniform() - 1)
            np.testing.assert_allclose([r["walk_x"][0, 0], r["walk_y"][0, 0]], [math.cos(angle), math.sin(angle)])
        else:
            assert r["walk_x"][0, 0] == 1.0


def test_walkers_may_leave_what_they_are_too_near_to():
    batch = walkers([(1.45, 1.0), (5.0, 5.0), (5.3, 5.0)], [(1.0, 0.0), (-1.0, 0.0), (1.0, 0.0)], crowd_speed=1.0)
    batch.step([[0.0, 0.0]])
    np.testing.assert_allclose(batch.records["disc_x"][0, :3], [1.55, 4.9, 5.4])


def test_a_walker_can_be_run_over():
    batch = walkers([(1.52, 1.0)], [(0.0, 1.0)], crowd_speed=0.0, motor_lag=0.0)
    batch.step([[1.0, 1.0]])
    assert not batch.buffers.terminated[0]
    batch.step([[0.5, 0.5]])
    assert batch.buffers.terminated[0]
    assert batch.buffers.terms[0, COLLISION] == -10.0


def test_a_standing_rover_is_never_touched_and_walkers_never_meet():
    batch = KernelBatch(MODULE, 40, **FULL, crowd_speed=2.0, autoreset_mode="Disabled")
    batch.seed_from(0)
    start = np.stack([batch.records["disc_x"], batch.records["disc_y"]], axis=-1).copy()
    for _ in range(200):
        assert batch.step(np.zeros((40, 2))) == 0
        r = batch.records
        place = np.stack([r["disc_x"], r["disc_y"]], axis=-1)
        for i in range(40):
            crowd = place[i, r["pillars"][i] : r["pillars"][i] + r["walkers"][i]]
            apart = np.hypot(*(crowd[:, None] - crowd[None]).transpose(2, 0, 1)) + 9 * np.eye(len(crowd))
            assert apart.min() >= 0.4 - 1e-12
    moved = np.hypot(*(place - start).transpose(2, 0, 1))
    assert np.median(moved[moved > 0]) > 1.0


def test_walkers_do_not_walk_through_each_other_nor_through_a_pillar():
    """Each passes the other, and one a pillar, at 0.15 m in the midst of its step, and at 0.25 m at both its ends."""
    places = [(5.0, 5.0), (5.2, 5.15), (7.0, 7.0)]
    batch = walkers(places, [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0)], crowd_speed=2.0, time_step=0.2, crowd_radius=0.1)
    r = batch.records
    r["pillars"], r["walkers"] = 1, 3
    for name, values in {"x": [7.15, 5.0, 5.2, 7.0], "y": [7.2, 5.0, 5.15, 7.0], "r": [0.1] * 4}.items():
        r[f"disc_{name}"][0, :4] = values
    look(batch)
    batch.step([[0.0, 0.0]])
    np.testing.assert_allclose(r["disc_x"][0, 1:4], [5.0, 5.2, 7.0])
    np.testing.assert_allclose(r["disc_y"][0, 1:4], [5.0, 5.15, 7.0])


def test_walkers_grow_with_a_radius_that_drifts():
    batch = walkers([(5.0, 5.0)], [(1.0, 0.0)], crowd_speed=0.0, drift={"crowd_radius": Drift(to=0.4, at=1)})
    batch.step([[0.0, 0.0]])
    assert batch.records["disc_r"][0, 0] == 0.2
    batch.step([[0.0, 0.0]])
    assert batch.records["disc_r"][0, 0] == 0.4
    batch.records["x"], batch.records["y"] = 4.41, 5.0  # 0.59 m from its middle: less than 0.2 + 0.4
    batch.step([[0.0, 0.0]])
    assert batch.buffers.terminated[0]


@pytest.mark.parametrize("obstacle", ["wall", "pillar", "walker"])
@given(
    gap=st.floats(0.0, 0.4),
    aside=st.floats(-0.17, 0.17),
    heading=SHARE,
    speed=st.floats(0.2, 1.0),
)
@example(gap=0.0, aside=0.15, heading=0.0, speed=1.0)  # past a disc's middle within one step
@settings(max_examples=40, deadline=None)
def test_nothing_is_driven_through_at_any_speed(obstacle, gap, aside, heading, speed):
    """The smallest rover in the longest steps, and the thinnest obstacles: in its way, whichever way it looks."""
    batch = fastest()
    r, angle = batch.records, math.pi * heading
    ahead = np.array([math.cos(angle), math.sin(angle)])
    if obstacle == "wall":  # across the floor, as thick as a wall between two rooms
        ahead = np.array([math.copysign(1.0, ahead[0]), 0.0])
        r["boxes"] = 1
        for side, value in zip(("x0", "x1", "y0", "y1"), (4.9, 5.1, 0.0, 10.0), strict=True):
            r[f"box_{side}"][0, 0] = value
    else:
        r["pillars"], r["walkers"] = (1, 0) if obstacle == "pillar" else (0, 1)
        r["disc_x"][0, 0], r["disc_y"][0, 0], r["disc_r"][0, 0] = 5.0, 5.0, 0.1
    away = 0.2 + 1e-6 + gap  # aside of a disc's middle the ways are short on which it is touched
    r["x"], r["y"] = np.array([5.0, 5.0]) - away * ahead + aside * np.array([-ahead[1], ahead[0]])
    r["heading"] = math.atan2(ahead[1], ahead[0])
    look(batch)
    for _ in range(20):
        batch.step([[speed, speed]])
        if batch.buffers.terminated[0]:
            break
        beyond = (np.array([r["x"][0], r["y"][0]]) - 5.0) @ ahead
        assert beyond < 0.0, "it has come through"
    assert batch.buffers.terms[0, COLLISION] == -10.0


def fastest():
    """One small rover that moves 0.4 m a step at most."""
    still = {"crowd_speed": 0.0, "crowd_radius": 0.1}
    return empty(1, **FULL, motor_lag=0.0, max_speed=2.0, time_step=0.2, radius=0.1, **still)
