"""What is no snapshot of this very batch is refused, and a batch that refuses stays as it was.

Compiled kernels index with what stands in a record: a snapshot that was accepted by mistake ends the process.
"""

import json

import numpy as np
import pytest

import ludus
from acting import random_actions
from ludus.envs.engine import snapshot
from ludus.envs.engine.kernel_batch import KernelBatch
from ludus.envs.engine.simulation import Drift
from ludus.envs.engine.slots.slotted_batch import open_batch
from snapshot_attack import crafted, sealed

CARTPOLE, SNAKE = "ludus.envs.robotics.cartpole", "ludus.envs.games.snake"
ENVIRONMENTS = list(ludus.ENVIRONMENTS)
N = 9


def make(id=CARTPOLE, steps=20, **keywords):
    batch = open_batch(ludus.ENVIRONMENTS.get(id, (id,))[0], N, **keywords)
    batch.reset(seeds=range(N))
    rng = np.random.default_rng(0)
    for _ in range(steps):
        batch.step(random_actions(batch.action_space, N, rng))
    return batch


def refused(batch, data, message):
    before = batch.snapshot()
    with pytest.raises(ValueError, match=message) as found:
        batch.restore(data)
    assert "\n" not in str(found.value)
    assert batch.snapshot() == before


@pytest.mark.parametrize("id", ENVIRONMENTS)
def test_every_flipped_bit_is_found(id):
    batch = make(id)
    good = batch.snapshot()
    rng = np.random.default_rng(1)
    positions = {*range(0, snapshot.START + 20), *rng.integers(0, len(good), 60).tolist()}
    for position in positions:
        damaged = bytearray(good)
        damaged[position] ^= 1 << int(rng.integers(8))
        with pytest.raises(ValueError, match="no snapshot|another format|checksum"):
            batch.restore(bytes(damaged))
    assert batch.snapshot() == good


def test_what_is_no_snapshot_is_refused_and_changes_nothing():
    batch = make()
    good = batch.snapshot()
    length = int.from_bytes(good[snapshot.START - 8 : snapshot.START], "little")
    body = good[snapshot.START + length :]

    def with_header(header):
        return sealed(good[: snapshot.START - 8] + len(header).to_bytes(8, "little") + header + body)

    identity = json.loads(good[snapshot.START : snapshot.START + length])
    cases = [
        (b"", "no snapshot"),
        (b"PK\x03\x04 something else entirely", "no snapshot"),
        (b"ludus-snapshot-1\n" + good[17:], "a snapshot of another format"),
        (good[:20], "no snapshot"),
        (good[:-1], "checksum does not match"),
        (good + b"\0", "checksum does not match"),
        (sealed(good[:-1]), "damaged: .* bytes of state, expected"),
        (sealed(good + b"\0"), "damaged: .* bytes of state, expected"),
        (with_header(b"[]"), "its header cannot be read"),
        (with_header(b"[" * 100_000), "its header cannot be read"),
        (with_header(b"\xff"), "its header cannot be read"),
        (with_header(json.dumps({**identity, "more": 1}).encode()), "its more is 1, this batch has missing"),
        (with_header(json.dumps({**identity, "drifts": {"q": None}}).encode()), "its drift of q is None, this"),
        (with_header(json.dumps({**identity, "parameters": None}).encode()), "its parameters is None, this batch has"),
        (with_header(json.dumps({**identity, "num_envs": "9" * 10**6}).encode()), r"its num_envs is '9{76}…, this"),
        (sealed(good[: snapshot.START - 8] + b"\xff" * 8 + good[snapshot.START :]), "its header cannot be read"),
    ]
    for data, message in cases:
        refused(batch, data, message)


@pytest.mark.parametrize(
    ("theirs", "ours", "message"),
    [
        ({}, {"gravity": 20}, r"its gravity is 9\.8, this batch has 20\.0; restore into a batch made with the same"),
        ({"randomize": {"force": (5, 15)}}, {}, r"its force is \[5\.0, 15\.0\], this batch has 10\.0"),
        ({}, {"drift": {"gravity": Drift(20.0, 5)}}, r"its drift of gravity is missing, this batch has \[\{'at': 5"),
        ({"vision": "truth"}, {"vision": "raw"}, "its slot vision is"),
        ({"vision": "truth"}, {"vision": "blind"}, "its slot vision is 'truth Box.*, this batch has 'blind Box"),
        ({"vision": "noisy:0.1"}, {"vision": "noisy:0.2"}, "its slot vision is 'noisy:0.1 "),
        ({"max_episode_steps": 500}, {"max_episode_steps": 10}, "its max_episode_steps is 500, this batch has 10"),
    ],
)
def test_a_snapshot_of_other_parameters_ranges_drifts_or_slots_is_refused_with_the_difference(theirs, ours, message):
    refused(make(**ours), make(**theirs).snapshot(), message)


