"""A race between Ludus and its peers: sides that take turns, and the rows of a table.

All sides of a comparison take turns (A B A B …) in one run, because the speed of a machine drifts by more than many a
difference: a ratio is the median of the ratios of the rounds, a rate the median of the rates. Every side gets the same
uniformly random actions and is called as its users call it, at its defaults.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import gymnasium

OURS = "Ludus"


@dataclass(frozen=True)
class Config:
    """How much is measured, and against whom."""

    rounds: int = 7  # turns of each side
    seconds: float = 0.2  # length of a turn
    num_envs: tuple[int, ...] = ()  # instead of each section's own numbers of environments
    peers: bool = False  # measure Gymnasium's own environments, too
    peers_python: Path | None = None  # an interpreter that has EnvPool; None leaves EnvPool out
    seeds: int = 5  # trainings of each side in the sections about learning
    minutes: float = 10.0  # of training in `learn-snake`


@dataclass(frozen=True)
class Row:
    """One line of a table."""

    work: str
    side: str
    num_envs: int
    value: float  # median over the rounds
    lowest: float
    highest: float
    unit: str
    rounds: int
    ratio: float | None = None  # how many times as fast Ludus is, the median over the rounds; None for Ludus itself
    target: str = ""  # what the project asks of Ludus here


@dataclass
class Side:
    """One contender: ``run(steps)`` takes so many steps and returns the seconds; ``per_step`` units of work each."""

    name: str
    run: Callable[[int], float]
    per_step: int = 1
    steps: int = 1
    rates: list[float] = field(default_factory=list)  # units of work per second, one per round

    def calibrate(self, seconds: float) -> None:
        """Find how many steps make a turn of about ``seconds``; also the warm-up."""
        self.run(1)
        while (taken := self.run(self.steps)) < seconds / 8:
            self.steps *= 2
        self.steps = max(1, round(self.steps * seconds / taken))


def race(work: str, num_envs: int, sides: Sequence[Side], config: Config, unit: str, target: str = "") -> list[Row]:
    """Let the sides take turns; the first is ours. Returns a row per side."""
    for side in sides:
        side.calibrate(config.seconds)
    for _ in range(config.rounds):
        for side in sides:
            side.rates.append(side.steps * side.per_step / side.run(side.steps))
    ours = sides[0]
    rows = [make_row(work, ours.name, num_envs, ours.rates, unit, target=target)]
    for side in sides[1:]:
        ratio = statistics.median(a / b for a, b in zip(ours.rates, side.rates, strict=True))
        rows.append(make_row(work, side.name, num_envs, side.rates, unit, ratio=ratio))
    return rows


def make_row(work: str, side: str, num_envs: int, values: Sequence[float], unit: str, **rest: Any) -> Row:
    middle = statistics.median(values)
    return Row(work, side, num_envs, middle, min(values), max(values), unit, len(values), **rest)


# --- The sides -------------------------------------------------------------------------------------------------------


def vector_side(name: str, env: gymnasium.vector.VectorEnv) -> Side:
    """``env.step`` with random actions, at the environment's own autoreset."""
    env.reset(seed=0)
    env.action_space.seed(0)
    return stepping_side(name, env, [env.action_space.sample() for _ in range(16)])


def stepping_side(name: str, env: Any, actions: Sequence[Any]) -> Side:
    """``env.step``, Gymnasium's or SB3's, with the 16 ``actions`` in turn."""

    def run(steps: int) -> float:
        start = time.perf_counter()
        for k in range(steps):
            env.step(actions[k % 16])
        return time.perf_counter() - start

    return Side(name, run, env.num_envs)


def single_side(name: str, env: gymnasium.Env) -> Side:
    """The loop that everybody writes: step, and reset when an episode has ended."""
    env.reset(seed=0)

    def run(steps: int) -> float:
        start = time.perf_counter()
        for k in range(steps):
            _, _, terminated, truncated, _ = env.step(k & 1)
            if terminated or truncated:
                env.reset()
        return time.perf_counter() - start

    return Side(name, run)
