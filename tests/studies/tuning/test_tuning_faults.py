"""What is wrong with a search is one line, and nothing is lost: settings, ranges, another search, damaged files."""

import os
import sqlite3
import sys

import pytest
import yaml

from ludus.studies.tuning.search import Search
from ludus.utils.extras import install
from training_toy import CurveFit
from tuning_stage import TASKS, quick, search_of, work_on  # noqa: F401


@pytest.fixture
def begun(tmp_path):
    """The folder of a search with one trial."""
    work_on(search_of(tmp_path / "tune"), 1).train()
    return tmp_path / "tune"


def refusal_of(action, kind=ValueError):
    with pytest.raises(kind) as refusal:
        action()
    assert "\n" not in str(refusal.value)
    return str(refusal.value)


@pytest.mark.parametrize(
    ("ranges", "words"),
    [
        ({"lrr": "0.1..0.2"}, "toy/curve has no setting 'lrr'; did you mean 'lr'?"),
        ({"threads": "1..2"}, "toy/curve has no setting 'threads'"),
        ({"seed": "0..5"}, "toy/curve has no setting 'seed'"),
        ({"holdout": "true|false"}, "holdout decides what trials are judged by, so it cannot be searched"),
        ({"lr": "0.2..0.1"}, "--search lr: the range 0.2..0.1 is empty"),
        ({"warmup": "0.5..2"}, "--search warmup: 2.0 cannot be: warmup must be 1e-06 … 0.999, got 2.0"),
        ({"optimizer": "sgd|sdg"}, "--search optimizer: sdg cannot be: unknown optimizer 'sdg'; did you mean 'sgd'?"),
    ],
)
def test_what_cannot_be_searched_is_refused_before_anything_is_written(tmp_path, ranges, words):
    assert words in refusal_of(lambda: search_of(tmp_path / "tune", ranges))
    assert not (tmp_path / "tune").exists()


def test_without_optuna_nothing_is_begun(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    said = refusal_of(lambda: search_of(tmp_path / "tune"), ImportError)
    assert said == f"a search needs Optuna, which is not installed here: {install('tune')}"
    assert not (tmp_path / "tune").exists()


def test_a_task_that_does_not_say_what_counts_cannot_be_tuned(tmp_path, monkeypatch):
    from ludus.training.fit import Fit

    monkeypatch.setattr(CurveFit, "goal", Fit.goal)
    said = refusal_of(lambda: search_of(tmp_path / "tune"))
    assert said == "toy/curve does not say what trainings are compared by, so it cannot be tuned"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"ranges": {"lr": "0.1..0.2"}}, "its search is {'lr': '0.001..0.3 log', 'hidden': '2..16'}, not {'lr': '0.1"),
        ({"seed": 7}, "its seed is 0, not 7"),
        ({"epochs": 9}, "epochs 3, not 9"),
    ],
)
def test_a_folder_of_another_search_is_refused(begun, more, words):
    said = refusal_of(lambda: search_of(begun, **more))
    assert f"{begun} holds another search: {words}" in said
    assert said.endswith(f"choose another --out, or go on with that one: ludus tune resume {begun}")
    assert search_of(begun).trials().all()  # the same one is found again


def test_a_folder_with_something_else_is_left_alone(tmp_path):
    (tmp_path / "notes").write_text("precious")
    assert "exists and is not empty; choose another --out" in refusal_of(lambda: search_of(tmp_path))
    said = refusal_of(lambda: Search.open(tmp_path, TASKS), FileNotFoundError)
    assert said == f"{tmp_path} holds no search; begin one: ludus tune fit TASK, ludus tune train ENV"
    assert [path.name for path in tmp_path.iterdir()] == ["notes"]


