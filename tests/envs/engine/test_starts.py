"""Numbered starts, and policies that see what is shown alone."""

import numpy as np
import pytest

from ludus.agents.evaluation import evaluate, named_policy
from ludus.envs.engine.env import Env
from ludus.envs.engine.slots.slotted_batch import open_batch
from ludus.envs.engine.vector import VectorEnv

TOY = "starts_toy"
HEIGHTS = [1.0, 2.0, 3.0, 4.0, 5.0]


def walk(batch):
    return np.ones(batch.num_envs, np.int64)


def test_an_episode_begins_at_the_start_that_was_asked_for():
    env = Env(TOY)
    for number, height in enumerate(HEIGHTS):
        env.reset(seed=1, options={"start": number})
        assert env.step(1)[1] == height


def test_the_start_after_an_asked_one_is_sampled():
    batch = open_batch(TOY, 200)
    batch.seed_from(0)
    batch.reset(starts=4)
    assert set(batch.records["begin"]) == {4}
    for _ in range(2):
        batch.step(walk(batch))
    batch.reset()
    assert set(batch.records["begin"]) == {0, 1, 2, 3, 4}


def test_a_start_leaves_the_stream_of_random_numbers_as_it_is_in_any_batch():
    alone, many = open_batch(TOY, 1), open_batch(TOY, 3)
    alone.reset(seeds=[5], starts=2)
    many.reset(seeds=[3, 4, 5], starts=[0, 1, 2])
    assert alone.records["secret"][0] == many.records["secret"][2]


def test_each_environment_of_a_vector_has_a_start_of_its_own():
    envs = VectorEnv(TOY, 3)
    envs.reset(seed=0, options={"start": np.array([4, 0, 2])})
    assert envs.step(np.ones(3, np.int64))[1].tolist() == [5.0, 1.0, 3.0]
    envs.reset(options={"reset_mask": np.array([False, True, False]), "start": 3})
    assert envs.step(np.ones(3, np.int64))[1].tolist() == [5.0, 4.0, 3.0]


@pytest.mark.parametrize("num_envs", [1, 5])
def test_every_start_is_played_once_in_order(num_envs):
    batch = open_batch(TOY, num_envs)
    result = evaluate(batch, walk, 5, seed=3, every_start=True)
    assert result.returns.tolist() == [2.0, 6.0, 6.0, 12.0, 10.0]  # two steps of even starts, three of odd ones
    assert result.lengths.tolist() == [2, 3, 2, 3, 2]


def test_as_many_episodes_as_starts():
    with pytest.raises(ValueError, match="5 numbered starts, 10 episodes were asked for"):
        evaluate(open_batch(TOY, 5), walk, 10, seed=3, every_start=True)


@pytest.mark.parametrize(
    ("starts", "message"),
    [
        (5, "must be 0 … 4, got 5"),
        (-1, "must be 0 … 4, got -1"),
        ([0, 1, 2], "whole numbers, one or one per"),
        (1.5, "whole numbers"),
        ("a", "whole numbers"),
    ],
)
def test_a_start_that_does_not_exist_changes_nothing(starts, message):
    batch = open_batch(TOY, 2)
    batch.seed_from(0)
    before = batch.snapshot()
    with pytest.raises(ValueError, match=message):
        batch.reset(starts=starts)
    assert batch.snapshot() == before


def test_an_environment_without_starts_refuses_one():
    batch = open_batch("slots_toy", 2)
    with pytest.raises(ValueError, match="slots_toy has no numbered starts"):
        batch.reset(starts=0)
    with pytest.raises(ValueError, match="unknown reset option 'seed'; reset takes only 'start'"):
        Env(TOY).reset(options={"seed": 1})


def test_a_snapshot_that_still_asks_for_a_start_is_refused():
    batch = open_batch(TOY, 2)
    batch.seed_from(0)
    batch.records["start"][1] = 10**9
    with pytest.raises(ValueError, match="a start is still asked for"):
        batch.restore(batch.snapshot())


def test_a_policy_reads_what_a_slot_shows_and_parameters():
    batch = open_batch(TOY, 5, scale=0.5)
    batch.reset(seeds=range(5), starts=[0, 1, 2, 3, 4])
    assert batch.policies == ("read",)
    assert named_policy("read", 0)(batch).tolist() == [0, 0, 0, 1, 1]
    blind = open_batch(TOY, 5, place="blind")
    blind.reset(seeds=range(5), starts=[0, 1, 2, 3, 4])
    assert blind.heuristic(name="read").tolist() == [0] * 5


def test_a_policy_sees_nothing_of_the_records():
    batch = open_batch(TOY, 5)
    batch.reset(seeds=range(5), starts=[0, 1, 2, 3, 4])
    before = batch.heuristic(name="read").copy()
    batch.records["begin"] = 4 - batch.records["begin"]
    batch.records["secret"] += 1
    assert batch.heuristic(name="read").tolist() == before.tolist()


def test_a_policy_cannot_write_what_is_shown():
    seen = []
    batch = open_batch(TOY, 2)
    batch.seed_from(0)

    def spoil(view):
        seen.append(view)
        view.estimate("place")[...] = 0.0

    policies = dict(batch.simulation.policies)
    object.__setattr__(batch.simulation, "policies", {"spoil": spoil})
    try:
        with pytest.raises(ValueError, match="read-only"):
            batch.heuristic(name="spoil")
    finally:
        object.__setattr__(batch.simulation, "policies", policies)
    assert not hasattr(seen[0], "records")


def test_a_policy_reads_no_raw_signal():
    batch = open_batch("series_toy", 2, forecast="raw")
    batch.seed_from(0)
    with pytest.raises(ValueError, match="slot forecast of series_toy shows its raw signal, which is no estimate"):
        batch.heuristic(name="read")


def test_a_policy_whose_slot_is_empty_says_so():
    batch = open_batch(TOY, 2, place=None)
    batch.seed_from(0)
    with pytest.raises(ValueError, match="reads the slot place, which is not filled"):
        batch.heuristic(name="read")