def test_a_snapshot_of_another_environment_number_or_size_is_refused():
    batch, snake = make(), make(SNAKE)
    other, smaller = KernelBatch(CARTPOLE, N - 1), make(SNAKE, size=4)
    other.reset(seeds=range(N - 1))
    refused(batch, other.snapshot(), "its num_envs is 8, this batch has 9")
    refused(batch, snake.snapshot(), "its environment is 'ludus/Snake-v1', this batch has 'ludus/CartPole-v1'")
    refused(snake, smaller.snapshot(), "its size is 4, this batch has 12")


def test_a_snapshot_says_nothing_of_where_code_lives():
    assert b"ludus.envs" not in make().snapshot()


@pytest.mark.parametrize("id", ENVIRONMENTS)
def test_the_name_in_snapshots_is_the_id(id):
    assert make(id, 0).simulation.name == id


def set_flag(name):
    def change(records):
        records[name].view(np.uint8)[4] = 2

    return change


def set_field(name, value):
    def change(records):
        records[name][4] = value

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (set_flag("ready"), "the flag ready is neither 0 nor 1"),
        (set_flag("pending"), "the flag pending is neither 0 nor 1"),
        (set_field("clock", -1), r"a clock is not between 0 and the environment's age \(environment 4\)"),
        (set_field("clock", 10**6), "a clock is not between 0 and the environment's age"),
        (set_field("age", 2**63 - 1), "a clock is not between 0 and the environment's age"),
        (set_field("totals", np.nan), "a sum of rewards is no finite number"),
        (set_field("gravity", 20.0), r"the parameter gravity is outside its range \(environment 4\)"),
        (set_field("gravity", np.nan), "the parameter gravity is outside its range"),
        (set_field("ready", False), "an environment that was never reset has a state"),
        (set_field("theta", np.nan), "in environment 4 of cartpole it does not hold that the state is finite"),
        (set_field("x", 3.0), "it does not hold that cart and pole are within their limits"),
    ],
)  # fmt: skip
def test_a_crafted_record_is_refused(change, message):
    batch = make(steps=5)
    refused(batch, crafted(batch, change), message)


def test_a_crafted_record_that_would_leave_an_array_is_refused_without_touching_memory():
    batch = make(SNAKE)
    for value in (2**40, -(2**40)):
        for name in batch.records.dtype.names:
            if batch.records.dtype[name].base.kind == "i" and name not in ("clock", "age"):
                refused(batch, crafted(batch, set_field(name, np.clip(value, *ends(batch, name)))), "damaged: ")


def ends(batch, name):
    info = np.iinfo(batch.records.dtype[name].base)
    return info.min, info.max


def test_drift_that_has_reached_its_end_is_within_its_range():
    """A straight line to 0.1 in steps of a third may end a rounding beside it."""
    batch = make(steps=0, drift={"gravity": [Drift(0.1, 3, 7), Drift(77.7, 20, 3)]})
    rng = np.random.default_rng(0)
    for _ in range(60):
        batch.restore(batch.snapshot())
        batch.step(random_actions(batch.action_space, N, rng))


def test_what_was_set_by_hand_is_shown_after_a_refresh_whatever_the_invariants_say():
    batch = make(steps=5)
    batch.records["x"][4] = 3.0  # beyond the limit, which no snapshot may say
    batch.refresh()
    assert batch.buffers.observation[4, 0] == 3.0
    assert not batch.buffers.terminated.any()
    np.testing.assert_array_equal(batch.buffers.episode_length, batch.records["clock"])
    seeing = make(vision="truth")
    seeing.records["theta"][2] = 0.125
    seeing.refresh()
    assert seeing.buffers.observation[2, 2] == 0.125


def test_what_was_set_by_hand_and_would_leave_an_array_is_refused():
    batch = make(SNAKE)
    batch.records["tail"][4] = 2**40
    before = batch.buffers.observation.copy()
    with pytest.raises(IndexError):
        batch.refresh()
    np.testing.assert_array_equal(batch.buffers.observation, before)


def crafted_shown(batch, value):
    """A snapshot of ``batch`` whose first slot shows ``value`` everywhere."""
    data = bytearray(batch.snapshot())
    kept = batch.kept()
    start = len(data) - sum(array.nbytes for array in kept)
    np.frombuffer(data, kept[0].dtype, kept[0].size, start)[:] = value
    return sealed(bytes(data))


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30])
def test_a_slot_that_shows_what_it_cannot_is_refused(value):
    batch = make(vision="truth")
    refused(batch, crafted_shown(batch, value), "the snapshot is damaged: .*slot")
