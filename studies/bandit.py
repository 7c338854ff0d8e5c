"""The bandit study: what it is worth to make mistakes, in a world that stays, one that wanders, and one that changes.

Sutton & Barto 2018, *Reinforcement Learning: An Introduction*: figure 2.2 (how often to explore), exercise 2.5 (sample
averages against a constant step size while the values wander), and the same learners where the values are sampled anew.

Every run is a learner of its own: a batch of `ludus/Bandit-v0` with one table per environment, learned by the agent of
`ludus train --agent tabular`. All learners of a world meet the same arms and the same luck (an environment samples the
same random numbers whatever is done), so what they earn can be compared run by run.
"""

import csv
import io
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Logger

from ..agents.tabular import Tabular, TabularConfig
from ..envs.make import make_batch
from ..utils.command_line import output_folder
from ..utils.files import write_atomically
from ..utils.intervals import normal_interval
from ..utils.tables import results_table
from ..utils.wording import counted
from .command import StudyArguments, tell_files
from .plotting import BLUE, RED, import_pyplot, save_figure

ENVIRONMENT = "ludus/Bandit-v0"
POINTS = 100  # of a curve; each is the mean over the steps since the one before
# Reward per step and pulls of the best arm at step 1,000 of figure 2.2, read off by eye. The text says the same about
# epsilon 0: a reward of about 1, and the best arm in about one third of the tasks.
PUBLISHED = {0.1: "1.4, 80 %", 0.01: "1.3, 60 %", 0.0: "1.0, 1 in 3"}
DESCRIPTION = """Ten arms: what it costs never to explore, and how fast to forget.

  ludus study bandit --seeds 2000"""


@dataclass(kw_only=True)
class Arguments(StudyArguments):
    seeds: int = 2_000
    """Runs of each learner."""
    steps: int = 1_000
    """Steps of a run whose values stay, a multiple of 100; a run whose values wander takes 10 times as many, one of
    changes 4 times."""


@dataclass(frozen=True)
class World:
    """A bandit and how long it is played."""

    name: str
    title: str
    length: int  # steps, as a multiple of the study's
    parameters: dict[str, float]
    learners: tuple["BanditLearner", ...]


@dataclass(frozen=True)
class BanditLearner:
    """How often it explores, and its step size: ``None`` for sample averages."""

    epsilon: float
    step_size: float | None
    color: str

    @property
    def label(self) -> str:
        learning = "sample average" if self.step_size is None else f"step size {self.step_size:g}"
        return f"epsilon {self.epsilon:g}, {learning}"


GREEDY, RARE, OFTEN = "#4d9a57", RED, BLUE
FADING = (  # the three learners of both worlds that do not stay
    BanditLearner(0.1, 0.1, OFTEN),
    BanditLearner(0.1, None, "#d79a2b"),
    BanditLearner(0.0, 0.1, GREEDY),
)


def worlds(steps: int) -> tuple[World, ...]:
    """The three worlds of a study whose shortest runs take ``steps`` steps."""
    testbed = (BanditLearner(0.1, None, OFTEN), BanditLearner(0.01, None, RARE), BanditLearner(0.0, None, GREEDY))
    return (
        World("stays", "values stay (figure 2.2)", 1, {}, testbed),
        World("wanders", "values wander (exercise 2.5)", 10, {"spread": 0.0, "walk": 0.01}, FADING),
        World("changes", f"values drawn anew every {steps:,} steps", 4, {"change_every": float(steps)}, FADING),
    )


@dataclass(frozen=True)
class Result:
    """What one kind of learner did in one world. P points of a curve, N runs."""

    world: World
    learner: BanditLearner
    steps: np.ndarray  # (P,)
    rewards: np.ndarray  # (P,) mean over runs and the steps since the point before
    best: np.ndarray  # (P,) share of pulls of the best arm
    possible: np.ndarray  # (P,) value of the best arm
    reward_of_run: np.ndarray  # (N,) mean reward of all steps
    late_reward_of_run: np.ndarray  # (N,) of the last tenth
    late_best_of_run: np.ndarray  # (N,) share of pulls of the best arm in the last tenth


