"""What stands at the place of a file and is none: nothing hangs, eats memory, or writes elsewhere."""

import os
import shutil

import pytest

from hostile_stage import SMALL, component
from ludus.agents.training import Run
from ludus.components import Component
from ludus.files import write_atomically
from ludus.vision import checkpoints
from ludus.vision.convnet import ConvNet
from ludus.vision.plan import read as read_plan
from ludus.vision.recipe import Recipe


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
        read_plan(tmp_path / "fit.yaml", "vision/classify", Recipe)
    put(tmp_path / f"{3:012d}-abc.safetensors")
    with pytest.raises(ValueError, match=f"no usable checkpoint in .*{words}"):
        checkpoints.load_latest(tmp_path)


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
