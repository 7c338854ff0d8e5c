"""Elevator in situations written out: stops, doors, full lifts, ticks, and what is observed."""

import math

import numpy as np
import pytest

from elevator_stage import CLOSE, COMMIT, DOWN, FLIGHT, MODULE, OPEN, STEP, UP, Stage
from ludus.envs.automation.elevator.constants import BOARDING, CLOSING, MOVING, OPENING, PARKED
from ludus.envs.engine.kernel_batch import KernelBatch


def test_start_written_out():
    batch = KernelBatch(MODULE, 3, lifts=2, duration=900.0)
    rng = np.random.default_rng(0)
    batch.reset(seeds=[0, 1, 2])
    for _ in range(40):
        batch.step(rng.integers(0, 2, 3))
    batch.reset()  # what an episode leaves behind is gone
    for r in batch.records:
        for name in ("phase", "way", "floor", "target", "origin", "departed", "load", "wanted"):
            assert r[name].tolist() == [0, 0], name
        assert r["event"].tolist() == [math.inf, math.inf]
        assert not r["calls"].any()
        assert not r["aboard"].any()
        assert r["owner"].tolist() == [[-1, -1]] * 16
        assert r["queue"].sum() == r["waiting"] == r["arrived"] == 1
        assert (r["riding"], r["served"], r["turned_away"]) == (0, 0, 0)
        assert (r["waited"], r["spent"], r["energy"]) == (0.0, 0.0, 0.0)
        assert r["now"] == r["stepped"] == r["entry_time"][0] > 0.0
        assert (r["free"], r["entry_next"].tolist()) == (1, [*range(1, 200), -1])
        assert r["expected"] == 180.0
        assert r["call_entry"] == -1
        assert r["call_floor"] == np.argwhere(r["queue"][0])[0][0]
        assert r["call_way"] == 1 - 2 * np.argwhere(r["queue"][0])[0][1]


def test_destination_control_is_that_of_the_start():
    for value, by_destination in ((0.49, False), (0.5, True), (1.0, True)):
        batch = KernelBatch(MODULE, 1, destination_control=value, drift={"destination_control": {"to": 0.0, "at": 0}})
        batch.reset(seeds=[0])
        assert bool(batch.records["by_destination"][0]) is by_destination
        batch.step([0])
        assert (batch.records["destination_control"][0], batch.records["by_destination"][0]) == (0.0, by_destination)
        batch.reset()
        assert not batch.records["by_destination"][0]


def test_one_passenger_takes_the_time_that_is_written_out():
    stage = Stage().call(10.0, 0, 3)
    assert (stage.phase, stage.event, stage.waiting, stage.call_floor) == ([OPENING], [12.0], 1, -1)
    stage.step(until=12.0)
    assert (stage.phase, stage.event, stage.waiting, stage.riding) == ([BOARDING], [13.2], 0, 1)
    stage.step(until=13.2)
    assert (stage.phase, stage.event, stage.way, stage.load) == ([CLOSING], [16.2], [UP], [1])
    stage.step(until=16.2)
    assert (stage.phase, stage.target, stage.departed, stage.origin) == ([MOVING], [3], [16.2], [0])
    assert stage.event == [pytest.approx(16.2 + 3 * 3.8 / 2.5 + 2.5 + 1 / 1.5)]
    stage.step(until=25.0)
    assert (stage.phase, stage.floor, stage.way, stage.served) == ([OPENING], [3], [0], 0)
    stage.step()
    assert stage.now == pytest.approx(16.2 + FLIGHT[3] + 2.0 + 1.2)
    assert (stage.over, stage.served, stage.riding, stage.arrived) == (True, 1, 0, 1)
    # One passenger is expected at least; a trip up with one passenger in a lift of 13 lifts nothing: 20 kJ = 50/9 Wh.
    assert stage.waited == 2.0
    assert stage.terms.tolist() == pytest.approx([-2.0, -0.2 * (stage.now - 10.0), -0.1 * 50 / 9])


def test_energy_of_a_trip_lifts_what_is_not_in_balance():
    stage = Stage(capacity=13.9).call(0.0, 3, 0)
    stage.openings()
    # Up, empty: the counterweight helps. Down with one passenger: 6.5 - 1 persons of 75 kg are to be lifted 11.4 m.
    assert stage.energy == pytest.approx(2 * 20e3 + 5.5 * 75 * 9.81 * 11.4)
    stage = Stage(capacity=1.0, counterweight=0.2, start_energy=7.0, floor_height=3.0).call(0.0, 0, 2)
    stage.openings()
    assert stage.energy == pytest.approx(7e3 + 0.8 * 75 * 9.81 * 6.0)


