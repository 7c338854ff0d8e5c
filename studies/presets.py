"""The presets study: what every tuned agent earns, trained anew over several seeds.

A training is what `ludus train ENV --agent AGENT --seed S` does, judged once at its end by the one evaluation. A line
of the CSV is one training, written when it is done; a study that was stopped goes on with those that are missing. A
preset that has changed since counts as missing.
"""

import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import yaml
from rich.console import Console
from rich.table import Table

from ..agents.runs.callback import RunProgress
from ..agents.runs.config import PRESETS, configure
from ..agents.runs.run import Run
from ..envs import ENVIRONMENTS
from ..utils.command_line import output_folder
from ..utils.intervals import student_interval
from ..utils.tables import results_table
from ..utils.wording import did_you_mean, format_score
from .command import StudyArguments
from .rows import add_row, digest, machine, read_rows

EPISODES = 256  # greedy ones, the same for every agent of an environment
# What is learned of a bandit holds for one episode: its learners are judged while they learn, by `bandit.py`.
LEFT_OUT = ("ludus/Bandit-v0",)
WIDE = 140  # columns of the table
DESCRIPTION = """What every tuned agent earns, trained anew with several seeds. What the CSV holds is not trained again.

  ludus study presets --env ludus/Snake-v1
  ludus study presets --env ludus/Snake-v1 --agent pqn --seeds 5
  ludus study presets --markdown                # the table of docs/agents.md"""


@dataclass(kw_only=True)
class Arguments(StudyArguments):
    env: str | None = None
    """Only this environment's."""
    agent: str | None = None
    """Only this agent's."""
    seeds: int = 3
    """Trainings of each."""
    markdown: bool = False
    """Train nothing, print the CSV as the table of the README."""


@dataclass(frozen=True)
class Trained:
    """One training of a preset."""

    env: str
    agent: str
    seed: int
    steps: int
    mean: float  # return over the greedy episodes
    normalised: float  # NaN without reference scores
    success: float  # share of the episodes; NaN where the task cannot be solved
    seconds: float  # of the whole training: compilation, checkpoints and the evaluation included
    threads: int  # torch's
    preset: str  # a hash of all that decides the training
    machine: str


def pairs(env: str | None = None, agent: str | None = None) -> list[tuple[str, str]]:
    """(environment, agent) of all presets for Ludus' environments but ``LEFT_OUT``, or of those asked for.

    Raises:
        ValueError: nothing fits what was asked for.
    """
    known = [
        (id, name)
        for id in ENVIRONMENTS
        if id not in LEFT_OUT and (path := PRESETS / f"{id.replace('/', '-')}.yaml").exists()
        for name in yaml.safe_load(path.read_bytes())
    ]
    found = [(id, name) for id, name in known if env in (None, id) and agent in (None, name)]
    if not found:
        what = " ".join(filter(None, (env, agent)))
        agents = [name for id, name in known if id == env]
        if agents:
            raise ValueError(f"no preset for {what!r}; {env} has one for each of {', '.join(agents)}")
        raise ValueError(f"no preset for {what!r}{did_you_mean(env or '', {id for id, _ in known})}")
    return found


def presets_study(
    chosen: Sequence[tuple[str, str]],
    seeds: Sequence[int],
    path: Path,
    show: Callable[[str, int, RunProgress], None] = lambda *_: None,
) -> list[Trained]:
    """Train each (environment, agent) with each seed, unless ``path`` holds it already; returns those asked for.

    Args:
        show: Called during a training with its title, seed and progress.
    """
    rows = read(path)
    for env, agent in chosen:
        for seed in seeds:
            preset = preset_digest(env, agent)
            if any(_key(row) == (env, agent, seed) and row.preset == preset for row in rows):
                continue
            new = train(env, agent, seed, lambda progress: show(f"{env} · {agent}", seed, progress))  # noqa: B023
            rows = add_row(path, new, _key, _order)
    return [row for row in rows if (row.env, row.agent) in chosen and row.seed in seeds]


