"""Long streams of a slot: what a component would have seen, played by the environment's own policies, never cut."""

import numpy as np
import pytest

from ludus.envs.make import make_batch
from ludus.envs.streams import slot_streams

ID = "ludus/Maintenance-v0"


def test_streams_are_what_the_slot_shows_step_by_step():
    recorded = slot_streams(ID, "monitor", 4, 400, seed=3, policies=("age", "run-to-failure"))
    assert recorded.policies == ("age", "run-to-failure", "age", "run-to-failure")
    assert recorded.raw.shape == (4, 400, 4, 2)
    assert recorded.truth.shape == (4, 400, 1)
    raw, truth = (make_batch(ID, 4, monitor=filling, max_episode_steps=None) for filling in ("raw", "truth"))
    for batch in (raw, truth):
        batch.seed_from(3)
    for t in range(400):
        assert (recorded.raw[:, t] == raw.shown("monitor")).all()
        assert (recorded.truth[:, t] == truth.shown("monitor")).all()
        actions = np.array(truth.heuristic(name="age"))
        actions[1::2] = 0
        for batch in (raw, truth):
            batch.step(actions)
    assert truth.store["clock"].tolist() == [400] * 4, "no time limit cuts them"


def test_all_kernels_play_in_turn_and_seeds_differ():
    one, same, other = (slot_streams(ID, "monitor", 4, 50, seed=seed) for seed in (0, 0, 1))
    assert one.policies == ("heuristic", "age", "run-to-failure", "heuristic")
    assert (one.raw == same.raw).all()
    assert (one.raw != other.raw).any()
    test = slot_streams(ID, "monitor", 4, 50, environment={"split": "test", "samples": 2})
    assert test.raw.shape == (4, 50, 2, 2)


@pytest.mark.parametrize(
    ("what", "refusal"),
    [
        ({"policies": ("limit",)}, "no kernel 'limit' among its policies; it has heuristic, age, run-to-failure"),
        ({"count": 0}, "got 0 of 10"),
        ({"steps": 0}, "got 4 of 0"),
        ({"slot": "eye"}, "has no slot 'eye'; its slots are monitor"),
        ({"environment": {"monitor": "truth"}}, "cannot be set here"),
    ],
)
def test_what_cannot_be_recorded_is_refused(what, refusal):
    asked = {"id": ID, "slot": "monitor", "count": 4, "steps": 10} | what
    with pytest.raises(ValueError, match=refusal):
        slot_streams(**asked)


def test_an_environment_whose_episodes_end_is_refused():
    with pytest.raises(ValueError, match="ended after"):
        slot_streams("ludus/Snake-v1", "vision", 2, 5_000, environment={"size": 4})
