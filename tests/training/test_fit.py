"""Fits of a task without pictures: a training that was killed ends with the same bits; what is wrong is one line."""

import dataclasses
import fcntl
import json
import os
import signal
import subprocess
import sys

import pytest
import torch
import yaml

from ludus.components.component import Component
from ludus.training import checkpoint, loop, progress
from ludus.training.fit import folder_of
from ludus.training.recipe import read_recipe, write_recipe
from ludus.utils.interrupts import Interrupted
from stopping import stop_at
from training_toy import CurveFit, CurveRecipe, compose

TASK = CurveFit.TASK


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch):
    """Each step is reported; the number of threads is that of before afterwards."""
    monkeypatch.setattr(progress, "REPORT_SECONDS", 0.0)
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def train(out, show=None, **settings):
    return CurveFit.start(out, compose(settings)).train(show)


def curves(out):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder_of(out))).Reload()
    return {tag: sorted((p.step, p.value) for p in events.Scalars(tag)) for tag in events.Tags()["scalars"]}


def assert_same(one, other):
    for key, value in one.state_dict().items():
        assert torch.equal(value, other.state_dict()[key]), key
    assert {**one.metrics, "seconds": 0} == {**other.metrics, "seconds": 0}


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    out = tmp_path_factory.mktemp("models") / "curve"
    return out, *train(out, epochs=60)


def test_what_is_taught_is_learned_and_saved(learned):
    out, net, summary = learned
    assert net.metrics["error"] < 0.1  # the variance of the heights is 0.5
    assert summary.startswith("error 0.0")
    again = Component.load(out)
    assert again.metrics == net.metrics
    assert_same(net, again)


def test_machinery_needs_no_package_of_a_task():
    """Not for the imports alone: a training runs without pictures, environments and data sets."""
    code = "import sys, ludus.training.fit; print(*sorted(n for n in sys.modules if n.startswith('ludus.')))"
    names = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    above = ("ludus.vision", "ludus.envs.", "ludus.data", "ludus.agents", "ludus.explain")
    assert "ludus.training.checkpoint" in names
    assert not [name for name in names if name.startswith(above) and name != "ludus.envs.ids"]


def test_progress_says_how_far_and_how_good(tmp_path):
    seen = []
    train(tmp_path / "net", seen.append)
    assert next((p.done, p.total) for p in seen if p.judged) == (6, 18)
    assert [p.done for p in seen] == sorted(p.done for p in seen)
    assert {p.epoch for p in seen} == {1, 2, 3}
    last = seen[-1]
    assert (last.done, last.epoch, last.epochs) == (18, 3, 3)
    assert last.speed > 0.0
    assert str(last) == f"epoch 3/3 · {last.speed:,.0f}/s · loss {last.loss:.3f} · {last.judged}"
    assert last.judged.startswith("error ")


def test_speed_does_not_count_what_is_no_training(tmp_path, monkeypatch):
    now, seen = [0.0], []

    def clock():
        now[0] += 0.001
        return now[0]

    def judge(self, learner, data):
        now[0] += 1000.0
        return {}, "good"

    monkeypatch.setattr("ludus.training.progress.time.monotonic", clock)
    monkeypatch.setattr(CurveFit, "judge", judge)
    net, _ = train(tmp_path / "net", seen.append)
    assert seen[-1].speed > 18 * 16 / 1000.0
    assert net.metrics["seconds"] > 3000.0


# --- Going on --------------------------------------------------------------------------------------------------------

RUNS = {
    "adamw": {"dropout": 0.3},
    "average": {"ema": 0.9, "dropout": 0.3},
    "sgd": {"optimizer": "sgd", "momentum": 0.9},
    "muon": {"optimizer": "muon"},
    "bf16": {"precision": "bf16"},
}


@pytest.mark.parametrize("step", [2, 6, 9], ids=["within an epoch", "at its end", "within another"])
@pytest.mark.parametrize("name", RUNS)
def test_training_that_was_stopped_ends_with_the_same_bits(tmp_path, name, step):
    whole, _ = train(tmp_path / "whole", **RUNS[name])
    with pytest.raises(Interrupted, match="SIGINT"):
        train(tmp_path / "stopped", stop_at(step), **RUNS[name])
    torch.manual_seed(99)  # another process has another global state
    resumed, _ = CurveFit.open(tmp_path / "stopped").train()
    assert_same(whole, resumed)
    assert curves(tmp_path / "whole") == curves(tmp_path / "stopped")