def damage(path, how):
    data = path.read_bytes()
    if how == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif how == "text":
        path.write_bytes(b"precious, but no SQLite" * 100)
    elif how == "noise":
        path.write_bytes(data[:5000] + os.urandom(60_000) + data[65_000:])
    elif how == "link":
        path.rename(path.with_name("elsewhere"))
        path.symlink_to("elsewhere")
    elif how == "other":
        path.unlink()
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE studies (mine TEXT)")
        connection.close()
    elif how == "version":
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE version_info SET schema_version = 99")
            connection.execute("UPDATE alembic_version SET version_num = 'v99.0.0.a'")
        connection.close()


@pytest.mark.parametrize("how", ["cut", "text", "noise", "link", "other", "version"])
def test_a_damaged_storage_is_one_line_and_stays_as_it_is(begun, how):
    path = begun / "trials.db"
    damage(path, how)
    before = path.read_bytes()
    said = refusal_of(lambda: search_of(begun).trials())
    assert said.startswith(f"{path} ")
    assert "restore it from a copy, or begin a new search with another --out" in said
    assert path.read_bytes() == before
    assert (begun / "trials" / "0000.training" / "fit.yaml").exists()


def test_trials_of_other_settings_in_the_storage_are_refused(begun):
    """Somebody's file: what a trial says is compared with the space before it becomes a setting."""
    with sqlite3.connect(begun / "trials.db") as connection:
        connection.execute("UPDATE trial_params SET param_name = 'device' WHERE param_name = 'hidden'")
    connection.close()
    assert "restore it from a copy" in refusal_of(lambda: search_of(begun).trials())


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (
            "INSERT INTO trial_user_attributes VALUES (9, 1, 'place', '\"../../elsewhere\"')",
            "has the place '../../else",
        ),
        ("INSERT INTO trial_user_attributes VALUES (9, 1, 'place', '[1]')", "has the place [1]"),
        ("UPDATE trial_params SET param_value = 9.0 WHERE param_name = 'lr'", "9.0 is not in 0.001..0.3 log"),
        ("CREATE TRIGGER t AFTER INSERT ON trials BEGIN DELETE FROM trials; END", "it holds views or triggers"),
        ("UPDATE study_directions SET direction = 'MAXIMIZE'", "its trials are to maximize a figure"),
    ],
)
def test_what_somebody_wrote_into_the_storage_is_not_believed(begun, statement, words):
    with sqlite3.connect(begun / "trials.db") as connection:
        connection.execute(statement)
    connection.close()
    assert words in refusal_of(lambda: search_of(begun).trials())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"command": "exec"}, "tune.yaml does not say what is searched; restore it"),
        ({"command": ["fit"]}, "tune.yaml does not say what is searched; restore it"),
        ({"task": "toy/curv"}, "names an unknown task 'toy/curv'; did you mean 'toy/curve'?; restore it"),
        ({"seed": -1}, "lacks seed, prune or search, or they are damaged"),
        ({"prune": "yes"}, "lacks seed, prune or search, or they are damaged"),
        ({"search": {}}, "lacks seed, prune or search, or they are damaged"),
        ({"search": {"lr": "1..0"}}, "cannot be used: --search lr: the range 1.0..0.0 is empty"),
        ({"search": {"lr": {"low": 1}}}, "cannot be used: --search lr: "),
        ({"search": {3: "0..1"}}, "cannot be used: "),
        ({"format": 2}, "has format 2, this version of Ludus reads 1"),
    ],
)
def test_a_changed_tune_yaml_is_one_line(begun, change, words):
    path = begun / "tune.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), **change}))
    said = refusal_of(lambda: Search.open(begun, TASKS))
    assert words in said
    assert str(path) in said


def test_a_recipe_that_is_damaged_is_named(begun):
    (begun / "default.yaml").write_text("task: toy/curve\n")
    assert f"{begun / 'default.yaml'} is not the recipe" in refusal_of(lambda: Search.open(begun, TASKS))


def test_the_trials_folder_is_no_link(tmp_path):
    search = search_of(tmp_path / "tune")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "tune" / "trials").symlink_to(tmp_path / "elsewhere")
    assert "is a link, expected a folder of the training's own" in refusal_of(search.trials)
    assert not list((tmp_path / "elsewhere").iterdir())
