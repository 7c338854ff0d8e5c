"""Checkpoints appear whole or not at all, and damage is found."""

import json
import os

import pytest
import torch

from ludus.training import checkpoint
from ludus.utils.files import write_atomically


def save(folder, steps):
    tensors = {"network.w": torch.full((3, 2), float(steps)), "generator": torch.arange(4, dtype=torch.uint8)}
    checkpoint.save(folder, steps, tensors, {"steps": steps, "ratio": 0.1}, {"batch": b"snapshot"})


def load_latest(folder, **more):
    return checkpoint.load_latest(folder, parts=("batch",), **more)


def test_what_was_saved_comes_back(tmp_path):
    save(tmp_path, 5)
    saved = load_latest(tmp_path)
    assert (saved.steps, saved.state, saved.parts) == (5, {"steps": 5, "ratio": 0.1}, {"batch": b"snapshot"})
    assert torch.equal(saved.tensors["network.w"], torch.full((3, 2), 5.0))
    assert saved.tensors["generator"].dtype == torch.uint8
    assert saved.problems == ()


def test_the_newest_three_stay(tmp_path):
    for steps in (1, 2, 30, 4):
        save(tmp_path, steps)
    assert [int(path.name) for path in checkpoint.list_checkpoints(tmp_path)] == [30, 4, 2]


@pytest.mark.parametrize("name", ["weights.safetensors", "state.json", "batch.bin", "manifest.json"])
def test_one_flipped_bit_anywhere_falls_back_to_the_checkpoint_before(tmp_path, name):
    save(tmp_path, 1)
    save(tmp_path, 2)
    path = tmp_path / f"{2:012d}" / name
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)
    saved = load_latest(tmp_path)
    assert saved.steps == 1
    assert len(saved.problems) == 1
    assert saved.problems[0].startswith("checkpoint 000000000002 passed over: ")


@pytest.mark.parametrize("size", [0, 7])
def test_a_file_cut_short_or_missing_is_found(tmp_path, size):
    save(tmp_path, 1)
    path = tmp_path / f"{1:012d}" / "weights.safetensors"
    os.truncate(path, size)
    with pytest.raises(ValueError, match="no usable checkpoint in .*weights.safetensors has"):
        load_latest(tmp_path)
    path.unlink()
    with pytest.raises(ValueError, match=r"no usable checkpoint in .*: weights\.safetensors is missing$"):
        load_latest(tmp_path)


def test_a_checkpoint_of_another_version_is_named(tmp_path):
    save(tmp_path, 1)
    path = tmp_path / f"{1:012d}" / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "format": 99}))
    with pytest.raises(ValueError, match="its format is 99, this version of Ludus reads 1"):
        load_latest(tmp_path)


def test_saving_the_same_moment_again_keeps_what_is_there(tmp_path):
    save(tmp_path, 1)
    before = (tmp_path / f"{1:012d}").stat().st_ino
    save(tmp_path, 1)
    assert (tmp_path / f"{1:012d}").stat().st_ino == before
    (tmp_path / f"{1:012d}" / "state.json").write_text("{}")  # wreckage is replaced
    save(tmp_path, 1)
    assert load_latest(tmp_path).state["ratio"] == 0.1


def test_none_at_all_is_another_message(tmp_path):
    with pytest.raises(FileNotFoundError, match="no checkpoint in"):
        load_latest(tmp_path)


def test_a_write_that_fails_leaves_the_old_ones_and_no_rubbish(tmp_path, monkeypatch):
    save(tmp_path, 1)

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save(tmp_path, 2)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(tmp_path / "config.yaml", b"new")
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{1:012d}"]
    assert load_latest(tmp_path).steps == 1


def test_what_a_killed_writer_left_is_swept_up(tmp_path):
    (tmp_path / ".writing-000000000001-123").mkdir(parents=True)
    save(tmp_path, 2)
    assert [path.name for path in tmp_path.iterdir()] == [f"{2:012d}"]


def test_a_part_is_read_by_those_alone_who_know_it(tmp_path):
    save(tmp_path, 1)
    with pytest.raises(ValueError, match=r"no usable checkpoint in .*manifest.json is damaged \(files is "):
        checkpoint.load_latest(tmp_path, parts=("other",))
    checkpoint.save(tmp_path, 2, {"w": torch.zeros(1)}, {})
    assert load_latest(tmp_path).parts == {}


def test_a_state_that_its_reader_refuses_is_passed_over(tmp_path):
    def check(state):
        if state["steps"] > 1:
            raise ValueError("too far")

    for steps in (1, 2):
        save(tmp_path, steps)
    saved = load_latest(tmp_path, check=check)
    assert (saved.steps, saved.problems) == (1, ("checkpoint 000000000002 passed over: too far",))
