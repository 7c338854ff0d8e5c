"""Elevator against its plain-Python twin, in situations written out, and what must always hold.

What is known of lifts and of the reference policies is compared in `test_elevator_traffic.py`.
"""

import itertools
import math

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elevator_twin import Stream, Twin
from ludus.envs.automation import elevator
from ludus.envs.automation.elevator_drawing import height_of
from ludus.envs.engine.batch import KernelBatch

MODULE = "ludus.envs.automation.elevator"
DEFAULTS = {name: parameter.default for name, parameter in elevator.PARAMETERS.items()}
UP, DOWN = 1, -1
PARKED, MOVING, OPENING, BOARDING, CLOSING = range(5)

# Of the default lift: 2.5 m/s, 1 m/s², 1.5 m/s³, 3.8 m per floor. It builds up its acceleration in 1 / 1.5 = 2/3 s,
# brakes for 2.5 / 1 + 2/3 = 19/6 s, and reaches its speed on trips of at least 2.5 · 19/6 = 7.9 m: three floors.
RAMP, BRAKING = 2 / 3, 19 / 6
FLIGHT = [0.0, RAMP + math.sqrt(RAMP**2 + 15.2), RAMP + math.sqrt(RAMP**2 + 30.4)]
FLIGHT += [floors * 1.52 + BRAKING for floors in range(3, 24)]
COMMIT = [0.0, FLIGHT[1] / 2 - RAMP, FLIGHT[2] / 2 - RAMP, *(floors * 1.52 for floors in range(3, 24))]
OPEN, CLOSE, STEP = 2.0, 3.0, 1.2  # s: doors, and one passenger in or out


# --- The twin --------------------------------------------------------------------------------------------------------


def play_beside_twin(episodes, lifts=4, floors=16, limit=2000, **parameters):
    """Play at least ``episodes`` random episodes on both sides; returns how each ended and the twins' counts there."""
    n, rng = min(episodes, 25), np.random.default_rng(episodes)
    batch = KernelBatch(MODULE, n, lifts=lifts, floors=floors, max_episode_steps=limit, **parameters)
    b = batch.buffers
    batch.reset(seeds=range(n))
    twins = [Twin(Stream(i), {**DEFAULTS, **parameters}, lifts, floors) for i in range(n)]
    clocks, ends = np.zeros(n, int), []
    while len(ends) < episodes:
        np.testing.assert_allclose(b.observation, np.array([t.observation() for t in twins]), rtol=0, atol=2e-6)
        actions = rng.integers(0, lifts, n)
        batch.step(actions)
        clocks += 1
        for i, twin in enumerate(twins):
            terms, over = twin.step(int(actions[i]))
            assert b.terms[i].tolist() == pytest.approx(terms, rel=1e-9, abs=1e-12)
            flags = (over, bool(clocks[i] == limit))
            assert (bool(b.terminated[i]), bool(b.truncated[i])) == flags
            if any(flags):
                np.testing.assert_allclose(b.final_observation[i], twin.observation(), rtol=0, atol=2e-6)
                ends.append((flags, twin.arrived, twin.turned_away, twin.served))
                clocks[i] = 0
                twin.start()
            else:
                record = batch.records[i]
                counts = [int(record[k]) for k in ("arrived", "turned_away", "waiting", "riding", "served")]
                assert counts == [twin.arrived, twin.turned_away, twin.waiting, twin.riding, twin.served]
    return ends


SHORT = {"duration": 150.0}
SMALL = {"lifts": 2, "floors": 4}
RUSH = {"arrival_rate": 600.0, "duration": 300.0, "capacity": 4.0}


