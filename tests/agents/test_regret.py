"""What a sense is worth: regret by hand, and the commands that train and judge with a filled slot."""

import numpy as np
import pytest
import torch
from gymnasium import spaces

from ludus.agents import regret
from ludus.agents.runs.config import configure
from ludus.agents.runs.run import Run
from ludus.components import Component, fingerprint_of, register
from ludus.envs.make import make_batch, pin_components
from ludus.scripts import evaluate, train, watch
from ludus.scripts.main import main

SORTER = "ludus/Sorter-v0"
WORLD = {"images": "parcels", "items": 20.0}
SHAPE, KINDS = (32, 32, 3), 10


@register("test/bright")
class Bright(Component):
    """A model that says a kind by the picture's brightness: nearly always wrong, always the same."""

    def __init__(self, input_space, output_space):
        super().__init__(input_space, output_space)
        self.scale = torch.nn.Parameter(torch.tensor(0.05))

    def forward(self, x):
        kind = (x.float().mean(dim=(1, 2, 3)) * self.scale).long() % KINDS
        return torch.nn.functional.one_hot(kind, KINDS).float()


@pytest.fixture
def model(tmp_path):
    component = Bright(spaces.Box(0, 255, SHAPE, np.uint8), spaces.Box(0.0, 1.0, (KINDS,), np.float32))
    component.save(tmp_path / "model")
    return tmp_path / "model"


def trusting(batch):
    """Whatever the slot says, at the normal speed."""
    return batch.buffers.observation["perception"].argmax(axis=1) + 12


def make(num_envs, **fillings):
    return make_batch(SORTER, num_envs, **WORLD, **fillings)


def test_regret_is_what_the_mistakes_cost():
    rows = regret.compare(make, trusting, "perception", ["truth", "noisy:0.2", "blind"], 1024, 3)
    truth, noisy, blind = rows
    assert [row.filling for row in rows] == ["truth", "noisy:0.2", "blind"]
    assert (truth.regret, truth.interval, truth.share, truth.metric) == (0.0, (0.0, 0.0), 1.0, 1.0)
    assert {row.measure for row in rows} == {"accuracy"}
    # An item in the wrong chute costs 1 + wrong_cost = 3; of 20 items a fifth goes wrong, blind ones nine in ten.
    spread = 3.0 * np.sqrt(20 * 0.2 * 0.8 / 1024)
    assert noisy.regret == pytest.approx(12.0, abs=5 * spread)
    assert noisy.interval[0] < noisy.regret < noisy.interval[1]
    assert noisy.metric == pytest.approx(0.8, abs=0.02)
    assert blind.regret == pytest.approx(54.0, abs=1.0)
    assert (blind.share, blind.metric) == (0.0, pytest.approx(0.1, abs=0.02))
    assert noisy.share == pytest.approx(1.0 - 12.0 / 54.0, abs=0.02)


def test_numbers_are_measured_by_their_error():
    def make_toy(num_envs, **fillings):
        return make_batch("test/SlotsOfRegret-v0", num_envs, **fillings)

    import ludus

    ludus.register("test/SlotsOfRegret-v0", "slots_toy", max_episode_steps=6)
    rows = regret.compare(make_toy, lambda batch: np.zeros(batch.num_envs, int), "camera", ["noisy:0.3", "raw"], 512, 0)
    assert rows[0].measure == "RMSE"
    assert rows[0].metric == pytest.approx(0.3, rel=0.05)
    assert np.isnan(rows[1].metric)  # a picture is no estimate
    assert np.isnan(rows[0].share)  # this policy looks at nothing, so nothing is lost


def test_components_are_pinned_by_path_and_fingerprint(model, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    pinned = pin_components(SORTER, {"perception": "model", "items": 5.0})
    assert pinned == {"perception": {"component": str(model), "fingerprint": fingerprint_of(model)}, "items": 5.0}
    assert pin_components(SORTER, pinned) == pinned
    for given in ("truth", "noisy:0.1", "nearest-mean"):
        assert pin_components(SORTER, {"perception": given}) == {"perception": given}


PPO = {"num_envs": 4, "n_steps": 16, "batch_size": 32, "n_epochs": 1}


def start(folder, model):
    environment = {**WORLD, "perception": str(model)}
    return Run.start(
        folder,
        configure(
            SORTER, "ppo", PPO, seed=0, steps=256, environment=environment, evaluate_every=0, evaluation_episodes=2
        ),
    )


def test_a_run_with_a_component_can_be_trained_judged_and_watched(model, tmp_path, capsys):
    run = start(tmp_path / "run", model)
    run.train()
    assert run.config.environment["perception"]["fingerprint"] == fingerprint_of(model)
    folder = str(tmp_path / "run")
    fillings = f"perception=truth,{model},noisy:0.1,blind"
    assert evaluate.main([folder, "--slot", fillings, "--episodes", "4"]) == 0
    shown = capsys.readouterr().out
    assert "accuracy" in shown
    assert all(word in shown for word in ("truth", "noisy:0.1", "blind", "regret", "of the", "gap"))
    video = tmp_path / "run.mp4"
    assert watch.main([folder, "--record", str(video), "--steps", "3", "--slot", "perception=truth"]) == 0
    assert video.stat().st_size > 1000


def test_a_component_that_has_changed_is_refused_when_the_run_goes_on(model, tmp_path):
    start(tmp_path / "run", model).train()
    component = Component.load(model)
    with torch.no_grad():
        component.scale += 1.0
    component.save(model)
    with pytest.raises(ValueError, match="has changed: its fingerprint is"):
        Run.open(tmp_path / "run").train()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([SORTER, "--slot", "perception"], "--slot takes NAME=FILLING, such as perception=truth, got 'perception'"),
        ([SORTER, "--slot", "preception=truth"], "has no slot 'preception'; did you mean 'perception'"),
        (["ludus/Pendulum-v1", "--slot", "camera=raw"], "ludus/Pendulum-v1 has no slot 'camera'; it has none"),
        ([SORTER, "--slot", "perception=nowhere"], "cannot be filled with 'nowhere'"),
    ],
)
def test_wrong_slots_are_refused_before_anything_is_written(arguments, words, tmp_path):
    with pytest.raises(ValueError, match=words):
        train.main([*arguments, "--steps", "512", "--run", str(tmp_path / "run")])
    assert not (tmp_path / "run").exists()


def test_two_slots_cannot_be_compared_at_once(tmp_path):
    with pytest.raises(ValueError, match="one slot can have several fillings"):
        evaluate.main([SORTER, "--policy", "heuristic", "--slot", "a=truth,raw", "--slot", "b=truth,raw"])


def test_a_policy_that_cannot_see_what_a_filling_shows_is_refused_in_one_line(tmp_path, capsys):
    Run.start(tmp_path / "run", configure(SORTER, "pqn", {"num_envs": 8}, steps=256, environment=WORLD)).train()
    assert main(["evaluate", str(tmp_path / "run"), "--slot", "perception=truth,raw"]) == 1
    said = capsys.readouterr().err
    assert "the agent was trained where it observes" in said
    assert said.count("\n") == 1