class _Trace(BaseCallback):
    """Sums up what each run earns, step by step."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.length, self.step = steps, 0
        self.curves = np.zeros((3, steps))  # reward, best arm, value of the best arm: means over the runs

    def _on_training_start(self) -> None:
        self.batch: Any = self.model.batch  # type: ignore[attr-defined]
        self.possible = self._value_of_the_best()
        self.sums = np.zeros((3, self.batch.num_envs))  # reward; reward and best arm of the last tenth

    def _on_step(self) -> bool:
        reward, best = self.batch.buffers.reward, self.batch.records["was_best"]
        self.curves[:2, self.step] = reward.mean(), best.mean()
        # What the step could have earned was decided before it: after it, the values have moved on.
        self.curves[2, self.step], self.possible = self.possible, self._value_of_the_best()
        self.step += 1
        self.sums[0] += reward
        if self.step > self.length - self.length // 10:
            self.sums[1] += reward
            self.sums[2] += best
        return True

    def _value_of_the_best(self) -> float:
        return float(self.batch.records["values"].max(axis=1).mean())


def play(world: World, learner: BanditLearner, runs: int, steps: int, seed: int = 0) -> Result:
    """``runs`` independent learners in ``world``, whose runs take ``world.length * steps`` steps."""
    length = world.length * steps
    parameters: dict[str, Any] = dict(world.parameters)
    batch = make_batch(ENVIRONMENT, runs, max_episode_steps=None, **parameters)
    config = TabularConfig(
        num_envs=runs,
        rollout_steps=length,
        shared=False,
        gamma=0.0,
        sample_average=learner.step_size is None,
        step_size=learner.step_size or 0.1,
        epsilon_start=learner.epsilon,
        epsilon_end=learner.epsilon,
    )
    agent, trace = Tabular(batch, config, seed), _Trace(length)
    agent.set_logger(Logger(None, []))
    agent.learn(runs * length, trace)
    batch.close()
    every = length // POINTS
    rewards, best, possible = trace.curves.reshape(3, POINTS, every).mean(axis=2)
    reward, late_reward, late_best = trace.sums / np.array([[length], [length // 10], [length // 10]])
    points = np.arange(1, POINTS + 1) * every
    return Result(world, learner, points, rewards, best, possible, reward, late_reward, late_best)


def bandit_study(runs: int, steps: int, progress: Callable[[World, BanditLearner], None]) -> list[Result]:
    """All learners in all worlds; see ``check`` for what can be asked for."""
    check(runs, steps)
    results = []
    for world in worlds(steps):
        for learner in world.learners:
            progress(world, learner)
            results.append(play(world, learner, runs, steps))
    return results


def check(runs: int, steps: int) -> None:
    """``ValueError`` unless a study can be made of so many runs and steps."""
    if runs < 2 or steps < POINTS or steps % POINTS:
        raise ValueError(
            f"the bandit study needs --seeds >= 2 and --steps that are a multiple of {POINTS}, got {runs} and {steps}"
        )


def cost_of_greed(results: list[Result], world: str) -> tuple[float, float]:
    """Reward per step that epsilon 0 loses against epsilon 0.1 with the same step size, run by run, over all steps."""
    here = [result for result in results if result.world.name == world]
    greedy = next(result for result in here if result.learner.epsilon == 0.0)
    curious = next(r for r in here if r.learner.epsilon == 0.1 and r.learner.step_size == greedy.learner.step_size)
    return normal_interval(curious.reward_of_run - greedy.reward_of_run)


def save_results(results: list[Result], path: Path) -> None:
    """All points as CSV; ``step_size`` is empty for sample averages, ``possible`` the value of the best arm."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("world", "epsilon", "step_size", "steps", "reward", "best_arm", "possible"))
    for r in results:
        for step, *point in zip(r.steps.tolist(), r.rewards, r.best, r.possible, strict=True):
            head = (r.world.name, r.learner.epsilon, r.learner.step_size or "")
            writer.writerow((*head, step, *(f"{value:.4f}" for value in point)))
    write_atomically(path, text.getvalue().encode())


