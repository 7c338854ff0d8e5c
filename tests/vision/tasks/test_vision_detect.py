"""Trainings of detectors: on an environment's new pictures, and on a folder in COCO's format."""

import numpy as np
import pytest
import torch

import ludus
from coco_folder import one_picture, write_folder
from ludus.components.average_precision import average_precision, judged
from ludus.components.component import Component
from ludus.components.detections import CLASS, VALID, corners_of
from ludus.envs.make import make_batch
from ludus.explain.boxes import explain_boxes
from ludus.scripts.main import main
from ludus.training.fit import folder_of
from ludus.utils.interrupts import Interrupted
from ludus.vision.blobs import Blobs
from ludus.vision.tasks import detect, detect_data, detect_report
from ludus.vision.tasks.detect import Detect
from ludus.vision.tasks.detect_data import SceneBatches, load, of_environment
from ludus.vision.tasks.detect_pictures import boxed, worst
from ludus.vision.tasks.detect_recipe import compose
from stopping import stop_at
from tray_toy import CLASSES, MOST
from vision_toy import as_it_was  # noqa: F401

TOY = "test/Tray-v0"
ludus.register(TOY, "tray_toy", max_episode_steps=20)
TINY = {
    **{"frames": 512, "test_frames": 256, "epochs": 5, "batch_size": 32, "widths": [8, 16, 16], "hidden": 16},
    **{"crop": 16, "crop_widths": [8, 8, 8], "flip": False, "ema": 0.9, "threads": 1, "precision": "fp32"},
    **{"checkpoint_seconds": 0.0},
}


def recipe(**settings):
    return compose(TOY, settings={**TINY, **settings})


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    out = tmp_path_factory.mktemp("models") / "tray"
    return out, *Detect.start(out, recipe()).train()


def test_what_lies_on_the_tray_is_found(learned):
    out, net, summary = learned
    assert summary.metrics["map50"] > 0.6
    assert summary.metrics["map50"] > summary.baseline["map50"] + 0.1
    assert "blobs, nearest mean" in str(summary)
    assert Component.load(out).metrics == net.metrics
    batch = make_batch(TOY, 32, perception=str(out), split="test")
    batch.seed_from(0)
    truth = make_batch(TOY, 32, perception="truth", split="test")
    truth.seed_from(0)
    shown, true = [], []
    for _ in range(4):
        for each in (batch, truth):
            each.step(np.zeros(32, np.int64))
        shown.append(batch.shown("perception").copy())
        true.append(truth.shown("perception").copy())
    assert average_precision(np.concatenate(true), np.concatenate(shown)) > 0.5
    best = np.concatenate(shown)[:, 0]
    assert best[:, VALID].mean() > 0.3
    level = best[:, CLASS] > 0.5
    assert best[level, 5].mean() > 0.5 > -0.5 > best[~level, 5].mean()  # cos 2θ of what lies and of what stands


def test_what_speaks_for_a_box_lies_in_it_and_is_what_the_network_learned(learned):
    _, net, _ = learned
    data = of_environment(recipe(), 32, 5, tested=True)
    rows, heats = explain_boxes(net, data.images)
    assert heats.shape == (32, MOST, 32, 32)
    assert ((heats >= 0.0) & (heats <= 1.0)).all()
    with torch.no_grad():
        np.testing.assert_array_equal(rows, net(data.images).numpy())
    edges = 32.0 * corners_of(rows)
    y, x = np.mgrid[:32, :32] + 0.5
    left, top, right, bottom = (edges[..., k, None, None] for k in range(4))
    inside = (x > left - 2) & (x < right + 2) & (y > top - 2) & (y < bottom + 2)
    sure = rows[..., VALID] > 0.6
    assert sure.sum() > 20
    share = (heats * inside).sum(axis=(2, 3)) / heats.sum(axis=(2, 3)).clip(min=1e-9)
    learned_share = share[sure].mean()
    assert learned_share > 0.55
    blank = detect.build(compose(TOY, seed=3, settings=TINY), data)
    other, heats = explain_boxes(blank, data.images)
    share = (heats * inside).sum(axis=(2, 3)) / heats.sum(axis=(2, 3)).clip(min=1e-9)
    assert share[sure].mean() < learned_share - 0.1  # an untrained network has less to say about these boxes
    assert blank.training
    assert (heats[other[..., VALID] == 0.0] == 0.0).all()


