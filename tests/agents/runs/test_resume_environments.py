"""Exact resume of a training in every environment: interrupted anywhere, it ends with the bits of the one that was not.

`test_resume.py` kills whole processes, with few environments; here all of them are trained for a moment.
"""

import gymnasium
import pytest
import torch

import ludus
from ludus.agents.runs.callback import load_latest
from ludus.agents.runs.config import configure
from ludus.agents.runs.run import Run

STEPS = 1024
PQN = {
    "num_envs": 8,
    "rollout_steps": 16,
    "minibatches": 2,
    "hidden": [16],
    "conv": [],
    "center": None,
    "input_scale": None,
}
PPO = {"num_envs": 8, "n_steps": 16, "batch_size": 64, "n_epochs": 2, "normalize": True, "center": None}


def run_config(id):
    discrete = isinstance(gymnasium.make(id).action_space, gymnasium.spaces.Discrete)
    agent, hyperparameters = ("pqn", PQN) if discrete else ("ppo", PPO)
    limit = {"max_episode_steps": 40}  # so that there are ends within a moment, and the evaluation is short
    return configure(
        id,
        agent,
        hyperparameters,
        seed=3,
        steps=STEPS,
        environment=limit,
        evaluate_every=0,
        evaluation_episodes=4,
        checkpoint_seconds=0.0,
    )


class Stop(Exception):
    """Somebody pulls the plug."""


def stop_at(steps):
    def watch(progress):
        if progress.done >= steps:
            raise Stop

    return watch


@pytest.mark.parametrize("id", ludus.ENVIRONMENTS)
def test_an_interrupted_training_ends_with_the_same_bits(id, tmp_path, monkeypatch):
    monkeypatch.setattr("ludus.agents.runs.callback.rollout_gif", lambda *_: None)  # pictures take most of the time
    whole = Run.start(tmp_path / "whole", run_config(id))
    whole.train()
    broken = Run.start(tmp_path / "broken", run_config(id))
    monkeypatch.setattr("ludus.training.progress.time.monotonic", iter(range(10**9)).__next__)  # reports at each moment
    with pytest.raises(Stop):
        broken.train(stop_at(STEPS // 2))
    monkeypatch.undo()
    assert 0 < load_latest(tmp_path / "broken").steps < STEPS
    monkeypatch.setattr("ludus.agents.runs.callback.rollout_gif", lambda *_: None)
    Run.open(tmp_path / "broken").train()
    one, other = (load_latest(tmp_path / name) for name in ("whole", "broken"))
    assert one.steps == other.steps >= STEPS
    assert one.tensors.keys() == other.tensors.keys()
    for name, tensor in one.tensors.items():
        assert torch.equal(tensor, other.tensors[name]), name
    assert one.parts == other.parts
    assert one.parts
