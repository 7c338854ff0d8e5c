"""The drift study: the force of CartPole's pushes reverses in the middle of the training.

An agent whose epsilon has fallen for good must unlearn what it knows with what little it tries; one whose epsilon rises
again tries on purpose.
"""

import csv
import io
import math
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

from ..agents.batch_agent import config_from
from ..agents.pqn import PQN, PQNConfig
from ..agents.runs.config import preset
from ..envs.make import make_batch
from ..utils.command_line import output_folder
from ..utils.files import write_atomically
from ..utils.tables import results_table
from ..utils.wording import counted
from .command import StudyArguments, tell_files
from .plotting import BLUE, RED, WIDTHS, import_pyplot, save_figure

ENVIRONMENT = "ludus/CartPole-v1"
FORCE_BEFORE, FORCE_AFTER = 10.0, -10.0  # N
EVERY = 2_000  # steps between two points of a curve
LEVELS = (195.0, 475.0)  # mean returns at which CartPole counts as solved again (v0's threshold, v1's)
DESCRIPTION = """The force of CartPole reverses half-way through the training: does it help if epsilon rises again?

  ludus study drift --seeds 5 --out results"""


@dataclass(kw_only=True)
class Arguments(StudyArguments):
    seeds: int = 5
    """Trainings with and without the rise of epsilon."""
    steps: int = 200_000
    """Environment steps of a training, whose world changes half-way."""


@dataclass(frozen=True)
class Curve:
    """The training of one seed: mean return of the episodes that ended since the point before, and epsilon."""

    reheats: bool
    seed: int
    steps: np.ndarray  # (P,)
    returns: np.ndarray  # (P,), NaN where no episode ended
    epsilons: np.ndarray  # (P,)

    def recovery(self, change: int, level: float) -> float:
        """Steps from the change until the return, having dropped below ``level``, is back there; infinite if never.

        The first points after the change still hold episodes of the world before it, so the drop comes first.
        """
        after = self.steps > change
        below = after & (self.returns < level)
        if not below.any():
            return 0.0
        back = after & (self.steps > self.steps[below][0]) & (self.returns >= level)
        return float(self.steps[back][0] - change) if back.any() else float("inf")


class _Trace(BaseCallback):
    def __init__(self) -> None:
        super().__init__()
        self.points: list[tuple[int, float, float]] = []

    def _on_step(self) -> bool:
        return True

    def _on_rollout_start(self) -> None:
        agent: Any = self.model
        if agent.num_timesteps >= EVERY * (len(self.points) + 1):
            mean = agent.statistics.take().get("rollout/return", float("nan"))
            self.points.append((agent.num_timesteps, mean, agent.epsilon))


def train_through_drift(seed: int, reheats: bool, steps: int) -> Curve:
    """One training on CartPole whose force reverses half-way."""
    values = {key: value for key, value in preset(ENVIRONMENT, "pqn").items() if key not in ("steps", "evaluate_every")}
    # A learning rate that falls to nothing could not learn the second world: it stays where it is in both arms.
    values.update(
        epsilon_fraction=0.1,
        epsilon_end=0.01,
        learning_rate_end=1.0,
        reheat_height=0.3 if reheats else 0.0,
        reheat_half_life=20.0,
    )
    config = config_from(PQNConfig, "pqn", values)
    change = steps // 2 // config.num_envs
    batch = make_batch(ENVIRONMENT, config.num_envs, drift={"force": {"to": FORCE_AFTER, "at": change}})
    agent = PQN(batch, config, seed)
    agent.set_logger(Logger(None, []))
    trace = _Trace()
    agent.learn(steps, trace, log_interval=10**9)
    batch.close()
    points = np.array(trace.points)
    return Curve(reheats, seed, points[:, 0], points[:, 1], points[:, 2])


def drift_study(seeds: int, steps: int, progress: Callable[[str], None]) -> list[Curve]:
    """``seeds`` trainings with and without the rise of epsilon."""
    curves = []
    for seed in range(seeds):
        for reheats in (False, True):
            began = time.perf_counter()
            curves.append(train_through_drift(seed, reheats, steps))
            arm = "rises again" if reheats else "falls for good"
            progress(f"seed {seed}, epsilon {arm}: {time.perf_counter() - began:.0f} s")
    return curves


