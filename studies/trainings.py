"""Trainings of a study, in this process or in several, one on each core; each is a row of a CSV as soon as it is done.

A process that is killed loses the training that it is at. The same command goes on with what is missing, and may be
started several times at once: no training is done twice.
"""

import multiprocessing
import os
import queue
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from rich.console import Console

from ..utils.interrupts import Interrupted, watch_signals
from ..utils.wording import counted, in_one_line
from .rows import add_row, claimed, read_rows

Row = TypeVar("Row")
Show = Callable[[Any], None]  # takes the progress of a training
LOOK_SECONDS = 0.2  # between two looks at what other processes say


@dataclass(frozen=True)
class Training:
    """A training that a study wants. Its rows have a column for each name in ``place``, and the column ``setting``."""

    place: tuple[tuple[str, Any], ...]  # (column, value): where it stands in the table
    setting: str  # a hash of all that decides it; a row with another one is out of date
    recipe: Any  # what to do, plain values or dataclasses

    @property
    def title(self) -> str:
        return " · ".join(f"{name} {value}" if name == "seed" else str(value) for name, value in self.place)

    def is_of(self, row: Any) -> bool:
        """Whether ``row`` is this training's, and up to date."""
        return row.setting == self.setting and all(getattr(row, name) == value for name, value in self.place)


@dataclass(frozen=True)
class Work:
    """What a study does: its CSV, and a function, at the top of a module, that makes a row of a training.

    Args:
        order: At the top of a module, too: what rows are sorted by.
    """

    path: Path
    kind: type[Any]
    train: Callable[[Training, Show], Any]
    order: Callable[[Any], Any]

    def missing(self, wanted: Sequence[Training]) -> list[Training]:
        rows = read_rows(self.path, self.kind)
        return [training for training in wanted if not any(training.is_of(row) for row in rows)]

    def rows_of(self, wanted: Sequence[Training]) -> list[Any]:
        """The rows of the trainings ``wanted`` that there are."""
        return [row for row in read_rows(self.path, self.kind) if any(training.is_of(row) for training in wanted)]

    def do(self, wanted: Sequence[Training], tell: Callable[[str, str], None]) -> None:
        """Train what is missing and nobody else is at, one after the other.

        Args:
            tell: Called with ("at", how far a training is) and ("done", which).
        """
        for training in wanted:
            with claimed(self.path, [training.place, training.setting]) as mine:
                if not mine or not self.missing([training]):
                    continue
                row = self.train(training, lambda progress: tell("at", f"{training.title}: {progress}"))  # noqa: B023
                names = [name for name, _ in training.place]
                add_row(self.path, row, lambda row: [getattr(row, name) for name in names], self.order)  # noqa: B023
            tell("done", training.title)


def complete(work: Work, wanted: Sequence[Training], jobs: int, console: Console) -> list[Any]:
    """Do what is missing in ``jobs`` processes, and show how far it is; returns the rows of what was wanted.

    Raises:
        Interrupted: Ctrl-C or SIGTERM; what is done stays.
        ValueError: a training that cannot be done, in one line.
    """
    if jobs < 1:
        raise ValueError(f"--jobs must be >= 1, got {jobs}")
    todo = work.missing(wanted)
    if todo:
        held = f"; {work.path} holds the other {len(wanted) - len(todo)}" if len(todo) < len(wanted) else ""
        console.print(f"{counted(len(todo), 'training')} to do{held}.", soft_wrap=True)
    with _Shown(console, len(todo)) as shown:
        if min(jobs, len(todo)) <= 1:
            work.do(todo, lambda kind, text: shown.hear(0, kind, text))
        else:
            _in_processes(work, todo, min(jobs, len(todo)), shown)
    rows = work.rows_of(wanted)
    if missing := len(wanted) - len(rows):
        console.print(f"{counted(missing, 'training')} are another process's; the same command shows them later.")
    return rows


class _Shown:
    """The trainings that are going on, on a line that changes, and a line that stays for each one that is done."""

    def __init__(self, console: Console, total: int) -> None:
        self.console, self.total, self.done = console, total, 0
        self.at: dict[int, str] = {}
        self.status = console.status("")

    def __enter__(self) -> "_Shown":
        if self.total:
            self.status.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self.status.stop()

    def hear(self, who: int, kind: str, text: str) -> None:
        """What the process number ``who`` tells."""
        if kind == "done":
            self.done += 1
            self.at.pop(who, None)
            self.console.print(f"{self.done}/{self.total} done: {text}")
        else:
            self.at[who] = text
        self.status.update("\n  ".join([f"{self.done} of {self.total} done", *self.at.values()]))


class _Stop:
    interrupted: str | None = None


def _in_processes(work: Work, todo: Sequence[Training], jobs: int, shown: _Shown) -> None:
    context = multiprocessing.get_context("spawn")  # a fork would copy torch's threads' locks, but not the threads
    said = context.Queue()
    workers = [
        context.Process(target=_worker, args=(who, work, todo, said, os.getpid()), daemon=True) for who in range(jobs)
    ]
    stop = _Stop()
    with watch_signals(stop), _ended(workers):
        for worker in workers:
            worker.start()
        while any(worker.is_alive() for worker in workers) or not said.empty():
            if stop.interrupted:
                raise Interrupted(stop.interrupted)
            try:
                who, kind, text = said.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                continue
            if kind == "fault":
                raise ValueError(text)
            shown.hear(who, kind, text)
    for worker in workers:
        if worker.exitcode:
            raise ValueError(
                f"a process that trained ended with status {worker.exitcode}; what is done is in {work.path}, and the "
                "same command goes on (perhaps with a smaller --jobs: memory?)"
            )


@contextmanager
def _ended(workers: Sequence[Any]) -> Iterator[None]:
    """A block after which no worker runs any more."""
    try:
        yield
    finally:
        for worker in workers:
            if worker.pid is not None:
                worker.kill()
                worker.join()


def _worker(who: int, work: Work, todo: Sequence[Training], said: Any, parent: int) -> None:
    """The life of a process: all trainings that no other process is at."""

    def tell(kind: str, text: str) -> None:
        if os.getppid() != parent:
            os._exit(1)  # who began this is gone
        said.put((who, kind, text))

    try:
        work.do(todo, tell)
    except Interrupted:  # Ctrl-C comes to all processes of a terminal, and the parent says so
        pass
    except Exception as fault:
        said.put((who, "fault", in_one_line(fault)))