@pytest.mark.parametrize("step", [5, 12])
def test_a_training_that_was_stopped_ends_with_the_same_bits(tmp_path, step):
    """In the middle of an epoch with the first pictures, and of one with the next."""
    settings = {"frames": 128, "epochs": 4, "fresh": 2, "test_frames": 64}
    whole, _ = Detect.start(tmp_path / "whole", recipe(**settings)).train()
    with pytest.raises(Interrupted):
        Detect.start(tmp_path / "again", recipe(**settings)).train(stop_at(step))
    again, _ = Detect.open(tmp_path / "again").train()
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, again.state_dict()[name]), name


def test_a_folder_is_learned_from_and_its_notes_are_told(tmp_path):
    folder = write_folder(tmp_path / "bars", {"train": 160, "test": 60})
    settings = {**TINY, "side": 48, "most": 2, "epochs": 10, "batch_size": 16, "flip": True}
    fit = Detect.start(tmp_path / "net", compose(data=str(folder), settings=settings))
    net, summary = fit.train()
    assert summary.metrics["map50"] > 0.4
    assert (net.rows, net.classes) == (2, ("standing", "lying"))
    assert any("left out, of things smaller than the others" in note for note in fit.notes)
    assert "160 pictures of" in str(summary)


# --- Data ------------------------------------------------------------------------------------------------------------


def test_each_epoch_has_new_pictures_and_none_twice():
    data = load(recipe(frames=64, test_frames=48, fresh=1))
    one, again, other = data.train(0), data.train(0), data.train(1)
    assert torch.equal(one.images, again.images)
    assert not torch.equal(one.images, other.images)
    assert (len(one), len(data.test), one.classes) == (64, 48, CLASSES)
    assert int(one.images.max()) == 200  # what is learned from is of the split `train`
    assert int(data.test.images.max()) == 210
    batches = SceneBatches(data.train, one, recipe(frames=64, flip=True, fresh=1))
    picked = [batches.batch(step) for step in range(2 * len(batches))]
    assert torch.equal(batches.batch(1)[0], picked[1][0])  # back in an epoch before
    flat = torch.cat([images for images, _ in picked[: len(batches)]]).flatten(1)
    assert len(flat.unique(dim=0)) == 64
    kept = load(recipe(frames=64, test_frames=48, fresh=2))
    assert torch.equal(kept.train(1).images, one.images)
    assert torch.equal(kept.train(2).images, other.images)
    batches = SceneBatches(kept.train, kept.train(0), recipe(frames=64, fresh=2))
    held = {bytes(image.numpy()) for image in one.images}
    assert all(bytes(image.numpy()) in held for image in batches.batch(3)[0])
    assert sum(bytes(image.numpy()) in held for image in batches.batch(4)[0]) < 8  # few bars lie elsewhere each time


def test_steps_in_which_nothing_changes_are_left_out():
    """Nobody plays Picker so badly that each grasp takes something: a quarter of the players are random."""
    found = of_environment(compose("ludus/Picker-v0", settings={}, environment={"images": "parcels"}), 200, 0)
    flat = found.images.flatten(1)
    assert len(flat) == 200
    assert (flat[1:] != flat[:-1]).any(dim=1).all()
    assert found.rows.shape[1:] == (8, 18)


def test_val_is_watched_and_held_out_where_there_is_a_test_too(tmp_path):
    three = write_folder(tmp_path / "three", {"train": 20, "val": 5, "test": 7})
    two = write_folder(tmp_path / "two", {"train": 20, "val": 5})

    def counts(folder, **settings):
        data = load(compose(data=str(folder), settings={**TINY, "side": 16, **settings}))
        return len(data.train(0)), len(data.watched), len(data.test)

    assert counts(three) == (20, 5, 7)
    assert counts(three, holdout=True) == (20, 5, 7)
    assert counts(two) == (20, 5, 5)
    assert counts(two, holdout=True) == (18, 2, 5)


