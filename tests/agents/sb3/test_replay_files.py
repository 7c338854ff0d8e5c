"""Replay buffers in files: what a kill leaves goes on, what is damaged is refused in one line."""

import contextlib
import os

import numpy as np
import pytest
from gymnasium import spaces
from stable_baselines3.common.buffers import DictReplayBuffer, NStepReplayBuffer

from ludus.agents.sb3.replay import SEALS, UNDER_WAY, ReplayFiles
from replay_buffers import ENVS, ROWS, add, new_buffer, played

ARRAYS = ("observations", "next_observations", "actions", "rewards", "dones", "timeouts")


def contents(buffer, rows=ROWS):
    return {name: np.array(getattr(buffer, name)[:rows]) for name in ARRAYS}


def assert_same(one, other, rows):
    for name in ARRAYS:
        np.testing.assert_array_equal(one[name][rows], other[name][rows], err_msg=name)


def reopen(folder, saved, **keywords):
    buffer = new_buffer(**keywords)
    return buffer, ReplayFiles(buffer, folder, saved)


@pytest.mark.parametrize("number", [0, 7, 10, 23])
def test_a_buffer_goes_on_as_it_was(tmp_path, number):
    before, _, saved = played(tmp_path, number)
    buffer, files = reopen(tmp_path, saved)
    assert files.kept
    assert (buffer.pos, buffer.full) == (number % ROWS, number >= ROWS)
    assert_same(contents(buffer), contents(before), slice(None))


def flip(path, offset, bit=0):
    data = bytearray(path.read_bytes())
    data[offset] ^= 1 << bit
    path.write_bytes(data)


@pytest.mark.parametrize("name", [*(f"{name}.npy" for name in ARRAYS), SEALS])
@pytest.mark.parametrize("number", [7, 23])
def test_a_flipped_bit_in_any_file_is_refused(tmp_path, name, number):
    _, _, saved = played(tmp_path, number)
    size = (tmp_path / name).stat().st_size
    for share in (0.0, 0.3, 0.6):
        offset = 128 + int(share * (size - 128))
        flip(tmp_path / name, offset)
        with pytest.raises(ValueError, match="row . of .* hold is not what checksums.npy says; restore .*, or delete"):
            reopen(tmp_path, saved)
        flip(tmp_path / name, offset)
    assert reopen(tmp_path, saved)[1].kept


def test_what_the_checkpoint_does_not_count_on_may_be_anything(tmp_path):
    _, _, saved = played(tmp_path, 4)
    flip(tmp_path / "actions.npy", -1)
    assert reopen(tmp_path, saved)[1].kept


@pytest.mark.parametrize("name", [*(f"{name}.npy" for name in ARRAYS), SEALS])
@pytest.mark.parametrize("left", [0, 5, 100, 130])
def test_a_file_cut_short_is_named(tmp_path, name, left):
    _, _, saved = played(tmp_path, 7)
    os.truncate(tmp_path / name, left)
    with pytest.raises(ValueError, match=f"{name} is damaged .*; restore it, or delete .* empty replay buffer") as said:
        reopen(tmp_path, saved)
    assert "\n" not in str(said.value)


def exchange(*paths):
    data = [path.read_bytes() for path in paths]
    for path, other in zip(paths, reversed(data), strict=True):
        path.write_bytes(other)


@pytest.mark.parametrize("names", [("observations", "next_observations"), ("dones", "timeouts"), ("rewards", "dones")])
def test_files_that_were_exchanged_are_refused(tmp_path, names):
    _, _, saved = played(tmp_path, 7)
    paths = [tmp_path / f"{name}.npy" for name in names]
    exchange(*paths)
    with pytest.raises(ValueError, match="is not what checksums.npy says"):
        reopen(tmp_path, saved)
    exchange(*paths)
    assert reopen(tmp_path, saved)[1].kept


def test_rows_that_were_exchanged_are_refused(tmp_path):
    """Each has its own seal, and they are exchanged with it."""
    buffer, files, saved = played(tmp_path, 7)
    for array in (*(getattr(buffer, name) for name in ARRAYS), files._seals):
        array[[2, 5]] = array[[5, 2]]
    with pytest.raises(ValueError, match="row 2 and 1 more of 7 hold is not"):
        reopen(tmp_path, saved)


def test_missing_checksums_are_named(tmp_path):
    _, _, saved = played(tmp_path, 7)
    (tmp_path / SEALS).unlink()
    with pytest.raises(
        ValueError, match="checksums.npy is missing, so .* restore it, or delete .* empty replay buffer"
    ):
        reopen(tmp_path, saved)


def test_a_named_pipe_in_the_place_of_an_array_is_refused(tmp_path):
    _, _, saved = played(tmp_path, 7)
    (tmp_path / "rewards.npy").unlink()
    os.mkfifo(tmp_path / "rewards.npy")
    with pytest.raises(ValueError, match="rewards.npy is a named pipe, expected a regular file"):
        reopen(tmp_path, saved)


# --- What a kill leaves


@pytest.mark.parametrize("more", [1, 5, 12])
@pytest.mark.parametrize("number", [7, 13])
def test_rows_that_are_newer_than_the_checkpoint_are_true_ones(tmp_path, number, more):
    before, files, saved = played(tmp_path, number)
    add(before, files, more, np.random.default_rng(1))
    buffer, files = reopen(tmp_path, saved)
    assert files.kept
    assert (buffer.pos, buffer.full) == (saved["pos"], saved["full"])
    assert_same(contents(buffer), contents(before), slice(None))


