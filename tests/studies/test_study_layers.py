"""The layers study: nets of equal size, shifted pictures, its table and pictures, and a study from beginning to end."""

import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from ludus.components.component import Component
from ludus.data.images import LabelledImages
from ludus.scripts.main import main
from ludus.studies.layers import nets
from ludus.studies.layers import study as layers_study
from ludus.studies.layers.nets import ARRANGEMENTS, PARAMETERS, sized
from ludus.studies.layers.study import Row, plan, shifted, shifted_accuracy
from ludus.studies.layers.table import findings, markdown
from ludus.studies.rows import read_rows, write_rows
from ludus.vision.models.mlp import MLP
from vision_toy import as_it_was, images, make_folder  # noqa: F401

ROOT = Path(__file__).resolve().parents[2]
KINDS = {"fashion-mnist": ((28, 28, 1), 10), "cifar-100": ((32, 32, 3), 100)}


def row(net="dense", share=1.0, seed=0, **more):
    given = {
        "data": "toy", "share": share, "net": net, "epochs": 2, "seed": seed, "parameters": 100, "multiply_adds": 1000,
        "accuracy": 0.8, "loss": 0.5, "train_accuracy": 0.9, "shifted_1": 0.7, "shifted_2": 0.6, "shifted_3": 0.5,
        "shifted_4": 0.4, "seconds": 3.0, "cpu_seconds": 2.0, "precision": "fp32", "setting": "x", "machine": "m",
    }  # fmt: skip
    return Row(**{**given, **more})


@pytest.fixture
def blank(monkeypatch):
    """Blank pictures of the size of the public sets, which need not be here."""

    def load(data, split):
        shape, classes = KINDS[data]
        return LabelledImages(np.zeros((2, *shape), np.uint8), np.zeros(2, np.int64), tuple(map(str, range(classes))))

    monkeypatch.setattr(nets, "load_images", load)


@pytest.mark.parametrize("data", KINDS)
def test_nets_have_as_many_parameters_and_not_as_much_work(blank, data):
    found = {name: sized(name, data) for name in ARRANGEMENTS}
    for name, net in found.items():
        assert abs(net.parameters / PARAMETERS - 1.0) < 0.01, name
    # A dense layer uses each parameter once for a picture, a convolution at each place.
    assert found["dense"].multiply_adds < found["dense"].parameters
    assert found["global"].multiply_adds > 65 * found["dense"].multiply_adds
    with pytest.raises(ValueError, match="no net 'pooled' for .* has about 500 parameters"):
        sized("pooled", data, 500)


def test_each_arrangement_is_what_it_says():
    build = {name: one.arguments(8) for name, one in ARRANGEMENTS.items()}
    assert not build["pooled"].get("strides")
    assert build["pooled"]["dense"] == 8
    assert build["strided"]["strides"]
    assert build["strided"]["dense"] == build["global"]["dense"] == 0
    assert build["global"]["global_pool"]
    assert ARRANGEMENTS["dense"].model == "mlp"


def test_pictures_are_shifted_in_four_directions():
    x = images(8).images
    moved = shifted(x, 2)
    inside = slice(2, -2)
    for i, (axis, by) in enumerate(((0, 2), (0, -2), (1, 2), (1, -2))):
        for one in (i, i + 4):
            expected = torch.roll(x[one], by, dims=axis)
            assert torch.equal(moved[one][inside, inside], expected[inside, inside])
    assert torch.equal(shifted(x, 0), x)


def test_net_that_looks_at_one_pixel_is_lost_when_that_moves():
    data = images(40, size=(8, 8, 1), classes=2)
    x = torch.zeros_like(data.images)
    x[data.labels == 1, 4, 4] = 255  # class 1 has a white pixel in the middle
    data = replace(data, images=x)
    net = MLP(*nets.spaces_of(x, 2), widths=[1], norm=False).eval()
    with torch.no_grad():
        for p in net.parameters():
            p.zero_()
        net.hidden[1].weight[0, 4 * 8 + 4] = 1.0
        net.classify.weight[1, 0], net.classify.bias[0] = 1.0, 0.5
    assert shifted_accuracy(net, data, 0) == 1.0
    assert shifted_accuracy(net, data, 1) == 0.5


def test_all_nets_of_a_seed_come_before_the_next_seed(blank, tmp_path):
    wanted = plan(("fashion-mnist", "cifar-100"), tuple(ARRANGEMENTS), (1.0, 0.1), 2, None, tmp_path)
    places = [dict(training.place) for training in wanted]
    assert len(places) == 2 * 4 * 2 * 2
    assert [place["seed"] for place in places] == 16 * [0] + 16 * [1]
    assert {(place["share"], place["epochs"]) for place in places} == {(1.0, 8), (0.1, 20)}
    kept = [training.recipe.keep for training in wanted if training.recipe.keep]
    assert len(set(kept)) == len(kept) == 8
    shorter = plan(("cifar-100",), ("dense",), (1.0,), 1, 1, tmp_path)[0]
    assert shorter.place != wanted[4].place  # a trial does not take the place of the real thing
    for training in wanted:
        recipe = training.recipe.recipe
        assert (recipe.flip, recipe.crop, recipe.label_smoothing, recipe.weight_decay) == (False, 0, 0.0, 0.0)
        assert recipe.net["dropout"] == 0.0


