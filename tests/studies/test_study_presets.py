"""The study of the presets: what it trains, what it keeps, what it trains again."""

import math
import re
from pathlib import Path

import pytest
import yaml

from ludus import ENVIRONMENTS
from ludus.agents.runs import config
from ludus.scripts.main import main
from ludus.studies import presets as study_presets
from ludus.studies.presets import Trained, markdown, pairs, preset_digest, presets_study, read, summary

ROOT = Path(__file__).resolve().parents[2]
ID = "ludus/CartPole-v1"
TINY = {"steps": 64, "num_envs": 4, "rollout_steps": 8, "minibatches": 1, "hidden": [8]}


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """A folder of presets with one that is trained in a moment; returns how to change it."""
    monkeypatch.setattr(config, "PRESETS", tmp_path)
    monkeypatch.setattr(study_presets, "PRESETS", tmp_path)
    monkeypatch.setattr(study_presets, "EPISODES", 4)

    def write(**changes):
        (tmp_path / "ludus-CartPole-v1.yaml").write_text(yaml.safe_dump({"pqn": {**TINY, **changes}}))

    write()
    return write


def test_every_preset_of_ludus_is_a_configuration():
    found = pairs()
    assert len(found) >= 8
    for env, agent in found:
        assert config.configure(env, agent).steps >= 1000, f"{agent} on {env}"
    assert {env for env, _ in found} <= set(ENVIRONMENTS)


def test_a_study_goes_on_with_what_is_missing_and_repeats_what_has_changed(tiny, tmp_path, monkeypatch):
    trained = []
    original = study_presets.train

    def watched(env, agent, seed, show=None):
        trained.append(seed)
        return original(env, agent, seed, show)

    monkeypatch.setattr(study_presets, "train", watched)
    path = tmp_path / "presets.csv"
    first = presets_study([(ID, "pqn")], [0, 1], path)
    assert trained == [0, 1]
    assert repr(read(path)) == repr(first)  # NaN equals nothing
    assert [row.steps for row in first] == [64, 64]
    again = presets_study([(ID, "pqn")], [0, 1, 2], path)
    assert trained == [0, 1, 2]
    assert repr(again[:2]) == repr(first)
    tiny(gamma=0.5)
    changed = presets_study([(ID, "pqn")], [1], path)
    assert trained == [0, 1, 2, 1]
    assert changed[0].preset != first[1].preset
    assert [row.seed for row in read(path)] == [0, 1, 2]  # the old line of seed 1 has been replaced


def test_a_training_equals_that_of_the_command(tiny, tmp_path, capsys):
    row = study_presets.train(ID, "pqn", 3)
    assert main(["train", ID, "--seed", "3", "--run", str(tmp_path / "run"), "--evaluate-every", "0"]) == 0
    capsys.readouterr()
    assert main(["evaluate", str(tmp_path / "run"), "--episodes", "4"]) == 0
    assert f"{row.mean:.2f}" in capsys.readouterr().out


def test_summary_has_the_mean_the_worst_and_the_best():
    rows = [Trained(ID, "pqn", seed, 64, mean, 0.5, math.nan, 9.0, 1, "x", "m") for seed, mean in enumerate((1, 2, 6))]
    assert summary(rows) == ("64", "3.00", "-3.57 … 9.57", "1.00 … 6.00", "0.50", "–", "9")


def test_bad_input_is_one_line(tmp_path, capsys):
    (tmp_path / "presets.csv").write_text("a,b\n1,2\n")
    bad = {
        ("--env", "ludus/CartPol-v1"): "no preset for 'ludus/CartPol-v1'; did you mean 'ludus/CartPole-v1'?",
        ("--env", ID, "--agent", "nobody"): f"no preset for '{ID} nobody'; {ID} has one for each of ",
        ("--seeds", "0"): "--seeds must be >= 1, got 0",
        ("--out", str(tmp_path)): "is not a CSV of this study; choose another --out, or remove it",
    }
    for arguments, message in bad.items():
        assert main(["study", "presets", *arguments]) == 1
        assert message in capsys.readouterr().err


def test_the_table_of_the_page_is_the_one_of_the_results():
    page = (ROOT / "docs" / "agents.md").read_text()
    table = re.search(r"<!-- `ludus study presets --markdown` -->\n(.*?)\n<!-- end -->", page, re.DOTALL)
    rows = read(ROOT / "results" / "presets.csv")
    assert table is not None
    assert table[1] == markdown(rows), "paste what `ludus study presets --markdown` prints"
    seeds = {pair: {row.seed for row in rows if (row.env, row.agent) == pair} for pair in pairs()}
    few = {pair for pair, of in seeds.items() if 0 < len(of) < 3}
    assert not few, "train these: three seeds each"
    assert {(row.env, row.agent) for row in rows} <= set(pairs()), "a preset that is no more"
    assert {row.env for row in rows} == set(ENVIRONMENTS) - set(study_presets.LEFT_OUT)


def test_what_the_results_say_was_measured_with_the_presets_as_they_are():
    for row in read(ROOT / "results" / "presets.csv"):
        assert row.preset == preset_digest(row.env, row.agent), f"{row.agent} on {row.env} has changed: train it again"
