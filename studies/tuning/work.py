"""The work on a search: one trial after another, in this process and in others beside it, until there are enough."""

import math
import multiprocessing
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...envs.command_line import import_all
from ...training.progress import Progress
from ...utils.files import quote
from ...utils.interrupts import Interrupted
from ...utils.wording import counted, in_one_line
from . import final
from .report import Outcome, Reporter, best_of, outcome_of, short
from .search import Search, Tasks
from .subject import Judged, Pruned, Show
from .training import train_trial
from .trials import PLACES, WHO, Claimed, Ended

LOOK_SECONDS = 2.0  # between two readings of how far all processes are


@dataclass(frozen=True)
class SearchProgress(Progress):
    """How far a search is, in trials."""

    said: str

    def __str__(self) -> str:
        return f"{self.done} of {self.total} trials{self.said}"


class Work:
    """This process's part of a search, and the other processes that it begins.

    Args:
        wanted: Trials in all, those that have ended included.
        workers: Processes that work on it, this one included; on Ray trials at the same time, 0 for one per core.
        seeds: Trainings of winner and default that are judged by the test in the end.
        tasks: Of `ludus fit`, for the others.
        imports: Modules that register environments, for the others.
        ray: Address of a Ray cluster that trains the trials (see `on_ray.py`), or ``None``.
    """

    def __init__(
        self,
        search: Search,
        wanted: int,
        workers: int = 1,
        seeds: int = 0,
        tasks: Tasks | None = None,
        imports: tuple[str, ...] = (),
        ray: str | None = None,
    ) -> None:
        self.search, self.wanted, self.workers, self.seeds = search, wanted, workers, seeds
        self.tasks, self.imports, self.ray = dict(tasks or {}), imports, ray
        self.notes: list[str] = []
        self.trials = search.trials()
        self.reporter = Reporter(search, self.trials)
        self.show: Callable[[Any], None] = lambda progress: None
        self._looked_at, self._ended, self._so_far = -math.inf, 0, ""

    @property
    def again(self) -> str:
        """The command that goes on with this search."""
        workers = f" --workers {self.workers}" if self.workers > 1 else ""
        ray = f" --ray {self.ray}" if self.ray else ""
        return f"ludus tune resume {quote(self.search.folder)} --trials {self.wanted}{workers}{ray}"

    def train(self, progress: Callable[[Any], None] | None = None) -> Outcome:
        """Train until there are as many trials as are wanted, then ask the test; returns what came of it.

        Raises:
            Interrupted: stopped by Ctrl-C or SIGTERM; the trial is put back, with its checkpoint.
            ValueError: the storage is damaged; a trial cannot be trained, for a reason that lies not in its values.
        """
        self.show = progress or self.show
        if self.search.default_is_in_space():
            self.trials.enqueue(self.search.default(), "default")
        try:
            if self.ray is not None:
                from .on_ray import take_all

                take_all(self, self.ray)
            else:
                self._take_all_with_others()
            self.tell("")
        finally:
            self.reporter.close()
        return self._conclude()

    def _take_all_with_others(self) -> None:
        others = [self._begin_other() for _ in range(self.workers - 1)]
        try:
            self.take_all()
            self.tell(" · the others end theirs" if any(other.is_alive() for other in others) else "")
            for other in others:
                other.join()
        finally:
            for other in others:
                if other.is_alive():
                    other.terminate()  # SIGTERM: it puts its trial back
                other.join()
        failed = [str(other.exitcode) for other in others if other.exitcode]
        if failed:
            status = ", ".join(failed)
            self.notes.append(f"{len(failed)} of {len(others)} other processes ended with status {status}")

    def _begin_other(self) -> Any:
        arguments = (self.search.folder, self.wanted, self.workers, self.tasks, self.imports)
        process = multiprocessing.get_context("spawn").Process(target=work_apart, args=arguments)
        process.start()
        return process

    def take_all(self) -> None:
        """One trial after another, until none is left to be taken."""
        self.search.subject.share(self.workers)
        while (claimed := self.trials.claim(self.wanted)) is not None:
            try:
                how = train_trial(
                    self.search.subject,
                    self.search.folder / PLACES / claimed.place,
                    claimed.values,
                    self._judge(claimed),
                    self._watch(claimed),
                )
            except BaseException:
                self.trials.put_back(claimed)
                raise
            self.end(claimed, how)

    def end(self, claimed: Claimed, how: Ended) -> None:
        """A trial has come to its end."""
        self.trials.end(claimed, how)
        self.search.subject.clear(self.search.folder / PLACES / claimed.place)
        self.reporter.tell(claimed.number)
        self._looked_at = -math.inf
        best = best_of(self.trials)
        if best is not None and best.number == claimed.number:
            values = ", ".join(f"{name} {short(value)}" for name, value in claimed.values.items())
            who = f"the {best.user_attrs[WHO]}" if WHO in best.user_attrs else values
            self.notes.append(f"trial {best.number}: {self.search.subject.aim.figure} {short(best.value)} with {who}")

    def tell(self, said: str) -> None:
        """Show how far the search is, and what is ``said`` of what it does."""
        if time.monotonic() >= self._looked_at + LOOK_SECONDS:
            self._look()
        self.show(SearchProgress(self._ended, self.wanted, 0.0, f"{self._so_far}{said}"))

    def _look(self) -> None:
        """Read how far all processes are."""
        self._looked_at = time.monotonic()
        best, figure = best_of(self.trials), self.search.subject.aim.figure
        self._ended = sum(trial.state.is_finished() for trial in self.trials.all())
        self._so_far = "" if best is None else f" · best {figure} {short(best.value)} (trial {best.number})"

    def _judge(self, claimed: Claimed) -> Judged:
        def judged(step: int, value: float) -> None:
            if self.trials.judge(claimed.number, step, value):
                raise Pruned(f"behind the others after round {step}")

        return judged

    def _watch(self, claimed: Claimed) -> Show:
        def watch(progress: Any) -> None:
            if (parent := multiprocessing.parent_process()) is not None and not parent.is_alive():
                raise Interrupted("SIGTERM")
            self.tell(f" · trial {claimed.number}: {progress}")

        return watch

    def _conclude(self) -> Outcome:
        """What came of it; once nobody trains any more, with what the test says."""
        outcome = outcome_of(self.search, self.trials)
        if outcome.running:
            others = counted(outcome.running, "trial")
            self.notes.append(f"other processes still train {others}; the one that ends last asks the test")
        elif outcome.best is not None:
            self.search.subject.share(1)

            def show(said: str, progress: Any) -> None:
                self.tell(f" · {said}: {progress}")

            final.ask_test(self.search, self.trials, outcome.values, self.seeds, show)
        return outcome


def work_apart(folder: Path, wanted: int, workers: int, tasks: Tasks, imports: tuple[str, ...]) -> None:
    """Another process's part, which says nothing unless it fails; it ends when the one that began it has gone."""
    try:
        import_all(imports)
        work = Work(Search.open(folder, tasks), wanted, workers)
        try:
            work.take_all()
        finally:
            work.reporter.close()
    except (Interrupted, KeyboardInterrupt):
        sys.exit(130)
    except Exception as fault:
        print(f"ludus: {in_one_line(fault)}", file=sys.stderr)
        sys.exit(1)
