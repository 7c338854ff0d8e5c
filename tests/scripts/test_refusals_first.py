"""What can be refused is refused before anything is compiled, begun or told."""

import pytest

from ludus.scripts.main import main
from ludus.scripts.support import beginning


@pytest.fixture(autouse=True)
def nothing_begins(monkeypatch):
    def begin(*_, **__):
        raise AssertionError("it waits for machine code")

    monkeypatch.setattr(beginning, "begin", begin)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["watch", "ludus/Taxi-v4", "--record", "x.png"], "a video must be an .mp4, .gif or .webp file, got x.png"),
        (["watch", "ludus/Taxi-v4", "--record", "nowhere/x.gif"], "cannot write the video nowhere/x.gif: No such file"),
        (["watch", "ludus/Taxi-v4", "--record", "x.gif", "--steps", "0"], "steps must be at least 1"),
        (["watch", "ludus/Taxi-v4", "--speed", "0"], "speed must be above 0"),
        (["watch", "mine.npz", "--record", "x.png"], "a video must be an .mp4, .gif or .webp file, got x.png"),
        (["play", "ludus/Taxi-v4", "--record", "x.mp4"], "a recording must be an .npz file, got x.mp4"),
        (["play", "ludus/Taxi-v4", "--record", "nowhere/x.npz"], "cannot record to nowhere/x.npz: No such file"),
        (["play", "ludus/Taxi-v4", "--speed", "-1"], "speed must be above 0"),
    ],
)
def test_nobody_waits_for_a_refusal(words, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 1
    shown = capsys.readouterr()
    assert (said in shown.err, shown.out) == (True, "")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["train", "ludus/CartPole-v1", "--steps", "100", "--seed", "0,-1"], "a seed must be 0"),
        (["train", "ludus/CartPole-v1", "--steps", "100", "--seed", "1,1"], "seed 1 is there twice"),
        (["train", "ludus/CartPole-v1", "--steps", "100", "--run", "full"], "full"),
        (["evaluate", "ludus/Bandit-v0", "--episodes", "0", "--policy", "random"], "episodes must be 1"),
        (["evaluate", "ludus/Bandit-v0", "--episodes", "0"], "episodes must be 1"),
    ],
)
def test_no_note_comes_before_a_refusal(words, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").touch()
    assert main(words) == 1
    shown = capsys.readouterr()
    assert (said in shown.err, shown.out) == (True, "")


def test_a_note_comes_before_a_training(tmp_path, capsys):
    options = ["--agent-set", "hidden=[8]", "--agent-set", "rollout_steps=8", "--num-envs", "4"]
    assert main(["train", "ludus/CartPole-v1", "--steps", "20", "--run", str(tmp_path / "run"), *options]) == 0
    shown = capsys.readouterr().out
    assert -1 < shown.index("Note: a rollout is 32 steps") < shown.index("Trained")


@pytest.mark.parametrize("text", ["a", "0,,1", "0 1"])
def test_a_seed_that_is_none_is_told_what_one_is(text, capsys):
    with pytest.raises(SystemExit):
        main(["train", "ludus/CartPole-v1", "--seed", text])
    assert (
        f"--seed: expected seeds with commas between them, such as 0 or 0,1,2, got {text!r}" in capsys.readouterr().err
    )