@pytest.mark.parametrize(
    ("episodes", "settings"),
    [
        (200, {**SHORT}),
        (200, {**SHORT, "destination_control": 1.0}),
        (150, {**SHORT, **SMALL, "parking_delay": 2.0, "arrival_rate": 30.0}),
        (125, {**SHORT, **SMALL, "capacity": 2.9, "arrival_rate": 20.0, "tick": 3.0}),
        (125, {**SHORT, **SMALL, "capacity": 1.0, "destination_control": 1.0, "arrival_rate": 40.0}),
        (100, {**SHORT, "speed": 0.8, "jerk": 0.15, "acceleration": 0.3, "arrival_rate": 15.0}),
        (100, {**SHORT, "jerk": 1e6, "door_open": 0.5, "door_close": 0.7, "transfer_time": 3.0, "incoming": 0.0}),
        (25, {**RUSH, **SMALL}),
        (25, {**RUSH, "destination_control": 1.0, "outgoing": 0.0, "limit": 150}),
        (100, {**SHORT, "lifts": 6, "floors": 24, "speed": 6.0, "incoming": 0.0, "outgoing": 0.0}),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_1000_random_episodes_equal_the_twins(episodes, settings):
    ends = play_beside_twin(episodes, **settings)
    assert sum(served for _, _, _, served in ends) > 3 * episodes
    if settings.get("duration") == RUSH["duration"] and "limit" not in settings:
        assert sum(turned_away for _, _, turned_away, _ in ends) > episodes
    kinds = {flags for flags, *_ in ends}
    assert kinds == ({(False, True)} if "limit" in settings else {(True, False)})


# --- Situations ------------------------------------------------------------------------------------------------------


PER_LIFT = {"phase", "way", "floor", "target", "departed", "origin", "event", "load", "aboard", "wanted", "calls"}


class Stage:
    """One building in which nothing happens but what a test says: at 0 s all lifts are parked at the entrance.

    There are two lifts, so that few sizes are compiled; with ``lifts=1`` only the first is shown, and the other rests.
    """

    def __init__(self, lifts=1, floors=16, **parameters):
        # The next passenger of chance would come a day later, after the end of arrivals: there is none.
        parameters = {"arrival_rate": 0.01, "duration": 60.0, "parking_delay": 1e6, **parameters}
        self.batch = KernelBatch(MODULE, 1, lifts=2, floors=floors, autoreset_mode="Disabled", **parameters)
        self.lifts = lifts
        self.batch.reset(seeds=[0])
        self.record = r = self.batch.records[0]
        r["now"] = r["stepped"] = 0.0
        r["call_floor"], r["waiting"], r["arrived"], r["free"] = -1, 0, 0, 0
        r["queue"][:] = 0
        r["entry_next"][:] = [*range(1, len(r["entry_next"])), -1]
        r["next_time"] = math.inf
        self.terms, self.over = np.zeros(3), False

    def __getattr__(self, name):
        value = self.record[name].tolist()
        return value[: self.lifts] if name in PER_LIFT else value

    def expect(self, time, floor, to):
        """Let the next passenger come at ``time``."""
        self.record["next_time"], self.record["next_from"], self.record["next_to"] = time, floor, to

    def step(self, lift=0, until=1e5):
        """One decision; at most up to ``until``."""
        self.record["tick"] = until - self.record["now"]
        self.batch.step([lift])
        self.terms += self.batch.buffers.terms[0]
        self.over = bool(self.batch.buffers.terminated[0])
        return self

    def call(self, time, floor, to, lift=0):
        """Somebody comes at ``time`` and presses a button, and ``lift`` is to answer. Ends in that moment."""
        self.expect(time, floor, to)
        self.step(until=time + 1.0)
        assert (self.now, self.call_floor) == (pytest.approx(time), floor)
        return self.step(lift, until=time)

    def openings(self, lift=0, until=1e5):
        """[(time, floor)] of the doors' openings from now on, to the last passenger."""
        seen, phase = [], self.phase[lift]
        while not self.over and self.now < until:
            assert self.call_floor == -1
            self.step(until=min([*(time for time in self.event if time > self.now), until]))
            if self.phase[lift] == OPENING != phase:
                seen.append((round(self.now, 3), self.floor[lift]))
            phase = self.phase[lift]
        return seen


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


# --- Trips -----------------------------------------------------------------------------------------------------------


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


# --- Passengers ------------------------------------------------------------------------------------------------------


def first_trips(**parameters):
    """(20,000, 3) of the second passengers of 20,000 episodes: from, to, seconds after the first."""
    batch = KernelBatch(MODULE, 20_000, **SMALL, **parameters)
    batch.seed_from(0)
    r = batch.records
    return np.stack([r["next_from"], r["next_to"], r["next_time"] - r["now"]], axis=1)


@pytest.mark.parametrize(
    ("weights", "shares"),
    [
        ((0.45, 0.45, 0.10), (0.45, 0.45, 0.10)),
        ((0.3, 0.1, 0.2), (0.5, 1 / 6, 1 / 3)),
        ((1.0, 0.0, 0.0), (1.0, 0.0, 0.0)),
        ((0.0, 0.7, 0.0), (0.0, 1.0, 0.0)),
        ((0.0, 0.0, 0.0), (0.0, 0.0, 1.0)),
    ],
)
def test_passengers_come_and_go_as_the_weights_say(weights, shares):
    trips = first_trips(**dict(zip(("incoming", "outgoing", "interfloor"), weights, strict=True)))
    expected = {(0, floor): shares[0] / 3 for floor in (1, 2, 3)}
    expected |= {(floor, 0): shares[1] / 3 for floor in (1, 2, 3)}
    expected |= dict.fromkeys(itertools.permutations((1, 2, 3), 2), shares[2] / 6)
    counts = {pair: int((trips[:, :2] == pair).all(axis=1).sum()) for pair in expected}
    assert sum(counts.values()) == 20_000
    assert all(counts[pair] == 0 for pair in expected if expected[pair] == 0.0)
    statistic = sum((counts[p] - 20_000 * e) ** 2 / (20_000 * e) for p, e in expected.items() if e)
    assert statistic < 33.1  # 11 degrees of freedom: once in 2,000


def test_arrivals_are_a_poisson_process():
    gaps = first_trips(arrival_rate=30.0, duration=1e6)[:, 2]  # one every ten seconds
    assert gaps.mean() == pytest.approx(10.0, abs=4 * 10 / math.sqrt(20_000))
    assert gaps.std() == pytest.approx(10.0, rel=0.05)
    for time in (1.0, 5.0, 20.0):
        assert (gaps > time).mean() == pytest.approx(math.exp(-time / 10.0), abs=0.015)


def test_nobody_arrives_after_the_duration():
    batch = KernelBatch(MODULE, 200, duration=60.0, arrival_rate=100.0, autoreset_mode="Disabled")
    batch.seed_from(0)
    arrived, going = np.zeros(200), np.ones(200, bool)
    while going.any():
        before = batch.records["arrived"].copy()
        batch.step(np.zeros(200, int))
        late = batch.records["stepped"] > 60.0
        assert (batch.records["arrived"] == before)[late].all()
        over = batch.buffers.terminated
        assert (batch.records["served"] == batch.records["arrived"])[over].all()
        arrived[over & going] = batch.records["arrived"][over & going]
        going &= ~over
        batch.reset(over)
    assert arrived.mean() == pytest.approx(20.0, abs=4 * math.sqrt(20 / 200))


def test_last_passenger_may_come_as_the_duration_ends():
    batch = KernelBatch(MODULE, 1, arrival_rate=1.0, duration=1e5)
    batch.reset(seeds=[5])
    first = float(batch.records["now"][0])
    assert first > 60.0  # the shortest duration
    for duration, arrived in ((first, 1), (np.nextafter(first, 0.0), 0)):
        batch = KernelBatch(MODULE, 1, arrival_rate=1.0, duration=duration)
        batch.reset(seeds=[5])
        assert batch.records["arrived"][0] == arrived


def test_passengers_are_the_same_whatever_is_decided():
    ends = []
    for choose in (lambda batch, rng: rng.integers(0, 4, 64), lambda batch, rng: batch.heuristic()):
        batch, rng = KernelBatch(MODULE, 64, duration=300.0), np.random.default_rng(0)
        batch.seed_from(0)
        done, seen = np.zeros(64, bool), np.zeros((64, 2))
        while not done.all():
            batch.step(choose(batch, rng))
            new = batch.buffers.terminated & ~done
            # The next episode has begun with the same number of the stream, and its first passenger.
            seen[new] = np.stack([batch.records["now"], batch.records["next_time"]], axis=1)[new]
            done |= new
        ends.append(seen)
    np.testing.assert_array_equal(ends[0], ends[1])


# --- What must always hold -------------------------------------------------------------------------------------------

VALUES = {
    name: st.floats(parameter.low, parameter.high)
    for name, parameter in elevator.PARAMETERS.items()
    if name not in ("arrival_rate", "duration", "tick", "destination_control")
}


@given(
    changed=st.fixed_dictionaries({}, optional=VALUES),
    rate=st.floats(1.0, 600.0),
    tick=st.floats(0.5, 60.0),
    destination=st.sampled_from([0.0, 1.0]),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=60, deadline=None, database=None)
def test_passengers_are_conserved_and_time_and_terms_go_one_way(changed, rate, tick, destination, seed):
    given = {**changed, "arrival_rate": rate, "tick": tick, "destination_control": destination}
    batch = KernelBatch(MODULE, 3, duration=200.0, **given)
    batch.seed_from(seed)
    rng, r, b = np.random.default_rng(seed), batch.records, batch.buffers
    for _ in range(150):
        before = {
            name: r[name].copy() for name in ("now", "arrived", "served", "turned_away", "waited", "spent", "energy")
        }
        batch.step(rng.integers(0, 4, 3))
        in_queues = r["queue"].sum(axis=(1, 2, 3)) + ((r["call_floor"] >= 0) & (destination == 1.0))
        np.testing.assert_array_equal(r["waiting"], in_queues)
        np.testing.assert_array_equal(r["riding"], r["aboard"].sum(axis=(1, 2)))
        np.testing.assert_array_equal(r["arrived"], r["turned_away"] + r["waiting"] + r["riding"] + r["served"])
        assert (r["load"] <= math.floor(r["capacity"][0])).all()
        assert (b.terms <= 0.0).all()
        assert (batch.broken_invariants() == 0).all()
        going = ~b.terminated
        assert all((r[name] >= before[name])[going].all() for name in before)
        assert ((r["now"] - before["now"])[going] <= tick * (1 + 1e-9) + 1e-9).all()
        assert ((b.observation >= 0.0) & (b.observation <= 1.0)).all()


@pytest.mark.parametrize("destination", [0.0, 1.0])
def test_terms_are_what_passengers_and_lifts_spent(destination):
    weights = {"waiting_weight": 2.0, "journey_weight": 0.5, "energy_weight": 0.25}
    batch = KernelBatch(
        MODULE,
        8,
        duration=600.0,
        arrival_rate=45.0,
        destination_control=destination,
        autoreset_mode="Disabled",
        **weights,
    )
    batch.seed_from(0)
    rng, sums = np.random.default_rng(0), np.zeros((8, 3))
    for _ in range(25):
        batch.step(rng.integers(0, 4, 8))
        sums += batch.buffers.terms
    assert not batch.buffers.terminated.any()
    r = batch.records
    assert (r["expected"] == 90.0).all()  # 600 s of 45 in 300 s
    columns = (2.0 * r["waited"], 0.5 * r["spent"], 0.25 * r["energy"] / 3600)
    np.testing.assert_allclose(sums, -np.stack(columns, axis=1) / 90.0, rtol=1e-9)
    assert (sums < 0).all()


def test_time_limit_of_default_episodes_is_not_reached():
    batch = KernelBatch(MODULE, 128)
    batch.seed_from(0)
    rng, longest = np.random.default_rng(0), 0
    for _ in range(700):
        batch.step(rng.integers(0, 4, 128))
        longest = max(longest, int(batch.buffers.episode_length.max()))
    assert 400 < longest < 700
