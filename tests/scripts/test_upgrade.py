"""`ludus upgrade`: folders of the format before this one are read again, to the byte of what they decide."""

import hashlib
import json
import shutil

import numpy as np
import pytest
import torch
import yaml
from gymnasium import spaces

from commands_stage import said
from house import ROOT
from ludus.agents.runs.run import Run
from ludus.components import Component, fingerprint_of, register
from ludus.components.composition import chain
from ludus.scripts.main import main
from ludus.studies import presets as study_presets
from ludus.studies import randomisation as study_randomisation
from ludus.studies.regret import study as study_regret
from ludus.vision.models.convnet import ConvNet
from ludus.vision.models.reader import Reader
from ludus.vision.models.resnet import ResNet

PICTURE, PAIR = spaces.Box(0, 255, (8, 8, 1), np.uint8), spaces.Box(0.0, 1.0, (2,), np.float32)
# What stood in the config.json of format 1, written out; it stays so wherever the classes move.
FORMER = {
    "vision/resnet": "ludus.vision.resnet:ResNet",
    "vision/convnet": "ludus.vision.convnet:ConvNet",
    "vision/reader": "ludus.vision.reader:Reader",
    "ludus/chain": "ludus.composition:Chain",
    "test/mine": "mymodels.nets:Mine",
}


@register("test/mine")
class Mine(Component):
    def forward(self, x):
        return x


MADE = {
    "resnet": lambda: ResNet(PICTURE, PAIR, widths=(4,), convolutions=1),
    "convnet": lambda: ConvNet(PICTURE, PAIR, widths=(4,), dense=4),
    "reader": lambda: Reader(PICTURE, PAIR, widths=(2,), dense=2, hidden=2, mean=[0.1, float("inf")]),
    "chain": lambda: chain(ResNet(PICTURE, PAIR, widths=(4,), convolutions=1), Mine(PAIR, PAIR)),
}


def to_format_1(folder):
    """Make a component what the version before this one would have written; returns both fingerprints."""
    path = folder / "config.json"
    now = fingerprint_of(folder)

    def with_former_names(content):
        content = {**content, "class": FORMER[content["class"]]}
        if "parts" in content["config"]:
            content["config"] = {"parts": [with_former_names(part) for part in content["config"]["parts"]]}
        return content

    content = {**with_former_names(json.loads(path.read_bytes())), "format": 1}
    path.write_text(json.dumps(content, indent=1))
    return hashlib.sha256(path.read_bytes()).hexdigest(), now


@pytest.mark.parametrize("kind", MADE)
def test_a_component_is_the_same_to_the_bit_afterwards(kind, tmp_path, capsys):
    folder, x = tmp_path / "model", torch.randint(0, 256, (3, 8, 8, 1), dtype=torch.uint8)
    component = MADE[kind]()
    component.metrics = {"accuracy": 0.94, "loss": 0.25}
    component.save(folder)
    before, now = to_format_1(folder)
    with pytest.raises(ValueError, match="has format 1, .*: ludus upgrade ") as refusal:
        Component.load(folder)
    command = str(refusal.value).partition(": ludus ")[2].split()
    assert main([*command, "--name", "mymodels.nets:Mine=test/mine"]) == 0
    assert capsys.readouterr().out == f"{folder}: upgraded, its fingerprint is {now[:12]}… and was {before[:12]}…\n"
    again = Component.load(folder)
    assert again.fingerprint == now
    memory = again.first_memory(3)
    for one, other in zip(again.parameters(), component.parameters(), strict=True):
        assert torch.equal(one, other)
    given = (x, memory) if memory else (x,)
    assert str(again(*given)) == str(component.eval()(*given))
    assert main(["upgrade", str(folder)]) == 0
    assert capsys.readouterr().out == f"{folder}: is of this version already\n"
    assert fingerprint_of(folder) == now


def test_what_names_a_component_is_carried_over(tmp_path, run_folder, capsys):
    shutil.copytree(run_folder, tmp_path / "run")
    MADE["resnet"]().save(tmp_path / "model")
    before, now = to_format_1(tmp_path / "model")
    path = tmp_path / "run" / "config.yaml"
    content = yaml.safe_load(path.read_bytes())
    named = {"component": str(tmp_path / "model"), "fingerprint": before}
    path.write_text(yaml.safe_dump({**content, "format": 1, "environment": {"x": named}}, sort_keys=False))
    table = tmp_path / "regret.csv"
    table.write_text(f"filling,fingerprint\ntruth,\nsmall,{before}\nother,{'0' * 64}\n")
    # The order in which they are named is of no matter.
    assert main(["upgrade", *(str(tmp_path / name) for name in ("regret.csv", "run", "model"))]) == 0
    said_of = dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())
    assert said_of[str(table)] == "1 row carried over"
    assert said_of[str(tmp_path / "run")] == "upgraded"
    assert table.read_text() == f"filling,fingerprint\ntruth,\nsmall,{now}\nother,{'0' * 64}\n"
    expected = {**content, "environment": {"x": {**named, "fingerprint": now}}}
    assert yaml.safe_load(path.read_bytes()) == expected
    # A component that was upgraded before still says what it was.
    table.write_text(f"filling,fingerprint\nsmall,{before}\n")
    assert main(["upgrade", str(table), str(tmp_path / "model")]) == 0
    assert table.read_text() == f"filling,fingerprint\nsmall,{now}\n"


