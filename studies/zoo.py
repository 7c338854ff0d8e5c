"""The making of the zoo: trainings of a preset, of which the best is kept, reduced, scored, and entered in its table.

Which of the seeds is best, and whether it is better than the policy that is there, is decided in 256 episodes; the
score is that of 256 others. A policy is replaced only if the gain in the same episodes of the choice is more than
chance (a 95 % bootstrap interval of the differences). `check` plays the scores again and looks at the files.
"""

import contextlib
import hashlib
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.table import Table

from ..agents.evaluation import EVALUATION_SEED, Evaluation, envs_for, evaluate, greedy_policy
from ..agents.runs.callback import RunProgress
from ..agents.runs.config import configure
from ..agents.runs.run import Run
from ..agents.zoo.collection import POLICIES, SCORES, Entry, entries, entry, place_of
from ..agents.zoo.reduction import reduce, weights_of
from ..envs import ENVIRONMENTS
from ..utils.intervals import bootstrap_interval
from ..utils.tables import results_table
from ..utils.wording import format_score, in_one_line
from .presets import LEFT_OUT, Trained, preset_digest
from .rows import add_row, machine

EPISODES = 256  # of the choice, and of the score
CHOICE_SEED = 2_000_000_011  # of the first environment, in the episodes of the choice; the score's is EVALUATION_SEED
MOST_BYTES = 8_000_000  # of all policies together
FIGURES = ("return", "95 % interval", "success", "normalised", "steps", "CPU s", "kB")  # columns of the table
WIDE = 124  # columns of a terminal that hold all of it
NEAR = 0.01  # of normalised score: presets that are better by less are not worth mentioning
# What an installation without data has. Policies of Sorter and Picker see names and not images: one for all sets.
AS_INSTALLED = {
    "ludus/Sorter-v0": {"images": "parcels"},
    "ludus/Picker-v0": {"images": "parcels"},
    "ludus/Helpdesk-v0": {"data": "grammar"},
}


@dataclass(frozen=True)
class Preset:
    """An agent of which it is known, by the table of presets, what it earns and what a training costs."""

    agent: str
    normalised: float  # mean over the seeds
    mean: float
    seconds: float  # median


def presets_of(env: str, rows: Sequence[Trained]) -> list[Preset]:
    """The presets of an environment in the table of ``ludus study presets``, the best first."""
    found = []
    for agent in dict.fromkeys(row.agent for row in rows if row.env == env):
        own = [row for row in rows if (row.env, row.agent) == (env, agent)]
        normalised, mean = (float(np.mean([getattr(row, name) for row in own])) for name in ("normalised", "mean"))
        found.append(Preset(agent, normalised, mean, float(np.median([row.seconds for row in own]))))
    return sorted(found, key=lambda preset: -preset.mean)


def choose_preset(env: str, rows: Sequence[Trained], most_seconds: float) -> tuple[Preset, str]:
    """The best of the presets whose training takes at most ``most_seconds``; of equals the cheapest.

    Returns:
        It, and a few words on those that earn more and cost more.

    Raises:
        ValueError: there is none, or none as cheap.
    """
    known = presets_of(env, rows)
    if not known:
        raise ValueError(f"no preset of {env} is in the table of presets; run ludus study presets --env {env}")
    affordable = [preset for preset in known if preset.seconds <= most_seconds]
    if not affordable:
        least = min(known, key=lambda preset: preset.seconds)
        raise ValueError(
            f"the cheapest preset of {env} is {least.agent}, and takes {least.seconds:.0f} s; give --seconds more "
            f"than {most_seconds:.0f}"
        )
    chosen = min(affordable, key=lambda preset: (-round(preset.normalised, 3), preset.seconds))
    return chosen, said_of_dearer(chosen, known)


def dearer_than(env: str, agent: str, rows: Sequence[Trained]) -> str:
    """What ``said_of_dearer`` says of an agent's preset; nothing, where the table does not know it."""
    known = presets_of(env, rows)
    chosen = next((preset for preset in known if preset.agent == agent), None)
    return "" if chosen is None else said_of_dearer(chosen, known)


