"""The randomisation study: is an agent better in worlds that it never met if its training sampled worlds?

Two arms train the same agent for as long on `ludus/Pendulum-v1`: one on a rod of 1 kg, always, and one on a rod whose
mass is sampled anew for each episode. Neither is told the mass. Then both play greedily with rods of masses inside and
outside the range, the same starts for both; so does the environment's reference policy, which knows the mass.

A training is a pair (arm, seed); its results stand in the CSV, one line per mass, as soon as it is done. A study that
was stopped goes on with those that are missing; trainings of other settings count as missing.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from ..agents.evaluation import EVALUATION_SEED, Evaluation, evaluate, greedy_policy, heuristic_policy
from ..agents.runs.config import configure
from ..envs.make import make_batch
from ..utils.command_line import output_folder
from ..utils.intervals import FEWEST, half_said, student_interval
from ..utils.tables import results_table
from ..utils.wording import counted
from .command import StudyArguments, tell_files
from .plotting import BLUE, RED, import_pyplot, save_figure
from .rows import digest, read_rows, write_rows
from .training import learn

ENVIRONMENT, AGENT = "ludus/Pendulum-v1", "ppo"
PARAMETER, UNIT, FIXED, RANGE = "mass", "kg", 1.0, (0.5, 2.0)
VALUES = (0.25, 0.4, 0.6, 0.8, 1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 2.5, 3.0)  # at which both are judged
ARMS = ("fixed", "randomised")
EPISODES = 256  # per value
DESCRIPTION = """Pendulum: training on many masses or on one, both judged on others, inside the range and outside.

  ludus study randomisation --seeds 5"""


@dataclass(kw_only=True)
class Arguments(StudyArguments):
    seeds: int = 5
    """Two trainings each: with one mass, and with many."""
    steps: int = 300_000
    """Environment steps of each training."""


@dataclass(frozen=True)
class Judged:
    """What one training earns at one value of the parameter."""

    arm: str
    seed: int
    steps: int  # of the training
    value: float
    mean: float  # return over greedy episodes
    seconds: float  # of the training
    setting: str  # a hash of all that decides it

    @property
    def key(self) -> tuple[str, int, float]:
        return self.arm, self.seed, self.value


def environment_of(arm: str) -> dict[str, Any]:
    """The keywords of the worlds in which ``arm`` learns."""
    return {"randomize": {PARAMETER: RANGE}} if arm == "randomised" else {PARAMETER: FIXED}


def setting_of(arm: str, steps: int) -> str:
    """Eight letters that change with everything that decides a training and how it is judged, but for its seed."""
    config = asdict(configure(ENVIRONMENT, AGENT, environment=environment_of(arm), steps=steps))
    return digest([config, EPISODES, EVALUATION_SEED])


def judge(policy: Any, value: float) -> Evaluation:
    """Greedy episodes in the world where the parameter is ``value``; the same starts whatever it is."""
    parameters: dict[str, Any] = {PARAMETER: value}
    batch = make_batch(ENVIRONMENT, EPISODES, **parameters)
    try:
        return evaluate(batch, policy, EPISODES, EVALUATION_SEED)
    finally:
        batch.close()


def train(arm: str, seed: int, steps: int) -> list[Judged]:
    """One training, judged at each of ``VALUES``."""
    agent, seconds = learn(configure(ENVIRONMENT, AGENT, environment=environment_of(arm), steps=steps, seed=seed))
    policy, setting = greedy_policy(agent), setting_of(arm, steps)
    return [Judged(arm, seed, steps, value, round(judge(policy, value).mean, 4), seconds, setting) for value in VALUES]


def randomisation_study(
    seeds: int, steps: int, path: Path, progress: Callable[[str, int], None] = lambda *_: None
) -> list[Judged]:
    """Both arms with ``seeds`` seeds each, unless ``path`` holds them already; returns those asked for.

    Args:
        path: The CSV, rewritten after each training.
        progress: Called before each training with its arm and seed.

    Raises:
        ValueError: a single seed, no steps, or a CSV of something else.
    """
    if seeds < 2 or steps < 1:
        raise ValueError(f"the randomisation study needs --seeds >= 2 and --steps >= 1, got {seeds}, {steps}")
    rows = read(path)
    for seed in range(seeds):  # arm beside arm, so that a study that is stopped has pairs
        for arm in ARMS:
            wanted = {(arm, seed, value) for value in VALUES}
            setting = setting_of(arm, steps)
            if {row.key for row in rows if row.setting == setting} >= wanted:
                continue
            progress(arm, seed)
            rows = [row for row in rows if (row.arm, row.seed) != (arm, seed)] + train(arm, seed, steps)
            rows.sort(key=lambda row: row.key)
            write_rows(path, Judged, rows)
    return [row for row in rows if row.seed < seeds and row.value in VALUES]


def means(rows: Sequence[Judged], arm: str, value: float) -> np.ndarray:
    """(seeds,) mean returns of the trainings of ``arm`` at ``value``, in order of their seeds."""
    chosen = sorted((row for row in rows if (row.arm, row.value) == (arm, value)), key=lambda row: row.seed)
    return np.array([row.mean for row in chosen])


@dataclass(frozen=True)
class Line:
    """A line of the table: means over seeds and their 95 % intervals (Student's t)."""

    value: float
    fixed: tuple[float, float, float]  # mean, lower and upper end
    randomised: tuple[float, float, float]
    gain: tuple[float, float, float]  # what randomising gains, seed by seed
    reference: float  # of the policy that knows the value

    @property
    def inside(self) -> bool:
        """Whether the randomised training has met such worlds."""
        return RANGE[0] <= self.value <= RANGE[1]


def summarise(rows: Sequence[Judged]) -> list[Line]:
    """The results at each value."""
    lines = []
    for value in VALUES:
        fixed, randomised = (means(rows, arm, value) for arm in ARMS)
        columns = [(float(x.mean()), *student_interval(x.tolist())) for x in (fixed, randomised, randomised - fixed)]
        lines.append(Line(value, columns[0], columns[1], columns[2], judge(heuristic_policy, value).mean))
    return lines


def read(path: Path) -> list[Judged]:
    """The trainings in a CSV of this study; none if there is no file. ``ValueError`` if it is another file."""
    return read_rows(path, Judged)


def plot(lines: Sequence[Line], seeds: int, path: Path) -> None:
    """Mean return against the parameter, with intervals; the range of the training is shaded."""
    figure, axes = import_pyplot().subplots(figsize=(8, 4.6), layout="constrained")
    x = [line.value for line in lines]
    axes.axvspan(*RANGE, color=BLUE, alpha=0.07, linewidth=0, label="range of the randomised training")
    axes.axvline(FIXED, color=RED, linewidth=0.9, linestyle=":", label="value of the fixed training")
    axes.plot(
        x, [line.reference for line in lines], color="black", linewidth=0.9, linestyle="--",
        label=f"reference policy, which knows the {PARAMETER}",
    )  # fmt: skip
    for arm, color in zip(ARMS, (RED, BLUE), strict=True):
        mean, low, high = np.array([getattr(line, arm) for line in lines]).T
        axes.fill_between(x, low, high, color=color, alpha=0.18, linewidth=0)
        axes.plot(x, mean, color=color, marker="o", markersize=4, label=f"trained on {_worlds(arm)}")
    axes.set_xlabel(f"{PARAMETER} of the rod in {UNIT}, unknown to the agent")
    axes.set_ylabel("return of greedy episodes")
    axes.set_title(f"Pendulum, {AGENT}: mean of {counted(seeds, 'seed')} and its 95 % interval", fontsize=11)
    lowest = min(min(line.fixed[0], line.randomised[0]) for line in lines)
    axes.set_ylim(1.15 * lowest, 0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8.5, loc="lower left")
    save_figure(figure, path)


def _worlds(arm: str) -> str:
    return f"{FIXED:g} {UNIT}" if arm == "fixed" else f"{RANGE[0]:g} … {RANGE[1]:g} {UNIT}"


def table(lines: Sequence[Line], seeds: int, steps: int, seconds: float) -> Table:
    """A row per value; those that the randomised training never met are marked."""
    low, high = RANGE
    shown = results_table(
        (),
        (f"{PARAMETER}, {UNIT}", f"trained on {FIXED:g}", f"on {low:g} … {high:g}", "gain", "reference"),
        f"Return of {EPISODES} greedy episodes, {counted(seeds, 'seed')} of {steps:,} steps, 95\u00a0% intervals over "
        f"seeds, from {FEWEST} on. The randomised training met no others than {low:g} … {high:g} {UNIT}.\n"
        f"All trainings: {seconds:.0f} s.",
    )
    for line in lines:
        cells = [half_said(mean, top, 0) for mean, _, top in (line.fixed, line.randomised, line.gain)]
        shown.add_row(f"{line.value:g}{'' if line.inside else ' *'}", *cells, f"{line.reference:.0f}")
    return shown


def run(arguments: Arguments, console: Console) -> int:
    """`ludus study randomisation`."""
    seeds, steps, out = arguments.seeds, arguments.steps, output_folder(arguments.out)
    csv, png = out / "randomisation.csv", out / "randomisation.png"
    with console.status("") as status:
        rows = randomisation_study(seeds, steps, csv, lambda arm, seed: status.update(f"seed {seed}: {arm}"))
        status.update("the reference policy")
        lines = summarise(rows)
    plot(lines, seeds, png)
    seconds = sum({(row.arm, row.seed): row.seconds for row in rows}.values())
    console.print(table(lines, seeds, steps, seconds))
    console.print("* outside the range of the randomised training")
    tell_files(console, png, csv)
    return 0
