"""Searches: they find what is better, never look at the test before the end, and a kill loses nothing."""

import csv
import os
import signal

import pytest

from ludus.studies.tuning import final, report
from ludus.studies.tuning.search import Search
from ludus.training import checkpoint
from ludus.training.fit import folder_of
from ludus.training.recipe import read_recipe
from ludus.utils.interrupts import Interrupted
from training_toy import CurveFit, CurveRecipe, compose
from tuning_stage import TASKS, quick, said_of, search_of, work_on  # noqa: F401


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    """A search of eight trials that has ended, with its test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ludus.training.progress.REPORT_SECONDS", 0.0)
        shown = []
        work = work_on(search_of(tmp_path_factory.mktemp("runs") / "tune", epochs=4), 8, seeds=2)
        return work, work.train(lambda progress: shown.append(str(progress))), shown


def test_the_first_trial_is_the_default_and_the_winner_is_better(searched):
    work, outcome, shown = searched
    default = work.trials.all()[0]
    assert default.user_attrs["who"] == "default"
    assert default.params == {"lr": 0.02, "hidden": 8}
    assert outcome.best.value < 0.9 * default.value
    assert outcome.values == dict(outcome.best.params)
    assert (outcome.ended, outcome.running, outcome.refused) == (8, 0, 0)
    assert work.notes[0].startswith("trial 0: error 0.")
    assert work.notes[0].endswith(" with the default")
    assert any(" of 8 trials · best error " in line and "trial 7: epoch" in line for line in shown)
    assert shown[-1].startswith("8 of 8 trials · best error ")


def test_what_is_better_held_out_is_better_on_the_test_and_all_data_are_learned_from(searched):
    work, outcome, _ = searched
    rows = list(csv.DictReader((work.search.folder / "test.csv").read_text().splitlines()))
    assert [(row["who"], row["seed"]) for row in rows] == [
        ("default", "1"), ("winner", "1"), ("default", "2"), ("winner", "2")
    ]  # fmt: skip
    error = {who: sum(float(row["value"]) for row in rows if row["who"] == who) for who in ("default", "winner")}
    assert error["winner"] < error["default"]
    trained = next((work.search.folder / "test").glob("winner-*-1.training"))
    recipe = read_recipe(trained / "fit.yaml", CurveFit.TASK, CurveRecipe)
    assert (recipe.holdout, recipe.seed, recipe.lr) == (False, 1, outcome.values["lr"])
    trial = folder_of(work.search.folder / "trials" / "0000")
    assert read_recipe(trial / "fit.yaml", CurveFit.TASK, CurveRecipe).holdout
    lines = final.in_words(work.search, work.trials)
    assert [line.split()[0] for line in lines] == ["default", "winner"]
    assert "interval" not in lines[0]  # which needs three
    assert lines[0].endswith("on the test, 2 seeds")


def test_pictures_curves_and_the_winner_lie_in_the_folder(searched):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    work, outcome, _ = searched
    folder = work.search.folder
    events = EventAccumulator(str(folder)).Reload()
    assert {"history", "importance"} == set(events.Tags()["images"])
    assert [point.step for point in events.Scalars("trials/error")] == list(range(8))
    best = [point.value for point in events.Scalars("best/error")]
    assert best == sorted(best, reverse=True)
    assert best[-1] == pytest.approx(outcome.best.value)
    assert all((folder / name).stat().st_size > 5000 for name in ("history.png", "importance.png"))
    assert not checkpoint.list_checkpoints(folder_of(folder / "trials" / "0000") / "checkpoints")
    command = report.write_winner(work.search, work.trials)
    assert command == f"ludus fit toy/curve --recipe {folder / 'winner.yaml'} --out models/winner"
    recipe = read_recipe(folder / "winner.yaml", CurveFit.TASK, CurveRecipe)
    assert recipe.lr == outcome.values["lr"]
    assert recipe.net == {"hidden": outcome.values["hidden"]}
    assert (folder / "winner.yaml").read_text().startswith("# `ludus tune fit toy/curve`: trial ")


def test_importance_is_of_what_decides(searched):
    work, _, _ = searched
    found = report.importances(work.trials)
    assert sum(found.values()) == pytest.approx(1.0)
    assert max(found, key=found.__getitem__) == "lr"


def test_the_best_trials_are_a_table(searched):
    work, outcome, _ = searched
    lines = report.markdown(work.search, work.trials, 3).splitlines()
    assert lines[0] == "| trial | error | lr | hidden |  |"
    assert len(lines) == 5
    assert lines[2].startswith(f"| {outcome.best.number} | {outcome.best.value:.4g} | ")
    values = [row[1] for row in report.rows(work.search, work.trials, 8)]
    assert len(values) == 8


def test_the_test_is_not_looked_at_before_the_end(tmp_path, monkeypatch):
    def finish(*_):
        raise AssertionError("a trial looked at the test")

    monkeypatch.setattr(CurveFit, "finish", finish)
    work = work_on(search_of(tmp_path / "tune"), 3)
    assert work.train().ended == 3
    assert not (tmp_path / "tune" / "test.csv").exists()


def test_the_test_is_asked_once(searched, monkeypatch):
    work, outcome, _ = searched
    monkeypatch.setattr(CurveFit, "finish", lambda *_: 1 / 0)
    before = (work.search.folder / "test.csv").read_text()
    again = work_on(Search.open(work.search.folder, TASKS), 8, seeds=2)
    assert again.train() == outcome
    assert (work.search.folder / "test.csv").read_text() == before


# --- Going on --------------------------------------------------------------------------------------------------------


def kill_in(folder, trial, step, sign):
    """Begin a search in another process, which gets a signal in this step of this trial."""
    child = os.fork()
    if child == 0:
        try:
            work = work_on(search_of(folder, checkpoint_seconds=0.0), 6)

            def watch(progress):
                if f"trial {trial}: " in str(progress):
                    seen.append(progress)
                    if len(seen) == step:
                        os.kill(os.getpid(), sign)

            seen = []
            try:
                work.train(watch)
            except Interrupted:
                os._exit(130)
        finally:
            os._exit(1)
    return os.waitpid(child, 0)[1]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """What a search comes to that nobody stops."""
    work = work_on(search_of(tmp_path_factory.mktemp("runs") / "whole"), 6)
    work.train()
    return said_of(work)


@pytest.mark.parametrize(("step", "sign"), [(9, signal.SIGKILL), (1, signal.SIGKILL), (9, signal.SIGINT)])
def test_a_search_that_was_stopped_samples_and_trains_the_same(tmp_path, whole, step, sign):
    """Bit by bit: the trial goes on from its checkpoint, and the next ones are those that would have come."""
    status = kill_in(tmp_path / "tune", 2, step, sign)
    assert status == (sign if sign == signal.SIGKILL else 130 << 8)
    work = work_on(Search.open(tmp_path / "tune", TASKS), 6)
    work.train()
    states = [trial.state.name for trial in work.trials.study.trials]
    assert states.count("FAIL") == 1  # the one that was stopped, under its old number
    assert len(states) == 7
    assert sorted(said_of(work), key=str) == sorted(whole, key=str)
    again = next(trial for trial in work.trials.study.trials if trial.user_attrs.get("place") == "0002")
    assert sorted(again.intermediate_values) == [1, 2, 3]


def test_a_trial_that_somebody_trains_is_left_alone(tmp_path):
    search = search_of(tmp_path / "tune")
    one, other = search.trials(), Search.open(tmp_path / "tune", TASKS).trials()
    first, second = one.claim(3), other.claim(3)
    assert (first.number, second.number) == (0, 1)
    assert first.values != second.values
    assert one.claim(2) is None  # as many as are wanted are trained
    os.close(first.lock)  # as the system does when a process ends
    third = other.claim(3)
    assert (third.number, third.place, third.values) == (2, "0000", first.values)
    assert [trial.state.name for trial in other.study.trials] == ["FAIL", "RUNNING", "RUNNING"]


@pytest.mark.slow  # a process that is begun anew imports torch and Lightning
def test_processes_share_a_search(tmp_path):
    work = work_on(search_of(tmp_path / "tune"), 5, workers=2)
    outcome = work.train()
    assert (outcome.ended, outcome.running) == (5, 0)
    assert [trial.number for trial in work.trials.all()] == list(range(5))
    assert not [note for note in work.notes if "other process" in note]
    assert work.again == f"ludus tune resume {tmp_path / 'tune'} --trials 5 --workers 2"


def test_more_trials_can_be_added(tmp_path):
    search = search_of(tmp_path / "tune")
    first = work_on(search, 2)
    first.train()
    more = work_on(search, 4)
    more.train()
    assert said_of(more)[:2] == said_of(first)[:2]
    assert len(said_of(more)) == 4


# --- How trials end --------------------------------------------------------------------------------------------------


def test_a_trial_that_is_behind_is_pruned(tmp_path):
    ranges = {"lr": [0.02, 0.03, 0.04, 0.05, 0.06, 1e-7]}
    work = work_on(search_of(tmp_path / "tune", ranges, epochs=4), 10)
    work.train()
    pruned = [trial for trial in work.trials.all() if trial.state.name == "PRUNED"]
    assert "1e-07" in {trial.params["lr"] for trial in pruned}
    assert {trial.user_attrs["why"] for trial in pruned if trial.params["lr"] == "1e-07"} == {
        "behind the others after round 1"
    }
    assert all(trial.state.name == "COMPLETE" for trial in work.trials.all()[:5])
    assert report.ranked(work.trials)[-1].state.name == "PRUNED"


def test_a_trial_that_diverges_ends_and_the_search_goes_on(tmp_path):
    work = work_on(search_of(tmp_path / "tune", {"lr": [0.02, 1e6]}, optimizer="sgd", prune=False), 5)
    outcome = work.train()
    diverged = [trial for trial in work.trials.all() if trial.params["lr"] == "1000000.0"]
    assert diverged
    assert all(trial.user_attrs["why"].startswith("the loss is ") for trial in diverged)
    assert outcome.values == {"lr": 0.02}


def test_without_pruning_every_trial_is_trained_to_its_end(tmp_path):
    work = work_on(search_of(tmp_path / "tune", {"lr": [0.02, 1e-7]}, prune=False), 7)
    assert work.train().pruned == 0


def test_values_that_do_not_go_together_are_refused_and_told(tmp_path, monkeypatch):
    def start(out, recipe):
        if recipe.lr > 0.025:
            raise ValueError("too fast\nfor me")
        return real(out, recipe)

    real = CurveFit.start
    monkeypatch.setattr(CurveFit, "start", start)
    work = work_on(search_of(tmp_path / "tune", {"lr": [0.02, 0.03]}), 5)
    outcome = work.train()
    assert outcome.ended == 5
    assert 1 <= outcome.refused <= 4
    refused = [trial for trial in work.trials.all() if trial.state.name == "FAIL"]
    assert {trial.user_attrs["why"] for trial in refused} == {"too fast for me"}
    assert outcome.values == {"lr": 0.02}
    assert report.rows(work.search, work.trials, 5)[-1][-1] == "refused"


def test_a_fault_that_lies_not_in_the_values_stops_the_search_and_keeps_the_trial(tmp_path, monkeypatch):
    def judge(*_):
        raise OSError(28, "No space left on device")

    search = search_of(tmp_path / "tune")
    with monkeypatch.context() as patch:
        patch.setattr(CurveFit, "judge", judge)
        with pytest.raises(OSError, match="No space left on device"):
            work_on(search, 3).train()
    work = work_on(search, 3)
    assert work.train().ended == 3
    assert [trial.state.name for trial in work.trials.study.trials] == ["FAIL", *["COMPLETE"] * 3]


def test_a_default_outside_of_the_space_is_no_trial_but_is_tested(tmp_path):
    work = work_on(search_of(tmp_path / "tune", {"lr": "0.05..0.1"}), 2, seeds=1)
    work.train()
    assert not [trial for trial in work.trials.all() if "who" in trial.user_attrs]
    assert {line.split()[0] for line in final.in_words(work.search, work.trials)} == {"default", "winner"}


def test_where_nothing_was_better_the_default_is_the_winner(tmp_path):
    work = work_on(search_of(tmp_path / "tune", {"lr": [0.02, 1e-6]}), 3, seeds=1)
    outcome = work.train()
    assert outcome.values == {"lr": compose().lr}
    lines = final.in_words(work.search, work.trials)
    assert lines[0].startswith("default  error ")
    assert lines[1:] == ["No trial was better than the default."]


def test_the_picture_s_axis_ends_where_what_is_bad_begins():
    assert report.worst_shown([-36.0, -38.0, -42.0, -1000.0, -39.0], rises=True) == -39.0 - 4 * 3.0
    assert report.worst_shown([0.2, 0.5, 0.3], rises=False) == pytest.approx(0.3 + 4 * 0.1)
    assert report.worst_shown([7.0], rises=True) == 7.0 - 4 * 7.0  # nothing to measure by