def test_a_run_can_be_opened_and_goes_on_afterwards(tmp_path, run_folder, capsys):
    shutil.copytree(run_folder, tmp_path / "run")
    path = tmp_path / "run" / "config.yaml"
    content = yaml.safe_load(path.read_bytes())
    path.write_text(yaml.safe_dump({**content, "format": 1, "env": "some.module:ludus/CartPole-v1"}, sort_keys=False))
    with pytest.raises(ValueError, match="has format 1, whose env could name a module to import; rewrite it: ludus up"):
        Run.open(tmp_path / "run")
    assert said(capsys, "upgrade", tmp_path / "run") == (0, "")
    assert yaml.safe_load(path.read_bytes()) == {**content, "module": "some.module"}
    assert said(capsys, "evaluate", tmp_path / "run", "--episodes", "2") == (0, "")
    assert said(capsys, "train", "--resume", tmp_path / "run") == (0, "")


def test_a_component_that_is_not_named_along_is_told_of(tmp_path, run_folder, capsys):
    shutil.copytree(run_folder, tmp_path / "run")
    path = tmp_path / "run" / "config.yaml"
    content = yaml.safe_load(path.read_bytes())
    content["environment"] = {"x": {"component": "models/\x1b[31msmall", "fingerprint": "0" * 64}}
    path.write_text(yaml.safe_dump({**content, "format": 1}))
    assert main(["upgrade", str(tmp_path / "run")]) == 0
    told = r"upgraded; it names models/\x1b[31msmall: where that was of format 1, name it and this run in one command"
    assert capsys.readouterr().out == f"{tmp_path / 'run'}: {told}\n"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        (
            "config.json",
            '{"format": 1, "class": "os:system", "config": {}}',
            "is of the class 'os:system', whose stable",
        ),
        ("config.json", '{"format": 1, "class": [], "config": {}}', "is damaged: it is not the description"),
        ("config.json", '{"format": 1, "class": "os:system", "config": 3}', "is damaged: it is not the description"),
        ("config.json", "{", "is damaged: it is not the description of a component"),
        ("config.json", '{"format": 7}', "has format 7; upgrade rewrites 1"),
        ("config.yaml", "format: 7\nenv: x", "has format 7; upgrade rewrites 1"),
        ("config.yaml", "[", "is damaged: it is not the config of a run"),
        ("config.yaml", "- 3", "is damaged: it is not the config of a run"),
        ("thesis.txt", "precious", "is neither the folder of a component or of a run, nor a table of a study (.csv)"),
    ],
)
def test_what_cannot_be_upgraded_is_left_alone(name, text, words, tmp_path, capsys):
    (tmp_path / name).write_text(text)
    code, error = said(capsys, "upgrade", tmp_path)
    assert (code, error.count("\n")) == (1, 1)
    assert words in error
    assert (tmp_path / name).read_text() == text


def test_a_name_of_another_form_is_refused(tmp_path, capsys):
    MADE["resnet"]().save(tmp_path / "model")
    code, error = said(capsys, "upgrade", tmp_path / "model", "--name", "nets:Net=Net")
    assert (code, error.count("\n")) == (1, 1)
    assert "--name takes MODULE:CLASS=OWNER/NAME, such as nets:Net=acme/net, got the name 'Net'" in error


def test_no_setting_of_results_has_changed():
    """Nothing there is trained again for a name: each row's hash is what its study would make now."""
    trained = study_presets.read(ROOT / "results" / "presets.csv")
    assert trained
    for env, agent, digest in {(row.env, row.agent, row.preset) for row in trained}:
        assert study_presets.preset_digest(env, agent) == digest, (env, agent)
    judged = study_randomisation.read(ROOT / "results" / "randomisation.csv")
    assert judged
    for arm, steps, digest in {(row.arm, row.steps, row.setting) for row in judged}:
        assert study_randomisation.setting_of(arm, steps) == digest
    (first, *rest) = study_regret.read(ROOT / "results" / "regret-ludus-Sorter-v0-perception.csv")
    setup = study_regret.compose("ludus/Sorter-v0", first.agent, "perception", ["truth", "blind"], first.steps)
    assert {row.setting for row in (first, *rest)} == {setup.setting}
