"""What the tests of searches share: a search of the toy task, in a folder, and a storage that does not wait for disks.

It is a task of `ludus fit`, too: ``TASKS`` names this module.
"""

import sqlite3
import sys
from dataclasses import dataclass

import pytest
import torch

from ludus.studies.tuning import storage
from ludus.studies.tuning.fits import FitSubject
from ludus.studies.tuning.search import Search
from ludus.studies.tuning.work import Work
from ludus.training import progress
from ludus.training.command import FitArguments
from training_toy import CurveFit, compose

TASKS = {"toy/curve": ("tuning_stage", "how high is the curve?")}
RANGES = {"lr": "0.001..0.3 log", "hidden": "2..16"}
DESCRIPTION = "Train a curve."


@dataclass(kw_only=True)
class Arguments(FitArguments):
    """Those that all tasks have."""


def start_fit(arguments, out):
    return CurveFit.start(out, compose(arguments.settings, seed=arguments.seed))


def fit_class():
    return CurveFit


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """No waiting for the disk; each step is reported; threads are as they were. For whoever imports it."""

    def connect(path):
        connection = sqlite3.connect(path, timeout=60.0, check_same_thread=False)
        connection.execute("PRAGMA synchronous=OFF")
        return connection

    monkeypatch.setattr(storage, "connect", connect)
    monkeypatch.setattr(progress, "REPORT_SECONDS", 0.0)
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def search_of(folder, ranges=RANGES, seed=0, prune=True, **settings):
    """A search of the toy's settings in a folder; its trials save after each epoch, unless they are told otherwise."""
    recipe = compose({"checkpoint_seconds": 1e9, **settings})
    return Search.start(folder, FitSubject(CurveFit, recipe), ranges, seed, prune)


def work_on(search, wanted, **more):
    """The work on it, in this process."""
    return Work(search, wanted, tasks=TASKS, **more)


def said_of(work):
    """(state, settings, figure, hash of the weights) of each trial that counts."""
    return [
        (trial.state.name, trial.params, trial.value, trial.user_attrs.get("weights")) for trial in work.trials.all()
    ]


assert sys.modules[__name__]  # found by its name, as TASKS names it
