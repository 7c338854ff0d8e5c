"""What stands at the place of a file and is none: nothing hangs, eats memory, or writes elsewhere."""

import os
import shutil

import pytest
import torch
from torch.utils.tensorboard import SummaryWriter
from torch.utils.tensorboard.summary import hparams

from hostile_stage import SMALL, component
from ludus.agents.runs.logs import log_of_training
from ludus.agents.runs.run import Run
from ludus.agents.sb3.replay import ReplayFiles
from ludus.components.component import Component
from ludus.training import checkpoint
from ludus.training.fit import check_state
from ludus.training.recipe import read_recipe
from ludus.utils.files import write_atomically
from ludus.vision.models.convnet import ConvNet
from ludus.vision.tasks.classify_recipe import ClassifierRecipe
from replay_buffers import new_buffer, played


def named_pipe(path):
    os.mkfifo(path)


def endless(path):
    path.symlink_to("/dev/zero")


def larger(path):
    """Than anything that is read; a hole, which takes no room."""
    with path.open("wb") as stream:
        stream.truncate(2**42)


NO_FILES = pytest.mark.parametrize(
    ("put", "words"), [(named_pipe, "is a named pipe"), (endless, "is a device"), (larger, "bytes, at most")]
)


@NO_FILES
@pytest.mark.parametrize("name", ["config.json", "weights.safetensors"])
def test_no_file_of_a_component_hangs_or_eats_memory(tmp_path, name, put, words):
    folder, _ = component(ConvNet, tmp_path / "model", **SMALL[ConvNet])
    (folder / name).unlink()
    put(folder / name)
    with pytest.raises(ValueError, match=f"{name} .*{words}"):
        Component.load(folder)


@NO_FILES
@pytest.mark.parametrize("name", ["config.yaml", "state.json", "manifest.json", "weights.safetensors", "batch.bin"])
def test_no_file_of_a_run_hangs_or_eats_memory(run_folder, tmp_path, name, put, words):
    shutil.copytree(run_folder, tmp_path / "run")
    paths = list((tmp_path / "run").rglob(name))
    for path in paths:
        path.unlink()
        put(path)
    with pytest.raises(ValueError, match=words) as said:
        Run.open(tmp_path / "run").agent()
    assert paths
    assert "\n" not in str(said.value)


@NO_FILES
def test_no_file_of_a_fit_hangs_or_eats_memory(tmp_path, put, words):
    put(tmp_path / "fit.yaml")
    with pytest.raises(ValueError, match=f"fit.yaml .*{words}"):
        read_recipe(tmp_path / "fit.yaml", "vision/classify", ClassifierRecipe)
    checkpoint.save(tmp_path, 3, {"x": torch.zeros(1)}, {})
    for name in ("weights.safetensors", "state.json", "manifest.json"):
        path = tmp_path / f"{3:012d}" / name
        before = path.read_bytes()
        path.unlink()
        put(path)
        with pytest.raises(ValueError, match=f"no usable checkpoint in .*{words}"):
            checkpoint.load_latest(tmp_path, check_state)
        path.unlink()
        path.write_bytes(before)


@pytest.mark.parametrize("name", ["evaluations.csv", "events.out.tfevents.1.x"])
def test_logs_that_are_links_are_not_followed(run_folder, tmp_path, name):
    """A resumed run cuts its logs back and adds to them."""
    folder, thesis = tmp_path / "run", tmp_path / "thesis.txt"
    shutil.copytree(run_folder, folder)
    thesis.write_text("precious")
    (folder / name).unlink(missing_ok=True)
    (folder / name).symlink_to(thesis)
    text = (folder / "config.yaml").read_text().replace("steps: 2048", "steps: 4096")
    (folder / "config.yaml").write_text(text)
    with pytest.raises(ValueError, match=f"{name} is no regular file, expected a log of the training; remove it"):
        Run.open(folder).train()
    assert thesis.read_text() == "precious"


def test_nothing_is_written_through_a_link_under_the_name_of_a_temporary_file(tmp_path):
    thesis = tmp_path / "thesis.txt"
    thesis.write_text("precious")
    (tmp_path / f".config.yaml.{os.getpid()}.tmp").symlink_to(thesis)
    write_atomically(tmp_path / "config.yaml", b"new")
    assert thesis.read_text() == "precious"
    assert (tmp_path / "config.yaml").read_bytes() == b"new"
    assert not (tmp_path / "config.yaml").is_symlink()


# --- Folders and files of others, in the place of a training's own


