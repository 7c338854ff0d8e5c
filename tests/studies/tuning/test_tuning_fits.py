"""The tasks of `ludus fit` in a search: what they are judged by, where they are searched, and the test stays apart."""

import pytest

from forecasting_toy import day_ahead_csv, waves_csv
from ludus.forecasting.tasks import neural, solve
from ludus.scripts.fit import TASKS, begin
from ludus.studies.tuning.fits import FitSubject
from ludus.studies.tuning.search import Search, space_of
from ludus.studies.tuning.work import Work
from ludus.utils.command_line import named_object
from ludus.vision.tasks import classify_report, generate_report, read_report
from ludus.vision.tasks.classify import HELD_OUT
from ludus.vision.tasks.read import HELD_APART, TESTED_APART
from tuning_stage import quick  # noqa: F401
from vision_toy import make_folder

SMALL = ("threads=1", "precision=fp32", "epochs=1")


def subject_of(folder, name, *settings, **options):
    """What `ludus tune fit NAME` makes of these options."""
    task = named_object(TASKS[name][0])
    started = begin(task, task.Arguments(set=settings, **options), folder / "start" / "default")
    return FitSubject(type(started), started.recipe)


def series(folder, name, *settings):
    path = folder / "series.csv"
    if not path.exists():
        day_ahead_csv(path) if name in ("lear", "mlp") else waves_csv(path)
    known = ("load",) if name in ("lear", "mlp") else ()
    target = ("price",) if known else ("a",)
    sizes = () if known else ("lookback=24",)
    options = {"file": str(path), "target": target, "known": known, "horizon": 24 if known else 4}
    return subject_of(folder, f"forecasting/{name}", *sizes, *settings, **options)


@pytest.fixture(scope="module")
def bars(tmp_path_factory):
    return str(make_folder(tmp_path_factory.mktemp("bars"), each=10))


def readings(folder):
    small = ("frames=256", "test_frames=128", "widths=[4]", "dense=4", "hidden=4", *SMALL)
    return subject_of(folder, "vision/read", *small, env="ludus/CartPole-v1")


@pytest.mark.parametrize("name", ["dlinear", "gru", "mlp", "nlinear", "patchtst"])
def test_forecasters_that_learn_are_judged_by_the_validation_part(tmp_path, name):
    subject = series(tmp_path, name, *SMALL)
    assert subject.aim == ("MAE", False)
    assert {"lr", "batch_size", "weight_decay"} <= space_of(subject, {}).keys()
    assert ("dropout" in space_of(subject, {})) == (name not in ("dlinear", "nlinear"))
    assert "lookback" in space_of(subject, {"lookback": "x0.5..x2"})


def test_what_is_compared_is_what_is_learned(tmp_path):
    assert series(tmp_path, "nlinear", "loss=mse", *SMALL).aim == ("MSE", False)


@pytest.mark.parametrize("name", ["linear", "periodic"])
def test_closed_forms_say_where_they_are_searched(tmp_path, name):
    subject = series(tmp_path, name)
    assert (subject.aim, space_of(subject, {}).keys()) == (("MAE", False), {"level", "lookback"})


@pytest.mark.parametrize("name", ["lear", "mean", "naive", "seasonal", "ensemble"])
def test_others_are_searched_where_they_are_told(tmp_path, name):
    subject = series(tmp_path, name)
    with pytest.raises(
        ValueError, match=f"ludus fit forecasting/{name} has no ranges of its own; say what is searched"
    ):
        space_of(subject, {})
    assert space_of(subject, {"lookback": "x0.5..x2"})


@pytest.mark.parametrize("model", ["resnet", "convnet"])
def test_classifiers_are_judged_by_pictures_that_are_held_out(tmp_path, bars, model):
    subject = subject_of(tmp_path, "vision/classify", *SMALL, data=bars, model=model)
    assert subject.aim == ("accuracy", True)
    assert subject.goal.settings == {"holdout": HELD_OUT, "patience": 0, "share": 1.0}
    space = space_of(subject, {})
    assert {"lr", "crop", "cutmix", "dropout"} <= space.keys()
    chosen = subject_of(tmp_path / "other", "vision/classify", "holdout=0.4", data=bars, model=model)
    assert chosen.goal.settings["holdout"] == 0.4
    assert chosen.goal.whole == {"holdout": 0.0}


def test_early_stopping_keeps_what_it_looks_at(tmp_path, bars):
    stopping = subject_of(tmp_path, "vision/classify", "holdout=0.4", "patience=2", data=bars, model="convnet")
    assert stopping.goal.whole == {}
    for name in ("patience", "holdout", "share"):
        with pytest.raises(ValueError, match=f"{name} decides what trials are judged by, so it cannot be searched"):
            space_of(stopping, {name: "1..2"})


def test_generators_are_judged_by_their_loss_on_pictures_that_are_held_out(tmp_path, bars):
    subject = subject_of(tmp_path, "vision/generate", *SMALL, data=bars)
    assert subject.aim == ("loss", False)
    space = space_of(subject, {})
    assert space.keys() == {"lr", "batch_size", "middle", "spread"}
    assert all(part.label(subject.default(name)) is not None for name, part in space.items())


def test_readers_are_judged_by_episodes_of_their_own(tmp_path):
    subject = readings(tmp_path)
    assert subject.aim == ("rmse", False)
    assert len({0, TESTED_APART, HELD_APART}) == 3
    board = subject_of(tmp_path / "board", "vision/read", "frames=256", env="ludus/Snake-v1")
    assert board.aim == ("cells_right", True)


@pytest.mark.parametrize("name", ["linear", "nlinear", "classify", "generate", "read"])
def test_no_trial_looks_at_the_test(tmp_path, bars, monkeypatch, name):
    """What judges by the test is broken; the trials do not notice it, and the end does."""
    if name == "classify":
        subject = subject_of(tmp_path, "vision/classify", "widths=[4]", *SMALL, data=bars, model="convnet")
        module, ranges = classify_report, {"lr": "1e-4..1e-1 log"}
    elif name == "generate":
        subject = subject_of(tmp_path, "vision/generate", "widths=[8, 8]", "blocks=[1, 1]", "told=8", *SMALL, data=bars)
        module, ranges = generate_report, {"lr": "1e-4..1e-1 log"}
    elif name == "read":
        subject, module, ranges = readings(tmp_path), read_report, {"lr": "1e-4..1e-1 log"}
    else:
        subject = series(tmp_path, name, *(SMALL if name == "nlinear" else ()))
        module = neural if name == "nlinear" else solve
        ranges = {"lr": "1e-4..1e-1 log"} if name == "nlinear" else {"level": "last|mean"}
    search = Search.start(tmp_path / "tune", subject, ranges, 0, True)
    with monkeypatch.context() as patch:
        patch.setattr(module, "measure", lambda *_: 1 / 0)
        outcome = Work(search, 2).train()
        assert (outcome.ended, outcome.refused) == (2, 0)
        with pytest.raises(ZeroDivisionError):
            Work(search, 2, seeds=1).train()
    Work(search, 2, seeds=1).train()
    assert (tmp_path / "tune" / "test.csv").exists()