def train(env: str, agent: str, seed: int, show: Callable[[RunProgress], None] | None = None) -> Trained:
    """One training in a folder that is thrown away."""
    config = configure(env, agent, seed=seed, evaluate_every=0, evaluation_episodes=EPISODES, checkpoint_seconds=1e9)
    with tempfile.TemporaryDirectory() as folder:
        run = Run.start(Path(folder) / "run", config)
        began = time.perf_counter()
        result = run.train(show)
        seconds = time.perf_counter() - began
    return Trained(
        env=env,
        agent=agent,
        seed=seed,
        steps=config.steps,
        mean=round(result.mean, 4),
        normalised=float("nan") if result.normalised is None else round(result.normalised, 4),
        success=result.success if result.succeeds else float("nan"),
        seconds=round(seconds, 1),
        threads=config.hyperparameters.get("threads", 1),
        preset=preset_digest(env, agent),
        machine=machine(),
    )


def preset_digest(env: str, agent: str) -> str:
    """Eight letters that change with everything that decides a training of the preset, but for its seed."""
    return digest(asdict(configure(env, agent)))


def summary(rows: Sequence[Trained]) -> tuple[str, ...]:
    """The trainings of one preset for a table: steps, return, interval over seeds, worst … best, and so on."""
    means = [row.mean for row in rows]
    low, high = student_interval(means)
    normalised, success = (float(np.mean([getattr(row, name) for row in rows])) for name in ("normalised", "success"))
    return (
        f"{rows[0].steps:,}",
        format_score(float(np.mean(means))),
        "–" if np.isnan(low) else f"{format_score(low)} … {format_score(high)}",
        f"{format_score(min(means))} … {format_score(max(means))}",
        "–" if np.isnan(normalised) else f"{normalised:.2f}",
        "–" if np.isnan(success) else f"{success:.0%}",
        f"{np.median([row.seconds for row in rows]):.0f}",
    )


def markdown(rows: Sequence[Trained]) -> str:
    """The table of docs/agents.md: a line per environment and agent, in the order of the environments."""
    columns = ("environment", "agent", "seeds", "steps", "return", "95 % interval", "worst … best seed")
    lines = ["| " + " | ".join((*columns, "normalised", "success", "seconds")) + " |", "|---|---|" + "---:|" * 8]
    found = dict.fromkeys((row.env, row.agent) for row in sorted(rows, key=_order))
    for env, agent in found:
        own = [row for row in rows if (row.env, row.agent) == (env, agent)]
        lines.append("| " + " | ".join((f"`{env}`", f"`{agent}`", str(len(own)), *summary(own))) + " |")
    return "\n".join(lines)


def read(path: Path) -> list[Trained]:
    """The trainings in a CSV of this study; none if there is no file.

    Raises:
        ValueError: the file is none of this study.
    """
    return read_rows(path, Trained)


def _key(row: Trained) -> tuple[str, str, int]:
    return row.env, row.agent, row.seed


def _order(row: Trained) -> tuple[int, str, int]:
    known = list(ENVIRONMENTS)
    return known.index(row.env) if row.env in known else len(known), row.agent, row.seed


def table(chosen: Sequence[tuple[str, str]], rows: Sequence[Trained], caption: str) -> Table:
    """A row per environment and agent."""
    figures = ("steps", "return", "95 % interval", "worst … best seed", "normalised", "success", "seconds")
    shown = results_table(("environment", "agent"), figures, caption)
    for env, agent in chosen:
        shown.add_row(env, agent, *summary([row for row in rows if (row.env, row.agent) == (env, agent)]))
    return shown


def run(arguments: Arguments, console: Console) -> int:
    """`ludus study presets`."""
    seeds = arguments.seeds
    if seeds < 1:
        raise ValueError(f"--seeds must be >= 1, got {seeds}")
    chosen = pairs(arguments.env, arguments.agent)
    path = arguments.out / "presets.csv"
    if arguments.markdown:
        print(markdown(read(path)))
        return 0
    output_folder(arguments.out)
    with console.status("") as status:
        rows = presets_study(
            chosen,
            range(seeds),
            path,
            lambda title, seed, progress: status.update(f"{title}, seed {seed}: {progress}"),
        )
    wide = Console(width=max(console.width, WIDE), highlight=False)
    wide.print(table(chosen, rows, f"Seeds 0 … {seeds - 1}; {path}"))
    return 0
