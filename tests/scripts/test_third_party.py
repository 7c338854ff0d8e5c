"""A third party's environment, in a module of the folder one stands in: MODULE:ID in every command that takes an id."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import gymnasium
import numpy as np
import pytest
import yaml

import faulty
import ludus
from commands_stage import TINY, said
from hopper_folder import write_folder
from ludus.agents.runs.config import configure, read_config
from ludus.agents.runs.run import Run
from ludus.agents.vecenv import make_vec_env
from ludus.envs import ids
from ludus.envs.checks.checker import check_vector_env
from ludus.envs.engine.simulation import Parameter
from ludus.envs.frames import frames
from ludus.envs.make import make_batch, make_game
from ludus.scripts.main import main

MODULE = """
import gymnasium

import ludus

ludus.register("acme/Walk-v0", "slots_toy", max_episode_steps=6)
ludus.register("acme/Toy-v0", "slots_toy", max_episode_steps=6)
ludus.register("acme/Thrust-v0", "slider", max_episode_steps=6)
ludus.register("acme/Faulty-v0", "faulty", max_episode_steps=30)
gymnasium.register("acme/Pole-v0", "gymnasium.envs.classic_control.cartpole:CartPoleEnv", max_episode_steps=9)
"""
WALK = "acme.worlds:acme/Walk-v0"


@pytest.fixture
def acme(tmp_path, monkeypatch):
    """A folder with the package `acme`, in which one stands; afterwards nobody has heard of it."""
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "__init__.py").touch()
    (tmp_path / "acme" / "worlds.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    path = list(sys.path)
    yield tmp_path
    sys.path[:] = path
    forget()


def forget():
    """As in a process that has not imported it."""
    for id in [id for id in gymnasium.registry if id.startswith("acme/")]:
        del gymnasium.registry[id]
        ids._imported_for.pop(id, None)
    for name in [name for name in sys.modules if name.split(".")[0] == "acme"]:
        del sys.modules[name]


COMMANDS = {
    "check": ["check", WALK, "--steps", "60"],
    "check of a Gymnasium environment": ["check", "acme.worlds:acme/Pole-v0", "--steps", "60"],
    "fuzz": ["fuzz", WALK, "--steps", "2000"],
    "envs": ["envs", WALK],
    "train": ["train", WALK, "--steps", "64", "--run", "a", "--agent-set", "hidden=[8]", "--num-envs", "4"],
    "evaluate": ["evaluate", WALK, "--policy", "random", "--episodes", "2"],
    "watch": ["watch", "acme.worlds:acme/Thrust-v0", "--policy", "push", "--steps", "3", "--record", "a.mp4"],
    "study": ["study", "regret", "acme.worlds:acme/Toy-v0", "--slot", "camera=truth,blind", "--markdown"],
}


@pytest.mark.parametrize("case", COMMANDS)
def test_every_command_takes_a_module_of_the_folder_one_stands_in(case, acme, capsys):
    code, error = said(capsys, *COMMANDS[case])
    if case == "study":  # it has come as far as asking for rows
        assert (code, error) == (
            1,
            "ludus: there are no results of this agent and these fillings; run the study first\n",
        )
    else:
        assert (code, error) == (0, "")


def test_playing_takes_one_too(acme, capsys, monkeypatch):
    for variable in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(variable, raising=False)
    code, error = said(capsys, "play", "acme.worlds:acme/Thrust-v0")
    assert code == 1
    assert "display" in error  # the environment is there, the screen is not


def test_a_model_is_fitted_to_one(acme, capsys):
    code, error = said(
        capsys, "fit", "vision/read", "--env", "acme.worlds:acme/Toy-v0", "--slot", "order", "--out", "m"
    )
    assert (code, error) == (
        1,
        "ludus: slot order of acme/Toy-v0 is not sensed in each step, and frames are successive steps\n",
    )


def test_python_takes_one_too(acme, monkeypatch):
    monkeypatch.syspath_prepend(acme)
    make_batch(WALK, 2).close()
    make_vec_env(WALK, 2).close()
    make_game("acme.worlds:acme/Thrust-v0").close()
    assert not check_vector_env(WALK, steps=60).problems
    assert len(frames("acme.worlds:acme/Toy-v0", "camera", 4)) >= 4
    config = configure(WALK, hyperparameters=TINY)
    assert (config.env, config.module) == ("acme/Walk-v0", "acme.worlds")
    assert configure("acme/Walk-v0", hyperparameters=TINY).module == "acme.worlds"


def test_what_every_process_knows_needs_no_module():
    for id in ("ludus:ludus/CartPole-v1", "gymnasium:CartPole-v1", "gymnasium.envs:CartPole-v1"):
        assert configure(id, "ppo").module == ""


def test_the_line_that_finds_a_fault_again_can_be_copied(acme, capsys, monkeypatch):
    parameters = {"fault": Parameter(faulty.ASTRAY, faulty.ASTRAY, faulty.ASTRAY, "", "")}
    monkeypatch.setattr(faulty, "SIMULATION", replace(faulty.SIMULATION, parameters=parameters))
    assert main(["fuzz", "acme.worlds:acme/Faulty-v0", "--seed", "3", "--steps", "50000"]) == 1
    found, again = capsys.readouterr().out.strip().splitlines()
    assert again.startswith("again: ludus fuzz acme.worlds:acme/Faulty-v0 --seed 3 --campaign ")
    forget()
    assert main(again.split()[2:]) == 1
    assert capsys.readouterr().out.strip().splitlines() == [found, again]


# --- Opening what was made with one


@pytest.fixture
def run(acme, monkeypatch):
    """A run that was trained with it, by a process that has ended."""
    monkeypatch.syspath_prepend(acme)
    config = configure(WALK, hyperparameters=TINY, steps=64, evaluate_every=0, evaluation_episodes=2)
    Run.start(acme / "runs" / "walk", config).train()
    monkeypatch.undo()
    monkeypatch.chdir(acme)
    forget()
    return acme / "runs" / "walk"


def test_config_says_the_module_apart_from_the_id(run):
    content = yaml.safe_load((run / "config.yaml").read_text())
    assert (content["format"], content["env"], content["module"]) == (2, "acme/Walk-v0", "acme.worlds")


@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_a_run_asks_for_the_module_and_goes_on_with_it(command, run, capsys):
    given = ["train", "--resume", run] if command == "train" else ["evaluate", run, "--episodes", "2"]
    code, error = said(capsys, *given)
    assert (code, error.count("\n")) == (1, 1)
    assert "'acme/Walk-v0', which comes from the module acme.worlds; no file has a module imported by naming" in error
    assert error.endswith("if you trust that one, add --import acme.worlds (in Python: import acme.worlds first)\n")
    assert "acme.worlds" not in sys.modules
    assert said(capsys, *given, "--import", "acme.worlds") == (0, "")


def test_python_imports_the_module_first(run, monkeypatch):
    with pytest.raises(ValueError, match="in Python: import acme.worlds first"):
        Run.open(run)
    monkeypatch.syspath_prepend(run.parents[1])
    import acme.worlds  # noqa: F401

    assert Run.open(run).agent().num_timesteps == 64
    assert read_config(run).module == "acme.worlds"


def test_lines_that_can_be_copied_name_the_module(acme, capsys):
    """With a module that is named by --import alone, too."""
    told = ["--steps", "64", "--agent-set", "hidden=[8]", "--num-envs", "4"]
    assert main(["train", "acme/Walk-v0", "--import", "acme.worlds", "--run", "a", *told]) == 0
    assert "See it play: ludus watch a --import acme.worlds    Curves" in capsys.readouterr().out
    assert yaml.safe_load(Path("a/config.yaml").read_text())["module"] == "acme.worlds"


def test_a_recording_asks_for_the_module_and_is_replayed_with_it(acme, capsys):
    from ludus.envs.human.recording import Recorder, load_recording

    ids.importlib.invalidate_caches()
    sys.path.append(str(acme))
    game = make_game("acme.worlds:acme/Thrust-v0")
    recorder = Recorder(acme / "a.npz", game)
    game.start(0)
    recorder.begin()
    action = np.zeros(2, np.float32)
    game.step(action)
    recorder.add(action)
    recorder.save()
    sys.path.remove(str(acme))
    forget()
    assert load_recording(acme / "a.npz").module == "acme.worlds"
    code, error = said(capsys, "watch", "a.npz", "--record", "a.mp4")
    assert (code, error.count("\n")) == (1, 1)
    assert "was played in 'acme/Thrust-v0', which comes from the module acme.worlds; no file has" in error
    assert said(capsys, "watch", "a.npz", "--record", "a.mp4", "--import", "acme.worlds") == (0, "")


# --- The folder one stands in


def test_no_file_of_the_folder_takes_the_place_of_a_library(acme, capsys):
    for name in ("yaml", "colorsys", "gymnasium"):
        (acme / f"{name}.py").write_text("raise RuntimeError('shadowed')")
    script = "import sys; sys.path.remove(''); from ludus.scripts.main import main; sys.exit(main(sys.argv[1:]))"
    (acme / "acme" / "worlds.py").write_text(MODULE + "\nimport colorsys\n")
    command = [sys.executable, "-c", script, "envs", WALK]
    tests = os.pathsep.join(
        [str(Path(__file__).parents[1] / "support" / "environments"), str(Path(ludus.__file__).parents[1])]
    )
    told = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": tests})
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith("acme/Walk-v0")


def test_the_folder_is_looked_at_for_what_is_typed_alone(acme, capsys):
    assert said(capsys, "evaluate", "ludus/Snake-v1", "--policy", "random", "--episodes", "1")[0] == 0
    assert str(acme) not in sys.path
    code, error = said(capsys, "evaluate", "acme/Walk-v0", "--policy", "random")
    assert (code, "acme.worlds" in sys.modules) == (1, False)
    assert "unknown environment 'acme/Walk-v0'" in error


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import no_such_library", "cannot be imported: No module named 'no_such_library'; expected MODULE:ID"),
        ("x = 1 / 0", "cannot be imported: ZeroDivisionError: division by zero; expected MODULE:ID"),
        ("def f(:", "cannot be imported: SyntaxError: invalid syntax (worlds.py, line 1); expected MODULE:ID"),
        ("", "unknown environment 'acme/Walk-v0'"),
    ],
)
def test_a_module_that_is_no_good_is_named_in_one_line(text, words, acme, capsys):
    (acme / "acme" / "worlds.py").write_text(text)
    code, error = said(capsys, "check", WALK)
    assert (code, error.count("\n")) == (1, 1)
    assert words in error
    if text:
        code, error = said(capsys, "evaluate", "runs/a", "--import", "acme.worlds")
        assert error == f"ludus: --import acme.worlds: it {words.removesuffix('; expected MODULE:ID')}\n"


# --- Its mutants

HOPPER = """
import numpy as np
from gymnasium import spaces