def save_curves(curves: list[Curve], path: Path) -> None:
    """All points as CSV: reheats, seed, steps, return, epsilon."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("reheats", "seed", "steps", "return", "epsilon"))
    for curve in curves:
        for point in zip(curve.steps, curve.returns, curve.epsilons, strict=True):
            writer.writerow((int(curve.reheats), curve.seed, int(point[0]), f"{point[1]:.3f}", f"{point[2]:.4f}"))
    write_atomically(path, text.getvalue().encode())


def plot_curves(curves: list[Curve], steps: int, path: Path) -> None:
    """Two panels: the return with its spread over seeds, and epsilon."""
    figure, (above, below) = import_pyplot().subplots(
        2, 1, figsize=(8, 5.5), sharex=True, height_ratios=(3, 1), layout="constrained"
    )
    arms = ((False, RED, "epsilon falls for good"), (True, BLUE, "epsilon rises again"))
    for reheats, color, label in arms:
        arm = [curve for curve in curves if curve.reheats == reheats]
        length = min(len(curve.steps) for curve in arm)
        x = arm[0].steps[:length] / 1000
        returns = np.array([filled(curve.returns[:length]) for curve in arm])
        above.plot(x, np.median(returns, axis=0), color=color, linewidth=WIDTHS[color], label=label)
        above.fill_between(x, returns.min(axis=0), returns.max(axis=0), color=color, alpha=0.15, linewidth=0)
        epsilon = np.mean([curve.epsilons[:length] for curve in arm], axis=0)
        below.plot(x, epsilon, color=color, linewidth=WIDTHS[color])
    for axes in (above, below):
        axes.axvline(steps / 2000, color="black", linewidth=0.8, linestyle=":")
        axes.spines[["top", "right"]].set_visible(False)
    above.annotate("the force reverses", (steps / 2000, 20), xytext=(-96, 0), textcoords="offset points", fontsize=9)
    above.set_ylabel("return of the training episodes")
    above.set_title(
        f"CartPole whose force reverses: median and range of {counted(len(curves) // 2, 'seed')}", fontsize=11
    )
    above.legend(frameon=False, loc="lower right")
    below.set_ylabel("epsilon")
    below.set_xlabel("environment steps (thousands)")
    save_figure(figure, path)


def filled(values: np.ndarray) -> np.ndarray:
    """The values with each NaN replaced by the one before (0 at the start)."""
    result = values.copy()
    for i in range(len(result)):
        if np.isnan(result[i]):
            result[i] = result[i - 1] if i else 0.0
    return result


def table(curves: list[Curve], seeds: int, steps: int) -> Table:
    """A row per arm: how long it takes to recover, and what it earns at the end."""
    figures = [f"steps to {level:.0f} after the\nchange: median (all)" for level in LEVELS]
    caption = f"{counted(seeds, 'seed')}, {steps:,} steps, change half-way"
    shown = results_table(("epsilon",), (*figures, "return of the\nlast tenth"), caption)
    for reheats, label in ((False, "falls for good"), (True, "rises again")):
        arm = [curve for curve in curves if curve.reheats == reheats]
        cells = []
        for level in LEVELS:
            times = sorted(curve.recovery(steps // 2, level) for curve in arm)
            cells.append(f"{_steps(float(np.median(times)))} ({' '.join(map(_steps, times))})")
        last = np.nanmean([curve.returns[-len(curve.returns) // 10 :] for curve in arm])
        shown.add_row(label, *cells, f"{last:.0f}")
    return shown


def _steps(count: float) -> str:
    return f"{count:,.0f}" if math.isfinite(count) else "never"


def run(arguments: Arguments, console: Console) -> int:
    """`ludus study drift`."""
    seeds, steps = arguments.seeds, arguments.steps
    if seeds < 1 or steps < 20 * EVERY:
        raise ValueError(f"the drift study needs --seeds >= 1 and --steps >= {20 * EVERY}, got {seeds} and {steps}")
    out = output_folder(arguments.out)
    curves = drift_study(seeds, steps, console.print)
    save_curves(curves, out / "drift.csv")
    plot_curves(curves, steps, out / "drift.png")
    console.print(table(curves, seeds, steps))
    tell_files(console, out / "drift.png", out / "drift.csv")
    return 0
