"""Nothing that is read is ever run: folders and files that name modules are refused in a line, and nothing is imported.

The repository's root is the package `ludus`, so what lies in its folders `models` and `runs` could be imported as
`ludus.models.…`: each test puts a payload there, which leaves a mark when it runs.
"""

import hashlib
import json
import shutil
import sys

import gymnasium
import numpy as np
import pytest
import yaml
from gymnasium import spaces

import ludus
from commands_stage import said
from ludus.agents.registry import resolve
from ludus.components import Component, fingerprint_of, register
from ludus.components.composition import chain
from ludus.envs import ids
from ludus.envs.human.recording import Recorder
from ludus.envs.make import make_game
from ludus.training.recipe import write_recipe
from ludus.vision.models.resnet import ResNet
from ludus.vision.tasks.read_recipe import compose

PAYLOAD = """
from pathlib import Path

import gymnasium

from ludus.components.component import Component

Path({mark!r}).touch()
gymnasium.register("evil/CartPole-v1", "gymnasium.envs.classic_control.cartpole:CartPoleEnv", max_episode_steps=9)


class X(Component):
    pass
"""
PICTURE, PAIR = spaces.Box(0, 255, (8, 8, 1), np.uint8), spaces.Box(0.0, 1.0, (2,), np.float32)
EVIL = ("models", "runs")


def plant(folder, mark):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "payload.py").write_text(PAYLOAD.format(mark=str(mark)))


@pytest.fixture
def mark(tmp_path, monkeypatch):
    """The file that is there once a payload has run; `ludus.models.x.payload` and `ludus.runs.x.payload` exist."""
    mark = tmp_path / "it-ran"
    for place in EVIL:
        plant(tmp_path / "root" / place / "x", mark)
    monkeypatch.setattr(ludus, "__path__", [*ludus.__path__, str(tmp_path / "root")])
    monkeypatch.chdir(tmp_path / "root")
    before, path = set(sys.modules), list(sys.path)
    yield mark
    sys.path[:] = path
    gymnasium.registry.pop("evil/CartPole-v1", None)
    ids._imported_for.pop("evil/CartPole-v1", None)
    for name in set(sys.modules) - before:
        if name.split(".")[:2] in (["ludus", place] for place in EVIL):
            del sys.modules[name]
            vars(ludus).pop(name.split(".")[1], None)


def test_the_payloads_would_run_if_they_were_imported(mark):
    """Else the tests below would show nothing."""
    import ludus.runs.x.payload  # noqa: F401

    assert mark.exists()


@pytest.fixture
def model(tmp_path, mark):
    """The folder of a sound component, with a payload beside its files."""
    folder = tmp_path / "root" / "models" / "x"
    ResNet(PICTURE, PAIR, widths=(4,), convolutions=1).save(folder)
    plant(folder, mark)
    return folder


def rewrite(folder, change):
    content = json.loads((folder / "config.json").read_bytes())
    change(content)
    (folder / "config.json").write_text(json.dumps(content))


def refused(load, words):
    with pytest.raises(ValueError, match=words) as refusal:
        load()
    assert "\n" not in str(refusal.value)


NAMES = [
    "ludus.models.x.payload:X",
    "models.x.payload:X",
    "models/x/payload",
    "ludus.vision.models.resnet:ResNet",
    "vision.resnet:ResNet",
    "../models/x",
]


@pytest.mark.parametrize("name", NAMES)
def test_the_class_of_a_component_imports_nothing(mark, model, name):
    rewrite(model, lambda content: content.update({"class": name}))
    refused(lambda: Component.load(model), f"is a '{name}', a class that this program does not know")
    assert fingerprint_of(model)  # which reads it, too
    assert not mark.exists()


def test_the_class_of_a_component_of_the_old_form_imports_nothing(mark, model):
    rewrite(model, lambda content: content.update({"class": NAMES[0], "format": 1}))
    refused(lambda: Component.load(model), "has format 1, which named a module to import; .* ludus upgrade ")
    assert not mark.exists()


@register("test/half")
class Half(Component):
    """Half of what comes."""

    def forward(self, x):
        return x / 2


def test_the_parts_of_a_chain_import_nothing(mark, tmp_path):
    folder = tmp_path / "root" / "models" / "x"
    chain(ResNet(PICTURE, PAIR, widths=(4,), convolutions=1), Half(PAIR, PAIR)).save(folder)
    plant(folder, mark)
    rewrite(folder, lambda content: content["config"]["parts"][1].update({"class": NAMES[0]}))
    refused(lambda: Component.load(folder), "a part of it is a 'ludus.models.x.payload:X', a class that this")
    assert not mark.exists()