def plot_results(results: list[Result], path: Path) -> None:
    """A column per world: the reward above, how often the best arm was pulled below."""
    names = list(dict.fromkeys(result.world.name for result in results))
    figure, panels = import_pyplot().subplots(
        2, len(names), figsize=(12, 6), sharex="col", sharey="row", layout="constrained", squeeze=False
    )
    for name, (above, below) in zip(names, panels.T, strict=True):
        here = [result for result in results if result.world.name == name]
        above.plot(
            here[0].steps, here[0].possible, color="black", linewidth=0.8, linestyle=":", label="best arm's value"
        )
        for result in here:
            above.plot(result.steps, result.rewards, color=result.learner.color, linewidth=1.4)
            below.plot(result.steps, 100 * result.best, color=result.learner.color, label=result.learner.label)
        above.set_title(here[0].world.title, fontsize=11)
        below.legend(frameon=False, fontsize=8.5)
        below.set_xlabel("steps")
        for axes in (above, below):
            axes.spines[["top", "right"]].set_visible(False)
    panels[0, 0].legend(frameon=False, fontsize=8.5)
    panels[0, 0].set_ylabel("reward per step")
    panels[1, 0].set_ylabel("pulls of the best arm, %")
    panels[1, 0].set_ylim(0, 100)
    runs = len(results[0].reward_of_run)
    figure.suptitle(f"It is good to make mistakes: {runs:,} runs of each learner on ten arms", fontsize=12)
    save_figure(figure, path)


def table(results: list[Result], seconds: float) -> Table:
    """A row per learner, of the last tenth of its steps."""
    runs = len(results[0].reward_of_run)
    shown = results_table(
        ("values",),
        ("epsilon", "step size", "reward", "best arm, %", "figure 2.2"),
        f"The last tenth of the steps. {counted(runs, 'run')} of each learner, seeds from 0 on, "
        f"95\u00a0% intervals; {seconds:.0f} s on {os.cpu_count()} cores.",
    )
    before = None
    for result in results:
        learner, world = result.learner, result.world
        reward, best = (normal_interval(x) for x in (result.late_reward_of_run, 100 * result.late_best_of_run))
        if before not in (None, world.name):
            shown.add_row()
        shown.add_row(
            "" if world.name == before else world.name,
            f"{learner.epsilon:g}",
            "1/N" if learner.step_size is None else f"{learner.step_size:g}",
            f"{reward[0]:.3f} ± {reward[1]:.3f}",
            f"{best[0]:.1f} ± {best[1]:.1f}",
            PUBLISHED[learner.epsilon] if world.name == "stays" else "",
        )
        before = world.name
    return shown


def run(arguments: Arguments, console: Console) -> int:
    """`ludus study bandit`."""
    check(arguments.seeds, arguments.steps)
    out, began = output_folder(arguments.out), time.perf_counter()
    with console.status("") as status:
        results = bandit_study(
            arguments.seeds, arguments.steps, lambda world, learner: status.update(f"{world.title}: {learner.label}")
        )
    seconds = time.perf_counter() - began
    save_results(results, out / "bandit.csv")
    plot_results(results, out / "bandit.png")
    console.print(table(results, seconds))
    console.print("What epsilon 0 earns less than epsilon 0.1, per step over the whole run:")
    for name in ("stays", "wanders", "changes"):
        mean, half = cost_of_greed(results, name)
        console.print(f"  {name:8} {mean:.3f} ± {half:.3f}")
    tell_files(console, out / "bandit.png", out / "bandit.csv")
    return 0