def tree(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def others(tmp_path):
    """A folder of the user's, with what a training would sweep up in its own."""
    folder = tmp_path / "others"
    for steps in (5, 6, 7):
        checkpoint.save(folder, steps, {"x": torch.zeros(1)}, {})
    (folder / ".writing-1-1").mkdir()
    (folder / ".writing-1-1" / "notes").write_text("precious")
    for name in (".notes.tmp", "generation.txt", "rewards.npy"):
        (folder / name).write_text("precious")
    return folder


def a_link(path, others):
    path.symlink_to(others)


def a_file(path, _):
    path.write_text("precious")


@pytest.mark.parametrize(("put", "words"), [(a_link, "is a link"), (a_file, "is no folder")])
def test_checkpoints_are_kept_in_a_folder_of_their_own(tmp_path, others, put, words):
    put(tmp_path / "checkpoints", others)
    before = tree(tmp_path)
    refusal = f"checkpoints {words}, expected a folder of the training's own; put the folder itself there$"
    with pytest.raises(ValueError, match=refusal):
        checkpoint.save(tmp_path / "checkpoints", 900, {"x": torch.zeros(1)}, {})
    with pytest.raises(ValueError, match=refusal):
        checkpoint.load_latest(tmp_path / "checkpoints")
    assert tree(tmp_path) == before


def test_a_run_whose_checkpoints_are_a_link_is_neither_trained_nor_evaluated(run_folder, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(run_folder, folder)
    (folder / "checkpoints").rename(tmp_path / "others")
    (folder / "checkpoints").symlink_to(tmp_path / "others")
    before = tree(tmp_path)
    for do in (lambda run: run.train(), lambda run: run.agent()):
        with pytest.raises(ValueError, match="checkpoints is a link, expected a folder of the training's own"):
            do(Run.open(folder))
    assert tree(tmp_path) == before


def test_a_replay_buffer_is_kept_in_a_folder_of_its_own(tmp_path, others):
    (tmp_path / "replay").symlink_to(others)
    before = tree(tmp_path)
    with pytest.raises(ValueError, match="replay is a link, expected a folder of the training's own"):
        ReplayFiles(new_buffer(), tmp_path / "replay", {})
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    ("link", "words"),
    [(os.symlink, "is a link, expected a regular file"), (os.link, r"is one file with 1 more \(hard")],
)
@pytest.mark.parametrize("name", ["rewards.npy", "checksums.npy"])
def test_nothing_is_written_through_a_link_in_the_place_of_a_replay_file(tmp_path, name, link, words):
    _, _, saved = played(tmp_path / "replay", 3)
    (tmp_path / "replay" / name).rename(tmp_path / name)
    link(tmp_path / name, tmp_path / "replay" / name)
    with pytest.raises(ValueError, match=f"{name} {words}"):
        ReplayFiles(new_buffer(), tmp_path / "replay", saved)


def test_a_log_that_is_a_hard_link_is_not_cut_back(run_folder, tmp_path):
    folder, thesis = tmp_path / "run", tmp_path / "thesis.csv"
    shutil.copytree(run_folder, folder)
    log = folder / "evaluations.csv"
    with log.open("a") as stream:
        stream.write("precious")
    os.link(log, thesis)
    before = tree(tmp_path)
    with pytest.raises(
        ValueError, match=r"evaluations.csv is one file with 1 more \(hard links\), which would be chan"
    ):
        Run.open(folder).train()
    assert tree(tmp_path) == before


# --- TensorBoard's files, where a run has no checkpoint


def record(event, length=None):
    return (len(event) if length is None else length).to_bytes(8, "little") + bytes(4) + event + bytes(4)


@pytest.mark.parametrize(
    ("data", "size", "tells"),
    [
        (b"", 0, False),
        (record(b"\t" + bytes(8) + b"\x10\x05"), None, True),  # step 5
        (record(b"\t" + bytes(8) + b"*\x00") * 3, None, False),  # step 0
        (record(b"\xff" * 4), None, False),
        (record(b"x" * 30, 2**63 + 5), None, False),
        (record(b"x" * 30, 2**64 - 1), None, False),
        (record(b"x" * 30, 1_500_000_000 - 16), 1_500_000_000, False),
        (b"", 2**40, True),  # a hole: more records than there are before the first step
    ],
)
def test_events_of_any_kind_are_looked_at_in_no_time(tmp_path, data, size, tells):
    path = tmp_path / "events.out.tfevents.1.x"
    path.write_bytes(data)
    if size is not None:
        os.truncate(path, size)
    assert log_of_training(tmp_path) == (path.name if tells else "")


def test_a_run_that_was_killed_before_its_first_checkpoint_begins_anew(tmp_path):
    """Its hyperparameters are in TensorBoard's file already, at step 0."""
    writer = SummaryWriter(str(tmp_path))
    writer.file_writer.add_summary(hparams({"lr": 0.1, "env": "x" * 10_000}, {"evaluation/return": 0.0})[0])
    writer.add_scalar("evaluation/return", 0.0, 0)
    writer.flush()
    assert log_of_training(tmp_path) == ""
    writer.add_scalar("evaluation/return", 0.0, 1)
    writer.close()
    assert log_of_training(tmp_path).startswith("events.out.tfevents.")