def test_what_is_seen_is_said_with_its_figures():
    rows = [
        row("dense", seed=0, accuracy=0.7), row("dense", seed=1, accuracy=0.9),
        row("global", multiply_adds=70_000, accuracy=0.9, train_accuracy=0.95, shifted_4=0.81, cpu_seconds=30.0),
    ]  # fmt: skip
    first, second = findings(rows)
    assert first == (
        "toy, all pictures: right are convolution + global pooling 90.0 %, dense only 80.0 %; with as many parameters, "
        "convolution + global pooling multiplies 70 times as much as dense only, and takes 15 times as long."
    )
    assert "keep convolution + global pooling 90 %, dense only 50 %" in second
    assert "in points, is convolution + global pooling 5.0, dense only 10.0." in second
    assert findings(rows[:2]) == []


def test_table_has_a_line_for_each_net_and_share():
    rows = [
        row(seed=0, accuracy=0.79),
        row(seed=1, accuracy=0.81),
        row(seed=2, accuracy=0.8),
        row(share=0.1, accuracy=0.5),
    ]
    text = markdown(rows)
    assert "| dense only | all | 2 | 0.0 M | 2 | 80.0 | 77.5 … 82.5 | 90.0 | 10.0 | 70.0 | 60.0 | 50.0 | 40.0 |" in text
    assert "| dense only | 10 % | 2 | 0.0 M | 2 | 50.0 | – |" in text
    both = markdown([*rows, row("global")])
    assert both.endswith("\n\n" + "\n".join(f"- {sentence}" for sentence in findings([*rows, row("global")])))


def test_study_from_beginning_to_end_and_again(tmp_path, capsys, monkeypatch):
    data, out = str(make_folder(tmp_path / "bars", 12)), tmp_path / "results"
    command = [
        "study", "layers", "--data", data, "--nets", "dense", "strided", "--shares", "1", "0.5", "--seeds", "1",
        "--epochs", "1", "--jobs", "1", "--out", str(out),
    ]  # fmt: skip
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "4 trainings to do." in said
    assert "strided convolution" in said
    rows = read_rows(out / "layers.csv", Row)
    assert [(row.net, row.share, row.epochs) for row in rows] == [
        (net, share, 1) for share in (1.0, 0.5) for net in ("dense", "strided")
    ]
    assert all(0.0 <= row.accuracy <= 1.0 and row.seconds > 0.0 for row in rows)
    for name in ("layers.png", "layers-looks.png"):
        assert (out / name).stat().st_size > 10_000
    kept = Component.load(out / "layers.models" / "bars-strided")
    assert round(kept.metrics["accuracy"], 4) == rows[1].accuracy
    monkeypatch.setattr(layers_study, "train_classifier", None)  # nothing is trained again
    shutil.rmtree(out / "layers.models" / "bars-dense")
    assert main(command) == 0
    assert "shows no layers of bars-dense, whose" in " ".join(capsys.readouterr().out.split())
    assert main(["study", "layers", "--markdown", "--out", str(out)]) == 0
    assert "| strided convolution | 50 % | 1 |" in capsys.readouterr().out


def test_unknown_net_is_one_line(tmp_path, capsys):
    write_rows(tmp_path / "layers.csv", Row, [row()])
    text = (tmp_path / "layers.csv").read_text("utf-8")
    (tmp_path / "layers.csv").write_text(text.replace("dense", "sparse"), "utf-8")
    assert main(["study", "layers", "--markdown", "--out", str(tmp_path)]) == 1
    assert "layers.csv is not a CSV of this study; choose another --out" in capsys.readouterr().err
    assert main(["study", "layers", "--nets", "dens"]) == 1
    assert "unknown net 'dens'; did you mean 'dense'?" in capsys.readouterr().err


def test_the_page_shows_the_tables_of_the_results():
    rows = read_rows(ROOT / "results" / "layers.csv", Row)
    page = (ROOT / "docs" / "vision-hands-on.md").read_text("utf-8")
    shown = re.search(r"<!-- `ludus study layers --markdown` -->\n(.*?)<!-- end -->", page, re.DOTALL)
    assert shown is not None
    assert shown[1].strip() == markdown(rows), "paste what `ludus study layers --markdown` prints"
