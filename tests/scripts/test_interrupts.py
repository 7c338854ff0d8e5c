"""Ctrl-C in the first moments of a command: one line and the exit status of a shell, no traceback."""

import multiprocessing
import os
import signal
import subprocess
import sys
import sysconfig
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from ludus.scripts.main import COMMANDS
from ludus.utils import interrupts

CONSOLE = Path(sysconfig.get_path("scripts")) / "ludus"
# A process that interrupts itself at the first import of a module, as a person might: no clock decides what is hit.
AT_IMPORT = """
import importlib.abc, os, signal, sys

class Person(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == os.environ["AT"]:
            os.environ["AT"] = ""
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Person())
"""
WAYS = {"console": [str(CONSOLE)], "module": [sys.executable, "-m", "ludus"]}


@pytest.fixture
def interrupted(tmp_path):
    """Run a command that is interrupted as it imports ``module``."""
    (tmp_path / "sitecustomize.py").write_text(AT_IMPORT)

    def run(command, module, **keywords):
        environment = {**os.environ, "PYTHONPATH": str(tmp_path), "AT": module}
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, **keywords)

    return run


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    "module",
    ["gymnasium", "numpy", "ludus.envs.ids", "ludus.scripts.main", "ludus.scripts.support.terminal", "tyro"],
)
def test_an_interrupted_import_ends_the_command_in_a_line(way, module, interrupted):
    if way == "console" and not CONSOLE.exists():
        pytest.skip(f"{CONSOLE} is not installed")
    ended = interrupted([*WAYS[way], "envs"], module)
    assert (ended.returncode, ended.stdout, ended.stderr.strip()) == (130, "", "ludus: interrupted")


@pytest.mark.parametrize("command", ["train", "watch", "evaluate", "fit", "explain"])
def test_every_kind_of_command_ends_so_as_its_script_is_imported(command, interrupted):
    assert command in COMMANDS
    script = f"ludus.scripts.{'ask.' * (command == 'explain')}{command}"
    ended = interrupted([sys.executable, "-m", "ludus", command], script)
    assert (ended.returncode, ended.stdout, ended.stderr.strip()) == (130, "", "ludus: interrupted")


def test_a_program_that_imports_ludus_has_its_own_signals(interrupted):
    program = "import ludus"
    ended = interrupted([sys.executable, "-c", program], "gymnasium")
    assert ended.returncode == -signal.SIGINT
    assert "KeyboardInterrupt" in ended.stderr


def test_work_in_the_background_of_a_shell_ignores_the_keys_as_ever(interrupted):
    def ignore():
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    ended = interrupted([sys.executable, "-m", "ludus", "--version"], "gymnasium", preexec_fn=ignore)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_process_that_shares_a_command_s_work_is_no_command(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/usr/bin/ludus", "tune"])
    assert interrupts.is_command()
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        assert pool.submit(ends_at_once).result() == (["/usr/bin/ludus", "tune"], False)


def ends_at_once():
    """What this process was called as, and whether Ctrl-C ends it without a word to its code."""
    return sys.argv, signal.getsignal(signal.SIGINT) is interrupts._end


@pytest.mark.parametrize(
    ("argv", "original", "is_one"),
    [
        (["/usr/bin/ludus", "train"], [], True),
        (["-m"], ["python", "-m", "ludus", "train"], True),
        (["-m"], ["python", "-W", "error", "-m", "ludus"], True),
        (["-m"], ["python", "-m", "pytest", "ludus"], False),
        (["train.py"], [], False),
        ([""], [], False),
        ([], [], False),
    ],
)
def test_the_command_is_known_by_how_it_was_started(argv, original, is_one, monkeypatch):
    monkeypatch.setattr(sys, "argv", argv)
    monkeypatch.setattr(sys, "orig_argv", original)
    assert interrupts.is_command() is is_one
