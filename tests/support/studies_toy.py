"""Trainings that only count, for what several processes do with the table of a study.

As a program, `studies_toy.py CSV`, it does the trainings 0 … 5 and waits, before each is done, for a line on its
standard input.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

from ludus.studies.trainings import Training, Work


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


def in_order(row):
    return row.net, row.seed


def work_of(path, train=train):
    return Work(Path(path), Row, train, in_order)


if __name__ == "__main__":
    work_of(sys.argv[1], train_and_wait).do(wanted(), lambda kind, text: None)
