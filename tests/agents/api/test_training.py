"""A training from a program: the run that it makes, how it goes on, and what it refuses."""

import numpy as np
import pytest

import ludus
from blinker import ID
from commands_stage import TINY
from ludus.agents.runs import callback
from ludus.agents.runs.run import Run
from ludus.utils.interrupts import Interrupted


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """A folder of its own, in which runs/ is made; and no pictures."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(callback, "rollout_gif", lambda batch, *_: batch.close())
    return tmp_path


def train(**keywords):
    return ludus.train(ID, hyperparameters=TINY, **{"steps": 64, "evaluate_every": 0, **keywords})


def test_whole_numbers_may_be_typed_as_on_the_command_line():
    config = train(steps="0.064k", evaluate_every=1e2, seed="4").run.config
    assert (config.steps, config.evaluate_every, config.seed) == (64, 100, 4)


def test_a_training_leaves_a_run_that_can_be_loaded(here):
    told = []
    policy = train(seed=3, bonus=2.0, progress=told.append)
    assert policy.run.folder.resolve() == here / "runs" / "test-blinker-v0-pqn-3"
    assert policy.run.config.environment == {"bonus": 2.0}
    assert (policy.steps, told[-1].done) == (64, 64)
    again = ludus.load("runs/test-blinker-v0-pqn-3")
    x = np.random.default_rng(0).random((50, 2), np.float32)
    np.testing.assert_array_equal(again.predict(x)[0], policy.predict(x)[0])
    assert ludus.resume(policy.run.folder).steps == 64  # it is at its end
    with pytest.raises(ValueError, match=r"already holds a run: ludus\.resume\('runs/test-blinker-v0-pqn-3'\) goes on"):
        train(seed=3)


def test_a_training_that_is_stopped_says_how_it_goes_on(monkeypatch):
    def stop(run, progress):
        raise Interrupted("SIGINT")

    with monkeypatch.context() as patch:
        patch.setattr(Run, "train", stop)
        with pytest.raises(KeyboardInterrupt, match=r"everything is saved; go on with ludus\.resume\('mine'\)"):
            train(run="mine")
    assert ludus.resume("mine").steps == 64


@pytest.mark.parametrize(
    ("keywords", "expected"),
    [
        ({"steps": 0}, "steps must be >= 1, got 0"),
        ({"steps": "3x"}, "steps: expected a whole number such as 500000, .*, got '3x'"),
        ({"steps": 1.5}, "steps: expected a whole number such as 500_000, 1e6 or '1M', got 1.5"),
        ({"evaluate_every": -1}, "evaluate_every must be >= 0, got -1"),
        ({"seed": "a"}, "seed: expected a whole number"),
        (
            {"slots": {"sight": object()}},
            "slot sight must be a text or a folder, which config.yaml can name",
        ),
        ({"slots": {"sight": "raw"}, "sight": "raw"}, "slot sight is given twice"),
        ({"agent": "pqm"}, "unknown agent 'pqm'; did you mean 'pqn'"),
    ],
)
def test_what_cannot_be_trained_is_refused_before_there_is_a_folder(here, keywords, expected):
    with pytest.raises(ValueError, match=expected):
        ludus.train(ID, **keywords)
    assert list(here.iterdir()) == []