def said_of_dearer(chosen: Preset, known: Sequence[Preset]) -> str:
    """The presets that earn more than the ``chosen`` one by more than ``NEAR``, and what they cost."""
    better = [preset for preset in known if preset.normalised > chosen.normalised + NEAR]
    return "; ".join(f"{preset.agent} {format_score(preset.mean)} in {preset.seconds:.0f} s" for preset in better)


def make_policy(
    env: str,
    agent: str,
    seeds: Sequence[int],
    dearer: str = "",
    show: Callable[[int, RunProgress], None] = lambda *_: None,
    say: Callable[[str], None] = lambda _: None,
    policies: Path = POLICIES,
    scores: Path = SCORES,
) -> bool:
    """Train the preset of ``agent`` with each of the ``seeds``, and put the best into the zoo if that is a gain.

    Args:
        dearer: See ``Entry``.
        show: Called during a training, with its seed and progress.
        say: Called with a line on what was found.

    Returns:
        Whether it was put there.
    """
    with tempfile.TemporaryDirectory() as scratch:
        trained: list[tuple[float, int, Run, float]] = []
        for seed in seeds:
            config = configure(
                env, agent, seed=seed, environment=AS_INSTALLED.get(env, {}), evaluate_every=0,
                evaluation_episodes=EPISODES, evaluation_seed=CHOICE_SEED, checkpoint_seconds=1e9,
            )  # fmt: skip
            run, began = Run.start(Path(scratch) / f"run-{seed}", config), time.process_time()
            mean = run.train(lambda progress: show(seed, progress)).mean  # noqa: B023
            trained.append((mean, -seed, run, time.process_time() - began))
            say(f"{env} {agent}, seed {seed}: {format_score(mean)} in {trained[-1][3]:.0f} s")
        _, _, run, seconds = max(trained, key=lambda each: each[:2])  # of equals the first
        reduced = reduce(run, Path(scratch) / "reduced", EPISODES, CHOICE_SEED)
        place = place_of(env, policies)
        before = _usable(place)
        if before is not None:
            low, high = gain(reduced, before)
            said = f"{env}: its returns less those of the policy that is there: {low:+.4g} … {high:+.4g}"
            if not low > 0.0:
                say(f"{said}; that one stays")
                return False
            say(f"{said}; it takes its place")
        result = play(reduced, EVALUATION_SEED)
        low, high = result.interval
        _put(reduced.folder, place)
        weights = weights_of(place).read_bytes()
        new = Entry(
            env=env,
            agent=agent,
            seed=run.config.seed,
            seeds=len(seeds),
            steps=run.config.steps,
            mean=round(result.mean, 4),
            low=round(low, 4),
            high=round(high, 4),
            normalised=float("nan") if result.normalised is None else round(result.normalised, 4),
            success=result.success if result.succeeds else float("nan"),
            episodes=EPISODES,
            seconds=round(seconds, 1),
            dearer=dearer,
            kilobytes=round(len(weights) / 1000, 1),
            preset=preset_digest(env, agent),
            weights=hashlib.sha256(weights).hexdigest()[:16],
            machine=machine(),
        )
        add_row(scores, new, lambda row: row.env, lambda row: list(ENVIRONMENTS).index(row.env))
        say(f"{env}: {new.said}, {new.kilobytes:.0f} kB")
    return True


def play(run: Run, seed: int) -> Evaluation:
    """``EPISODES`` greedy episodes of a run, whose starts ``seed`` fixes."""
    agent = run.agent()
    age = agent.num_timesteps // run.config.hyperparameters["num_envs"]
    with contextlib.closing(run.make_batch(envs_for(EPISODES))) as batch:
        return evaluate(batch, greedy_policy(agent), EPISODES, seed, age)


def gain(new: Run, old: Run) -> tuple[float, float]:
    """The 95 % interval of the returns of ``new`` less those of ``old``, in the episodes of the choice."""
    ours, theirs = (play(run, CHOICE_SEED).returns for run in (new, old))
    return bootstrap_interval(ours - theirs)