def add_half(buffer, files):
    with contextlib.suppress(KeyboardInterrupt), files.writing():
        buffer.observations[buffer.pos] = 0.5
        raise KeyboardInterrupt


@pytest.mark.parametrize("number", [7, 13])
def test_the_row_that_was_being_written_is_left_out(tmp_path, number):
    """It is beyond what the checkpoint counts on, unless the buffer was full: then a copy takes its place."""
    before, files, saved = played(tmp_path, number)
    add_half(before, files)
    buffer, _ = reopen(tmp_path, saved)
    row = saved["pos"]
    others = np.arange(ROWS if saved["full"] else row) != row
    assert_same(contents(buffer, len(others)), contents(before, len(others)), others)
    if saved["full"]:
        assert_same(contents(buffer), {key: np.roll(value, 1, 0) for key, value in contents(before).items()}, row)
    assert reopen(tmp_path, saved)[1].kept  # again, and its seal is right


def test_a_second_row_under_way_is_damage(tmp_path):
    _, files, saved = played(tmp_path, 13)
    files._seals[[2, 3]] = UNDER_WAY
    with pytest.raises(ValueError, match="row 2 and 1 more of 10 hold is not what"):
        reopen(tmp_path, saved)


def test_the_only_row_under_way_leaves_nothing(tmp_path):
    _, files, saved = played(tmp_path, 1)
    files._seals[0] = UNDER_WAY
    buffer, files = reopen(tmp_path, saved)
    assert files.kept
    assert (buffer.pos, buffer.full) == (0, False)


@pytest.mark.parametrize("number", [7, 13])
def test_a_kill_while_n_steps_are_sampled_changes_nothing(tmp_path, number, monkeypatch):
    before, _, saved = played(tmp_path, number, NStepReplayBuffer, n_steps=3)
    whole = contents(before)

    def kill(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(before, "_normalize_reward", kill)
    with pytest.raises(KeyboardInterrupt):
        before.sample(5)
    assert (np.array(before.timeouts) != whole["timeouts"]).any()
    buffer, _ = reopen(tmp_path, saved, kind=NStepReplayBuffer, n_steps=3)
    assert_same(contents(buffer), whole, slice(None))


# --- Values that no training writes, under checksums that are right


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("actions", 4, "actions outside 0 … 3"),
        ("actions", -1, "actions outside 0 … 3"),
        ("rewards", np.inf, "rewards that are no numbers"),
        ("dones", 0.5, "ends that are neither 0 nor 1"),
        ("timeouts", np.nan, "ends that are neither 0 nor 1"),
        ("observations", np.nan, "observations that are no numbers"),
        ("next_observations", 1.1, r"observations outside Box\(-1.0, 1.0"),
    ],
)
def test_values_that_cannot_be_are_refused(tmp_path, name, value, words):
    buffer, files, saved = played(tmp_path, 7)
    getattr(buffer, name)[3, 1] = value
    files._seals[3] = files._seal(3)
    with pytest.raises(ValueError, match=f"{name}.npy is damaged: it holds {words}.*; restore the files, or delete"):
        reopen(tmp_path, saved)


def test_a_third_partys_environment_may_leave_its_space(tmp_path):
    buffer, files, saved = played(tmp_path, 7)
    buffer.observations[3, 1] = 1.1
    files._seals[3] = files._seal(3)
    assert ReplayFiles(new_buffer(), tmp_path, saved, bounded=False).kept


def test_scaled_actions_and_dicts_of_observations_are_checked_too(tmp_path):
    space = spaces.Dict({"board": spaces.Box(0, 255, (2, 2), np.uint8), "kind": spaces.Discrete(5)})
    keywords = {"kind": DictReplayBuffer, "space": space, "action_space": spaces.Box(-5.0, 5.0, (1,), np.float32)}
    buffer = new_buffer(**keywords)
    files = ReplayFiles(buffer, tmp_path, {})
    saved = {"pos": 2, "full": False, "generation": files.generation}
    for value in (-1.0, 1.0):
        with files.writing():
            seen = {"board": np.full((ENVS, 2, 2), 255, np.uint8), "kind": np.full(ENVS, 4)}
            buffer.add(
                seen, dict(seen), np.full((ENVS, 1), value, np.float32), np.ones(ENVS), np.ones(ENVS), [{}] * ENVS
            )
    assert reopen(tmp_path, saved, **keywords)[1].kept
    for array, value, words in (
        (buffer.observations["kind"], 5, r"kind.npy is damaged: it holds observations outside Discrete\(5\)"),
        (buffer.actions, 1.5, "actions.npy is damaged: it holds actions outside -1 … 1"),
    ):
        array[1], before = value, array[1].copy()
        files._seals[1] = files._seal(1)
        with pytest.raises(ValueError, match=words):
            reopen(tmp_path, saved, **keywords)
        array[1] = before
        files._seals[1] = files._seal(1)


@pytest.mark.parametrize(
    "wrong", [{"pos": -1}, {"pos": ROWS}, {"pos": None}, {"pos": True}, {"pos": 10**400}, {"full": 1}, {"full": None}]
)
def test_a_checkpoint_that_counts_on_another_buffer_is_refused(tmp_path, wrong):
    _, _, saved = played(tmp_path, 7)
    with pytest.raises(ValueError, match="the checkpoint's replay buffer is at .*, expected a row of it"):
        reopen(tmp_path, {**saved, **wrong})
