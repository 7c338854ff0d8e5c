"""Elevator against its plain-Python twin, its passengers, and what must always hold.

Situations written out are in `test_elevator_situations.py`, trips in `test_elevator_trips.py`; what is known of lifts
and of the reference policies is compared in `test_elevator_traffic.py`.
"""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from elevator_stage import MODULE
from elevator_twin import Stream, Twin
from ludus.envs.automation import elevator
from ludus.envs.engine.kernel_batch import KernelBatch
from ludus.envs.make import make_batch

DEFAULTS = {name: parameter.default for name, parameter in elevator.PARAMETERS.items()}

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


def play_out(**parameters):
    """Terms (8, 3) and lengths in steps (8,) of the episodes of eight seeds under the heuristic, with no limit."""
    batch = make_batch("ludus/Elevator-v0", 8, duration=600.0, **parameters)
    batch.seed_from(0)
    terms, lengths = np.zeros((8, 3)), np.zeros(8, int)
    while (lengths == 0).any():
        batch.step(batch.heuristic())
        ended = (lengths == 0) & batch.buffers.terminated
        terms[ended], lengths[ended] = batch.buffers.episode_terms[ended], batch.buffers.episode_length[ended]
        assert not batch.buffers.truncated.any()
    return terms, lengths


def test_shorter_steps_change_neither_what_is_decided_nor_what_it_earns():
    terms, lengths = play_out()
    terms_of_short, lengths_of_short = play_out(tick=0.25)
    assert (lengths_of_short > 2000).all()
    assert (lengths < 200).all()
    np.testing.assert_allclose(terms_of_short, terms, rtol=1e-9)