# --- Runs


@pytest.fixture
def run(tmp_path, run_folder):
    """The folder of a run that was trained."""
    shutil.copytree(run_folder, tmp_path / "root" / "runs" / "y")
    return tmp_path / "root" / "runs" / "y"


def entries(run, **changes):
    content = yaml.safe_load((run / "config.yaml").read_bytes())
    (run / "config.yaml").write_text(yaml.safe_dump({**content, **changes}))


OPENING = (["train", "--resume"], ["evaluate", "--episodes", "2"], ["watch", "--steps", "2", "--record", "never.mp4"])


@pytest.mark.parametrize("command", OPENING, ids=lambda command: command[0])
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"env": "ludus.runs.x.payload:ludus/CartPole-v1"}, "names a module before the id, which would be imported"),
        ({"env": "ludus.runs.x.payload:ludus/CartPole-v1", "format": 1}, "has format 1, whose env could name a module"),
        (
            {"env": "evil/CartPole-v1", "module": "ludus.runs.x.payload"},
            "is a run of 'evil/CartPole-v1', which comes from the module ludus.runs.x.payload; no file has a module "
            "imported by naming it: if you trust that one, add --import ludus.runs.x.payload (in Python: import",
        ),
        ({"env": "evil/CartPole-v1"}, "is a run of 'evil/CartPole-v1', which is not registered here: unknown"),
        ({"env": "evil/CartPole-v1", "module": "x\ny"}, "module must be the name of a Python module, such as"),
        ({"env": "evil/CartPole-v1", "module": "os; rm"}, "module must be the name of a Python module, such as"),
        ({"agent": "ludus.runs.x.payload:X"}, "unknown agent 'ludus.runs.x.payload:X'"),
        (
            {"agent": "ppo", "hyperparameters": {**resolve("ppo", {}), "policy": "ludus.runs.x.payload:X"}},
            # Whoever only looks at the run compares it with its checkpoint first.
            ("Policy ludus.runs.x.payload:X unknown", "the checkpoint was made with agent pqn, config.yaml says ppo"),
        ),
        (
            {"agent": "ppo", "hyperparameters": {"policy_kwargs": {"activation_fn": "ludus.runs.x.payload:X"}}},
            "unknown activation_fn 'ludus.runs.x.payload:X'",
        ),
        ({"environment": {"module": "ludus.runs.x.payload"}}, "module is not a parameter of the environment"),
    ],
    ids=("env", "format-1", "module", "unknown", "lines", "shell", "agent", "policy", "activation", "keyword"),
)
def test_what_a_run_names_is_never_imported(mark, run, command, changes, words, capsys):
    entries(run, **changes)
    code, error = (
        said(capsys, command[0], *command[1:2], run, *command[2:])
        if command[0] == "train"
        else said(capsys, command[0], run, *command[1:])
    )
    assert (code, error.count("\n")) == (1, 1)
    assert any(text in error for text in ((words,) if isinstance(words, str) else words))
    assert not mark.exists()


def test_a_module_that_a_run_names_and_that_is_known_already_is_left_alone(mark, run, capsys):
    """Its id is registered, so nothing is missing."""
    entries(run, module="ludus.runs.x.payload")
    assert said(capsys, "evaluate", run, "--episodes", "2") == (0, "")
    assert not mark.exists()


def test_tags_of_yaml_import_nothing(mark, run, capsys):
    path = run / "config.yaml"
    path.write_text(path.read_text().replace("seed: 0", "seed: !!python/object/new:ludus.runs.x.payload.X []"))
    code, error = said(capsys, "evaluate", run)
    assert (code, error.count("\n")) == (1, 1)
    assert "could not determine a constructor for the tag" in error
    assert not mark.exists()


def test_a_checkpoint_imports_nothing(mark, run, capsys):
    """What it says that the run was goes into a note, and is no order."""
    (checkpoint, *_) = sorted((run / "checkpoints").iterdir(), reverse=True)
    state = json.loads((checkpoint / "state.json").read_bytes())
    state["config"]["env"] = "ludus.runs.x.payload:ludus/CartPole-v1"
    data = json.dumps(state).encode()
    (checkpoint / "state.json").write_bytes(data)
    manifest = json.loads((checkpoint / "manifest.json").read_bytes())
    manifest["files"]["state.json"].update(sha256=hashlib.sha256(data).hexdigest(), bytes=len(data))
    (checkpoint / "manifest.json").write_text(json.dumps(manifest))
    code, error = said(capsys, "train", "--resume", run)
    assert (code, error.count("\n")) == (1, 1)
    assert "the checkpoint was made with env ludus.runs.x.payload:ludus/CartPole-v1, config.yaml says" in error
    assert not mark.exists()