def test_blobs_that_touch_are_one():
    train = of_environment(recipe(), 128, 0)
    rows = Blobs(train)(train.images[:64], MOST).numpy()
    found = detect_report.figures(rows, train.subset(slice(64)))
    assert 0.2 < found["map50"] < 0.9
    assert ((rows[..., CLASS:].sum(axis=2) == 1.0) == (rows[..., VALID] > 0.0)).all()


# --- Pictures --------------------------------------------------------------------------------------------------------


def test_the_worst_picture_is_the_one_with_the_surest_mistake():
    data = of_environment(recipe(), 16, 0)
    shown = data.rows.numpy().copy()
    right, found = judged(shown, data.rows.numpy())
    there = shown[..., VALID] > 0.5
    assert (right == there).all()
    assert (found == there).all()
    shown[5, 0, CLASS:] = shown[5, 0, CLASS:][::-1]
    right, found = judged(shown, data.rows.numpy())
    assert (~right & there).sum() == (~found & there).sum() == 1
    assert worst(shown, data, 3)[0] == 5
    assert np.diff(np.sort(worst(shown, data, 3))).min() >= 5  # neighbours may show nearly the same
    picture = detect_report.misses_picture(shown, data, count=4)
    assert (picture == (255, 176, 0)).all(axis=2).any()  # right place, other class
    tile = np.asarray(boxed(data.images[0], shown[0][there[0]], CLASSES, np.array(["#ff4040"] * there[0].sum())))
    assert (tile == (255, 64, 64)).all(axis=2).any()


# --- What is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"momentun": 1.0}, "no setting 'momentun'; did you mean 'momentum'?"),
        ({"side": 4}, "side must be 8 … 4,096, got 4"),
        ({"least_visible": 2.0}, "least_visible must be 0 … 0.999, got 2.0"),
        ({"widths": [8]}, "expected three widths"),
        ({"crop": 3}, "expected crop 0 or 8"),
    ],
)
def test_a_recipe_that_makes_no_sense_is_refused_and_nothing_written(tmp_path, settings, message):
    with pytest.raises(ValueError, match=message):
        Detect.start(tmp_path / "net", recipe(**settings))
    assert not list(tmp_path.iterdir())


def test_slots_that_hold_no_detections_are_refused(tmp_path):
    with pytest.raises(ValueError, match="slot vision of ludus/Snake-v1 tells of no set of things"):
        Detect.start(tmp_path / "net", compose("ludus/Snake-v1", settings=TINY, slot="vision"))
    assert not list(tmp_path.iterdir())


def test_a_folder_with_other_classes_in_its_test_is_refused(tmp_path):
    folder = one_picture(tmp_path / "set")
    text = (folder / "instances_test.json").read_text().replace('"cat"', '"cow"')
    (folder / "instances_test.json").write_text(text)
    with pytest.raises(ValueError, match="train has the classes .*, test has"):
        Detect.start(tmp_path / "net", compose(data=str(folder), settings=TINY))


def test_the_command_fits_a_detector_and_goes_on(tmp_path, capsys):
    out = tmp_path / "net"
    settings = {**TINY, "frames": 64, "test_frames": 64, "epochs": 1}
    sets = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
    assert main(["fit", "vision/detect", "--data", TOY, "--out", str(out), *sets]) == 0
    said = capsys.readouterr().out
    assert "mAP50–95" in said
    assert list(folder_of(out).glob("events.out.*"))
    assert Component.load(out).config["data"] == TOY
    assert main(["fit", "vision/detect", "--out", str(out), "--resume"]) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "which pictures? --data ID"),
        (["--data", "ludus/Taxi-v4"], "ludus/Taxi-v4 has no slot 'perception'"),
        (["--data", "."], "has no annotations; expected annotations.json"),
        (["--data", ".", "--env-set", "a=1"], "--env-set and --test-set are for environments"),
        (["--data", "nowhere"], "unknown environment 'nowhere'"),
    ],
)
def test_the_command_says_in_one_line_what_is_wrong(arguments, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["fit", "vision/detect", "--out", "x", *arguments]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_epochs_and_tests_have_seeds_of_their_own():
    seeds = {detect_data.TESTED_APART, detect_data.HELD_APART} | {detect_data.EPOCHS_APART * k for k in range(100)}
    assert len(seeds) == 102
