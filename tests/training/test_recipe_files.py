"""`ludus fit --recipe FILE`: a recipe as a file of its own, changed by what else is typed, refused in one line."""

import dataclasses

import pytest
import torch
import yaml

from ludus.components.component import Component
from ludus.training import progress
from ludus.training.fit import folder_of
from ludus.training.recipe import known_settings, read_recipe, with_settings, write_recipe
from training_toy import CurveFit, CurveRecipe, compose
from tuning_stage import Arguments


@pytest.fixture(autouse=True)
def as_it_was():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "winner.yaml"
    write_recipe(compose({"lr": 0.05, "hidden": 4}, seed=3), CurveFit.TASK, path, "from a search\nof two lines")
    return path


def test_a_recipe_from_a_file_trains_what_it_says(tmp_path, file):
    assert file.read_text().startswith("# from a search\n# of two lines\nformat: ")
    fit = Arguments(recipe=str(file)).start_from_recipe(CurveFit, tmp_path / "net")
    net, _ = fit.train()
    whole, _ = CurveFit.start(tmp_path / "whole", compose({"lr": 0.05, "hidden": 4}, seed=3)).train()
    assert all(torch.equal(value, whole.state_dict()[key]) for key, value in net.state_dict().items())
    again = read_recipe(folder_of(tmp_path / "net") / "fit.yaml", CurveFit.TASK, CurveRecipe)
    assert again == compose({"lr": 0.05, "hidden": 4}, seed=3)
    copied = Arguments(recipe=str(folder_of(tmp_path / "net") / "fit.yaml"))  # of a training, too
    assert copied.start_from_recipe(CurveFit, tmp_path / "copy").recipe == again


def test_what_else_is_typed_changes_it(tmp_path, file):
    typed = Arguments(recipe=str(file), seed=9, epochs=1, set=("hidden=6", "warmup=0.5", "lr=1"))
    recipe = typed.start_from_recipe(CurveFit, tmp_path / "net").recipe
    assert recipe == compose({"lr": 1.0, "hidden": 6, "warmup": 0.5, "epochs": 1}, seed=9)
    assert type(recipe.lr) is float


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"task": "toy/line"}, "is a recipe of toy/line, not of toy/curve; give another --recipe"),
        ({"task": 5}, "does not name a task; give another --recipe"),
        ({"lr": -1}, "cannot be used: lr must be 0 … 1e.06, got -1; give another --recipe"),
        ({"lrr": 1}, "cannot be used: "),
        ({"format": 9}, "has format 9, this version of Ludus reads 2"),
    ],
)
def test_a_file_that_is_no_recipe_of_the_task_is_one_line(tmp_path, file, content, words):
    file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), **content}))
    with pytest.raises(ValueError, match=words) as refusal:
        Arguments(recipe=str(file)).start_from_recipe(CurveFit, tmp_path / "net")
    assert "\n" not in str(refusal.value)
    assert not folder_of(tmp_path / "net").exists()


def test_what_a_recipe_has_no_place_for_is_refused(tmp_path, file):
    @dataclasses.dataclass(kw_only=True)
    class More(Arguments):
        depth_of_all: int = 1

    with pytest.raises(ValueError, match="says all but the settings; leave out --depth-of-all"):
        More(recipe=str(file), depth_of_all=2).start_from_recipe(CurveFit, tmp_path / "net")
    with pytest.raises(ValueError, match="no setting 'hiden'; did you mean 'hidden'?"):
        Arguments(recipe=str(file), set=("hiden=2",)).start_from_recipe(CurveFit, tmp_path / "net")
    with pytest.raises(FileNotFoundError, match="nowhere.yaml does not exist; give another --recipe"):
        Arguments(recipe="nowhere.yaml").start_from_recipe(CurveFit, tmp_path / "net")


def test_settings_are_what_set_takes():
    recipe = compose({"hidden": 3})
    known = known_settings(recipe)
    assert repr(known_settings(compose({"dropout": 0}))["dropout"]) == "0.0"  # what was typed is a number of its kind
    assert (known["hidden"], known["dropout"], known["lr"]) == (3, 0.0, 0.02)
    assert not {"seed", "net", "points", "middle"} & known.keys()
    changed = with_settings(recipe, {"dropout": 0.5, "lr": 2})
    assert (changed.net, changed.lr) == ({"hidden": 3, "dropout": 0.5}, 2.0)
    with pytest.raises(ValueError, match="no setting 'seed'"):
        with_settings(recipe, {"seed": 1})


def test_a_comparison_judges_what_is_held_out_and_saves_no_component(tmp_path, monkeypatch):
    monkeypatch.setattr(CurveFit, "finish", lambda *_: 1 / 0)
    monkeypatch.setattr(progress, "REPORT_SECONDS", 0.0)
    seen = []
    fit = CurveFit.start(tmp_path / "net", compose({"holdout": True}))
    net, figures = fit.compare(seen.append)
    assert figures == fit.held_out(net, None)
    assert figures["error"] != seen[-1].figures["error"]  # that of the points that were learned from
    assert len({id(report.figures) for report in seen if report.figures}) == 3  # a new one after each epoch
    assert not (tmp_path / "net").exists()
    with pytest.raises(FileNotFoundError):
        Component.load(tmp_path / "net")
    again, same = CurveFit.open(tmp_path / "net").compare()
    assert same == figures
    assert all(torch.equal(value, net.state_dict()[key]) for key, value in again.state_dict().items())
