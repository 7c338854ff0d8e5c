"""Training a classifier: it learns, goes on after a kill with the same bits, and says in a line what is wrong."""

import json
import os
import signal
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from ludus.components.component import Component
from ludus.explain.attribution import explain
from ludus.explain.heat_maps import overlay
from ludus.scripts.main import main
from ludus.training.fit import Keeper, folder_of
from ludus.training.recipe import read_recipe, write_recipe
from ludus.utils.interrupts import Interrupted
from ludus.vision.images import load_tensors
from ludus.vision.tasks import classify_report
from ludus.vision.tasks.classify import ClassifierLearner, Classify
from ludus.vision.tasks.classify_recipe import ClassifierRecipe, compose
from stopping import stop_at
from vision_toy import CLASSES, TINY, as_it_was, curve, fit_classifier, make_folder  # noqa: F401

TASK = Classify.TASK


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return str(make_folder(tmp_path_factory.mktemp("data") / "bars"))


@pytest.fixture(scope="module")
def learned(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("models") / "bars"
    return out, *fit_classifier(data, out, epochs=8, widths=[16, 32], crop=0)


def test_easy_pictures_are_learned(learned):
    _, net, summary = learned
    assert net.metrics["accuracy"] > 0.9
    assert net.metrics["accuracy"] > max(summary.baselines.values()) + 0.2
    assert summary.baselines["majority class"] == pytest.approx(1 / 3)


def test_finished_component_says_what_it_is_and_how_good(learned):
    out, net, summary = learned
    again = Component.load(out)
    assert again.config["classes"] == list(CLASSES)
    assert again.metrics == net.metrics
    assert again.metrics["parameters"] == sum(p.numel() for p in net.parameters() if p.requires_grad)
    assert {"accuracy", "loss", "flops", "seconds"} <= again.metrics.keys()
    for text in ("nearest class mean", "MFLOP per picture", "8 epochs", "seed 0"):
        assert text in str(summary)


def test_curves_and_pictures_are_in_tensorboard(learned):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder_of(learned[0]))).Reload()
    scalars = events.Tags()["scalars"]
    for tag in ("train/loss", "train/learning_rate", "train/accuracy", "validation/accuracy", "validation/loss"):
        assert tag in scalars
    assert {"test/confusion", "test/worst_mistakes", "test/explanations"} <= set(events.Tags()["images"])
    (shown,) = events.Images("test/explanations")
    assert (shown.width, shown.step) == (4 * 216, 24)
    assert [point.step for point in events.Scalars("validation/accuracy")] == [3 * i for i in range(1, 9)]


HARD = {"optimizer": "adamw", "lr": 0.003, "ema": 0.9, "dropout": 0.2, "mixup": 0.2, "cutmix": 1.0, "cutout": 4}
RUNS = {
    "muon": ("resnet", {}),
    "everything": ("convnet", HARD),
    "bf16": ("resnet", {"precision": "bf16"}),
}


@pytest.mark.parametrize(("name", "step"), [("muon", 2), ("muon", 3), ("everything", 2), ("bf16", 2)])
def test_training_that_was_stopped_ends_with_the_same_bits(data, tmp_path, name, step):
    model, settings = RUNS[name]
    settings = {**settings, "epochs": 2}
    whole, _ = fit_classifier(data, tmp_path / "whole", model=model, **settings)
    before = torch.get_rng_state()
    with pytest.raises(Interrupted, match="SIGINT"):
        fit_classifier(data, tmp_path / "stopped", stop_at(step), model, **settings)
    torch.manual_seed(99)  # another process has another global state
    resumed, _ = Classify.open(tmp_path / "stopped").train()
    torch.set_rng_state(before)
    for key, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[key]), key
    assert {**whole.metrics, "seconds": 0} == {**resumed.metrics, "seconds": 0}
    assert curve(tmp_path / "whole") == curve(tmp_path / "stopped")


