"""The regularisers study: what each is, paired differences, curves that end early, and all of it on small pictures."""

import re
from pathlib import Path

import numpy as np
import pytest

from ludus.scripts.main import main
from ludus.studies.regularisers import study as regularisers_study
from ludus.studies.regularisers.plot import plot, plot_curves
from ludus.studies.regularisers.study import ALL, NONE, REGULARISERS, Row, plan
from ludus.studies.regularisers.table import findings, gains, markdown, separated
from ludus.studies.rows import read_rows, write_rows
from ludus.vision.tasks.classify_recipe import compose
from vision_toy import as_it_was, make_folder  # noqa: F401

ROOT = Path(__file__).resolve().parents[2]


def row(name, seed, accuracy, **more):
    given = {
        "data": "toy", "share": 0.1, "epochs": 3, "regulariser": name, "seed": seed, "accuracy": accuracy, "loss": 2.0,
        "train_accuracy": 1.0, "train_loss": 0.1, "ended": 3, "seconds": 9.0, "cpu_seconds": 8.0, "precision": "fp32",
        "setting": "x", "machine": "m", "train_curve": "0.5 0.8 1.0", "test_curve": "0.3 0.4 0.4",
        "train_losses": "1.0 0.5 0.1", "test_losses": "1.1 1.0 2.0",
    }  # fmt: skip
    return Row(**{**given, **more})


ROWS = [
    *(row(NONE, seed, accuracy) for seed, accuracy in enumerate((0.20, 0.30, 0.40))),
    *(row("mixup", seed, accuracy, loss=1.5) for seed, accuracy in enumerate((0.24, 0.35, 0.45))),
    *(row("cutout", seed, accuracy) for seed, accuracy in enumerate((0.22, 0.29, 0.40))),
    row(
        "early stopping",
        0,
        0.15,
        ended=2,
        train_accuracy=0.5,
        train_curve="0.4 0.5",
        test_curve="0.3 0.2",
        train_losses="1.0 0.9",
        test_losses="1.1 1.0",
    ),
]


def test_difference_is_taken_seed_by_seed():
    found = gains(ROWS)
    middle, low, high = found["mixup"]
    assert middle == pytest.approx(14 / 3)
    half = 4.303 * np.std([4, 5, 5], ddof=1) / 3**0.5
    assert (low, high) == (pytest.approx(middle - half), pytest.approx(middle + half))
    assert found["early stopping"][0] == pytest.approx(-5.0)
    assert np.isnan(found["early stopping"][1])
    assert separated(ROWS) == ["mixup"]  # the accuracies themselves overlap by far
    assert NONE not in found


def test_what_is_seen_is_said_with_its_figures():
    assert findings(ROWS) == [
        "Above or below none, beyond chance: mixup +4.7 points.",
        "Not to be told from none: cutout, early stopping.",
        "The gap between training and test, in points, is 70 without any, and smallest with early stopping: 35.",
        "The loss of the test pictures, in nats, is 2.00 without any, and smallest with mixup: 1.50.",
    ]
    assert findings(ROWS[3:]) == []  # nothing to compare with


def test_table_has_each_with_its_interval():
    text = markdown(ROWS)
    assert "| none | 30.0 | 5.2 … 54.8 |  | 100.0 | 70.0 | 2.00 | 3 | 8 |" in text
    assert "| mixup | 34.7 | 8.6 … 60.8 | +4.7 (+3.2 … +6.1) | 100.0 | 65.3 | 1.50 | 3 | 8 |" in text
    assert "| early stopping | 15.0 | – | -5.0 | 50.0 | 35.0 | 2.00 | 2 | 8 |" in text
    assert text.endswith("\n\n" + "\n".join(f"- {sentence}" for sentence in findings(ROWS)))


def test_pictures_are_made_of_curves_of_unequal_length(tmp_path):
    plot(ROWS, tmp_path / "all.png")
    plot_curves(ROWS, tmp_path / "curves.png", "accuracy")
    plot_curves(ROWS, tmp_path / "losses.png", "loss")
    assert all((tmp_path / f"{name}.png").stat().st_size > 10_000 for name in ("all", "curves", "losses"))


