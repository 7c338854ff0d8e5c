"""Runs that differ in their seed alone: a folder of several, trained one after the other, and what they came to.

runs/snake/
  seeds.yaml    the seeds
  seed-0/ …     a run each, see `run.py`
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...envs.ids import import_option
from ...training import folders
from ...training.settings import read_settings, write_settings
from ...utils.files import quote
from ...utils.untrusted import is_whole
from .callback import load_latest
from .config import RunConfig, write_config
from .extension import extend_all
from .logs import EVALUATIONS, last_row
from .places import SEEDS, folder_of_seed, is_group
from .run import Run

FORMAT = 1
REMEDY = "restore it, or name a run of one seed in that folder"
MOST_SEEDS = 1_000


@dataclass(frozen=True)
class SeedResult:
    """What the last evaluation of a run came to."""

    seed: int
    steps: int
    mean: float  # return
    interval: tuple[float, float]  # 95 %, over its episodes
    normalised: float | None
    success: float | None


class Seeds:
    """The runs in a folder. ``start`` makes new ones, ``open`` finds them again."""

    def __init__(self, folder: Path, seeds: Sequence[int]) -> None:
        self.folder, self.seeds = folder, tuple(seeds)

    @classmethod
    def start(cls, folder: Path, config: RunConfig, seeds: Sequence[int]) -> "Seeds":
        """A run of ``config`` for each seed, none of them trained yet.

        Raises:
            ValueError: the folder holds something already; what cannot be trained.
        """
        if is_group(folder):
            raise ValueError(
                f"{folder} already holds runs of several seeds; continue them with --resume {quote(folder)}, or choose "
                "another --run"
            )
        for seed in seeds:
            if seeds.count(seed) > 1:
                raise ValueError(f"seed {seed} is there twice; each takes a folder of its own")
        if len(seeds) > MOST_SEEDS:
            raise ValueError(f"expected at most {MOST_SEEDS:,} seeds, got {len(seeds):,}")
        folders.check_free(folder, "--run")
        begun = cls(folder, seeds)

        def write() -> None:
            write_settings(folder / SEEDS, FORMAT, {"seeds": list(begun.seeds)})

        first = Run.prepare(begun.folder_of(begun.seeds[0]), replace(config, seed=max(begun.seeds)))
        folders.begin(folder, "--run", write)
        for seed in begun.seeds:
            begun._begin(replace(first, seed=seed))
        return begun

    @classmethod
    def open(cls, folder: Path, begin: bool = False) -> "Seeds":
        """The runs in ``folder``, of those seeds that have been begun.

        Args:
            begin: A run that a kill left without its config.yaml is begun like the others: whoever trains wants all.

        Raises:
            FileNotFoundError: there are none.
            ValueError: seeds.yaml is damaged.
        """
        content = read_settings(folder / SEEDS, FORMAT, "the seeds of several runs", REMEDY)
        seeds = content.get("seeds")
        most = 2**63 - 1
        if not isinstance(seeds, list) or not seeds or not all(is_whole(seed, 0, most) for seed in seeds):
            raise ValueError(f"{folder / SEEDS} does not list seeds; {REMEDY}")
        found = cls(folder, seeds[:MOST_SEEDS])
        begun = [seed for seed in found.seeds if (found.folder_of(seed) / "config.yaml").exists()]
        if not begun:
            raise FileNotFoundError(f"{folder} holds no run of its seeds; remove it and begin anew")
        if not begin:
            return cls(folder, begun)
        for seed in found.seeds:
            if seed not in begun:
                found._begin(replace(Run.open(found.folder_of(begun[0])).config, seed=seed, extended={}))
        return found

    def _begin(self, config: RunConfig) -> None:
        folder = self.folder_of(config.seed)
        folders.begin(folder, "--run", lambda: write_config(config, folder / "config.yaml"))

    def folder_of(self, seed: int) -> Path:
        """Where the run of ``seed`` lies."""
        return folder_of_seed(self.folder, seed)

    def runs(self) -> list[Run]:
        """Them, in the order in which they are trained."""
        return [Run.open(self.folder_of(seed)) for seed in self.seeds]

    @property
    def again(self) -> str:
        """The command that goes on with them."""
        module = Run.open(self.folder_of(self.seeds[0])).config.module
        return f"ludus train --resume {quote(self.folder)}{import_option(module)}"

    def extend(self, steps: int | None, until: float | None) -> list[str]:
        """More steps, or another return to be reached, for each or for none; returns notes.

        Errors as of ``extension.extend``.
        """
        return [note for run in extend_all(self.runs(), steps, until) for note in run.notes]


class Part:
    """One run of several, for whoever trains it: what goes on after a stop is all of them."""

    def __init__(self, run: Run, again: str) -> None:
        self.run, self.again, self.notes = run, again, run.notes

    def train(self, progress: Callable[[Any], None] | None = None) -> Any:
        """See ``Run.train``."""
        return self.run.train(progress)


def result_of(run: Run) -> SeedResult | None:
    """What a run came to that was trained to its end; ``None`` if it was not yet.

    Raises:
        ValueError: its checkpoints, or its table of evaluations, are damaged.
    """
    try:
        saved = load_latest(run.folder)
    except FileNotFoundError:
        return None
    c, told = run.config, saved.state["run"]
    reached = c.until is not None and told["best"] is not None and told["best"] >= c.until
    ended = saved.steps >= c.steps and told["evaluated_at"] == saved.steps
    if not (ended or reached):
        return None
    row = last_row(run.folder / EVALUATIONS)
    try:
        interval = row["return_low"], row["return_high"]
        return SeedResult(c.seed, int(row["steps"]), row["return"], interval, row.get("normalised"), row.get("success"))
    except KeyError as fault:
        raise ValueError(f"{run.folder / EVALUATIONS} lacks the column {fault}; restore it from a copy") from None