def test_training_that_was_killed_goes_on(data, tmp_path):
    child = os.fork()
    if child == 0:
        try:
            fit_classifier(
                data, tmp_path / "killed", lambda p: os.kill(os.getpid(), signal.SIGKILL) if p.done >= 5 else None
            )
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    resumed, _ = Classify.open(tmp_path / "killed").train()
    whole, _ = fit_classifier(data, tmp_path / "whole")
    for key, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[key]), key


def test_loss_that_is_no_number_stops_with_step_and_learning_rate(data, tmp_path):
    with pytest.raises(ValueError, match=r"the loss is (nan|inf) in step \d+ of 9 at learning rate .*--set lr="):
        fit_classifier(data, tmp_path / "net", model="convnet", optimizer="sgd", lr=1e6, norm=False)


def test_held_out_images_are_not_trained_on(data, tmp_path):
    start = Classify.start(tmp_path / "net", compose(data, settings={**TINY, "holdout": 0.25}))
    train, watched, test = start.load()
    assert (len(train), len(watched), len(test)) == (90, 30, 60)


# --- Recipes ---------------------------------------------------------------------------------------------------------


def test_recipe_comes_back_from_its_file(data, tmp_path):
    recipe = compose(data, "convnet", 7, {"lr": 0.01, "widths": [8, 8], "dropout": 0.3})
    write_recipe(recipe, TASK, tmp_path / "fit.yaml")
    assert read_recipe(tmp_path / "fit.yaml", TASK, ClassifierRecipe) == recipe
    assert recipe.net == {"widths": [8, 8], "dropout": 0.3}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"learning_rate": 1}, "no setting 'learning_rate'"),
        ({"epoch": 1}, "did you mean 'epochs'"),
        ({"epochs": 0}, "epochs must be 1 … 1,000,000, got 0"),
        ({"epochs": 1.5}, "epochs must be a whole number"),
        ({"lr": "fast"}, "lr must be a number"),
        ({"lr": float("nan")}, "lr must be a finite number, got nan"),
        ({"optimizer": "adam"}, "unknown optimizer 'adam'.* did you mean 'adamw'"),
        ({"patience": 2}, "patience looks at held-out pictures; add --set holdout=0.1"),
        ({"share": 0.0}, "share must be 1e-06 … 1, got 0"),
        ({"pad": "mirror"}, "pad must be reflect or zero"),
        ({"dense": 4}, "no setting 'dense'"),  # an argument of the other model
    ],
)
def test_setting_that_makes_no_sense_is_refused(data, settings, message):
    with pytest.raises(ValueError, match=message):
        compose(data, settings=settings)


def test_every_public_set_has_a_recipe(monkeypatch):
    for name in ("fashion-mnist", "cifar-10", "cifar-100", "cifar-100-coarse"):
        assert isinstance(compose(name), ClassifierRecipe)
        assert compose(name, "convnet").model == "convnet"


# --- Reports ---------------------------------------------------------------------------------------------------------


def test_worst_mistakes_are_those_where_the_truth_got_least():
    p = torch.tensor([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.01, 0.99]])
    assert classify_report.worst_mistakes(p, torch.tensor([0, 0, 1, 0]), 5).tolist() == [3, 1, 2]
    assert classify_report.confusion(p, torch.tensor([0, 0, 1, 0])).tolist() == [[1, 2], [1, 0]]


def test_pictures_to_explain_are_right_ones_of_many_classes_and_the_worst_mistakes():
    labels = torch.tensor([0, 0, 0, 1, 1, 2, 2, 2])
    guesses = torch.tensor([0, 0, 0, 1, 0, 2, 1, 0])
    p = torch.full((8, 3), 0.1)
    p[torch.arange(8), guesses] = torch.tensor([0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8])
    p[7, 2] = 0.05  # the truth got least here
    assert classify_report.telling(p, labels, 8).tolist() == [0, 3, 5, 1, 7, 4, 6]
    assert classify_report.telling(p, labels, 2).tolist() == [0, 7]