@pytest.mark.parametrize("command", OPENING, ids=lambda command: command[0])
def test_the_component_of_a_run_imports_nothing(mark, model, run, command, capsys):
    rewrite(model, lambda content: content.update({"class": NAMES[0]}))
    world = {"perception": {"component": str(model), "fingerprint": fingerprint_of(model)}}
    entries(run, env="ludus/Sorter-v0", environment={**world, "images": "parcels"})
    given = [command[0], *command[1:2], run, *command[2:]] if command[0] == "train" else [command[0], run, *command[1:]]
    code, error = said(capsys, *given)
    assert (code, error.count("\n")) == (1, 1)
    assert "is a 'ludus.models.x.payload:X', a class that this program does not know" in error
    assert not mark.exists()


# --- Recordings, trainings of models


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({"id": "ludus.runs.x.payload:evil/CartPole-v1"}, "names a module before the id, which would be imported"),
        (
            {"id": "evil/CartPole-v1", "module": "ludus.runs.x.payload"},
            "if you trust that one, add --import ludus.runs",
        ),
        ({"id": "evil/CartPole-v1", "module": "x\ny"}, "module must be the name of a Python module"),
        ({"keywords": {"module": "ludus.runs.x.payload"}}, "module is not a parameter of the environment"),
    ],
)
def test_a_recording_imports_nothing(mark, tmp_path, entries, words, capsys):
    path = tmp_path / "a.npz"
    recorder = Recorder(path, game := make_game("ludus/CartPole-v1"))
    game.start(0)
    recorder.begin()
    game.step(1)
    recorder.add(1)
    recorder.save()
    with np.load(path) as stored:
        arrays = dict(stored)
    header = {**json.loads(str(arrays.pop("header"))), **entries}
    np.savez(path, header=np.array(json.dumps(header)), **arrays)
    code, error = said(capsys, "watch", path, "--record", "never.mp4")
    assert (code, error.count("\n")) == (1, 1)
    assert words in error
    assert not mark.exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"env": "ludus.models.x.payload:ludus/Breakout-v0"}, "names a module before the id, which would be imported"),
        (
            {"env": "evil/CartPole-v1", "module": "ludus.models.x.payload"},
            "reads pictures of 'evil/CartPole-v1', which comes from the module ludus.models.x.payload; no file has a",
        ),
        ({"task": "ludus.models.x.payload"}, "fit.yaml does not name a task; restore it"),
    ],
)
def test_the_training_of_a_model_imports_nothing(mark, tmp_path, changes, words, capsys):
    folder = tmp_path / "root" / "models" / "y.training"
    folder.mkdir()
    write_recipe(compose("ludus/Breakout-v0"), "vision/read", folder / "fit.yaml")
    content = yaml.safe_load((folder / "fit.yaml").read_bytes())
    (folder / "fit.yaml").write_text(yaml.safe_dump({**content, **changes}))
    code, error = said(capsys, "fit", "vision/read", "--out", "models/y", "--resume")
    assert (code, error.count("\n")) == (1, 1)
    assert words in error
    assert not mark.exists()


def test_what_is_typed_is_imported(mark, run, capsys):
    """The other side: a person who names the module gets it."""
    entries(run, env="evil/CartPole-v1", module="ludus.runs.x.payload")
    assert said(capsys, "evaluate", run, "--episodes", "2", "--import", "ludus.runs.x.payload") == (0, "")
    assert mark.exists()


@pytest.mark.parametrize(
    ("leave", "words"), [("raise SystemExit(0)", "SystemExit: 0"), ("import sys; sys.exit('bye')", "SystemExit: bye")]
)
def test_a_module_that_ends_the_program_is_one_line(tmp_path, monkeypatch, capsys, leave, words):
    (tmp_path / "leaving.py").write_text(leave)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    code, error = said(capsys, "envs", "leaving:acme/Gone-v0")
    assert (code, error.count("\n")) == (1, 1)
    assert f"the module of 'leaving:acme/Gone-v0' cannot be imported: {words}; expected MODULE:ID" in error