def _usable(folder: Path) -> Run | None:
    """The policy that is in ``folder``, unless there is none, or it no longer fits its environment."""
    if not folder.exists():
        return None
    try:
        run = Run.open(folder)
        run.agent()
    except (FileNotFoundError, ValueError):
        return None
    return run


def _put(folder: Path, place: Path) -> None:
    """Copy ``folder`` to ``place``, where an older one stands until the copy is whole."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".zoo-", dir=place.parent) as beside:  # renaming needs one file system
        copy = Path(shutil.copytree(folder, Path(beside) / "new"))
        if place.exists():
            place.rename(Path(beside) / "old")
        copy.rename(place)


def faults(env: str, replayed: bool = True, policies: Path = POLICIES, scores: Path = SCORES) -> list[str]:
    """What is wrong with the zoo's policy for an environment, a line each.

    Args:
        replayed: Play its episodes again, too, and compare the mean with the interval in the table.
    """
    found = entry(env, scores)
    if found is None:
        return [f"{env} has no policy; ludus zoo make {env}"]
    try:
        run = Run.open(place_of(env, policies))
        weights = weights_of(run.folder).read_bytes()
        run.agent()
    except (OSError, ValueError, IndexError) as fault:
        return [f"{env}: {in_one_line(fault)}"]
    wrong = []
    if hashlib.sha256(weights).hexdigest()[:16] != found.weights:
        wrong.append(f"{env}: its weights are others than those of {scores.name}")
    if (run.config.env, run.config.agent, run.config.seed) != (env, found.agent, found.seed):
        wrong.append(f"{env}: its config.yaml is of another training than {scores.name} says")
    if replayed and not wrong:
        mean = play(run, EVALUATION_SEED).mean
        if not found.low <= mean <= found.high:
            wrong.append(
                f"{env}: it earns {format_score(mean)} now, {format_score(found.low)} … {format_score(found.high)} "
                "when it was scored"
            )
    return wrong


def too_large(policies: Path = POLICIES) -> list[str]:
    """A line, if all policies together have more than ``MOST_BYTES``."""
    size = sum(path.stat().st_size for path in policies.rglob("*") if path.is_file())
    return [f"the policies have {size:,} bytes, at most {MOST_BYTES:,} are wanted"] if size > MOST_BYTES else []


def environments() -> list[str]:
    """Those that have, or should have, a policy."""
    return [env for env in ENVIRONMENTS if env not in LEFT_OUT]


def table(chosen: Sequence[str], width: int) -> Table:
    """A row for each policy of the ``chosen`` environments, with as many figures as ``width`` columns hold."""
    kept = len(FIGURES) if width >= WIDE else FIGURES.index("success") + 1
    left_out = "" if kept == len(FIGURES) else f"\nFrom {WIDE} columns on also {', '.join(FIGURES[kept:])}"
    caption = f"{EPISODES} greedy episodes each; {SCORES.name}{left_out}"
    shown = results_table(("environment", "agent"), FIGURES[:kept], caption, fold=True)
    shown.pad_edge = False  # 80 columns hold the longest id then
    for row in entries():
        if row.env in chosen:
            shown.add_row(row.env, row.agent, *_figures(row)[:kept])
    return shown


def markdown(chosen: Sequence[str]) -> str:
    """The table of docs/zoo.md, of the ``chosen`` environments."""
    lines = ["| " + " | ".join(("environment", "agent", *FIGURES, "dearer presets")) + " |"]
    lines.append("|---|---|" + "---:|" * len(FIGURES) + "---|")
    for row in (row for row in entries() if row.env in chosen):
        lines.append("| " + " | ".join((f"`{row.env}`", f"`{row.agent}`", *_figures(row), row.dearer or "–")) + " |")
    return "\n".join(lines)


def _figures(row: Entry) -> tuple[str, ...]:
    return (
        format_score(row.mean),
        f"{format_score(row.low)} … {format_score(row.high)}",
        "–" if np.isnan(row.success) else f"{row.success:.0%}",
        "–" if np.isnan(row.normalised) else f"{row.normalised:.2f}",
        f"{row.steps:,}",
        f"{row.seconds:.0f}",
        f"{row.kilobytes:.0f}",
    )
