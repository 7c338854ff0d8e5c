"""Elevator's trips: the shortest that keep the limits of speed, acceleration and jerk, as simulated and as rendered."""

import math

import numba
import numpy as np
import pytest

from elevator_stage import COMMIT, FLIGHT, MODULE, Stage
from ludus.envs.automation.elevator.constants import MOVING
from ludus.envs.automation.elevator.rendering import height_of
from ludus.envs.engine.kernel_batch import KernelBatch


def make_profile(distance, v, a, j):
    """[(seconds, jerk)] of the shortest trip over ``distance``: three phases up, one steady, three phases down."""
    a = min(a, math.sqrt(v * j))
    ramp, steady, cruise = a / j, v / a - a / j, distance / v - v / a - a / j
    if cruise < 0:  # the speed is not reached
        cruise = 0.0
        steady = -1.5 * ramp + math.sqrt(0.25 * ramp**2 + distance / a)
        if steady < 0:  # nor the acceleration
            ramp, steady = (distance / (2 * j)) ** (1 / 3), 0.0
    return [(ramp, j), (steady, 0), (ramp, -j), (cruise, 0), (ramp, -j), (steady, 0), (ramp, j)]


def state_at(profile, time):
    """(position, speed, acceleration) after ``time``."""
    x = v = a = 0.0
    for seconds, jerk in profile:
        t = min(max(time, 0.0), seconds)
        x, v, a = x + v * t + a * t**2 / 2 + jerk * t**3 / 6, v + a * t + jerk * t**2 / 2, a + jerk * t
        time -= seconds
    return x, v, a


@pytest.mark.parametrize(
    ("speed", "acceleration", "jerk", "floor_height"),
    [
        (2.5, 1.0, 1.5, 3.8),
        (6.0, 1.2, 0.8, 3.0),
        (0.6, 1.0, 0.5, 3.0),
        (1.6, 0.8, 1e6, 4.0),
        (10.0, 2.0, 0.1, 2.0),
        (2.0, 1.0, 1.0, 3.0),
    ],  # two floors are 6 m, on which the speed is just reached
)
def test_trips_are_the_shortest_that_keep_the_limits(speed, acceleration, jerk, floor_height):
    limits = {"speed": speed, "acceleration": acceleration, "jerk": jerk, "floor_height": floor_height}
    batch = KernelBatch(MODULE, 1, lifts=6, floors=24, **limits)
    batch.reset(seeds=[0])
    flights, commits = batch.records["flight"][0], batch.records["commit"][0]
    profiles = {n: make_profile(n * floor_height, speed, acceleration, jerk) for n in range(1, 24)}
    for floors, profile in profiles.items():
        flight, commit = flights[floors], commits[floors]
        assert sum(seconds for seconds, _ in profile) == pytest.approx(flight, rel=1e-6)
        assert state_at(profile, flight) == pytest.approx((floors * floor_height, 0.0, 0.0), abs=1e-4)
        times = np.linspace(0, flight, 200)
        assert max(state_at(profile, t)[1] for t in times) <= speed * (1 + 1e-6)
        assert max(abs(state_at(profile, t)[2]) for t in times) <= acceleration * (1 + 1e-6)
        # Until `commit` it is the beginning of the longest trip; a moment later it is not.
        longest = profiles[23]
        if floors < 23:
            assert state_at(profile, commit) == pytest.approx(state_at(longest, commit), rel=1e-5, abs=1e-5)
            later = commit + 0.05 * (flight - commit)
            assert state_at(profile, later)[2] < state_at(longest, later)[2] - 1e-5


@numba.njit
def height_of_first(records, time):
    return height_of(records[0], 0, time)


@pytest.mark.parametrize("floor", [1, 2, 3, 15])
@pytest.mark.parametrize("limits", [(2.5, 1.0, 1.5), (0.6, 1.0, 0.5), (1.6, 0.8, 1e6), (10.0, 2.0, 0.1)])
def test_picture_shows_a_lift_where_it_is_on_its_trip(floor, limits):
    stage = Stage(**dict(zip(("speed", "acceleration", "jerk"), limits, strict=True))).call(0.0, floor, 0)
    assert stage.phase == [MOVING]
    profile = make_profile(3.8 * floor, *limits)
    for time in np.linspace(0.0, stage.event[0], 50):
        expected = state_at(profile, time)[0] / 3.8
        assert height_of_first(stage.batch.records, time) == pytest.approx(expected, abs=2e-4)
    stage.step(until=stage.event[0])
    assert height_of_first(stage.batch.records, stage.now) == floor
    assert height_of_first(stage.batch.records, 0.0) == 0.0  # the streak begins where the trip did


def test_default_trips_written_out():
    stage = Stage()
    assert stage.flight == pytest.approx(FLIGHT[:16])
    assert stage.commit == pytest.approx(COMMIT[:16])


def test_trips_follow_drifting_parameters():
    for name, to in (("speed", 1.0), ("acceleration", 0.5), ("jerk", 0.5), ("floor_height", 5.0)):
        batch = KernelBatch(MODULE, 1, drift={name: {"to": to, "at": 3}})
        batch.reset(seeds=[0])
        fresh = KernelBatch(MODULE, 1, **{name: to})
        fresh.reset(seeds=[0])
        for step in range(6):
            batch.step([0])
            changed = batch.records["flight"][0].tolist() == fresh.records["flight"][0].tolist()
            assert changed == (step >= 3)


def test_trips_are_computed_anew_only_when_what_decides_them_has_changed():
    batch = KernelBatch(MODULE, 1, lifts=6, floors=24, randomize={"speed": (1.0, 9.0)})
    batch.reset(seeds=[0])
    flights = batch.records["flight"][0]
    flights[5] = marked = 123.0
    still = KernelBatch(MODULE, 1, lifts=6, floors=24)
    still.reset(seeds=[0])
    still.records["flight"][0, 5] = marked
    batch.reset()
    still.reset()
    assert flights[5] != marked  # another speed was sampled
    assert still.records["flight"][0, 5] == marked
