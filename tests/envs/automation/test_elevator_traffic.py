"""What is known of lifts, in Elevator: light traffic, the round trip of the up-peak; and its reference policies."""

import functools
import math

import numba
import numpy as np
import pytest

from elevator_stage import DOWN, MODULE, UP
from ludus.envs.automation import elevator
from ludus.envs.automation.elevator.constants import CLOSING, MOVING
from ludus.envs.automation.elevator.policies import way_to
from ludus.envs.engine.kernel_batch import KernelBatch

FOREVER = 1e7  # s
P = {name: parameter.default for name, parameter in elevator.PARAMETERS.items()}


def flight_time(floors, height=P["floor_height"], speed=P["speed"], a=P["acceleration"], jerk=P["jerk"]):
    """Seconds of a trip (Peters 1995), for a lift that reaches its acceleration."""
    distance = floors * height
    if floors == 0:
        return 0.0
    if distance >= speed * (speed / a + a / jerk):
        return distance / speed + speed / a + a / jerk
    return a / jerk + math.sqrt((a / jerk) ** 2 + 4 * distance / a)


# --- Light traffic ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shares", [(0.45, 0.45, 0.10), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)], ids=str)
@pytest.mark.parametrize("returns", [True, False])
def test_waiting_for_one_lift_in_light_traffic_is_the_trip_to_the_passenger_and_the_doors(shares, returns):
    """Passengers so rare that the lift always rests when one comes: one every 30,000 s, where a journey takes 60 s.

    The lift rests at the entrance, or where it let the last one out: there after outgoing traffic, and otherwise on any
    of the F - 1 other floors. The next passenger is at the entrance if he comes in, and otherwise on any other floor.
    """
    floors, (incoming, outgoing, interfloor) = 16, shares
    others = range(1, floors)
    origin = {0: incoming, **dict.fromkeys(others, (1 - incoming) / (floors - 1))}
    rest = {0: outgoing, **dict.fromkeys(others, (1 - outgoing) / (floors - 1))}
    if returns:
        rest = {0: 1.0}
    trip = sum(p * q * flight_time(abs(a - b)) for a, p in origin.items() for b, q in rest.items())
    by_hand = P["door_open"] + trip

    names = {"incoming": incoming, "outgoing": outgoing, "interfloor": interfloor}
    delay = 0.0 if returns else 1e6
    batch = KernelBatch(
        MODULE, 256, lifts=1, arrival_rate=0.01, tick=3600.0, duration=FOREVER, parking_delay=delay, **names
    )
    batch.seed_from(0)
    for _ in range(1500):
        batch.step(np.zeros(256, int))
    r = batch.records
    done = r["served"].sum()
    assert done > 30_000
    assert r["waited"].sum() / done == pytest.approx(by_hand, rel=0.02)
    # The journey is known as well: somebody steps in, the doors close, the trip, the doors open, he steps out.
    pairs = incoming + outgoing
    ride = pairs * sum(flight_time(floor) for floor in others) / 15
    ride += interfloor * sum(flight_time(abs(a - b)) for a in others for b in others) / (15 * 14)
    inside = 2 * P["transfer_time"] + P["door_open"] + P["door_close"] + ride
    assert (r["spent"] - r["waited"]).sum() / done == pytest.approx(inside, rel=0.02)


# --- The up-peak -----------------------------------------------------------------------------------------------------


def highest_reversal(n, p):
    """H: the expected highest of p destinations, each one of n floors."""
    return n - sum((j / n) ** p for j in range(1, n))


def expected_stops(n, p):
    """S: how many different floors they are."""
    return n * (1 - (1 - 1 / n) ** p)


def round_trip_time(n, p, speed, height):
    """RTT = 2 H t_v + (S + 1) t_s + 2 P t_p: CIBSE Guide D; Barney & Al-Sharif 2016, *Elevator Traffic Handbook*.

    t_v is the time past a floor at rated speed, t_p the time of a passenger to step in or out, and t_s what a stop
    adds: the doors, and a trip of one floor less t_v.
    """
    t_v = height / speed
    t_s = flight_time(1, height, speed) - t_v + P["door_open"] + P["door_close"]
    return 2 * highest_reversal(n, p) * t_v + (expected_stops(n, p) + 1) * t_s + 2 * p * P["transfer_time"]


def test_reversal_and_stops_written_out():
    # Two floors and two passengers: both to the first in a quarter of all cases.
    assert highest_reversal(2, 2) == pytest.approx(1.75)
    assert expected_stops(2, 2) == pytest.approx(1.5)
    rolls = np.random.default_rng(0).integers(1, 11, (100_000, 8))
    assert highest_reversal(10, 8) == pytest.approx(rolls.max(axis=1).mean(), rel=0.002)
    assert expected_stops(10, 8) == pytest.approx(np.mean([len(set(row)) for row in rolls[:20_000]]), rel=0.005)