def test_lift_answers_calls_on_its_way_then_turns_at_the_farthest():
    stage = Stage().call(0.0, 0, 9)  # departs at 6.2, and could stop at the fifth floor until 6.2 + 5 · 1.52 = 13.8
    for time, floor, to in ((7.0, 5, 8), (7.5, 4, 2), (8.0, 12, 14), (8.5, 11, 1), (9.0, 12, 0)):
        stage.call(time, floor, to)
    assert stage.target == [5]
    floors = [floor for _, floor in stage.openings()]
    assert floors == [5, 8, 9, 12, 14, 12, 11, 4, 2, 1, 0]


def test_lift_turns_at_the_farthest_call_against_its_way():
    stage = Stage().call(0.0, 5, 1)
    stage.call(0.5, 9, 2)
    assert stage.target == [9]
    stage.call(1.0, 7, 8)  # on the way up
    assert stage.target == [7]
    assert [floor for _, floor in stage.openings()] == [7, 8, 9, 5, 2, 1]


@pytest.mark.parametrize(("late", "target"), [(-1e-6, 5), (0.0, 10), (1e-6, 10)])
def test_stop_is_added_until_the_lift_would_have_to_brake_for_it(late, target):
    stage = Stage().call(0.0, 10, 0)
    flights = stage.flight
    assert stage.event == [flights[10]]  # of an empty lift that was called
    stage.call(stage.commit[5] + late, 5, 8)
    assert stage.target == [target]
    assert stage.event == [flights[target]]


def test_lift_that_brakes_keeps_its_stop():
    stage = Stage().call(0.0, 5, 0)
    stage.call(stage.commit[5] - 1e-6, 9, 0)
    assert stage.target == [9]
    stage = Stage().call(0.0, 5, 0)
    stage.call(stage.commit[5], 9, 0)
    assert stage.target == [5]
    assert [floor for _, floor in stage.openings()] == [9, 5, 0]  # it stops, and goes on without opening


def test_lift_with_nothing_to_do_ahead_stops_at_the_first_floor_where_it_can():
    stage = Stage(parking_delay=5.0).call(0.0, 10, 13)
    out = FLIGHT[10] + OPEN + STEP + CLOSE + FLIGHT[3] + OPEN + STEP
    home = out + CLOSE + 5.0
    stage.expect(home + 5.0, 15, 1)
    stage.step(until=home + 4.0)
    assert (stage.phase, stage.way, stage.target, stage.event) == (
        [MOVING],
        [DOWN],
        [0],
        [pytest.approx(home + FLIGHT[13])],
    )
    stage.step()
    stage.step(until=stage.now)
    assert COMMIT[3] < 5.0 < COMMIT[4]
    assert (stage.target, stage.event) == ([9], [pytest.approx(home + FLIGHT[4])])
    at_top = home + FLIGHT[4] + FLIGHT[6]
    assert stage.openings() == [(round(at_top, 3), 15), (round(at_top + OPEN + STEP + CLOSE + FLIGHT[14], 3), 1)]


def test_parked_lift_returns_to_the_entrance_after_the_delay():
    stage = Stage(parking_delay=4.0).call(0.0, 2, 3)
    stage.expect(100.0, 0, 1)
    stage.step(until=99.0)
    assert (stage.phase, stage.floor, stage.way, stage.event) == ([PARKED], [0], [0], [math.inf])
    at_rest = FLIGHT[2] + OPEN + STEP + CLOSE + FLIGHT[1] + OPEN + STEP + CLOSE
    assert stage.departed == [pytest.approx(at_rest + 4.0)]
    assert stage.energy == pytest.approx(3 * 20e3 + 5.5 * 75 * 9.81 * 0.0 + 6.5 * 75 * 9.81 * 3 * 3.8)


def test_full_lift_leaves_passengers_who_press_again_as_its_doors_close():
    stage = Stage(lifts=2, capacity=2.0)
    stage.call(0.0, 0, 3)
    stage.expect(0.5, 0, 4)
    stage.step(until=0.6)
    stage.expect(1.0, 0, 5)
    stage.step(until=1.5)
    assert (stage.waiting, stage.call_floor, stage.owner[0]) == (3, -1, [-1, -1])
    stage.step()
    assert (stage.now, stage.call_floor, stage.call_way) == (pytest.approx(OPEN + 2 * STEP), 0, UP)
    assert (stage.phase, stage.load, stage.waiting) == ([CLOSING, PARKED], [2, 0], 1)
    stage.step(1, until=stage.now)
    assert stage.phase == [CLOSING, OPENING]
    assert (stage.owner[0], stage.calls) == ([-1, -1], [[0, 0], [0, 0]])
    assert stage.waited == pytest.approx(2.0 + 1.5 + (stage.now - 1.0))
    stage.step()
    assert (stage.over, stage.served) == (True, 3)


