"""Policies for tests: runs of a few steps, of which nothing matters but that they are the same each time."""

from pathlib import Path
from typing import Any

import pytest

import ludus
from commands_stage import TINY
from ludus.agents.runs import callback
from ludus.agents.runs.config import configure
from ludus.agents.runs.run import Run

SETTINGS: dict[str, dict[str, Any]] = {
    "tabular": {"num_envs": 4, "rollout_steps": 8},
    "ppo": {"num_envs": 4, "n_steps": 8, "batch_size": 32, "n_epochs": 1},
    "a2c": {"num_envs": 4, "n_steps": 8},
    "maskable_ppo": {"num_envs": 4, "n_steps": 8, "batch_size": 32, "n_epochs": 1},
    "dqn": {"num_envs": 4, "learning_starts": 16, "buffer_size": 100},
    "sac": {"num_envs": 4, "learning_starts": 16, "buffer_size": 100},
    "td3": {"num_envs": 4, "learning_starts": 16, "buffer_size": 100},
}


def train_run(folder: Path, env: str, agent: str, values: dict[str, Any] | None = None, **environment: Any) -> Run:
    """A finished run without pictures, whose drawing would have to be compiled."""
    given = {**SETTINGS.get(agent, TINY), **(values or {})}
    config = configure(
        env, agent, given, tuned={}, environment=environment, steps=64, evaluate_every=0, evaluation_episodes=1
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(callback, "rollout_gif", lambda batch, *_: batch.close())
        run = Run.start(folder, config)
        run.train()
    return run


def train_policy(
    folder: Path, env: str, agent: str, values: dict[str, Any] | None = None, **environment: Any
) -> "ludus.TrainedPolicy":
    """What such a run has learned."""
    return ludus.load(train_run(folder, env, agent, values, **environment).folder)
