"""Trainings that only count, for what several processes do with the table of a study.

As a program, `studies_toy.py CSV`, it does the trainings 0 … 5 and waits, before each is done, for a line on its
standard input. With `endless` behind the CSV it has them done by two processes, which say their numbers and never
end; with `row` it only adds a row, and says when it begins to.
"""

import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from ludus.studies.rows import add_row
from ludus.studies.trainings import Training, Work, complete


@dataclass(frozen=True)
class Row:
    net: str
    seed: int
    score: float
    by: str
    setting: str


def wanted(count=6, setting="a"):
    return [Training((("net", "toy"), ("seed", seed)), setting, 0.5 * seed) for seed in range(count)]


def train(training, show):
    show("half")
    if training.recipe < 0:
        raise ValueError("a recipe below 0")
    return Row(**dict(training.place), score=training.recipe, by="toy", setting=training.setting)


def train_and_wait(training, show):
    print(training.title, flush=True)
    sys.stdin.readline()
    return train(training, show)


def train_for_ever(training, show):
    print(os.getpid(), flush=True)
    while True:
        show("not done")
        time.sleep(0.01)


def train_and_interrupt(training, show):
    """The first training stops the study, as Ctrl-C does."""
    if training.recipe == 0.0:
        os.kill(os.getppid(), signal.SIGINT)
        train_for_ever(training, show)
    return train(training, show)


def in_order(row):
    return row.net, row.seed


def work_of(path, train=train):
    return Work(Path(path), Row, train, in_order)


if __name__ == "__main__":
    if sys.argv[2:] == ["endless"]:
        complete(work_of(sys.argv[1], train_for_ever), wanted(), 2, Console(quiet=True))
    elif sys.argv[2:] == ["row"]:
        print("now", flush=True)
        add_row(Path(sys.argv[1]), Row("toy", 1, 0.0, "another", "a"), in_order, in_order)
    else:
        work_of(sys.argv[1], train_and_wait).do(wanted(), lambda kind, text: None)
