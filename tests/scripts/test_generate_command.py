"""`ludus generate`: sheets, a strip and a GIF that a seed decides, and refusals in one line."""

import json

import numpy as np
import pytest
from PIL import Image

from commands_stage import said
from generator_toy import SHAPE, make_generator
from ludus.vision.models.classifier import spaces_of
from ludus.vision.models.resnet import ResNet
from ludus.vision.sheets import GAP, grid


@pytest.fixture
def model(tmp_path):
    make_generator().save(tmp_path / "gen")
    return tmp_path / "gen"


def files_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_same_seed_leaves_the_same_files_and_another_one_others(model, tmp_path, capsys):
    asked = [model, "--class", "lying", "--count", "5", "--steps", "4"]
    assert said(capsys, "generate", *asked, "--out", tmp_path / "a") == (0, "")
    assert said(capsys, "generate", *asked, "--out", tmp_path / "b") == (0, "")
    assert files_of(tmp_path / "a") == files_of(tmp_path / "b")
    assert files_of(tmp_path / "a").keys() == {"lying-0.png", "lying-0-strip.png", "lying-0.gif"}
    said(capsys, "generate", *asked, "--seed", "1", "--out", tmp_path / "b")
    for ending in (".png", "-strip.png", ".gif"):
        assert files_of(tmp_path / "b")[f"lying-1{ending}"] != files_of(tmp_path / "a")[f"lying-0{ending}"]


def test_sheet_shows_the_class_and_strip_and_gif_the_way(model, tmp_path, capsys):
    out = tmp_path / "out"
    assert (
        said(capsys, "generate", model, "--class", "standing", "--count", "9", "--solver", "euler", "--out", out)[0]
        == 0
    )
    net = make_generator()
    with Image.open(out / "standing-0.png") as sheet:
        np.testing.assert_array_equal(np.asarray(sheet), grid(net.draw(np.full(9, 2), 0, 3, "euler")))
    with Image.open(out / "standing-0-strip.png") as strip:
        assert strip.size == (4 * (56 + GAP) + GAP, 16 + 8 * (56 + GAP) + GAP)  # noise and 3 steps; 8 pictures
    with Image.open(out / "standing-0.gif") as gif:
        assert gif.n_frames >= 4


def test_all_classes_are_drawn_in_turn_where_none_is_named(model, tmp_path, capsys):
    assert said(capsys, "generate", model, "--count", "6", "--steps", "1", "--out", tmp_path / "out")[0] == 0
    with Image.open(tmp_path / "out" / "all-0.png") as sheet:
        wanted = grid(make_generator().draw(np.array([0, 1, 2, 0, 1, 2]), 0, 1), 3)  # a column per class
        np.testing.assert_array_equal(np.asarray(sheet), wanted)


def test_name_of_a_class_leads_nowhere_else(tmp_path, capsys):
    make_generator(classes=("../../x y", "b")).save(tmp_path / "gen")
    out = tmp_path / "deep" / "out"
    assert said(capsys, "generate", tmp_path / "gen", "--class", "../../x y", "--count", "1", "--out", out)[0] == 0
    assert files_of(out).keys() == {"-x-y-0.png", "-x-y-0-strip.png", "-x-y-0.gif"}
    assert {path.name for path in tmp_path.iterdir()} == {"gen", "deep"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--class", "standin"], "unknown class 'standin'; did you mean 'standing'?"),
        (["--class", ""], "unknown class ''; known: lying, nothing, standing"),
        (["--count", "0"], "--count must be 1 … 10,000, got 0"),
        (["--count", "1000000000"], "--count must be 1 … 10,000, got 1,000,000,000"),
        (["--steps", "0"], "steps must be a whole number 1 … 1,000, got 0"),
        (["--steps", "100000"], "steps must be a whole number 1 … 1,000, got 100000"),
        (["--solver", "rk4"], "unknown solver 'rk4'; expected euler or heun"),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_anything_is_written(model, tmp_path, capsys, arguments, message):
    code, line = said(capsys, "generate", model, "--out", tmp_path / "out", *arguments)
    assert code == 1
    assert line == f"ludus: {message}\n"
    assert not (tmp_path / "out").exists()


def test_folders_that_hold_no_generator_are_refused_in_one_line(model, tmp_path, capsys):
    ResNet(*spaces_of(np.empty((1, *SHAPE)), 3), widths=[8]).save(tmp_path / "classifier")
    code, line = said(capsys, "generate", tmp_path / "classifier")
    assert code == 1
    assert line.endswith(
        "classifier is a ResNet, which draws nothing; expected what `ludus fit vision/generate` made\n"
    )
    (tmp_path / "empty").mkdir()
    assert "holds no config.json; expected the folder of a component" in said(capsys, "generate", tmp_path / "empty")[1]
    assert "does not exist" in said(capsys, "generate", tmp_path / "nowhere")[1]
    content = json.loads((model / "config.json").read_text("utf-8"))
    content["config"]["widths"] = [8, 16, 32]
    (model / "config.json").write_text(json.dumps(content), "utf-8")
    assert (
        "does not describe a vision/generator: expected as many blocks as widths" in said(capsys, "generate", model)[1]
    )
    (model / "weights.safetensors").write_bytes(b"no weights")
    code, line = said(capsys, "generate", model)
    assert "weights.safetensors is damaged" in line
    assert line.count("\n") == 1
