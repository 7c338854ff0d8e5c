"""The learning figures of ``ludus benchmark``: seconds to a level, and the level after some minutes.

The time of evaluations does not count. Sides take turns, seed by seed; the torch threads of a side are those of its
preset.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Logger

from ..agents import registry
from ..agents.evaluation import EVALUATION_SEED, evaluate, greedy_policy
from ..agents.runs.config import configure
from ..agents.runs.run import budget
from ..envs.make import make_batch
from ..utils.wording import counted
from .race import OURS, Config, Row, make_row

CARTPOLE = "ludus/CartPole-v1"
LEVEL, EPISODES, EVERY = 475.0, 100, 10_000  # CartPole counts as learned; greedy episodes; steps between evaluations

# RL-Zoo's tuned PPO for CartPole-v1 (DLR-RM/rl-baselines3-zoo, hyperparams/ppo.yml); `lin_x` falls from x to 0.
PPO_ENVS, PPO_STEPS = 8, 100_000
PPO: dict[str, Any] = {
    "n_steps": 32,
    "batch_size": 256,
    "gae_lambda": 0.8,
    "gamma": 0.98,
    "n_epochs": 20,
    "ent_coef": 0.0,
    "learning_rate": lambda left: left * 0.001,
    "clip_range": lambda left: left * 0.2,
}
PPO_THREADS = 1  # of torch: faster than 2 for networks of this size


class Clock(BaseCallback):
    """Stops a training when ``measure(agent)`` reaches ``level``, and keeps the training's own seconds."""

    def __init__(self, measure: Callable[[Any], float], level: float, every: int, at_rollouts: bool) -> None:
        super().__init__()
        self.measure, self.level, self.every, self.at_rollouts = measure, level, every, at_rollouts
        self.seconds = self.steps = float("inf")
        self.due, self.paused = every, 0.0
        self.reached = False

    def _on_training_start(self) -> None:
        self.began = time.perf_counter()

    def _on_rollout_start(self) -> None:
        if self.at_rollouts:
            self._look()

    def _on_step(self) -> bool:
        if not self.at_rollouts:
            self._look()
        return not self.reached

    def _look(self) -> None:
        if self.model.num_timesteps < self.due or self.reached:
            return
        self.due += self.every
        paused = time.perf_counter()
        value = self.measure(self.model)
        self.paused += time.perf_counter() - paused
        if value >= self.level:
            self.reached = True
            self.seconds = paused - self.began - (self.paused - (time.perf_counter() - paused))
            self.steps = self.model.num_timesteps


def ours_on_cartpole(name: str, seed: int) -> Clock:
    """Train the agent ``name`` with its preset until it balances."""
    config = configure(CARTPOLE, name, seed=seed)
    batch = make_batch(CARTPOLE, config.hyperparameters["num_envs"])
    judge = make_batch(CARTPOLE, EPISODES)
    agent: Any = registry.make(name, batch, config.hyperparameters, seed)
    agent.set_logger(Logger(None, []))

    def measure(agent: Any) -> float:
        return evaluate(judge, greedy_policy(agent), EPISODES, EVALUATION_SEED).mean

    clock = Clock(measure, LEVEL, EVERY, True)
    agent.learn(config.steps, clock, log_interval=10**9)
    return clock


def theirs_on_cartpole(seed: int) -> Clock:
    """Train SB3's PPO with RL-Zoo's preset, on SB3's own vector environment, until it balances."""
    from stable_baselines3 import PPO as Algorithm
    from stable_baselines3.common.env_util import make_vec_env

    torch.set_num_threads(PPO_THREADS)
    judge = make_batch(CARTPOLE, EPISODES)  # Gymnasium's rules, so that evaluating does not take all day

    def act(batch: Any) -> np.ndarray:
        return agent.predict(batch.buffers.observation, deterministic=True)[0]

    agent = Algorithm("MlpPolicy", make_vec_env("CartPole-v1", PPO_ENVS, seed=seed), seed=seed, device="cpu", **PPO)
    clock = Clock(lambda _: evaluate(judge, act, EPISODES, EVALUATION_SEED).mean, LEVEL, EVERY, False)
    agent.learn(PPO_STEPS, clock)
    return clock


def learn_cartpole(config: Config) -> list[Row]:
    """Seconds that ``pqn`` needs, beside SB3's PPO."""
    return _to_level("pqn", "5 x PPO", config)


def learn_ppo(config: Config) -> list[Row]:
    """Seconds that PPO needs on Ludus' batch, beside PPO on SB3's own vector environment."""
    return _to_level("ppo", "4 x SB3's", config)


def _to_level(name: str, target: str, config: Config) -> list[Row]:
    """Seconds to a mean of 475 over 100 greedy episodes, looked at every 10,000 steps."""
    ours = f"{OURS} {name}"
    sides: dict[str, Callable[[int], Clock]] = {ours: partial(ours_on_cartpole, name)}
    if config.peers:
        sides["SB3 PPO, RL-Zoo preset"] = theirs_on_cartpole
    ours_on_cartpole(name, 0)  # compiles and warms up
    clocks: dict[str, list[Clock]] = {side: [] for side in sides}
    for seed in range(config.seeds):
        for side, train in sides.items():
            clocks[side].append(train(seed))
    seconds = {side: [clock.seconds for clock in runs] for side, runs in clocks.items()}
    rows = []
    for side, values in seconds.items():
        steps = ", ".join(f"{clock.steps:,.0f}" for clock in clocks[side])
        work = f"CartPole, seconds to {LEVEL:.0f}, {counted(config.seeds, 'seed')}"
        row = make_row(work, f"{side} (steps {steps})", 0, values, "s", target=target)
        ratio = float(np.median(values) / np.median(seconds[ours]))
        rows.append(row if side == ours else replace(row, ratio=ratio, target=""))
    return rows


def learn_snake(config: Config) -> list[Row]:
    """Mean fruit of 256 greedy games after some minutes of training, time of evaluations excluded."""
    values, steps = [], 0
    for seed in range(config.seeds):
        size = budget("ludus/Snake-v1", 60.0 * config.minutes)
        run = configure("ludus/Snake-v1", seed=seed, **size)
        batch = make_batch(run.env, run.hyperparameters["num_envs"])
        agent: Any = registry.make(run.agent, batch, run.hyperparameters, seed)
        agent.set_logger(Logger(None, []))
        agent.learn(run.steps, log_interval=10**9)
        values.append(evaluate(make_batch(run.env, 256), greedy_policy(agent), 256, EVALUATION_SEED).mean)
        steps = run.steps
    work = f"Snake, fruit of 256 greedy games after {config.minutes:g} minutes, {counted(config.seeds, 'seed')}"
    return [make_row(work, f"{OURS} pqn (steps {steps:,})", 0, values, "fruit", target=">= 50 after 10")]