import ludus
from acme.parts import LENGTH
from ludus.envs.engine.kernels import kernel
from ludus.envs.engine.simulation import Simulation

ludus.register("acme/Hopper-v0", "acme.hopper")


def make_spaces():
    return spaces.Box(0.0, 9.0, (1,), np.float32), spaces.Discrete(2)


@kernel
def reset(s, world):
    s.hops = 0


@kernel
def step(s, action, world, terms):
    s.hops += action
    return s.hops > LENGTH


@kernel
def observe(s, world, out):
    out[0] = s.hops


SIMULATION = Simulation(
    name="acme/Hopper-v0",
    state=lambda: {"hops": "i8"},
    spaces=make_spaces,
    reset=reset,
    step=step,
    observe=observe,
    terms=("hops",),
    action_names=("rest", "hop"),
)
"""
TESTS = """
from types import SimpleNamespace

from acme import hopper


def test_the_third_hop_is_the_last():
    s = SimpleNamespace()
    hopper.reset.py_func(s, None)
    assert [hopper.step.py_func(s, 1, None, None) for _ in range(4)] == [False, False, True, True]
"""


@pytest.mark.parametrize("source", [".", "src"])
def test_its_rules_are_mutated_in_its_own_repository(source, tmp_path, capsys, monkeypatch):
    package = tmp_path / source / "acme"
    package.mkdir(parents=True)
    (tmp_path / "tests").mkdir()
    (package / "__init__.py").touch()
    (package / "hopper.py").write_text(HOPPER)
    (package / "parts.py").write_text("LENGTH = 2\n")
    (tmp_path / "tests" / "test_hopper.py").write_text(TESTS)
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    monkeypatch.chdir(tmp_path / source)
    path = list(sys.path)
    try:
        code, error = said(capsys, "mutate", "acme.hopper:acme/Hopper-v0", "--count", "1")
    finally:
        sys.path[:] = path
        forget()
    assert (code, error) == (0, "")
    rows = (tmp_path / "results" / "mutation-hopper.csv").read_text().splitlines()
    assert len([row for row in rows if "caught,tests/test_hopper.py::test_the_third_hop_is_the_last" in row]) == 1


def test_the_rules_of_a_folder_are_mutated_in_its_own_repository(tmp_path, capsys, monkeypatch):
    """Each file of it: here a constant that stands apart from the kernels."""
    folder = tmp_path / "acme" / "hopper"
    write_folder(folder)
    init = folder / "__init__.py"
    init.write_text(init.read_text() + '\nimport ludus\n\nludus.register("acme/Hopper-v0", "acme.hopper")\n')
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_hopper.py").write_text(TESTS.replace("1, None, None)", "1, None, [0.0])"))
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    monkeypatch.chdir(tmp_path)
    path = list(sys.path)
    try:
        code, error = said(capsys, "mutate", "acme.hopper:acme/Hopper-v0", "--all")
    finally:
        sys.path[:] = path
        forget()
    assert (code, error) == (1, "")  # its one test does not see what is observed
    rows = (tmp_path / "results" / "mutation-hopper.csv").read_text().splitlines()
    places = {row.split(",")[0] for row in rows[1:]}
    assert places == {"constants.LENGTH", "observation.observe", "rules.reset", "rules.step"}
    assert [row for row in rows if row.startswith("constants.LENGTH") and ",caught,tests/test_hopper.py" in row]


def test_mutants_need_a_repository(acme, capsys):
    (acme / "acme" / "hopper.py").write_text(HOPPER.replace("from acme.parts import LENGTH", "LENGTH = 2"))
    code, error = said(capsys, "mutate", "acme.hopper:acme/Hopper-v0")
    assert (code, error) == (
        1, f"ludus: mutate needs a clone of the repository with tests/test_hopper.py; {acme / 'acme'} is in none\n"
    )  # fmt: skip
    (acme / "tests").mkdir()
    (acme / "tests" / "test_hopper.py").touch()
    code, error = said(capsys, "mutate", "acme.hopper:acme/Hopper-v0")
    assert (code, error.count("\n")) == (1, 1)
    assert f"mutate copies what git knows of a source, and {acme} is no repository of git" in error
