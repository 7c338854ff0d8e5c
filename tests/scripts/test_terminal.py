"""Commands work in terminals that lack letters, and what they write to files is UTF-8 all the same."""

import io
import os
import subprocess
import sys
import warnings

import pytest
import torch
import yaml

from commands_stage import TINY
from ludus.components import picture_source
from ludus.scripts.main import main
from ludus.scripts.support.terminal import warn_in_a_line, write_what_can_be_written

SMALL = [f"--agent-set={key}={value}" for key, value in TINY.items()]
COMMANDS = {
    "help": [],
    "train --help": ["train", "--help"],
    "envs": ["envs"],
    "card": ["envs", "ludus/Snake-v1"],
    "train": ["train", "ludus/CartPole-v1", "--steps", "256", *SMALL, "--run", "run"],
    "evaluate": ["evaluate", "ludus/CartPole-v1", "--policy", "random", "--episodes", "8"],
    "fuzz": ["fuzz", "ludus/CartPole-v1", "--steps", "3000"],
    "error": ["train", "ludus/CartPol…-v1"],
}


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
@pytest.mark.parametrize("case", COMMANDS)
def test_a_terminal_without_the_letters_gets_plainer_ones(tmp_path, monkeypatch, case, encoding):
    monkeypatch.chdir(tmp_path)
    stream = io.BytesIO()
    terminal = io.TextIOWrapper(stream, encoding, errors="strict", write_through=True)
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setattr(sys, "stderr", terminal)
    try:
        code = main(COMMANDS[case])
    except SystemExit as end:  # tyro's, after its help
        code = int(end.code or 0)
    text = stream.getvalue().decode(encoding)
    assert code == (1 if case == "error" else 0), text
    assert text
    assert "Traceback" not in text
    if case == "train":
        assert "greedy episodes (95 % interval" in " ".join(text.split())
        assert " ... " in text


def test_letters_that_there_are_stay(monkeypatch):
    stream = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(stream, encoding="latin-1", write_through=True))
    write_what_can_be_written()
    print("3 × 4 · 1 … 5, ☃ caf\udce9", end="")
    assert stream.getvalue() == b"3 \xd7 4 \xb7 1 ... 5, ? caf\xe9"


def test_a_warning_is_a_line_without_code(monkeypatch):
    monkeypatch.setattr(warnings, "formatwarning", warnings.formatwarning)
    warn_in_a_line()
    assert warnings.formatwarning("drawn once", UserWarning, picture_source.__file__, 7) == "ludus: drawn once\n"
    assert warnings.formatwarning("a\nb", UserWarning, torch.__file__, 7) == "ludus: torch warns: a b\n"
    assert warnings.formatwarning("old", DeprecationWarning, "/home/me/hopper.py", 7) == "ludus: hopper warns: old\n"
    monkeypatch.setenv("LUDUS_TRACEBACK", "1")
    assert "UserWarning: drawn once" in warnings.formatwarning("drawn once", UserWarning, torch.__file__, 7)


@pytest.mark.parametrize(
    ("variables", "name", "told"),
    [
        ({"PYTHONIOENCODING": "latin-1"}, "Übung", "ludus watch 'Übung'"),
        # An old C locale, without the UTF-8 that Python would put in its place.
        ({"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, "run", "ludus watch run"),
    ],
)
def test_training_from_a_shell_of_another_encoding(tmp_path, variables, name, told):
    done = subprocess.run(
        [sys.executable, "-m", "ludus.scripts.main", *COMMANDS["train"][:-1], name],
        cwd=tmp_path,
        env={**{key: value for key, value in os.environ.items() if key != "PYTHONUTF8"}, **variables},
        capture_output=True,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert told in done.stdout.decode("latin-1")
    assert yaml.safe_load((tmp_path / name / "config.yaml").read_bytes())["env"] == "ludus/CartPole-v1"
    assert (tmp_path / name / "evaluations.csv").read_bytes().startswith(b"steps,seed,return")
