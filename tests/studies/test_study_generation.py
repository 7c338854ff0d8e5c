"""The generation study: sides in their order, rows that are not repeated, and what cannot be compared."""

import dataclasses
import io
import math

import numpy as np
import pytest
import torch
from rich.console import Console

from generator_toy import CLASSES, SHAPE, bars, make_generator
from ludus.scripts.main import main
from ludus.studies.generation import Arguments, run, study
from ludus.studies.generation.study import MEANS, NOISE, TRAINING, Row, parse_flows, prepare, with_shares
from ludus.studies.rows import read_rows
from ludus.vision.models.classifier import spaces_of
from ludus.vision.models.resnet import ResNet
from vision_toy import as_it_was  # noqa: F401

LEARNING = {"batch_size": 16, "epochs": 4, "widths": [8, 16], "threads": 1, "precision": "fp32", "crop": 0}


@pytest.fixture
def stage(tmp_path, monkeypatch):
    """A generator, a judge that knows something, and bars in the place of the data."""
    train, test = bars(150, 0), bars(60, 1)
    monkeypatch.setattr(study, "load_tensors", lambda name, split: train if split == "train" else test)
    monkeypatch.setattr(study, "LEARNING", LEARNING)
    (tmp_path / "bars").mkdir()
    make_generator(steps=2, data=str(tmp_path / "bars")).save(tmp_path / "gen")
    torch.manual_seed(0)
    judge = ResNet(*spaces_of(np.empty((1, *SHAPE)), 3), widths=[8, 16], classes=CLASSES)
    judge.save(tmp_path / "judge")
    return tmp_path


def said(stage, **more):
    console = Console(file=io.StringIO(), width=100)
    out = stage / "results"
    given = {"flows": "euler:1,heun:2", "count": 30, "judge": str(stage / "judge"), **more}
    assert run(Arguments(generator=str(stage / "gen"), out=out, **given), console) == 0
    return console.file.getvalue(), read_rows(out / "generation-gen.csv", Row)


def test_sides_stand_in_their_order_between_floor_and_ceiling(stage):
    text, rows = said(stage)
    assert [row.key for row in rows] == [
        (TRAINING, "", 0),
        (MEANS, "", 0),
        (NOISE, "", 0),
        ("gen", "euler", 1),
        ("gen", "heun", 2),
    ]
    assert [row.evaluations for row in rows] == [0, 0, 0, 1, 3]
    assert (rows[0].share, rows[1].share) == (0.0, 1.0)
    assert 0.0 <= rows[0].distance < rows[1].distance
    assert [math.isnan(row.learned) for row in rows] == [False, False, True, True, False]
    assert rows[0].learned > rows[4].learned  # bars that were learned from, against noise that was moved about
    assert len({row.judge for row in rows}) == 1
    assert [bool(row.generator) for row in rows] == [False, False, False, True, True]
    for words in ("heun, 2 steps", "training images", "30 pictures each", "generation-gen.png"):
        assert words in text
    assert (stage / "results" / "generation-gen.png").stat().st_size > 10_000


def test_rows_that_are_there_are_not_made_again(stage, monkeypatch):
    _, rows = said(stage)
    monkeypatch.setattr(study, "judge_side", lambda *_: pytest.fail("it is there"))
    assert [dataclasses.replace(row, learned=0.0) for row in said(stage)[1]] == [
        dataclasses.replace(row, learned=0.0) for row in rows
    ]


def test_rows_of_another_generator_of_the_name_and_of_another_judge_are_replaced(stage):
    _, rows = said(stage, flows="euler:1")
    make_generator(seed=1, steps=2, data=str(stage / "bars")).save(stage / "gen")
    _, other = said(stage, flows="euler:1")
    assert [row.distance for row in other[:3]] == [row.distance for row in rows[:3]]
    assert {row.generator for row in other[3:]}.isdisjoint(row.generator for row in rows[3:])
    torch.manual_seed(1)
    ResNet(*spaces_of(np.empty((1, *SHAPE)), 3), widths=[8, 16], classes=CLASSES).save(stage / "judge")
    _, judged = said(stage, flows="euler:1")
    assert {row.judge for row in judged}.isdisjoint(row.judge for row in other)


def test_training_images_are_as_many_of_each_class_and_means_their_mean(stage):
    setup = prepare("gen", make_generator(), judge_of(stage), "bars", 30, "euler:1")
    real = study.training_images(setup)
    assert torch.bincount(real.labels).tolist() == [10, 10, 10]
    known = {image.tobytes() for image in bars(150, 0).images.numpy()}
    assert all(image.tobytes() in known for image in real.images.numpy())
    means = study.class_means(setup)
    own = bars(150, 0).images[bars(150, 0).labels == 2].double().mean(dim=0).round()
    assert torch.equal(means.images[2].double(), own)
    assert means.labels.tolist() == real.labels.tolist()


def judge_of(stage):
    from ludus.components.component import Component

    return Component.load(stage / "judge")


def test_share_is_of_what_lies_between_training_images_and_class_means():
    row = Row("gen", "heun", 2, 3, 30, 6.0, math.nan, 0.5, math.nan, 0.0, "a", "b", "c")
    ends = [dataclasses.replace(row, side=TRAINING, distance=2.0), dataclasses.replace(row, side=MEANS, distance=10.0)]
    assert math.isnan(with_shares([row, ends[0]])[0].share)
    assert [row.share for row in with_shares([row, *ends])] == [0.5, 0.0, 1.0]


def test_flows_are_solvers_and_steps():
    assert parse_flows("heun:10,euler:3") == [("heun", 10), ("euler", 3)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--flows", "heun"], "a way from noise to image is SOLVER:STEPS, such as heun:10, got 'heun'"),
        (["--flows", "rk4:3"], "unknown solver 'rk4'"),
        (["--flows", "heun:0"], "steps must be a whole number 1 … 1,000, got 0"),
        (["--count", "2"], "--count must be 6 … 150 for"),
        (["--count", "151"], "--count must be 6 … 150 for"),
        (["--judge", "gen"], "the judge is a Generator, expected what `ludus fit vision/classify` made"),
        (["--judge", "other"], "the judge is for pictures (8, 8, 1) of 3 classes"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_one_line(stage, capsys, monkeypatch, options, message):
    monkeypatch.chdir(stage)
    ResNet(*spaces_of(np.empty((1, *SHAPE)), 3), widths=[8], classes=("a", "b", "c")).save(stage / "other")
    given = [] if "--judge" in options else ["--judge", "judge"]
    assert main(["study", "generation", "gen", *given, *options]) == 1
    line = capsys.readouterr().err
    assert message in line
    assert line.count("\n") == 1
