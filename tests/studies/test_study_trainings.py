"""Trainings of a study in several processes: no row is lost, none is made twice, and a kill costs one training."""

import multiprocessing
import os
import signal
import subprocess
import sys
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest
from rich.console import Console

import studies_toy
from ludus.studies import rows
from ludus.studies.rows import add_row, claimed, read_rows
from ludus.studies.trainings import complete
from ludus.utils.interrupts import Interrupted
from studies_toy import Row, in_order, wanted, work_of

QUIET = Console(quiet=True)


@contextmanager
def another(path):
    """A process that does the toy's trainings, one for each line that it is sent; killed at the end."""
    process = subprocess.Popen(
        [sys.executable, studies_toy.__file__, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def go_on(process):
    process.stdin.write("\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


def seeds_in(path):
    return [row.seed for row in read_rows(path, Row)]


def test_a_kill_costs_the_training_that_was_going_on(tmp_path):
    path = tmp_path / "toy.csv"
    with another(path) as process:
        assert process.stdout.readline().strip() == "toy · seed 0"
        assert go_on(process) == "toy · seed 1"
        assert go_on(process) == "toy · seed 2"
        what = [wanted()[2].place, "a"]
        with claimed(path, what) as mine:
            assert not mine
        with claimed(tmp_path / "other.csv", what) as mine:
            assert mine
        process.kill()
        process.wait()
        with claimed(path, what) as mine:
            assert mine
    assert seeds_in(path) == [0, 1]
    done = []
    work_of(path).do(wanted(), lambda kind, text: done.append(text) if kind == "done" else None)
    assert done == [f"toy · seed {seed}" for seed in (2, 3, 4, 5)]
    assert seeds_in(path) == [0, 1, 2, 3, 4, 5]


def test_no_training_is_done_by_two(tmp_path):
    path = tmp_path / "toy.csv"
    with another(path) as process:
        assert process.stdout.readline().strip() == "toy · seed 0"
        work_of(path).do(wanted(), lambda kind, text: None)
        assert seeds_in(path) == [1, 2, 3, 4, 5]  # the first one is the other's
        go_on(process)
        process.wait()
        assert process.stdout.read() == ""  # it had nothing else to do
    assert seeds_in(path) == [0, 1, 2, 3, 4, 5]


def test_rows_that_two_processes_add_at_once_are_both_there(tmp_path, monkeypatch):
    path = tmp_path / "toy.csv"
    write, others = rows.write_rows, []

    def interrupted_write(*given):  # between reading and writing the other one adds its row, unless it has to wait
        others.append(subprocess.Popen([sys.executable, studies_toy.__file__, path, "row"], stdout=subprocess.PIPE))
        others[0].stdout.readline()
        with suppress(subprocess.TimeoutExpired):
            others[0].communicate(timeout=0.5)
        write(*given)

    monkeypatch.setattr(rows, "write_rows", interrupted_write)
    add_row(path, Row("toy", 0, 0.0, "this", "a"), in_order, in_order)
    others[0].communicate()
    assert others[0].returncode == 0
    assert seeds_in(path) == [0, 1]


def test_row_of_another_setting_is_replaced_and_all_others_stay(tmp_path):
    work = work_of(tmp_path / "toy.csv")
    work.do(wanted(3), lambda kind, text: None)
    work.do(wanted(1, setting="b"), lambda kind, text: None)
    assert [(row.seed, row.setting) for row in read_rows(work.path, Row)] == [(0, "b"), (1, "a"), (2, "a")]
    assert [training.title for training in work.missing(wanted(3))] == ["toy · seed 0"]


def test_several_processes_share_the_work(tmp_path, capsys):
    work = work_of(tmp_path / "toy.csv")
    found = complete(work, wanted(), 2, Console())
    assert [row.seed for row in found] == [0, 1, 2, 3, 4, 5]
    assert "6 trainings of 6 to do" in capsys.readouterr().out
    assert complete(work, wanted(), 2, QUIET) == found


def test_training_that_cannot_be_done_is_told_in_a_line(tmp_path):
    work = work_of(tmp_path / "toy.csv")
    bad = [*wanted(2), replace(wanted(3)[2], recipe=-1.0)]
    for jobs in (1, 2):
        with pytest.raises(ValueError, match="^a recipe below 0$"):
            complete(work, bad, jobs, QUIET)
    with pytest.raises(ValueError, match="--jobs must be >= 1, got 0"):
        complete(work, bad, 0, QUIET)


def test_ctrl_c_ends_all_processes_and_keeps_what_is_done(tmp_path):
    work = work_of(tmp_path / "toy.csv", studies_toy.train_and_interrupt)
    with pytest.raises(Interrupted, match="SIGINT"):
        complete(work, wanted(), 2, QUIET)
    assert not multiprocessing.active_children()
    assert 0 not in seeds_in(work.path)
    with claimed(work.path, [wanted()[0].place, "a"]) as mine:
        assert mine


def test_processes_end_with_the_one_that_began_them(tmp_path):
    process = subprocess.Popen(
        [sys.executable, studies_toy.__file__, tmp_path / "toy.csv", "endless"], stdout=subprocess.PIPE, text=True
    )
    workers = [int(process.stdout.readline()) for _ in range(2)]
    process.kill()
    try:
        process.communicate(timeout=60)  # returns when nobody has its output open any more
    finally:
        for worker in workers:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
