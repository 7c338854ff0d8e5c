"""A batch goes through bytes and continues bit by bit, in this process and in another one."""

import subprocess
import sys

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

import ludus
from acting import random_actions
from ludus.envs.engine.kernel_batch import KernelBatch
from ludus.envs.engine.simulation import Drift

CARTPOLE, SNAKE = "ludus.envs.robotics.cartpole", "ludus.envs.games.snake"
ENVIRONMENTS = list(ludus.ENVIRONMENTS)
N, LIMIT = 9, 30


def make(id, **keywords):
    return KernelBatch(ludus.ENVIRONMENTS[id][0], N, max_episode_steps=LIMIT, **keywords)


def make_drifting():
    return KernelBatch(
        CARTPOLE, N, max_episode_steps=LIMIT, randomize={"force": (5.0, 15.0)},
        drift={"gravity": [Drift(to=20.0, at=20, over=50), Drift(to=1.0, at=90)]},
    )  # fmt: skip


def sums_of(batch):
    b = batch.buffers
    return b.episode_return, b.episode_terms, b.episode_length, b.episode_success


def play(batch, seed, steps=80):
    """Everything that the batch shows in each of ``steps`` steps under fixed actions, as one array."""
    rng, seen, b = np.random.default_rng(seed), [], batch.buffers
    for _ in range(steps):
        batch.step(random_actions(batch.action_space, batch.num_envs, rng))
        shown = (b.reward, b.terms, b.terminated, b.truncated, b.episode_return, b.episode_terms, b.episode_length)
        arrays = [b.observation, b.mask, b.episode_success, *shown]
        seen.append(np.concatenate([array.astype(float).ravel() for array in arrays]))
    return np.array(seen)


def play_on_from(path, out, id):
    """What the other process does."""
    batch = make(id) if id else make_drifting()
    with open(path, "rb") as file:
        batch.restore(file.read())
    np.save(out, play(batch, 2))


def in_another_process(data, id, folder):
    (folder / "snapshot").write_bytes(data)
    arguments = [str(folder / "snapshot"), str(folder / "out.npy"), id]
    script = f"import sys; sys.path[:] = {sys.path!r}; import test_snapshot as t; "
    script += "t.play_on_from(*sys.argv[1:])"
    done = subprocess.run([sys.executable, "-c", script, *arguments], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return np.load(folder / "out.npy")


@pytest.mark.parametrize("id", ENVIRONMENTS)
def test_restored_batch_continues_bit_by_bit_here_and_elsewhere(id, tmp_path):
    batch = make(id)
    batch.reset(seeds=range(N))
    play(batch, 1, 25)
    data, seen = batch.snapshot(), (batch.buffers.observation.copy(), batch.buffers.mask.copy())
    expected = play(batch, 2)
    assert (expected[:, -N:] > 0).any(), "no episode ended"

    other = make(id)
    other.restore(data)
    np.testing.assert_array_equal(other.buffers.observation, seen[0])
    np.testing.assert_array_equal(other.buffers.mask, seen[1])
    assert other.snapshot() == data
    np.testing.assert_array_equal(play(other, 2), expected)
    np.testing.assert_array_equal(in_another_process(data, id, tmp_path), expected)


def test_drift_resumes_where_it_was(tmp_path):
    batch = make_drifting()
    batch.reset(seeds=range(N))
    play(batch, 1, 45)
    gravity = batch.records["gravity"].copy()
    assert ((gravity > 9.8) & (gravity < 20.0)).all()
    data = batch.snapshot()
    expected = play(batch, 2)
    assert (batch.records["gravity"] == 1.0).all()
    np.testing.assert_array_equal(in_another_process(data, "", tmp_path), expected)


@pytest.mark.parametrize("mode", list(AutoresetMode))
@pytest.mark.parametrize("id", ENVIRONMENTS)
def test_restored_right_after_an_end_the_sums_are_those_of_the_snapshot(id, mode):
    """The buffers hold an ended episode's sums for one step; a restore must not let them leak into the next ones."""
    batch = make(id, autoreset_mode=mode)
    rng = np.random.default_rng(3)
    ended = 1
    while ended:  # until episodes are there of which none is over after two steps
        batch.reset(seeds=rng.integers(2**62, size=N))
        ended = 0
        for _ in range(2):
            ended = ended or batch.step(random_actions(batch.action_space, N, rng))
    data, before = batch.snapshot(), [array.copy() for array in sums_of(batch)]
    while not batch.step(random_actions(batch.action_space, N, rng)):
        pass
    batch.restore(data)
    b = batch.buffers
    for array in (b.reward, b.terms, b.terminated, b.truncated):
        assert not array.any()
    for array, expected in zip(sums_of(batch), before, strict=True):
        np.testing.assert_array_equal(array, expected)
    steps = 2
    while not batch.step(random_actions(batch.action_space, N, rng)):
        steps += 1
    assert set(b.episode_length.tolist()) == {steps + 1}
    np.testing.assert_allclose(b.episode_return, b.episode_terms.sum(axis=1))
    if id == "ludus/CartPole-v1":
        np.testing.assert_array_equal(b.episode_return, steps + 1.0)


def test_batch_of_which_a_part_was_reset_can_be_restored():
    batch = make("ludus/Snake-v1")
    batch.reset(np.arange(N) < 4, seeds=range(N))
    data = batch.snapshot()
    other = make("ludus/Snake-v1")
    other.restore(data)
    with pytest.raises(Exception, match=r"environment 4 of snake: it was never reset; call reset\(\) first"):
        other.step(np.zeros(N, int))
    for one in (batch, other):
        one.reset(np.arange(N) >= 4, seeds=range(N))
    assert batch.snapshot() == other.snapshot()