@pytest.mark.parametrize("step", [1, 8])
def test_training_that_was_killed_goes_on(tmp_path, step):
    child = os.fork()
    if child == 0:
        try:
            train(tmp_path / "killed", lambda p: os.kill(os.getpid(), signal.SIGKILL) if p.done >= step else None)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
    resumed, _ = CurveFit.open(tmp_path / "killed").train()
    whole, _ = train(tmp_path / "whole")
    assert_same(whole, resumed)
    assert curves(tmp_path / "whole") == curves(tmp_path / "killed")


def test_other_seed_gives_another_network(tmp_path):
    one, _ = train(tmp_path / "one", epochs=1)
    other, _ = CurveFit.start(tmp_path / "other", compose({"epochs": 1}, seed=1)).train()
    assert not torch.equal(one.layers[0].weight, other.layers[0].weight)


def test_finished_training_that_is_resumed_gives_the_same_component(tmp_path):
    one, _ = train(tmp_path / "net", epochs=1)
    again, _ = CurveFit.open(tmp_path / "net").train()
    assert_same(one, again)


def test_checkpoint_is_the_one_format_and_no_pickle_is_written(learned):
    folder = folder_of(learned[0])
    newest, *_ = found = checkpoint.list_checkpoints(folder / "checkpoints")
    assert len(found) == checkpoint.KEEP
    assert {path.name for path in newest.iterdir()} == {"weights.safetensors", "state.json", "manifest.json"}
    assert json.loads((newest / "state.json").read_bytes()).keys() == {"seconds", "files", "recipe", "data"}
    kinds = {".safetensors", ".yaml", ".json"}
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert all(path.suffix in kinds or path.name.startswith("events.") for path in files)


# --- What is wrong ---------------------------------------------------------------------------------------------------


def in_one_line(error):
    assert "\n" not in str(error.value)


@pytest.fixture
def stopped(tmp_path):
    """The place of a training that was stopped in step 8."""
    with pytest.raises(Interrupted):
        train(tmp_path / "net", stop_at(8))
    return tmp_path / "net"


def test_damaged_checkpoint_is_passed_over_with_a_note(stopped):
    newest, *_ = checkpoint.list_checkpoints(folder_of(stopped) / "checkpoints")
    weights = newest / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    again = CurveFit.open(stopped)
    again.train()
    assert again.notes == [
        f"checkpoint {newest.name} passed over: weights.safetensors is damaged (its SHA-256 does not match)"
    ]


def test_checkpoint_of_another_recipe_is_refused(stopped):
    path = folder_of(stopped) / "fit.yaml"
    write_recipe(dataclasses.replace(read_recipe(path, TASK, CurveRecipe), warmup=0.5), TASK, path)
    with pytest.raises(ValueError, match=r"made with warmup 0.15; restore .*fit.yaml") as refusal:
        CurveFit.open(stopped).train()
    in_one_line(refusal)


def test_checkpoint_of_other_data_is_refused(stopped, monkeypatch):
    monkeypatch.setattr(CurveFit, "height", 2.0)
    with pytest.raises(ValueError, match=r"the data are not those that the checkpoint in .*net.training learned from"):
        CurveFit.open(stopped).train()


def test_checkpoint_of_another_network_is_refused(stopped):
    newest, *older = checkpoint.list_checkpoints(folder_of(stopped) / "checkpoints")
    saved = checkpoint.load_latest(newest.parent)
    tensors = {name: tensor for name, tensor in saved.tensors.items() if name != "net/layers.0.bias"}
    checkpoint.save(newest.parent, saved.steps + 1, tensors, saved.state)
    with pytest.raises(ValueError, match=r"does not hold the state of this training: .*remove it to go on") as refusal:
        CurveFit.open(stopped).train()
    in_one_line(refusal)
    assert older


def test_training_of_the_format_before_is_refused_with_the_remedy(stopped):
    """Its checkpoints were single files."""
    path = folder_of(stopped) / "fit.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), "format": 1}))
    with pytest.raises(
        ValueError, match=r"fit.yaml has format 1, whose checkpoints are no longer read; end it with"
    ) as no:
        CurveFit.open(stopped)
    in_one_line(no)
    assert f"or begin a new training with another --out than {stopped}" in str(no.value)


