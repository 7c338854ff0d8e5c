"""The files of `ludus new`: they play, pass their own test and `ludus check`, and nothing is overwritten."""

import os
import subprocess
import sys

import pytest

from ludus.envs.new_file import id_of, write_new
from ludus.scripts.main import main


def test_the_command_writes_two_files_and_says_what_to_do_with_them(place, capsys):
    assert main(["new", "moon_lander_new", "--namespace", "acme"]) == 0
    said = capsys.readouterr().out
    assert sorted(os.listdir(place)) == ["moon_lander_new.py", "test_moon_lander_new.py"]
    assert "ludus train moon_lander_new:acme/MoonLanderNew-v0 --steps" in said
    assert "@" not in (place / "moon_lander_new.py").read_text().replace("@kernel", "")
    assert "@" not in (place / "test_moon_lander_new.py").read_text()


def test_its_test_passes_and_ludus_check_passes_it(place, monkeypatch, capsys):
    assert main(["new", "hopper_new"]) == 0
    monkeypatch.setenv("LUDUS_UNCHECKED", "0")
    assert main(["check", "hopper_new:my/HopperNew-v0", "--fuzz", "3000"]) == 0
    assert "0 failed" in capsys.readouterr().out
    monkeypatch.setenv("LUDUS_UNCHECKED", "1")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_hopper_new.py"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "3 passed" in done.stdout, done.stdout + done.stderr


def test_it_is_watched_and_trained(place, capsys):
    main(["new", "hopper_new"])
    id = "hopper_new:my/HopperNew-v0"
    assert main(["watch", id, "--policy", "heuristic", "--record", "seen.mp4", "--steps", "5"]) == 0
    assert (place / "seen.mp4").stat().st_size > 1000
    tiny = ["--num-envs", "4", "--agent-set", "rollout_steps=8", "--agent-set", "minibatches=1"]
    assert main(["train", id, "--run", "runs/hopper", "--steps", "64", "--evaluate-every", "0", *tiny]) == 0
    assert main(["watch", "runs/hopper", "--import", "hopper_new", "--record", "trained.mp4", "--steps", "5"]) == 0


@pytest.mark.parametrize("file", ["hopper_new.py", "test_hopper_new.py"])
def test_nothing_is_overwritten(place, file, capsys):
    (place / file).write_text("mine")
    assert main(["new", "hopper_new"]) == 1
    assert f"{file} is there already, and nothing is overwritten" in capsys.readouterr().err
    assert os.listdir(place) == [file]
    assert (place / file).read_text() == "mine"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["Hopper"], "'Hopper' cannot name a file of Python's; expected a lower case letter, then such letters"),
        (["_hopper"], "'_hopper' cannot name a file"),
        (["__"], "'__' cannot name a file"),
        (["my-env"], "'my-env' cannot name a file"),
        (["../up"], "'../up' cannot name a file"),
        (["class"], "'class' cannot name a file"),
        (["random"], "'random' is a module that Python finds already"),
        (["numpy"], "'numpy' is a module that Python finds already"),
        (["hopper_new", "--namespace", "a/b"], "--namespace 'a/b': expected letters"),
        (["hopper_new", "--namespace", "ludus"], "and not ludus, whose ids are Ludus' own"),
    ],
)
def test_names_that_cannot_be_are_refused_in_a_line(place, arguments, message, capsys):
    assert main(["new", *arguments]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not os.listdir(place)


def test_the_id_follows_the_name(place):
    assert id_of("moon_lander", "acme") == "acme/MoonLander-v0"
    assert write_new(place, "hopper_new", "my")[0] == "my/HopperNew-v0"