def test_each_explanation_stands_beside_its_picture(learned, data):
    _, net, _ = learned
    test = load_tensors(data, "test")
    p = classify_report.judge(net, test, net.mirror)
    rows = torch.tensor([3, 50])
    image = classify_report.explanations_picture(net, test, p, rows)
    heats = explain(net, test.images[rows], target=p[rows].argmax(dim=1))
    for x, row, heat in zip((8, 216 + 8), rows.tolist(), heats, strict=True):
        shown = [image[8 : 8 + 96 : 3, left : left + 96 : 3] for left in (x, x + 100)]  # 32 pixels, each 3 x 3
        assert np.array_equal(shown[0], test.images[row])
        assert np.array_equal(shown[1], overlay(test.images[row].numpy(), heat))
        letters = image[8 + 96 : 8 + 96 + 30, x : x + 200].astype(int)
        green = (letters[..., 1] > letters[..., 0] + 60).any()
        assert green == (p[row].argmax() == test.labels[row])
    assert classify_report.explanations_picture(net, test, p, rows[:0]).shape[2] == 3  # a net without mistakes, say


@pytest.mark.parametrize("count", [2, 20, 100])
def test_confusion_is_drawn_for_any_number_of_classes(count):
    image = classify_report.confusion_picture(
        torch.eye(count, dtype=torch.int64), tuple(f"class {i}" for i in range(count))
    )
    assert image.dtype == np.uint8
    assert image.ndim == 3


# --- The command -----------------------------------------------------------------------------------------------------


def test_command_fits_stops_and_goes_on(data, tmp_path, capsys, monkeypatch):
    out = tmp_path / "my model"
    sets = [f"--set={key}={json.dumps(value)}" for key, value in TINY.items()]
    watch = stop_at(4)
    report_ = Keeper.report
    monkeypatch.setattr(Keeper, "report", lambda self: (report_(self), watch(SimpleNamespace(done=self.learner.step))))
    assert main(["fit", "vision/classify", "--data", data, "--out", str(out), *sets]) == 130
    said = capsys.readouterr().out
    assert f"ludus fit vision/classify --out '{out}' --resume" in said.replace("\n", "")
    monkeypatch.undo()
    assert main(["fit", "vision/classify", "--out", str(out), "--resume"]) == 0
    assert "of the test images right" in capsys.readouterr().out
    assert Component.load(out).metrics["images"] == 60


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["vision/classify"], "where to? --out FOLDER"),
        (["vision/classify", "--out", "x"], "which data? --data NAME"),
        (["vision/classify", "--out", "x", "--resume"], "there is no training to go on with"),
        (["vision/classify", "--out", "x", "--resume", "--data", "cifar-10"], "give it with --out alone"),
        (["vision/classify", "--out", "x", "--data", "fashon-mnist"], "did you mean 'fashion-mnist'?"),
    ],
)
def test_command_says_in_one_line_what_is_wrong(arguments, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["fit", *arguments]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1


def test_place_that_is_taken_is_not_written_over(data, learned, capsys):
    out = learned[0]
    assert main(["fit", "vision/classify", "--data", data, "--out", str(out)]) == 1
    assert "already holds a training; go on with it: ludus fit vision/classify" in capsys.readouterr().err


def test_first_half_of_the_steps_sees_small_pictures_of_the_same_things(data):
    recipe = compose(data, settings={**TINY, "small": 16, "small_until": 0.5})
    learner = ClassifierLearner(recipe, load_tensors(data, "train"))
    images = learner.batches.batch(0)[0]
    small, whole = learner.seen(images, 0), learner.seen(images, -(-learner.steps // 2))
    assert small.shape == (len(images), 16, 16, 3)
    assert whole is images
    means = images.float().unfold(1, 2, 2).unfold(2, 2, 2).mean(dim=(-1, -2))  # of squares of 2 x 2 pixels
    assert (small - means).abs().mean() < 0.5 * (small.flip(1) - means).abs().mean()  # nearly those means
    with pytest.raises(ValueError, match="small pictures are for resnet"):
        compose(data, "convnet", settings={"small": 16})
