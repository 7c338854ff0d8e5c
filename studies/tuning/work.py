"""The work on a search: one trial after another, in this process and in others beside it, until there are enough."""

import multiprocessing
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...envs.command_line import import_all
from ...training.progress import Diverged, Progress
from ...utils.files import quote
from ...utils.interrupts import Interrupted
from ...utils.wording import in_one_line
from . import final
from .report import Outcome, Reporter, best_of, outcome_of
from .search import Search, Tasks
from .subject import Pruned
from .trials import WHO, Claimed


@dataclass(frozen=True)
class SearchProgress(Progress):
    """How far a search is, in trials."""

    said: str

    def __str__(self) -> str:
        return f"{self.done} of {self.total} trials{self.said}"


class Work:
    """This process's part of a search, and the ``others`` that it begins.

    Args:
        wanted: Trials in all, those that have ended included.
        workers: Processes that work on it, this one included.
        seeds: Trainings of winner and default that are judged by the test in the end.
        tasks: Of `ludus fit`, for the others.
        imports: Modules that register environments, for the others.
    """

    def __init__(
        self,
        search: Search,
        wanted: int,
        workers: int = 1,
        seeds: int = 0,
        tasks: Tasks | None = None,
        imports: tuple[str, ...] = (),
    ) -> None:
        self.search, self.wanted, self.workers, self.seeds = search, wanted, workers, seeds
        self.tasks, self.imports = dict(tasks or {}), imports
        self.notes: list[str] = []
        search.subject.share(workers)
        self.trials = search.trials()
        self.reporter = Reporter(search, self.trials)
        self.show: Callable[[Any], None] = lambda progress: None

    @property
    def again(self) -> str:
        """The command that goes on with this search."""
        workers = f" --workers {self.workers}" if self.workers > 1 else ""
        return f"ludus tune resume {quote(self.search.folder)} --trials {self.wanted}{workers}"

    def train(self, progress: Callable[[Any], None] | None = None) -> Outcome:
        """Train until there are as many trials as are wanted; returns what came of them.

        Raises:
            Interrupted: stopped by Ctrl-C or SIGTERM; the trial is put back, with its checkpoint.
            ValueError: the storage is damaged; a trial cannot be trained, for a reason that lies not in its values.
        """
        self.show = progress or self.show
        if self.search.default_is_in_space():
            self.trials.enqueue(self.search.default(), "default")
        processes = [self._begin_other() for _ in range(self.workers - 1)]
        try:
            self.take_all()
            self.show(self._progress(""))
            for process in processes:
                process.join()
        finally:
            for process in processes:
                if process.is_alive():
                    process.terminate()  # SIGTERM: it puts its trial back
                process.join()
            self.reporter.close()
        failed = [str(process.exitcode) for process in processes if process.exitcode]
        if failed:
            self.notes.append(
                f"{len(failed)} of {len(processes)} other processes ended with status {', '.join(failed)}"
            )
        return self._conclude()

    def _conclude(self) -> Outcome:
        """What came of it; once nobody trains any more, with what the test says."""
        outcome = outcome_of(self.search, self.trials)
        if outcome.running:
            self.notes.append(
                f"{outcome.running} of the trials are trained by other processes; the last one asks the test"
            )
        elif outcome.best is not None:
            self.search.subject.share(1)

            def show(said: str, progress: Any) -> None:
                self.show(self._progress(f" · {said}: {progress}"))

            final.ask_test(self.search, self.trials, outcome.values, self.seeds, show)
        return outcome

    def _begin_other(self) -> Any:
        arguments = (self.search.folder, self.wanted, self.workers, self.tasks, self.imports)
        process = multiprocessing.get_context("spawn").Process(target=work_apart, args=arguments)
        process.start()
        return process

    def take_all(self) -> None:
        """One trial after another, until none is left to be taken."""
        while (claimed := self.trials.claim(self.wanted)) is not None:
            self._take(claimed)

    def _take(self, claimed: Claimed) -> None:
        subject, place = self.search.subject, self.search.folder / "trials" / claimed.place
        try:
            try:
                if not subject.has_begun(place):
                    subject.begin(place, claimed.values)
            except (ValueError, TypeError) as fault:
                self.trials.refuse(claimed, in_one_line(fault))
                return
            try:
                value, more = subject.train(place, self._judge(claimed), self._watch(claimed))
                self.trials.complete(claimed, value, more)
            except (Pruned, Diverged) as fault:
                self.trials.prune(claimed, in_one_line(fault))
        except BaseException:
            self.trials.put_back(claimed)
            raise
        subject.clear(place)
        self.reporter.tell(claimed.number)
        self._praise(claimed)

    def _judge(self, claimed: Claimed) -> Callable[[int, float], None]:
        def judged(step: int, value: float) -> None:
            if self.trials.judge(claimed, step, value):
                raise Pruned(f"behind the others after round {step}")

        return judged

    def _watch(self, claimed: Claimed) -> Callable[[Any], None]:
        said = self._said_of_best()
        ended = self._ended()

        def watch(progress: Any) -> None:
            if (parent := multiprocessing.parent_process()) is not None and not parent.is_alive():
                raise Interrupted("SIGTERM")
            self.show(SearchProgress(ended, self.wanted, 0.0, f"{said} · trial {claimed.number}: {progress}"))

        return watch

    def _progress(self, said: str) -> SearchProgress:
        return SearchProgress(self._ended(), self.wanted, 0.0, f"{self._said_of_best()}{said}")

    def _ended(self) -> int:
        return sum(trial.state.is_finished() for trial in self.trials.all())

    def _said_of_best(self) -> str:
        best = best_of(self.trials)
        return (
            ""
            if best is None
            else f" · best {self.search.subject.aim.figure} {_figure(best.value)} (trial {best.number})"
        )

    def _praise(self, claimed: Claimed) -> None:
        """A note on a trial that is the best so far."""
        best = best_of(self.trials)
        if best is not None and best.number == claimed.number:
            values = ", ".join(f"{name} {_figure(value)}" for name, value in claimed.values.items())
            who = f"the {best.user_attrs[WHO]}" if WHO in best.user_attrs else values
            self.notes.append(f"trial {best.number}: {self.search.subject.aim.figure} {_figure(best.value)} with {who}")


def _figure(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


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