def test_full_lift_passes_its_calls():
    stage = Stage(capacity=1.0).call(0.0, 0, 9)
    stage.call(7.0, 5, 8)
    assert (stage.target, stage.calls) == ([9], [[1 << 5, 0]])
    assert [floor for _, floor in stage.openings()] == [9, 5, 8]


def test_those_who_come_to_open_doors_step_in_and_those_who_come_too_late_call():
    stage = Stage().call(0.0, 0, 3)
    stage.expect(2.5, 0, 4)  # the first one steps in from 2.0 to 3.2
    stage.step(until=3.2)
    assert (stage.phase, stage.load, stage.event) == ([BOARDING], [2], [pytest.approx(4.4)])
    stage.expect(5.0, 0, 5)  # the doors close from 4.4 to 7.4
    stage.step()
    assert (stage.now, stage.phase, stage.call_floor) == (5.0, [CLOSING], 0)
    stage.step(until=5.0)
    assert (stage.phase, stage.calls) == ([CLOSING], [[1, 0]])
    times = stage.openings()
    assert times[0] == (7.4, 0)
    assert [floor for _, floor in times] == [0, 3, 4, 5]


def test_who_comes_in_the_moment_of_an_event_comes_before_it():
    stage = Stage().call(0.0, 0, 3)
    stage.step(until=2.5)
    stage.expect(stage.event[0], 0, 4)  # as the first one is in, and the doors would close
    stage.step(until=stage.event[0])
    assert (stage.phase, stage.load, stage.call_floor) == ([BOARDING], [2], -1)


def test_open_lift_without_a_direction_takes_that_of_the_next_to_come():
    stage = Stage().call(0.0, 0, 3)
    there = OPEN + STEP + CLOSE + FLIGHT[3]
    stage.expect(there + 1.0, 3, 1)  # while the doors open for the first to get out
    stage.step(until=there + 1.5)
    assert (stage.phase, stage.way, stage.call_floor) == ([OPENING], [DOWN], -1)
    stage.expect(there + 2.0, 3, 5)  # and nobody else's
    stage.step()
    assert (stage.call_floor, stage.call_way) == (3, UP)
    stage.step()
    assert (stage.over, stage.served) == (True, 3)


def test_lift_that_goes_their_way_takes_those_who_called_another():
    stage = Stage(lifts=2).call(0.0, 0, 9)
    stage.call(12.0, 9, 12, lift=1)  # lift 0 gets there first
    assert (stage.target, stage.owner[9]) == ([9, 9], [1, -1])
    there = OPEN + STEP + CLOSE + FLIGHT[9]
    stage.step(until=there + 0.1)
    assert (stage.phase[0], stage.way[0], stage.owner[9]) == (OPENING, UP, [-1, -1])
    # Lift 1 set out at 12.0 and has nothing to do any more.
    elapsed = there - 12.0
    first = next(floors for floors in range(1, 16) if elapsed < COMMIT[floors])
    assert (stage.calls[1], stage.target[1], stage.event[1]) == ([0, 0], first, pytest.approx(12.0 + FLIGHT[first]))
    assert first == 8
    stage.step()
    assert (stage.over, stage.served, stage.floor, stage.phase[1]) == (True, 2, [12, 8], PARKED)


def test_lift_with_plans_the_other_way_does_not_take_those_who_called_another():
    stage = Stage(lifts=2).call(0.0, 9, 2)
    stage.call(0.5, 9, 12, lift=1)
    assert [floor for _, floor in stage.openings(0)] == [9, 2]
    assert (stage.floor, stage.served) == ([2, 12], 2)


def test_destination_control_lets_passengers_into_their_own_lift_only():
    stage = Stage(lifts=2, destination_control=1.0).call(0.0, 0, 9)
    stage.expect(0.5, 0, 9)
    stage.step()
    assert (stage.call_floor, stage.call_way, stage.entry_to[stage.call_entry]) == (0, UP, 9)
    assert stage.waiting == 2
    stage.step(1, until=0.5)
    stage.call(1.0, 0, 4, lift=0)
    assert (stage.phase, stage.calls, stage.waiting) == ([OPENING, OPENING], [[0, 0], [0, 0]], 3)
    stage.step(until=2.2)
    assert (stage.load, stage.waiting) == ([2, 0], 1)
    stage.step(until=2.7)
    assert (stage.load, stage.waiting) == ([2, 1], 0)
    stage.step()
    assert (stage.over, stage.served) == (True, 3)


def test_destination_control_brings_the_lift_back_for_those_it_left():
    stage = Stage(lifts=2, destination_control=1.0, capacity=1.0).call(0.0, 0, 3)
    stage.call(0.1, 0, 2)
    stage.step(until=OPEN + STEP)
    assert (stage.phase, stage.calls, stage.call_floor, stage.waiting) == ([CLOSING, PARKED], [[1, 0], [0, 0]], -1, 1)
    assert [floor for _, floor in stage.openings()] == [3, 0, 2]


