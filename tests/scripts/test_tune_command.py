"""`ludus tune` as it is typed: on pictures and on an agent, gone on with, shown, and refused in one line."""

import os
import signal

import pytest
import torch

from commands_stage import TINY, said
from ludus.components.component import Component
from ludus.scripts import tune
from ludus.scripts.fit import TASKS
from ludus.scripts.main import main
from tuning_stage import TASKS as TOY
from tuning_stage import quick  # noqa: F401
from vision_toy import make_folder

SMALL = [f"--agent-set={key}={value}" for key, value in TINY.items()]


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A task that takes no time, in the table, and a folder to be in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.setitem(TASKS, "toy/curve", TOY["toy/curve"])


FIT = ["tune", "fit", "toy/curve", "--out", "runs/tune", "--search", "lr=1e-3..0.3 log"]


def test_help_lists_what_there_is(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    with pytest.raises(SystemExit) as end:
        main(["tune", "--help"])
    assert end.value.code == 0
    shown = capsys.readouterr().out
    assert all(f"ludus tune {name} " in shown for name in tune.SUBCOMMANDS)
    for command, words in (
        (["fit", "--help"], "ludus tune fit vision/classify"),
        (["fit", "vision/classify", "--help"], "--search STR"),
        (["fit", "forecasting/lear", "--help"], "--horizon"),
        (["train", "--help"], "--agent-set"),
        (["resume", "--help"], "--workers"),
        (["show", "--help"], "--markdown"),
    ):
        with pytest.raises(SystemExit) as end:
            main(["tune", *command])
        shown = capsys.readouterr().out
        assert (end.value.code, words in shown) == (0, True), command
        assert "--resume" not in shown
        assert "--run " not in shown


def test_a_search_from_beginning_to_end_and_the_command_that_takes_its_winner(toy, capsys):
    assert main([*FIT, "--trials", "4", "--set", "epochs=2", "--seed", "3"]) == 0
    shown = capsys.readouterr().out
    assert "Note: trial 0: error " in shown
    assert "4 trials, 0 of them pruned and 0 refused; runs/tune" in shown
    assert "default  error " in shown
    assert "Winner: ludus fit toy/curve --recipe runs/tune/winner.yaml --out models/winner" in shown
    assert "Curves: tensorboard --logdir runs/tune" in shown
    assert main(["fit", "toy/curve", "--recipe", "runs/tune/winner.yaml", "--out", "models/winner", "--seed", "4"]) == 0
    tested = next(path for path in sorted(os.scandir("runs/tune/test"), key=str) if path.name.endswith("-4"))
    one, other = Component.load("models/winner"), Component.load(tested.path)
    best = "winner" if "winner" in tested.name else "default"
    if best == "winner":  # the very training that the test judged
        assert all(torch.equal(one.state_dict()[key], value) for key, value in other.state_dict().items())
    capsys.readouterr()
    assert main(["tune", "show", "runs/tune", "--markdown", "--top", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "| trial | error | lr |  |"
    assert lines[3].startswith("| ")
    assert not lines[4].startswith("|")


def test_the_same_command_and_resume_go_on(toy, capsys):
    assert main([*FIT, "--trials", "1", "--seeds", "0"]) == 0
    assert main([*FIT, "--trials", "2", "--seeds", "0"]) == 0
    assert "2 trials, " in capsys.readouterr().out
    assert main(["tune", "resume", "runs/tune", "--trials", "3", "--seeds", "0"]) == 0
    shown = capsys.readouterr().out
    assert "3 trials, " in shown
    assert "on the test" not in shown
    code, error = said(capsys, *FIT, "--set", "epochs=5")
    assert code == 1
    assert error.startswith("ludus: runs/tune holds another search: epochs 3, not 5; choose another --out, or go on")


def test_a_search_goes_on_to_the_trials_that_it_was_begun_with(toy, capsys):
    assert main([*FIT, "--trials", "2", "--seeds", "0"]) == 0
    capsys.readouterr()
    for command, trials in (
        (["tune", "resume", "runs/tune"], 2),  # not to the 40 of a new one
        (FIT, 2),
        (["tune", "resume", "runs/tune", "--trials", "3"], 3),
        (["tune", "resume", "runs/tune"], 3),
    ):
        assert main(command) == 0
        shown = capsys.readouterr().out
        assert f"\n{trials} trials, " in shown
        assert "on the test" not in shown  # nor does it train seeds that nobody asked for


def test_ctrl_c_saves_and_says_how_to_go_on(toy, capsys, monkeypatch):
    from training_toy import CurveFit

    def judge(self, learner, data):
        if self.out.name == "0001":
            os.kill(os.getpid(), signal.SIGINT)
        return real(self, learner, data)

    real = CurveFit.judge
    monkeypatch.setattr(CurveFit, "judge", judge)
    assert main([*FIT, "--trials", "3"]) == 130
    shown = capsys.readouterr().out
    assert "Stopped by SIGINT; everything is saved. Go on with:\nludus tune resume runs/tune --trials 3\n" in shown
    monkeypatch.setattr(CurveFit, "judge", real)
    assert main(["tune", "resume", "runs/tune", "--trials", "3", "--seeds", "0"]) == 0
    assert "3 trials, " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        (["tune"], 2, "what? One of fit, train, resume, show; see ludus tune --help"),
        (["tune", "fot"], 2, "unknown search 'fot'; did you mean 'fit'?; see ludus tune --help"),
        (["tune", "fit", "vision/clasify"], 2, "unknown task 'vision/clasify'; did you mean 'vision/classify'?"),
        (["tune", "fit", "toy/curve"], 1, "where to? --out FOLDER, such as --out runs/tune"),
        ([*FIT, "--trials", "0"], 1, "--trials must be 1 … 1,000,000, got 0"),
        ([*FIT, "--workers", "0"], 1, "--workers must be 1 … 1,000,000, got 0"),
        ([*FIT, "--search", "lr"], 1, "--search takes NAME=RANGE"),
        ([*FIT, "--search", "depth=1..2"], 1, "toy/curve has no setting 'depth'"),
        ([*FIT, "--search", "hidden=2..2"], 1, "--search hidden: the range 2..2 is empty"),
        (["tune", "resume", "nowhere"], 1, "nowhere holds no search; begin one: ludus tune fit TASK"),
        (["tune", "show", "nowhere"], 1, "nowhere holds no search"),
        (["tune", "train", "ludus/CartPol-v1", "--out", "x"], 1, "did you mean 'ludus/CartPole-v1'"),
        ([*FIT, "--ray", "local", "--trials", "1"], 1, "--ray needs Ray, which is not installed here: pip install ray"),
    ],
    ids=str,
)
def test_what_cannot_be_is_one_line(toy, capsys, monkeypatch, command, code, words):
    monkeypatch.setitem(__import__("sys").modules, "ray", None)
    found, error = said(capsys, *command)
    assert found == code
    assert words in error
    assert error.count("\n") == 1
    assert error.startswith("ludus: ")


def test_pictures_are_classified_better_and_nothing_is_chosen_by_the_test(toy, tmp_path, capsys, monkeypatch):
    from ludus.vision.tasks import classify

    make_folder(tmp_path / "bars")
    judged, real_judge = [], classify.classify_report.judge
    monkeypatch.setattr(
        classify.classify_report,
        "judge",
        lambda net, data, mirror: judged.append(len(data)) or real_judge(net, data, mirror),
    )
    command = ["tune", "fit", "vision/classify", "--data", "bars", "--model", "convnet", "--set", "widths=[8]"]
    command += ["--set", "threads=1", "--epochs", "2", "--out", "tuned", "--search", "dropout=0..0.5", "--seeds", "0"]
    assert main([*command, "--trials", "2"]) == 0
    assert set(judged) == {24}  # a fifth of the 120 training pictures; the test has 60
    shown = capsys.readouterr().out
    assert "accuracy" in shown
    assert "Winner: ludus fit vision/classify --recipe tuned/winner.yaml" in shown
    judged.clear()
    assert main(["fit", "vision/classify", "--recipe", "tuned/winner.yaml", "--out", "models/w"]) == 0
    assert 60 in judged


def test_an_agent_is_tuned_and_trained_with_the_preset(toy, capsys):
    command = ["tune", "train", "ludus/CartPole-v1", "--steps", "256", *SMALL, "--out", "tuned"]
    command += ["--search", "learning_rate=1e-4..1e-2 log", "--trials", "2"]
    assert main(command) == 0
    shown = capsys.readouterr().out
    assert "default  return " in shown
    assert main(["train", "ludus/CartPole-v1", "--preset", "tuned/winner.yaml", "--run", "run"]) == 0
    code, error = said(capsys, "train", "ludus/CartPole-v1", "--agent", "ppo", "--preset", "tuned/winner.yaml")
    assert (code, error) == (1, "ludus: --preset tuned/winner.yaml has nothing for ppo; known: pqn\n")
