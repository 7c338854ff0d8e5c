"""A training of an agent without a folder, as studies need many."""

import time
from collections.abc import Callable
from typing import Any

from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Logger

from ..agents import registry
from ..agents.runs.config import RunConfig
from ..agents.runs.curriculum import keywords_of
from ..envs.make import make_batch


class _Tell(BaseCallback):
    def __init__(self, progress: Callable[[float], Any], steps: int) -> None:
        super().__init__()
        self.progress, self.steps = progress, steps

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        self.progress(self.model.num_timesteps / self.steps)


def learn(config: RunConfig, progress: Callable[[float], Any] = lambda share: None) -> tuple[registry.Agent, float]:
    """Train as a run of ``config`` would, without its folder, curves and checkpoints.

    Args:
        progress: Called now and then with the share of the steps that are done.

    Returns:
        The agent, and the seconds of the training.
    """
    batch = make_batch(config.env, config.hyperparameters["num_envs"], **keywords_of(config))
    try:
        batch.seed_from(config.seed)
        agent = registry.make(config.agent, batch, config.hyperparameters, config.seed)
        agent.set_logger(Logger(None, []))
        began = time.perf_counter()
        agent.learn(config.steps, _Tell(progress, config.steps))
        return agent, round(time.perf_counter() - began, 1)
    finally:
        batch.close()