def simulated_round_trip(n, p, speed, height):
    """Seconds of a round trip of one lift that always leaves the entrance with p passengers."""
    batch = KernelBatch(
        MODULE, 32, lifts=1, floors=n + 1, capacity=p, speed=speed, floor_height=height, arrival_rate=600.0,
        incoming=1.0, outgoing=0.0, interfloor=0.0, tick=3600.0, duration=FOREVER,
    )  # fmt: skip
    batch.seed_from(0)
    for _ in range(20):  # until the hall is full
        batch.step(np.zeros(32, int))
    assert (batch.records["waiting"] > 2 * p).all()
    now, served = batch.records["now"].copy(), batch.records["served"].copy()
    for _ in range(300):
        batch.step(np.zeros(32, int))
    trips = (batch.records["served"] - served) / p
    assert (trips == 300).all()  # the button is pressed once in each
    return float((batch.records["now"] - now).sum() / trips.sum())


@pytest.mark.parametrize(
    ("n", "car", "speed", "height"),
    [(10, 10, 1.6, 3.3), (15, 10, 2.5, 3.8), (15, 20, 2.5, 3.8), (15, 15, 1.0, 3.3)],
)
def test_round_trip_of_the_up_peak_is_that_of_the_handbooks(n, car, speed, height):
    """Lifts are taken to leave filled to 80 %: P = 0.8 · capacity, 8, 12 or 16 passengers here.

    The figures are the formula's for buildings of this size; the books' own printed examples were not at hand.
    """
    p = round(0.8 * car)
    assert simulated_round_trip(n, p, speed, height) == pytest.approx(round_trip_time(n, p, speed, height), rel=0.01)


# --- The reference policies ------------------------------------------------------------------------------------------


@functools.cache
def play(policy, **settings):
    """(returns (1,024,), mean wait in s, mean time to the destination in s) of 1,024 episodes, seeds 0 … 1023."""
    batch = KernelBatch(MODULE, 1024, **settings)
    batch.seed_from(0)
    rng, returns, terms = np.random.default_rng(0), np.zeros(1024), np.zeros((1024, 3))
    going = np.ones(1024, bool)
    while going.any():
        batch.step(rng.integers(0, 4, 1024) if policy == "random" else batch.heuristic(name=policy))
        ended = going & batch.buffers.terminated
        returns[ended], terms[ended] = batch.buffers.episode_return[ended], batch.buffers.episode_terms[ended]
        going &= ~ended
    return returns, -terms[:, 0].mean(), -terms[:, 1].mean() / P["journey_weight"]


@pytest.mark.parametrize("policy", ["random", "heuristic", *elevator.SIMULATION.heuristics])
def test_policy_has_the_stated_score(policy):
    returns, _, _ = play(policy)
    error = returns.std() / math.sqrt(len(returns))
    assert error < 0.2
    assert abs(returns.mean() - elevator.SIMULATION.scores[policy]) < 4 * error + 0.05


def test_policies_are_ranked_by_the_waiting_they_cause():
    waits = {policy: play(policy)[1] for policy in ("random", "nearest_car", "collective", "destination", "heuristic")}
    assert waits["heuristic"] < waits["collective"] < waits["nearest_car"] < waits["random"]
    assert waits["heuristic"] < 0.93 * waits["nearest_car"]
    assert waits["destination"] < waits["nearest_car"]


def test_destination_control_shortens_journeys_in_the_up_peak():
    """What it is built for: with the same passengers, those who go to the same floor ride together."""
    peak = {"incoming": 1.0, "outgoing": 0.0, "interfloor": 0.0, "arrival_rate": 85.0}
    _, wait, journey = play("heuristic", **peak)
    _, wait_of_groups, journey_of_groups = play("heuristic", **peak, destination_control=1.0)
    assert journey_of_groups < 0.9 * journey
    assert wait_of_groups < wait


def situation(call, *lifts, **parameters):
    """A batch of one with a call (floor, way) and 4 lifts: dicts of what differs from a lift parked at the entrance."""
    batch = KernelBatch(MODULE, 1, **parameters)
    batch.seed_from(0)
    r = batch.records[0]
    r["call_floor"], r["call_way"] = call
    r["call_entry"] = 0  # the first passenger's
    for lift, given in enumerate(lifts):
        for name, value in {"origin": given.get("floor", 0), "target": given.get("floor", 0), **given}.items():
            r[name][lift] = sum(1 << floor for floor in value) if name == "wanted" else value
        if given.get("phase") == MOVING:  # half way in time
            r["departed"][lift], r["event"][lift] = r["now"] - 4.0, r["now"] + 4.0
    return batch


def advice(batch, name):
    return int(batch.heuristic(name=name)[0])


@numba.njit
def floors_to(records, floor, way):
    """What `way_to` says of lift 0; Python cannot hand a record to a kernel by itself."""
    return way_to(records[0], 0, floor, way)


def moving(start, target, way=None, **more):
    return {"phase": MOVING, "floor": start, "target": target, "way": way or (1 if target > start else -1), **more}


def parked(floor):
    return {"floor": floor}