def test_200_wait_and_the_next_is_turned_away():
    stage = Stage(capacity=1.0).call(0.0, 15, 0)
    for guest in range(250):
        stage.expect(1.0 + 0.001 * guest, 0, 1)
        stage.step(until=1.0005 + 0.001 * guest)
        assert stage.waiting == min(2 + guest, 200)
        assert (stage.arrived, stage.turned_away) == (2 + guest, max(guest - 198, 0))
    waits = stage.now + sum(stage.now - 1.0 - 0.001 * guest for guest in range(199))
    assert stage.waited == stage.spent == pytest.approx(waits + 51 * 600.0)
    assert stage.free == -1


def test_step_ends_after_a_tick_and_ignores_the_action_then():
    stages = [Stage(lifts=2), Stage(lifts=2)]
    for action, stage in enumerate(stages):
        stage.call(0.0, 4, 9, lift=1)
        stage.step(action, until=3.25)
        assert (stage.now, stage.over, stage.call_floor) == (3.25, False, -1)
    assert stages[0].batch.snapshot() == stages[1].batch.snapshot()
    assert stages[0].phase == [PARKED, MOVING]


def test_episode_without_passengers_is_over_in_its_first_step():
    stage = Stage()
    assert stage.step(until=1.0).over
    assert (stage.now, stage.arrived, stage.terms.tolist()) == (0.0, 0, [0.0, 0.0, 0.0])
    assert (stage.next_time, stage.expected) == (math.inf, 1.0)
    batch = KernelBatch(MODULE, 50, arrival_rate=0.01, duration=60.0)
    batch.reset(seeds=range(50))
    assert batch.records["arrived"].sum() == 0  # once in 500 there would be one
    assert (batch.records["call_floor"] == -1).all()
    assert (batch.records["call_entry"] == -1).all()
    assert not batch.records["call_way"].any()
    assert not batch.records["now"].any()
    assert (batch.buffers.observation[:, :4] == [0, 0, 0, 1]).all()
    assert batch.step(np.zeros(50, int)) == 50


def test_observation_of_a_small_building_written_out():
    stage = Stage(lifts=2, floors=4, duration=100.0, capacity=4.0, destination_control=1.0)
    stage.call(10.0, 0, 3, lift=1)
    stage.call(11.0, 2, 1, lift=0)
    half = 10.0 + OPEN + STEP + CLOSE + FLIGHT[3] / 2
    stage.expect(half, 1, 2)
    while stage.call_floor == -1:
        stage.step()
    flight = half - 16.2
    inside = 11.0 + FLIGHT[2] + OPEN + STEP  # somebody steps into lift 0 until then
    assert inside - STEP < half < inside
    # Seen from floor 1 upwards: -2, -1, 0 (the entrance), 1, 2, 3 and 4 are the columns of a plane.
    none = [0] * 7
    head = [1, 1, 0, 1 - half / 100, *(0, 1, 0, 0), *(0, 1, 0, 0)]
    lift_0 = [0, 1, 0, 0, 1, 0, (inside - half) / 20, 1 / 4]
    lift_0 += [*(0, 0, 0, 0, 1, 0, 0), *(0, 0, 0, 1, 0, 0, 0), *none, *none]
    lift_1 = [1, 0, 1, 0, 0, 0, flight / 20, 1 / 4]
    lift_1 += [*(0, 0, 0, 0.5, 0.5, 0, 0), *(0, 0, 0, 0, 0, 1, 0), *none, *none]
    seen = stage.batch.buffers.observation[0]
    np.testing.assert_allclose(seen, head + lift_0 + lift_1, atol=1e-6)
    # Nothing is to be decided after that: seen from the entrance upwards.
    stage.step(1, until=half)
    assert seen[:3].tolist() == [0, 0, 0]
    assert seen[4:12].tolist() == [0] * 8
    assert seen[12 + 36 + 8 :].reshape(4, 7).tolist() == [
        [0, 0, 0, 0, 0.5, 0.5, 0], [0, 0, 0, 0, 0, 0, 1], [0, 0, 0, 0, 1, 0, 0], none
    ]  # fmt: skip
    # Lift 1 goes against the next call: seen from floor 2 downwards, 5, 4, 3, 2, 1, 0 (the entrance) and -1.
    stage.expect(half + 0.5, 2, 0)
    while stage.call_floor != 2:
        stage.step()
    planes = seen[12 + 36 + 8 :].reshape(4, 7).tolist()
    assert seen[4:12].tolist() == [0, 0, 1, 0, 0, 0, 1, 0]
    assert seen[12 + 36 :][:2].tolist() == [0, 1]
    assert planes[1:] == [[0, 0, 1, 0, 0, 0, 0], none, [0, 0, 0, 0, 1, 0, 0]]
