"""The commands: what they teach, and what they say to bad input: one line, with the remedy."""

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

from commands_stage import TINY, said
from ludus.agents.runs import run as run_module
from ludus.agents.runs.config import configure
from ludus.agents.runs.run import Run
from ludus.scripts import train as train_script
from ludus.scripts.main import COMMANDS, main

BAD = {
    "unknown command": (["trian"], "unknown command 'trian'; did you mean 'train'?"),
    "unknown environment": (
        ["train", "ludus/Snak-v1", "--run", "RUN"],
        "unknown environment 'ludus/Snak-v1'; did you mean 'ludus/Snake-v1'?",
    ),
    "no environment": (["train"], "which environment? ludus train ID"),
    "unknown agent": (["train", "ludus/Snake-v1", "--agent", "pqm"], "unknown agent 'pqm'; did you mean 'pqn'?"),
    "unknown parameter": (
        ["train", "ludus/CartPole-v1", "--run", "RUN", "--set", "gravty=3"],
        "cartpole got an unexpected keyword argument 'gravty'; did you mean 'gravity'?",
    ),
    "parameter out of range": (
        ["train", "ludus/CartPole-v1", "--run", "RUN", "--set", "gravity=-5"],
        "gravity of cartpole must be 0 … 100 m/s², got -5",
    ),
    "parameter not a number": (
        ["train", "ludus/CartPole-v1", "--run", "RUN", "--set", "gravity=heavy"],
        "parameter gravity of cartpole must be a number, got 'heavy'",
    ),
    "parameter is nan": (
        ["train", "ludus/CartPole-v1", "--run", "RUN", "--set", "gravity=.nan"],
        "gravity of cartpole must be 0 … 100 m/s², got nan",
    ),
    "size out of range": (
        ["evaluate", "ludus/Snake-v1", "--policy", "random", "--set", "size=3"],
        "size of snake must be 4 … 32, got 3",
    ),
    "setting without =": (["train", "ludus/CartPole-v1", "--set", "gravity"], "--set takes key=value, got 'gravity'"),
    "setting that is no YAML": (
        ["train", "ludus/CartPole-v1", "--set", "randomize={gravity: [8"],
        "--set randomize: cannot read the value",
    ),
    "unknown hyperparameter": (
        ["train", "ludus/CartPole-v1", "--agent-set", "gama=0.9"],
        "unknown hyperparameter 'gama' of pqn; did you mean 'gamma'?",
    ),
    "hyperparameter out of range": (
        ["train", "ludus/CartPole-v1", "--agent-set", "gamma=2"],
        "gamma must be 0 … 1, got 2",
    ),
    "no environments": (["train", "ludus/CartPole-v1", "--num-envs", "0"], "num_envs must be >= 1, got 0"),
    "no steps": (["train", "ludus/CartPole-v1", "--steps", "0"], "steps must be >= 1, got 0"),
    "negative seed": (["train", "ludus/CartPole-v1", "--seed", "-1"], "a seed must be 0 … 2**63-1, got -1"),
    "device that is not there": (
        ["train", "ludus/CartPole-v1", "--device", "cuda:7"],
        "device 'cuda:7' was asked for, but torch sees no CUDA device; use --device cpu",
    ),
    "continuous actions": (
        ["train", "Pendulum-v1", "--agent", "dqn", "--run", "RUN"],
        "dqn needs a Discrete action space, Pendulum-v1 has Box(-2.0, 2.0, (1,), float32); take ppo, a2c, sac or td3",
    ),
    "discrete actions": (
        ["train", "ludus/CartPole-v1", "--agent", "td3", "--run", "RUN"],
        "td3 needs a Box action space, cartpole has Discrete(2); take pqn, tabular, ppo, a2c or dqn",
    ),
    "resume nothing": (["train", "--resume", "NOWHERE"], "NOWHERE does not exist; expected the folder of a run"),
    "resume with options": (
        ["train", "--resume", "NOWHERE", "--seed", "1"],
        "--resume takes everything from the run's config.yaml; give it alone",
    ),
    "watch nothing": (
        ["watch", "NOWHERE"],
        "is neither the folder of a run (it has no config.yaml) nor an environment id",
    ),
    "watch without a policy": (
        ["watch", "CartPole-v1"],
        "CartPole-v1 is an environment, and none of Ludus': say which policy plays it, --policy random",
    ),
    "unknown policy": (
        ["watch", "ludus/Snake-v1", "--policy", "best"],
        "unknown policy 'best'; known: heuristic, random, zoo",
    ),
    "no display": (["watch", "ludus/Snake-v1", "--policy", "heuristic"], "display"),
    "no mode of resetting": (
        ["train", "ludus/CartPole-v1", "--run", "RUN", "--set", "autoreset_mode=NextStep"],
        "autoreset_mode is not a parameter of the environment",
    ),
    "hyperparameter of another type": (
        ["train", "ludus/CartPole-v1", "--agent-set", "hidden=64"],
        "hidden must be a list such as [128, 128], got 64",
    ),
    "hyperparameter that is text": (
        ["train", "ludus/CartPole-v1", "--agent-set", "learning_rate=abc"],
        "learning_rate must be a number, got 'abc'",
    ),
    "half an epoch": (["train", "ludus/CartPole-v1", "--agent-set", "epochs=1.5"], "epochs must be a whole number"),
    "a third party has no heuristic": (
        ["evaluate", "CartPole-v1", "--policy", "heuristic"],
        "CartPole-v1 is not a Ludus environment and has no heuristic policy",
    ),
    "a folder that nobody can make": (
        ["train", "ludus/CartPole-v1", "--run", "/proc/foo"],
        "/proc/foo cannot be made: No such file or directory; choose another --run",
    ),
    "a seed that SB3 cannot take": (
        ["train", "ludus/CartPole-v1", "--agent", "ppo", "--seed", "4294967296", "--run", "RUN"],
        "seed must be 0 … 2**32-1 for ppo, got 4294967296",
    ),
    "no episodes": (
        ["evaluate", "ludus/Snake-v1", "--policy", "random", "--episodes", "0"],
        "episodes must be 1 … 100,000, got 0",
    ),
    "episodes for a lifetime": (
        ["evaluate", "ludus/Snake-v1", "--policy", "random", "--episodes", "99999999999999"],
        "episodes must be 1 … 100,000, got 99,999,999,999,999",
    ),
    "environments beyond all memory": (
        ["train", "ludus/CartPole-v1", "--run", "RUN", "--num-envs", "999999999999"],
        "num_envs must be 1 … 10,000,000, got 999,999,999,999",
    ),
    "a setting that a third party cannot use": (
        ["train", "FrozenLake-v1", "--agent", "tabular", "--run", "RUN", "--set", "map_name=9x9"],
        "FrozenLake-v1 cannot be made with map_name='9x9': KeyError '9x9'",
    ),
    "a setting that a third party does not know": (
        ["evaluate", "FrozenLake-v1", "--policy", "random", "--set", "is_slipery=false"],
        "unknown parameter 'is_slipery' of FrozenLake-v1; did you mean 'is_slippery'?",
    ),
    "playing with a setting that a third party does not know": (
        ["play", "FrozenLake-v1", "--set", "is_slipery=false"],
        "unknown parameter 'is_slipery' of FrozenLake-v1; did you mean 'is_slippery'?",
    ),
    "a third party's Tuple": (
        ["train", "Blackjack-v1", "--agent", "tabular", "--run", "RUN"],
        "agents take Box, Discrete, or a Dict of these; wrap it in gymnasium.wrappers.FlattenObservation",
    ),
    "a module that is not there": (
        ["train", "nomodule:Foo-v0", "--run", "RUN"],
        "the module of 'nomodule:Foo-v0' cannot be imported: No module named 'nomodule'; expected MODULE:ID",
    ),
    "an id like no other": (
        ["train", "Qwxyz-v0", "--run", "RUN"],
        "any other id that Gymnasium knows will do, and MODULE:ID for one that a module registers",
    ),
    "watch an empty name": (["watch", ""], "'' is neither the folder of a run"),
    "a recording that is not there": (["watch", "nope.npz"], "nope.npz is no file; expected a recording that"),
    "fuzz backwards": (["fuzz", "ludus/Snake-v1", "--steps", "-5"], "got --steps -5, --seed 0, --campaign None"),
    "a bandit study with odd steps": (
        ["study", "bandit", "--steps", "50"],
        "needs --seeds >= 2 and --steps that are a multiple of 100, got 2000 and 50",
    ),
    "results into a file": (
        ["study", "bandit", "--out", __file__],
        f"--out {__file__} cannot be made: it is a file; choose another folder",
    ),
    "results where nothing can be made": (
        ["mutate", "ludus/Snake-v1", "--out", "/proc/foo"],
        "--out /proc/foo cannot be made: No such file or directory; choose another folder",
    ),
    "a run without a name": (["train", "ludus/CartPole-v1", "--run", ""], "--run is empty; expected the name of a"),
    "nothing to resume": (["train", "--resume", ""], "--resume is empty; expected the name of a folder"),
    "a third party has no card": (["envs", "CartPole-v1"], "CartPole-v1 is not an environment of Ludus"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_answered_in_one_clear_line(case, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for variable in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(variable, raising=False)
    if case == "unknown policy":  # without a screen that is what is said first
        monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    arguments, expected = BAD[case]
    code, error = said(capsys, *arguments)
    assert code != 0
    assert error.startswith("ludus: ")
    assert error.count("\n") == 1
    assert expected in error


def test_a_want_of_memory_is_one_line(capsys, monkeypatch):
    def ask_for_too_much(arguments):
        np.zeros(2**44, [(f"field_{i}", "f8") for i in range(40)])

    monkeypatch.setattr(train_script, "main", ask_for_too_much)
    code, error = said(capsys, "train", "ludus/Snake-v1")
    assert (code, error.count("\n")) == (1, 1)
    assert error.startswith("ludus: not enough memory: Unable to allocate")
    assert "field_" not in error


def test_results_on_a_disk_that_cannot_be_written(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    for command in (["mutate", "ludus/Snake-v1"], ["study", "bandit"]):
        code, error = said(capsys, *command, "--out", tmp_path)
        assert (code, error) == (1, f"ludus: --out {tmp_path} cannot be written; choose another folder\n")


def test_an_agent_is_not_sent_into_a_world_of_other_spaces(capsys, tmp_path):
    config = configure("FrozenLake-v1", "tabular", steps=64, evaluate_every=0, evaluation_episodes=4)
    Run.start(tmp_path / "run", config).train()
    for command in (["evaluate"], ["watch", "--record", str(tmp_path / "a.mp4")]):
        code, error = said(capsys, *command, tmp_path / "run", "--set", "map_name=8x8")
        assert (code, error.count("\n")) == (1, 1)
        assert "the agent was trained where it observes Discrete(16), this world has Discrete(64)" in error
    assert said(capsys, "evaluate", tmp_path / "run", "--set", "is_slippery=false", "--episodes", "4")[0] == 0


def test_an_agent_that_sees_from_its_own_cell_plays_on_other_boards(capsys, tmp_path):
    small = {**TINY, "conv": [[4, 3, 1]], "center": 1, "view_radius": 2, "input_scale": [1.0] * 6}
    world = {"size": 5, "max_episode_steps": 10}
    config = configure("ludus/Snake-v1", "pqn", small, steps=64, evaluate_every=0, environment=world)
    Run.start(tmp_path / "run", config).train()
    assert said(capsys, "evaluate", tmp_path / "run", "--set", "size=6", "--episodes", "4")[0] == 0


def test_an_id_may_name_the_module_that_registers_it(capsys):
    told = ["--policy", "random", "--episodes", "2"]
    assert said(capsys, "evaluate", "ludus:ludus/CartPole-v1", *told) == (0, "")
    assert said(capsys, "evaluate", "gymnasium.envs:CartPole-v1", *told) == (0, "")


def test_a_refused_run_leaves_no_folder(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for case in BAD.values():
        if case[0][0] == "train":
            said(capsys, *case[0])
    assert list(tmp_path.iterdir()) == []


def test_an_existing_run_is_never_overwritten(capsys, run_folder):
    before = {path: path.stat().st_mtime_ns for path in run_folder.rglob("*")}
    code, error = said(capsys, "train", "ludus/CartPole-v1", "--run", run_folder)
    assert code == 1
    assert f"{run_folder} already holds a run; continue it with --resume {run_folder}" in error
    assert before == {path: path.stat().st_mtime_ns for path in run_folder.rglob("*")}


def test_another_folder_that_is_not_empty_is_refused(capsys, tmp_path):
    (tmp_path / "thesis.txt").write_text("precious")
    code, error = said(capsys, "train", "ludus/CartPole-v1", "--run", tmp_path)
    assert (code, (tmp_path / "thesis.txt").read_text()) == (1, "precious")
    assert "exists and is not empty; choose another --run" in error
    code, error = said(capsys, "train", "ludus/CartPole-v1", "--run", tmp_path / "thesis.txt")
    assert (code, error.count("\n")) == (1, 1)
    assert "thesis.txt is a file, expected a folder or a new name; choose another --run" in error
    code, error = said(capsys, "train", "ludus/CartPole-v1", "--run", tmp_path / "thesis.txt" / "run")
    assert (code, error.count("\n")) == (1, 1)
    assert f"{tmp_path / 'thesis.txt' / 'run'} cannot be made: Not a directory; choose another --run" in error


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "is not the config of a run"),
        ("format: 2\nenv: [", "cannot be read: line 2, column 7: "),
        ("format: 99\nenv: ludus/CartPole-v1\n", "has format 99, this version of Ludus reads 2"),
        (
            "format: 1\nenv: ludus/CartPole-v1\n",
            "has format 1, whose env could name a module to import; rewrite",
        ),
        ("format: 2\nenv: ludus/CartPole-v1\n", "lacks the entry 'agent'"),
        ("format: 2\nenvv: x\n", "has an unknown entry 'envv'; did you mean 'env'?"),
        ("\x00", "cannot be read: character 1 is none that YAML allows"),
        ("\x00\xff", "cannot be read: it is no text in UTF-8"),
    ],
)
def test_a_half_written_config_is_named(capsys, tmp_path, pygame, content, expected):
    (tmp_path / "config.yaml").write_bytes(content.encode("latin-1"))
    for command in (["train", "--resume"], ["evaluate"], ["watch"]):
        code, error = said(capsys, *command, tmp_path)
        assert (code, error.count("\n")) == (1, 1)
        assert expected in error


def test_a_config_that_is_a_folder_is_named(capsys, tmp_path):
    (tmp_path / "config.yaml").mkdir()
    code, error = said(capsys, "train", "--resume", tmp_path)
    assert (code, error.count("\n")) == (1, 1)
    assert "config.yaml is a folder, expected a regular file; put the file itself there" in error


def test_a_run_without_a_checkpoint_is_named(capsys, run_folder, tmp_path):
    (tmp_path / "config.yaml").write_bytes((run_folder / "config.yaml").read_bytes())
    code, error = said(capsys, "evaluate", tmp_path)
    assert code == 1
    assert "no checkpoint in" in error


def test_a_checkpoint_that_does_not_fit_the_config_is_named(capsys, run_folder, tmp_path):
    shutil.copytree(run_folder, tmp_path / "run")
    path = tmp_path / "run" / "config.yaml"
    original = path.read_text()
    for command in (["evaluate"], ["train", "--resume"]):
        content = yaml.safe_load(original)
        content["hyperparameters"]["hidden"] = [9]
        path.write_text(yaml.safe_dump(content))
        code, error = said(capsys, *command, tmp_path / "run")
        assert (code, error.count("\n")) == (1, 1)
        assert f"the checkpoint was made with hidden [8], config.yaml says [9]; restore {path}" in error
    content = yaml.safe_load(original)
    content["hyperparameters"]["num_envs"] = 7
    path.write_text(yaml.safe_dump(content))
    assert main(["train", "--resume", str(tmp_path / "run")]) == 1
    shown = capsys.readouterr()
    assert shown.err == f"ludus: the checkpoint was made with num_envs 4, config.yaml says 7; restore {path}\n"
    assert shown.out == ""  # and no bar of a training that never began
    content = yaml.safe_load(original)
    content["hyperparameters"]["max_grad_norm"] = 3.0
    path.write_text(yaml.safe_dump(content))
    assert main(["train", "--resume", str(tmp_path / "run")]) == 0
    assert "the checkpoint was made with max_grad_norm" in " ".join(capsys.readouterr().out.split())


def test_a_run_that_has_lost_its_checkpoints_is_not_trained_anew_over_its_curve(capsys, run_folder, tmp_path):
    shutil.copytree(run_folder, tmp_path / "run")
    shutil.rmtree(tmp_path / "run" / "checkpoints")
    before = {path: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    for lost, log in ((None, "evaluations.csv"), ("evaluations.csv", "events.out.tfevents.")):
        if lost:
            del before[tmp_path / "run" / lost]
            (tmp_path / "run" / lost).unlink()
        code, error = said(capsys, "train", "--resume", tmp_path / "run")
        assert (code, error.count("\n")) == (1, 1)
        assert f"holds no checkpoint, but {log}" in error
        assert "tells of a training; restore the folder from a copy, or begin a new run" in error
        assert before == {path: path.read_bytes() for path in (tmp_path / "run").iterdir()}


def test_a_run_on_a_disk_that_cannot_be_written(capsys, run_folder, tmp_path, monkeypatch):
    def refuse(*_, **__):
        raise OSError(30, "Read-only file system", "config.yaml")

    shutil.copytree(run_folder, tmp_path / "run")
    monkeypatch.setattr(run_module, "write_config", refuse)
    monkeypatch.setattr(run_module, "TensorBoardOutputFormat", refuse)
    code, error = said(capsys, "train", "ludus/CartPole-v1", "--run", tmp_path / "new")
    assert (code, error) == (
        1,
        f"ludus: {tmp_path / 'new'} cannot be made: Read-only file system; choose another --run\n",
    )
    code, error = said(capsys, "train", "--resume", tmp_path / "run")
    assert (code, error.count("\n")) == (1, 1)
    assert f"{tmp_path / 'run'} cannot be written: Read-only file system; make room or make it writable" in error


@pytest.mark.skipif(
    os.geteuid() == 0 and not Path("/dev/full").exists(), reason="needs a folder that root cannot write"
)
def test_an_unwritable_folder_is_one_line(capsys, tmp_path):
    if os.geteuid() == 0:
        target = Path("/proc/ludus-run")  # root writes everywhere but here
    else:
        tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
        target = tmp_path / "run"
    code, error = said(capsys, "train", "ludus/CartPole-v1", "--steps", "64", "--run", target)
    assert (code, error.count("\n")) == (1, 1)
    assert str(target) in error


def test_a_full_disk_ends_the_run_in_one_line_and_keeps_what_was_saved(capsys, tmp_path, monkeypatch):
    from ludus.agents.runs.callback import load_latest
    from ludus.training import checkpoint

    saves = []
    real = checkpoint.save

    def save(*arguments, **keywords):
        saves.append(arguments)
        if len(saves) > 2:
            raise OSError(28, "No space left on device", str(tmp_path))
        real(*arguments, **keywords)

    monkeypatch.setattr(checkpoint, "save", save)
    config = configure("ludus/CartPole-v1", hyperparameters=TINY, steps=640, checkpoint_seconds=0.0)
    Run.start(tmp_path / "run", config)
    code, error = said(capsys, "train", "--resume", tmp_path / "run")
    assert (code, error.count("\n")) == (1, 1)
    assert "No space left on device" in error
    assert load_latest(tmp_path / "run").steps > 0
    monkeypatch.undo()
    assert said(capsys, "train", "--resume", tmp_path / "run")[0] == 0


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("train --step 3", "unrecognized options: --step, 3; did you mean --steps?; see ludus train --help"),
        (
            "train --agent-st a=b",
            "unrecognized options: --agent-st, a=b; did you mean --agent-set?; see ludus train --help",
        ),
        ("watch a b c", "unrecognized options: b, c; see ludus watch --help"),
        (
            "study presets --seeds",
            "missing value for argument '--seeds'. Expected 1 values; see ludus study presets --help",
        ),
        ("study regret", None),
        ("train ludus/Snake-v1 --steps abc", None),
        ("evaluate", None),
    ],
)
def test_a_command_line_that_does_not_fit_is_told_in_one_line(capsys, monkeypatch, line, error):
    monkeypatch.setenv("COLUMNS", "40")  # words that the box breaks come whole
    code, printed = said(capsys, *line.split())
    assert (code, printed.count("\n")) == (2, 1)
    assert printed.startswith("ludus: ")
    assert re.search(f"; see ludus {line.split()[0]}( \\S+)? --help\n$", printed)
    assert "│" not in printed
    assert "─" not in printed
    if error is not None:
        assert printed == f"ludus: {error}\n"
    assert os.environ["COLUMNS"] == "40"


def test_every_command_explains_itself(capsys):
    for command in COMMANDS:
        with pytest.raises(SystemExit) as end:
            main([command, "--help"])
        assert end.value.code == 0
        shown = capsys.readouterr().out
        assert len(shown.splitlines()) > 8, f"{command} --help teaches nothing"
    assert main([]) == 0
    shown = capsys.readouterr().out
    assert all(command in shown for command in COMMANDS)


def test_completions_for_a_shell_are_a_script_as_it_is(capsys, tmp_path):
    with pytest.raises(SystemExit) as end:
        main(["evaluate", "--tyro-print-completion", "bash"])
    script = capsys.readouterr().out
    assert not end.value.code
    assert "--checkpoint" in script
    (tmp_path / "completion.bash").write_text(script)
    done = subprocess.run(["bash", "-n", tmp_path / "completion.bash"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_scripts_run_by_path_too():
    root = Path(__file__).parents[2]
    path = root / "scripts" / "train.py"
    if not path.exists():
        import ludus

        path = Path(ludus.__file__).parent / "scripts" / "train.py"
    result = subprocess.run([sys.executable, str(path), "ludus/Snak-v1"], capture_output=True, text=True)
    assert result.returncode == 1
    assert result.stderr == "ludus: unknown environment 'ludus/Snak-v1'; did you mean 'ludus/Snake-v1'?\n"


def test_watch_shows_elevator_second_by_second_unless_told_otherwise(capsys, tmp_path):
    """One minute of arrivals takes a few decisions, and at least sixty seconds."""
    shown = {}
    for name, more in {"as it comes": [], "by decisions": ["--set", "tick=60"]}.items():
        video = str(tmp_path / "a.mp4")
        line = ["watch", "ludus/Elevator-v0", "--policy", "heuristic", "--record", video, "--set", "duration=60"]
        assert main([*line, "--episodes", "1", *more]) == 0
        steps, mean = re.search(r"(\d+) steps, 1 episode, mean return (\S+)\. Video", capsys.readouterr().out).groups()
        shown[name] = int(steps), mean
    assert shown["by decisions"][0] < 40 < 60 < shown["as it comes"][0]
    assert shown["by decisions"][1] == shown["as it comes"][1]