def test_another_version_and_another_task_are_named(stopped):
    path = folder_of(stopped) / "fit.yaml"
    content = yaml.safe_load(path.read_text())
    for change, words in (
        ({"format": 99}, "has format 99, this version of Ludus reads 2; use the version of Ludus that made it"),
        ({"task": "toy/line"}, "is a training of toy/line, not of toy/curve: ludus fit toy/line --out"),
        ({"task": None}, "does not name a task; restore it, or begin a new training"),
        ({"epochs": 0}, "cannot be used: epochs must be 1 … 1,000,000, got 0; restore it"),
    ):
        path.write_text(yaml.safe_dump({**content, **change}))
        with pytest.raises(ValueError, match=words) as refusal:
            CurveFit.open(stopped)
        in_one_line(refusal)


def test_place_that_is_taken_is_not_written_over(stopped, tmp_path):
    with pytest.raises(ValueError, match="already holds a training; go on with it: ludus fit toy/curve --out .*resume"):
        train(stopped)
    (tmp_path / "file").write_text("precious")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes").write_text("precious")
    for name, words in (("file", "is a file, expected a folder"), ("full", "exists and is not empty")):
        with pytest.raises(ValueError, match=f"{words}.*; choose another --out"):
            train(tmp_path / name)


def test_two_processes_cannot_train_one_component(stopped):
    with open(folder_of(stopped) / "fit.yaml") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(ValueError, match="is being trained by another process; stop that one first"):
            CurveFit.open(stopped).train()


def test_loss_that_is_no_number_stops_with_step_and_learning_rate(tmp_path):
    with pytest.raises(ValueError, match=r"the loss is (nan|inf) in step \d+ of 18 at learning rate .*--set lr="):
        train(tmp_path / "net", optimizer="sgd", lr=1e6)


def test_full_disk_ends_a_training_in_one_line_and_keeps_what_was_saved(tmp_path, monkeypatch):
    real, saves = checkpoint.save, []

    def save(*arguments):
        saves.append(arguments)
        if len(saves) > 2:
            raise OSError(28, "No space left on device")
        real(*arguments)

    monkeypatch.setattr(checkpoint, "save", save)
    with pytest.raises(
        OSError, match="No space left on device; make room .* ludus fit toy/curve --out .* --resume"
    ) as no:
        train(tmp_path / "net")
    in_one_line(no)
    monkeypatch.undo()
    resumed, _ = CurveFit.open(tmp_path / "net").train()
    whole, _ = train(tmp_path / "whole")
    assert_same(whole, resumed)


# --- The device ------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(torch.cuda.is_available(), reason="shows what a machine without CUDA says")
def test_device_that_is_not_there_is_refused_and_nothing_written(tmp_path, stopped):
    with pytest.raises(
        ValueError, match="device is cuda, and torch finds no CUDA device here; .*--set device=cpu"
    ) as no:
        train(tmp_path / "other", device="cuda")
    in_one_line(no)
    assert not folder_of(tmp_path / "other").exists()
    path = folder_of(stopped) / "fit.yaml"
    write_recipe(dataclasses.replace(read_recipe(path, TASK, CurveRecipe), device="cuda"), TASK, path)
    with pytest.raises(ValueError, match="or go on with it on a machine that has one"):
        CurveFit.open(stopped).train()
    with pytest.raises(ValueError, match="unknown device 'gpu'; did you mean 'cpu'"):
        compose({"device": "gpu"})


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_lightning_gets_the_device_of_the_recipe(tmp_path, monkeypatch, device):
    class Trained(Exception):
        """Lightning was asked."""

    def trainer(**given):
        raise Trained(given["accelerator"])

    monkeypatch.setattr(loop.lightning, "Trainer", trainer)
    monkeypatch.setattr("ludus.training.fit.check_device", lambda recipe: None)
    monkeypatch.setattr("ludus.training.learner.Component.to", lambda net, device: net)
    with pytest.raises(Trained, match=device):
        train(tmp_path / "net", device=device)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_training_on_cuda_learns_and_goes_on(tmp_path):
    with pytest.raises(Interrupted):
        train(tmp_path / "net", stop_at(8), device="cuda", ema=0.9, epochs=60)
    again = CurveFit.open(tmp_path / "net")
    net, _ = again.train()
    assert again.notes == ["on cuda a training that is resumed is not exact to the bit"]
    assert net.device.type == "cpu"
    assert net.metrics["error"] < 0.1