@pytest.mark.parametrize(
    ("call", "lifts", "answers"),
    [
        ((6, UP), [parked(0), parked(5), parked(9), parked(15)], 1),
        ((6, UP), [parked(0), parked(3), parked(9), parked(15)], 1),  # 3 floors each: the first of them
        # Half way from 2 to 8 is 5. Figures of suitability, N + 2 = 17: 17 - 2, 17 - 3, 17 - 7, 17 - 8
        ((7, UP), [moving(2, 8), parked(4), parked(14), parked(15)], 0),
        # It comes, but goes the other way: 16 - 2 against 17 - 3, and the first of two alike.
        ((7, DOWN), [moving(2, 8), parked(4), parked(14), parked(15)], 0),
        ((7, DOWN), [moving(2, 8), parked(5), parked(14), parked(15)], 1),
        # It leaves: 1 against 17 - 15
        ((0, UP), [moving(1, 3), parked(15), moving(1, 5), moving(1, 9)], 1),
    ],
)
def test_nearest_car_takes_the_highest_figure_of_suitability(call, lifts, answers):
    assert advice(situation(call, *lifts), "nearest_car") == answers


@pytest.mark.parametrize(
    ("call", "lift", "floors"),
    [
        ((6, DOWN), parked(15), 9),
        ((9, UP), moving(2, 8, wanted=[8, 12]), 4),  # it is at 5, and comes by
        ((9, DOWN), moving(2, 8, wanted=[8, 12]), 7 + 3),  # to 12 and back
        ((14, DOWN), moving(2, 8, wanted=[8, 12]), 9),  # there it turns
        ((3, UP), moving(2, 8, wanted=[8, 12]), 7 + 9),  # to 12, down to 3, where it turns again
        ((3, UP), moving(2, 8, wanted=[8, 12], calls=[1 << 3, 1 << 1]), 7 + 11 + 2),  # down to 1, up to 3
        ((5, UP), {"phase": CLOSING, "floor": 5, "way": UP, "wanted": [7]}, 2 + 2),  # those calls it has left behind
        ((5, DOWN), {"phase": CLOSING, "floor": 5, "way": UP, "wanted": [7]}, 2 + 2),
        ((0, UP), moving(8, 2, wanted=[2]), 3 + 2),  # from 5 down to 2 and 0
    ],
)
def test_way_of_a_lift_to_a_call_under_collective_control(call, lift, floors):
    batch = situation(call, lift)
    assert floors_to(batch.records, *call) == floors


def test_collective_and_default_policy_take_the_shorter_way_and_the_default_one_spares_the_busy_lift():
    lifts = [moving(2, 8, wanted=[8, 12]), parked(15), parked(0), parked(0)]
    assert advice(situation((9, UP), *lifts), "collective") == 0
    assert advice(situation((9, UP), *lifts), "heuristic") == 0
    assert advice(situation((9, DOWN), *lifts), "collective") == 1
    # Five floors for either; each passenger aboard counts nearly as much as a floor.
    for load, answers in ((0, 0), (3, 1)):
        lifts = [moving(2, 8, wanted=[8], load=load), parked(15), parked(15), parked(15)]
        assert advice(situation((10, UP), *lifts), "heuristic") == answers
        assert advice(situation((10, UP), *lifts), "collective") == 0


def test_policies_prefer_a_lift_that_stops_there_anyway():
    lifts = [parked(6), moving(2, 8, wanted=[8]), parked(15), parked(15)]
    assert advice(situation((8, UP), *lifts), "collective") == 0  # 2 floors against 3
    assert advice(situation((8, UP), *lifts), "heuristic") == 1
    assert advice(situation((8, UP), *lifts), "destination") == 1


def test_destination_dispatch_brings_those_together_who_go_to_the_same_floor():
    """Passengers at the entrance: whoever goes where another one of lift 2 goes takes that, up to its capacity."""
    batch = KernelBatch(
        MODULE, 1, destination_control=1.0, capacity=2.0, arrival_rate=600.0, incoming=1.0, outgoing=0.0, interfloor=0.0
    )
    batch.seed_from(0)
    record = batch.records[0]

    def goes_to(floor):
        assert record["call_floor"] == 0
        record["entry_to"][record["call_entry"]] = floor
        return advice(batch, "destination")

    goes_to(7)
    batch.step([2])
    goes_to(4)
    batch.step([1])
    assert [goes_to(7), goes_to(4), goes_to(7)] == [2, 1, 2]
    assert advice(batch, "heuristic") == 2
    batch.step([2])  # now it is full
    assert goes_to(7) != 2


def test_policies_answer_without_a_call():
    batch = KernelBatch(MODULE, 2, arrival_rate=0.01, duration=60.0)
    batch.seed_from(0)
    assert (batch.buffers.observation[:, 0] == 0).all()
    for policy in ("heuristic", *elevator.SIMULATION.heuristics):
        assert batch.heuristic(name=policy).tolist() == [0, 0]
