"""Training a generator: it learns, goes on after a kill with the same bits, and says in a line what is wrong."""

import json
import os
import signal

import numpy as np
import pytest
import torch

from generator_toy import bars
from ludus.components.component import Component
from ludus.scripts.main import main
from ludus.training.fit import folder_of
from ludus.training.recipe import read_recipe, write_recipe
from ludus.utils.interrupts import Interrupted
from ludus.vision import images
from ludus.vision.images import Images, load_tensors
from ludus.vision.models.generator import Generator
from ludus.vision.tasks import generate_report
from ludus.vision.tasks.generate import Generate, GeneratorLearner
from ludus.vision.tasks.generate_recipe import GeneratorRecipe, compose
from stopping import stop_at
from vision_toy import CLASSES, as_it_was, make_folder  # noqa: F401

TINY = {
    "widths": [8, 16], "blocks": [1, 1], "told": 16, "steps": 2, "solver": "heun", "epochs": 2, "batch_size": 16,
    "threads": 1, "precision": "fp32", "checkpoint_seconds": 0.0, "ema": 0.9,
}  # fmt: skip


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A folder, in whose place small bars are learned from."""
    return str(tmp_path_factory.mktemp("bars"))


@pytest.fixture(scope="module", autouse=True)
def small_bars(data):
    def load(name, split):
        return load_tensors(name, split) if name != data else bars(48, 0) if split == "train" else bars(24, 1)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(images, "load_tensors", load)
        yield


def fit(data, out, progress=None, **settings):
    return Generate.start(out, compose(data, settings={**TINY, **settings})).train(progress)


@pytest.fixture(scope="module")
def learned(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("models") / "bars-gen"
    return out, *fit(data, out, epochs=60, batch_size=8)


def test_flow_is_learned_better_than_of_independent_pixels(learned):
    _, net, summary = learned
    assert net.metrics["loss"] < 0.85 * summary.baselines["independent pixels"]
    for text in ("independent pixels", "squared error", "GFLOP per picture (3 evaluations)", "60 epochs", "seed 0"):
        assert text in str(summary)


def test_finished_component_says_what_it_is_and_what_it_costs(learned):
    out, net, _ = learned
    again = Component.load(out)
    assert isinstance(again, Generator)
    assert again.classes == CLASSES
    assert again.metrics == net.metrics
    assert again.metrics["evaluations"] == 3.0
    assert again.metrics["parameters"] == sum(p.numel() for p in net.parameters())
    assert {"loss", "flops", "seconds", "images"} <= again.metrics.keys()
    np.testing.assert_array_equal(again.draw(np.arange(3), 4), net.draw(np.arange(3), 4))


def test_curves_and_pictures_are_in_tensorboard(learned):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder_of(learned[0]))).Reload()
    assert {"train/loss", "train/learning_rate", "validation/loss", "test/loss"} <= set(events.Tags()["scalars"])
    assert {"test/pictures", "test/from_noise"} <= set(events.Tags()["images"])
    losses = [point.value for point in events.Scalars("validation/loss")]
    assert len(losses) == 60
    assert losses[-1] < losses[0]


@pytest.mark.parametrize(
    ("step", "settings"), [(2, {}), (3, {"optimizer": "adamw", "lr": 0.01}), (4, {"precision": "bf16"})]
)
def test_training_that_was_stopped_ends_with_the_same_bits(data, tmp_path, step, settings):
    whole, _ = fit(data, tmp_path / "whole", **settings)
    with pytest.raises(Interrupted, match="SIGINT"):
        fit(data, tmp_path / "stopped", stop_at(step), **settings)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(99)  # another process has another global state
        resumed, _ = Generate.open(tmp_path / "stopped").train()
    for key, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[key]), key
    assert {**whole.metrics, "seconds": 0} == {**resumed.metrics, "seconds": 0}


def test_training_that_was_killed_goes_on(data, tmp_path):
    child = os.fork()
    if child == 0:
        try:
            fit(data, tmp_path / "killed", stop_at(4, signal.SIGKILL))
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    resumed, _ = Generate.open(tmp_path / "killed").train()
    whole, _ = fit(data, tmp_path / "whole")
    for key, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[key]), key


def test_weights_are_judged_averaged_and_learn_on_as_they_were(data):
    learner = GeneratorLearner(compose(data, settings=TINY), bars(48, 0))
    before = {key: value.clone() for key, value in learner.net.state_dict().items()}
    for tensor in learner.average.tensors.values():
        tensor.add_(1.0)
    with learner.averaged() as net:
        assert not net.training
        assert torch.equal(net.net.gain, before["net.gain"] + 1.0)
    assert learner.net.training
    for key, value in learner.net.state_dict().items():
        assert torch.equal(value, before[key]), key


def test_batch_is_a_function_of_seed_and_step(data):
    learner = GeneratorLearner(compose(data, settings=TINY), bars(48, 0))
    images, labels, t, noise = learner.batches.batch(1)
    assert images.shape == (16, 8, 8, 1)
    assert labels.shape == t.shape == (16,)
    assert noise.shape == (16, 1, 8, 8)
    for one, other in zip(learner.batches.batch(1), (images, labels, t, noise), strict=True):
        assert torch.equal(one, other)
    assert not torch.equal(learner.batches.batch(2)[3], noise)


def test_baseline_is_the_best_that_independent_normal_pixels_allow():
    """Of pixels that are normal, independent and alike, it is the least error there is: its mean over all times."""
    random = np.random.default_rng(0)
    pixels = torch.from_numpy(random.normal(128.0, 25.0, (3000, 4, 4, 1)).round().clip(0, 255).astype(np.uint8))
    images = Images(pixels, torch.arange(3000) % 2, ("a", "b"))
    net = Generator.__new__(Generator)
    torch.nn.Module.__init__(net)
    net._mean, net._std = torch.tensor(128.0).view(1, 1, 1, 1), torch.tensor(25.0).view(1, 1, 1, 1)
    t, _ = generate_report.judged(images)
    least = (1.0 / (t**2 + (1 - t) ** 2)).mean()  # the variance of x1 - x0 given x(t), of two standard normal numbers
    assert generate_report.baselines(net, images, images)["independent pixels"] == pytest.approx(float(least), rel=0.03)


def test_recipe_comes_back_from_its_file(data, tmp_path):
    recipe = compose(data, 7, {"lr": 0.01, "widths": [8, 8], "middle": 0.5})
    write_recipe(recipe, Generate.TASK, tmp_path / "fit.yaml")
    assert read_recipe(tmp_path / "fit.yaml", Generate.TASK, GeneratorRecipe) == recipe
    assert recipe.net == {"widths": [8, 8]}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"learning_rate": 1}, "no setting 'learning_rate'"),
        ({"width": [8]}, "did you mean 'widths'"),
        ({"classes": ["a"]}, "no setting 'classes'"),  # follows from the data
        ({"spread": 0}, "spread must be 0.01 … 10, got 0"),
        ({"middle": 11}, "middle must be -10 … 10, got 11"),
        ({"batch_size": 0}, "batch_size must be 1"),
    ],
)
def test_setting_that_makes_no_sense_is_refused(data, settings, message):
    with pytest.raises(ValueError, match=message):
        compose(data, settings=settings)


def test_net_that_cannot_be_made_is_refused_before_anything_is_written(data, tmp_path):
    with pytest.raises(ValueError, match="halve a picture 6 times, which 8 x 8 pixels cannot be"):
        Generate.start(tmp_path / "net", compose(data, settings={**TINY, "widths": [8] * 7, "blocks": [1] * 7}))
    assert not folder_of(tmp_path / "net").exists()


def test_command_fits_a_folder_of_pictures(tmp_path, capsys):
    data, out = str(make_folder(tmp_path / "data", each=16)), tmp_path / "my gen"
    sets = [f"--set={key}={json.dumps(value)}" for key, value in TINY.items()]
    assert main(["fit", "vision/generate", "--data", data, "--out", str(out), "--seed", "3", *sets]) == 0
    assert "squared error of the velocity" in capsys.readouterr().out
    assert Component.load(out).metrics["images"] == 24
    assert read_recipe(folder_of(out) / "fit.yaml", Generate.TASK, GeneratorRecipe).seed == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--out", "x"], "which data? --data NAME"),
        (["--out", "x", "--data", "fashon-mnist"], "did you mean 'fashion-mnist'?"),
        (["--out", "x", "--resume"], "there is no training to go on with"),
    ],
)
def test_command_says_in_one_line_what_is_wrong(arguments, message, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["fit", "vision/generate", *arguments]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
