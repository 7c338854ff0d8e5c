"""Subcommands: each with a help of its own, imported when it is named; a command line that does not fit is one line."""

import re
import subprocess
import sys
import types
from dataclasses import dataclass, fields

import pytest

from commands_stage import said
from ludus.scripts.fit import TASKS
from ludus.scripts.main import main
from ludus.scripts.study import STUDIES
from ludus.studies.command import StudyArguments
from ludus.training.command import FitArguments
from ludus.training.progress import Progress

ALL = [("study", name) for name in STUDIES] + [("fit", name) for name in TASKS]


def help_of(capsys, *command):
    with pytest.raises(SystemExit) as end:
        main([*command, "--help"])
    assert end.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize(("command", "name"), ALL, ids=str)
def test_a_subcommand_tells_its_own_options_and_no_other(command, name, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    shown = help_of(capsys, command, name)
    place, _, attribute = {**STUDIES, **TASKS}[name][0].partition(":")
    module = getattr(sys.modules[place], attribute) if attribute else sys.modules[place]
    assert shown.startswith(f"usage: ludus {command} {name} ")
    assert re.search(rf"ludus {command} {name} (-|ludus/|models/)", shown)  # an example
    own = {entry.name for entry in fields(module.Arguments)}
    everywhere = {"slot", "agent", "markdown", "env", "data", "model", "seeds", "epochs", "steps", "out"}
    for option in everywhere:
        typed = f"--{option} " in shown or f"--{option}," in shown or f" {option.upper()} " in shown
        assert typed == (option in own), option
    assert "Of " not in shown


@pytest.mark.parametrize(("command", "table"), [("study", STUDIES), ("fit", TASKS)])
def test_a_command_lists_its_subcommands_with_what_each_is_for(command, table, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    shown = help_of(capsys, command)
    for name, (_, what) in table.items():
        assert f"ludus {command} {name} {what}" in " ".join(shown.split())
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize(
    "line", ["--help", "study --help", "fit --help", "fit vision/classify --help", "study nonsens"]
)
def test_who_only_asks_does_not_wait_for_torch(line):
    script = (
        "import sys\nfrom ludus.scripts.main import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        "assert 'torch' not in sys.modules, 'torch was imported'"
    )
    done = subprocess.run([sys.executable, "-c", script, *line.split()], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


WHICH = f"which study? One of {', '.join(STUDIES)}; see ludus study --help"
KNOWN = ", ".join(sorted(STUDIES))


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("study", WHICH),
        ("study --seeds 3", WHICH),
        ("study nonsens", f"unknown study 'nonsens'; known: {KNOWN}; see ludus study --help"),
        ("study regrets --seeds 2", "unknown study 'regrets'; did you mean 'regret'?; see ludus study --help"),
        (
            "study drift --stes 3",
            "unrecognized options: --stes, 3; did you mean --steps?; see ludus study drift --help",
        ),
        ("study bandit --agent ppo", "unrecognized options: --agent, ppo; see ludus study bandit --help"),
        ("study drift a --slot b=c", "unrecognized options: a, --slot, b=c; see ludus study drift --help"),
        ("study regret", None),
        ("fit", f"which task? One of {', '.join(TASKS)}; see ludus fit --help"),
        ("fit vision/clasify", "unknown task 'vision/clasify'; did you mean 'vision/classify'?; see ludus fit --help"),
        ("fit vision/read --out x --data y", None),
        ("fit vision/classify --out x --env y", None),
    ],
)
def test_a_command_line_that_does_not_fit_is_one_line(line, error, capsys):
    code, printed = said(capsys, *line.split())
    assert (code, printed.count("\n")) == (2, 1)
    assert printed.startswith("ludus: ")
    assert printed == f"ludus: {error}\n" if error else "; see ludus " in printed


def test_options_may_come_before_the_name(capsys):
    assert said(capsys, "study", "--steps", "50", "bandit") == (
        1,
        "ludus: the bandit study needs --seeds >= 2 and --steps that are a multiple of 100, got 2000 and 50\n",
    )
    code, error = said(capsys, "fit", "--out", "x", "vision/classify")
    assert (code, error.startswith("ludus: which data? --data NAME")) == (1, True)


@pytest.fixture
def module(monkeypatch):
    """An empty module that can be imported as `mine`."""
    made = types.ModuleType("mine")
    monkeypatch.setitem(sys.modules, "mine", made)
    made.DESCRIPTION = "Mine."
    return made


def test_a_study_is_a_module_and_a_line_in_the_table(module, monkeypatch, capsys, tmp_path):
    @dataclass(kw_only=True)
    class Arguments(StudyArguments):
        seeds: int = 2
        """How often."""

    def run(arguments, console):
        console.print(f"{arguments.seeds} times into {arguments.out.name}")
        return 3

    module.Arguments, module.run = Arguments, run
    monkeypatch.setitem(STUDIES, "mine", ("mine", "is it mine?"))
    assert main(["study", "mine", "--seeds", "7", "--out", str(tmp_path)]) == 3
    assert capsys.readouterr().out == f"7 times into {tmp_path.name}\n"
    assert re.search(r"^  ludus study mine +is it mine\?$", help_of(capsys, "study"), re.MULTILINE)


def test_a_task_is_a_module_and_a_line_in_the_table(module, monkeypatch, capsys, tmp_path):
    class Learned:
        TASK = "mine/learn"
        notes, recipe = ["it is small"], types.SimpleNamespace(epochs=2)

        def __init__(self, out):
            self.out, self.folder = out, out / "folder"

        def train(self, progress):
            progress(Progress(1, 2, 10.0))
            return types.SimpleNamespace(fingerprint="f" * 64), "learned something"

    @dataclass(kw_only=True)
    class Arguments(FitArguments):
        depth: int = 2
        """How deep."""

    asked = []
    module.Arguments = Arguments
    module.start_fit = lambda arguments, out: asked.append((arguments.depth, arguments.settings)) or Learned(out)
    module.fit_class = lambda: types.SimpleNamespace(open=lambda out: asked.append("again") or Learned(out))
    monkeypatch.setitem(TASKS, "mine/learn", ("mine", "what is mine?"))
    command = ["fit", "mine/learn", "--out", str(tmp_path)]
    assert main([*command, "--depth", "5", "--set", "lr=1e-3", "--epochs", "4"]) == 0
    shown = capsys.readouterr().out
    assert all(words in shown for words in ("Note: it is small", "learned something", "Component: ", "ffffffffffff"))
    assert main([*command, "--resume"]) == 0
    assert asked == [(5, {"lr": 0.001, "epochs": 4}), "again"]
    code, error = said(capsys, *command, "--resume", "--depth", "3")
    assert (code, error.startswith("ludus: --resume takes everything from OUT.training/fit.yaml")) == (1, True)