def test_each_is_a_setting_of_the_recipe_and_none_is_bare():
    wanted = {
        dict(training.place)["regulariser"]: training for training in plan("cifar-100", tuple(REGULARISERS), 0.1, 1, 40)
    }
    bare = wanted[NONE].recipe
    assert (bare.flip, bare.crop, bare.cutout, bare.mixup, bare.cutmix) == (False, 0, 0, 0.0, 0.0)
    assert (bare.label_smoothing, bare.weight_decay, bare.holdout, bare.patience) == (0.0, 0.0, 0.0, 0)
    assert (bare.net["dropout"], bare.net["norm"]) == (0.0, False)
    hashes = {training.setting for training in wanted.values()}
    assert len(hashes) == len(REGULARISERS) == 11
    for name, settings in REGULARISERS.items():
        compose("cifar-100", "convnet", settings=settings)  # what --set takes
        for key, value in settings.items():
            recipe = wanted[name].recipe
            assert recipe.net.get(key, getattr(recipe, key, None)) == value
    for name, settings in REGULARISERS.items():
        assert settings.items() <= REGULARISERS[ALL].items(), name


def test_study_from_beginning_to_end_and_again(tmp_path, capsys, monkeypatch):
    data, out = str(make_folder(tmp_path / "bars", 20)), tmp_path / "results"
    command = [
        "study", "regularisers", "--data", data, "--scale", "0.5", "--seeds", "2", "--epochs", "2", "--jobs", "1",
        "--only", "none", "early stopping", "--out", str(out),
    ]  # fmt: skip
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "4 trainings to do." in said
    assert "early stopping" in said
    rows = read_rows(out / "regularisers.csv", Row)
    assert [(row.regulariser, row.seed, row.share) for row in rows] == [
        (name, seed, 0.5) for name in ("none", "early stopping") for seed in (0, 1)
    ]
    for one in rows:
        curves = [one.curve(name) for name in ("train_curve", "test_curve", "train_losses", "test_losses")]
        assert [len(curve) for curve in curves] == 4 * [one.ended]
        assert one.ended == 2
    # All of the test pictures are fewer than a point of the curve has at most: its last one is the end.
    assert rows[0].curve("test_curve")[-1] == round(rows[0].accuracy, 3)
    for name in ("regularisers", "regularisers-curves", "regularisers-losses"):
        assert (out / f"{name}.png").stat().st_size > 10_000
    monkeypatch.setattr(regularisers_study, "train_classifier", None)  # nothing is trained again
    assert main(command) == 0
    assert main(["study", "regularisers", "--markdown", "--out", str(out)]) == 0
    assert "| early stopping |" in capsys.readouterr().out


@pytest.mark.parametrize("bad", [("mixup", "mixop"), ("0.5 0.8 1.0", "0.5 0.8"), ("0.5 0.8 1.0", "0.5 0.8 much")])
def test_table_of_something_else_is_refused(tmp_path, capsys, bad):
    path = tmp_path / "regularisers.csv"
    write_rows(path, Row, ROWS)
    path.write_text(path.read_text("utf-8").replace(*bad, 1), "utf-8")
    assert main(["study", "regularisers", "--markdown", "--out", str(tmp_path)]) == 1
    assert "regularisers.csv is not a CSV of this study; choose another --out" in capsys.readouterr().err


def test_unknown_regulariser_is_one_line(capsys):
    assert main(["study", "regularisers", "--only", "mixop"]) == 1
    assert "unknown regulariser 'mixop'; did you mean 'mixup'?" in capsys.readouterr().err


def test_the_page_shows_the_tables_of_the_results():
    rows = read_rows(ROOT / "results" / "regularisers.csv", Row)
    page = (ROOT / "docs" / "vision-hands-on.md").read_text("utf-8")
    shown = re.search(r"<!-- `ludus study regularisers --markdown` -->\n(.*?)<!-- end -->", page, re.DOTALL)
    assert shown is not None
    assert shown[1].strip() == markdown(rows), "paste what `ludus study regularisers --markdown` prints"
