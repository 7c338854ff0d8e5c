"""The zoo: its files, its table, who plays where nothing is said, and how a policy is made and replaced."""

import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from gymnasium import spaces

from house import ROOT
from ludus.agents import zoo
from ludus.agents.runs.config import configure
from ludus.agents.runs.player import find_player
from ludus.agents.runs.run import Run
from ludus.agents.zoo import collection, reduction
from ludus.agents.zoo.collection import POLICIES, SCORES, entries, entry, place_of
from ludus.scripts.main import main
from ludus.studies import zoo as study
from ludus.studies.presets import Trained
from ludus.training import checkpoint

CLIFF = "ludus/CliffWalking-v1"
LAKE = "ludus/FrozenLake-v1"
QUICK = [CLIFF, LAKE, "ludus/CartPole-v1"]  # a second each
LEFT_OUT = {"ludus/Bandit-v0"}


def test_every_environment_but_those_left_out_has_a_policy():
    assert {found.env for found in entries()} == set(study.environments())
    assert set(study.ENVIRONMENTS) - set(study.environments()) == LEFT_OUT


@pytest.mark.parametrize("env", [found.env for found in entries()])
def test_files_are_those_of_the_table(env):
    assert study.faults(env, replayed=False) == []
    found = entry(env)
    assert found.low <= found.mean <= found.high
    assert found.kilobytes == round(reduction.weights_of(place_of(env)).stat().st_size / 1000, 1)


@pytest.mark.parametrize("env", [env for env in QUICK if entry(env) is not None])
def test_a_policy_still_earns_what_the_table_says(env):
    assert study.faults(env) == []


@pytest.mark.slow
@pytest.mark.parametrize("env", [found.env for found in entries() if found.env not in QUICK])
def test_every_other_policy_still_earns_what_the_table_says(env):
    assert study.faults(env) == []


def test_there_is_nothing_else_in_the_folder_and_it_is_small():
    places = {place_of(found.env).name for found in entries()}
    assert {path.name for path in POLICIES.iterdir()} == places
    assert {path.suffix for path in POLICIES.rglob("*") if path.is_file()} == {".yaml", ".json", ".safetensors"}
    assert study.too_large() == []


def test_the_page_shows_the_table():
    page = (ROOT / "docs" / "zoo.md").read_text()
    assert study.markdown(study.environments()) in page, "put the table of `ludus zoo --markdown` into docs/zoo.md"


def test_policies_of_sorter_and_helpdesk_need_no_data():
    for env in study.AS_INSTALLED:
        keywords = study.AS_INSTALLED[env]
        assert Run.open(zoo.folder(env)).config.environment == keywords


# --- Who plays


def test_where_nothing_is_said_the_zoo_plays():
    player = find_player(CLIFF, None, 0, {})
    assert (player.env, player.notes) == (CLIFF, ())
    assert player.name.startswith("tabular of the zoo (40,000 steps; return -13.0, 95 % interval -13.0 … -13.0, 256")
    assert player.name == find_player(CLIFF, "zoo", 0, {}).name


def test_where_the_zoo_has_none_the_heuristic_plays_and_says_so():
    player = find_player("ludus/Bandit-v0", None, 0, {})
    assert player.name == "heuristic"
    assert player.notes == (
        "the zoo has no policy for ludus/Bandit-v0, so heuristic plays; train one: ludus train ludus/Bandit-v0",
    )
    with pytest.raises(ValueError, match="no policy for ludus/Bandit-v0; known: .*; train one: ludus train"):
        find_player("ludus/Bandit-v0", "zoo", 0, {})


def test_settings_reach_the_zoo_s_world_and_what_does_not_fit_is_refused():
    batch = find_player("ludus/CartPole-v1", "zoo", 0, {"gravity": 3.7}).make(2)
    batch.seed_from(0)
    assert batch.parameters(1)["gravity"] == 3.7
    batch.close()
    with pytest.raises(ValueError, match="the agent was trained where it observes .* leave out the --set or --slot"):
        find_player("ludus/CartPole-v1", "zoo", 0, {"vision": "raw"})


def test_a_policy_of_the_zoo_plays_in_the_world_of_a_run(tmp_path, capsys):
    short = {"max_episode_steps": 60}  # what a run has not learned would walk for ever
    Run.start(
        tmp_path / "run", configure(CLIFF, "tabular", steps=640, environment=short, evaluation_episodes=2)
    ).train()
    assert main(["evaluate", str(tmp_path / "run"), "--policy", "zoo", "--episodes", "4"]) == 0
    assert "-13.0" in capsys.readouterr().out


def test_the_folder_of_an_unknown_environment():
    assert zoo.folder(CLIFF) == place_of(CLIFF)
    with pytest.raises(ValueError, match="did you mean 'ludus/CliffWalking-v1'"):
        zoo.folder("ludus/ClifWalking-v1")


# --- Making


def zoo_of(env, folder):
    """A zoo with a single policy, as keywords of ``make_policy`` and ``faults``."""
    shutil.copytree(place_of(env), place_of(env, folder / "policies"))
    lines = SCORES.read_text().splitlines(keepends=True)
    (folder / "scores.csv").write_text(lines[0] + next(line for line in lines if line.startswith(env)))
    return {"policies": folder / "policies", "scores": folder / "scores.csv"}


@pytest.fixture
def own(tmp_path):
    return zoo_of(CLIFF, tmp_path)


def test_nothing_is_replaced_without_a_gain(own):
    before, said = entry(CLIFF, own["scores"]), []
    assert not study.make_policy(CLIFF, "tabular", [1], say=said.append, **own)
    assert "+0 … +0; that one stays" in said[-1]
    assert entry(CLIFF, own["scores"]) == before
    assert study.faults(CLIFF, **own) == []


@pytest.mark.parametrize("interval", [(-0.1, 0.5), (0.0, 0.5), (float("nan"), float("nan"))])
def test_a_gain_that_may_be_chance_is_none(own, interval, monkeypatch):
    monkeypatch.setattr(study, "gain", lambda new, old: interval)
    assert not study.make_policy(CLIFF, "tabular", [1], **own)
    monkeypatch.setattr(study, "gain", lambda new, old: (0.1, 0.5))
    assert study.make_policy(CLIFF, "tabular", [1], **own)
    assert entry(CLIFF, own["scores"]).seed == 1


def test_what_is_worse_is_replaced_and_entered(tmp_path):
    own = zoo_of(LAKE, tmp_path)
    place = place_of(LAKE, own["policies"])
    saved, weights = checkpoint.load_latest(place / "checkpoints"), reduction.weights_of(place)
    shutil.rmtree(weights.parent)
    nothing = {name: torch.zeros_like(tensor) for name, tensor in saved.tensors.items()}  # always the same action
    checkpoint.save(place / "checkpoints", saved.steps, nothing, saved.state)
    assert study.faults(LAKE, replayed=False, **own) == [f"{LAKE}: its weights are others than those of scores.csv"]
    said = []
    assert study.make_policy(LAKE, "tabular", [1, 2], "dqn 0.8 in 30 s", say=said.append, **own)
    assert any(line.endswith("it takes its place") for line in said)
    new = entry(LAKE, own["scores"])
    assert (new.agent, new.seeds, new.dearer) == ("tabular", 2, "dqn 0.8 in 30 s")
    assert new.mean > 0.6
    assert study.faults(LAKE, **own) == []
    assert [path.name for path in own["policies"].iterdir()] == [place.name]


def test_a_policy_that_no_longer_fits_its_environment_is_made_anew(own):
    place = place_of(CLIFF, own["policies"])
    weights = reduction.weights_of(place)
    weights.write_bytes(weights.read_bytes()[:-1])
    (wrong,) = study.faults(CLIFF, **own)
    assert "weights.safetensors has 463 bytes, expected 464" in wrong
    assert study.make_policy(CLIFF, "tabular", [0], **own)
    assert study.faults(CLIFF, **own) == []


@pytest.mark.parametrize("left", ["format: [", None])
def test_a_policy_whose_configuration_is_lost_is_made_anew(own, left):
    place = place_of(CLIFF, own["policies"])
    (place / "config.yaml").unlink()
    if left is not None:
        (place / "config.yaml").write_text(left)
    assert study.make_policy(CLIFF, "tabular", [0], **own)
    assert study.faults(CLIFF, **own) == []


def test_the_old_policy_stands_until_the_new_one_is_whole(own, tmp_path, monkeypatch):
    place = place_of(CLIFF, own["policies"])

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(study.shutil, "copytree", full)
    with pytest.raises(OSError, match="No space left"):
        study._put(tmp_path, place)
    assert [path.name for path in place.parent.iterdir()] == [place.name]
    assert study.faults(CLIFF, **own) == []


def test_what_is_no_number_is_another_decision():
    whole, halved = (SimpleNamespace(agent=lambda: None) for _ in range(2))
    compared = reduction.Compared(whole, halved)
    compared.policies = [lambda batch: np.array([[0.5], [0.5]]), lambda batch: np.array([[0.5], [np.nan]])]
    space = spaces.Box(-1.0, 1.0, (1,), np.float32)
    compared(SimpleNamespace(action_space=space))
    assert compared.share == 0.5


def test_a_score_that_does_not_come_again_is_a_fault(own):
    text = own["scores"].read_text().replace("-13.0,-13.0,-13.0", "-12.0,-12.5,-11.5")
    own["scores"].write_text(text)
    assert study.faults(CLIFF, **own) == [f"{CLIFF}: it earns -13.0 now, -12.5 … -11.5 when it was scored"]


def test_a_damaged_table_is_named(tmp_path):
    (tmp_path / "scores.csv").write_text("env,agent\nludus/Snake-v1,pqn\n")
    with pytest.raises(ValueError, match="scores.csv is not the zoo's table; install Ludus anew"):
        entries(tmp_path / "scores.csv")


@pytest.mark.parametrize(("most", "dtype"), [(reduction.MOST_CHANGED, torch.float16), (-1.0, torch.float64)])
def test_weights_are_halved_only_where_no_decision_changes(most, dtype, tmp_path, monkeypatch):
    monkeypatch.setattr(reduction, "MOST_CHANGED", most)
    run = Run.start(tmp_path / "run", configure(CLIFF, "tabular", evaluation_episodes=8, evaluate_every=0))
    run.train()
    reduced = reduction.reduce(run, tmp_path / "small", 8, 0)
    saved = checkpoint.load_latest(reduced.folder / "checkpoints")
    assert {name: tensor.dtype for name, tensor in saved.tensors.items()} == {"tables": dtype}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run", "small"]


# --- Presets to train from


def rows(**presets):
    """Rows of the table of presets: agent = (normalised, seconds)."""
    row = Trained(CLIFF, "", 0, 1, 0.0, 0.0, 1.0, 0.0, 1, "", "")
    return [
        replace(row, agent=agent, mean=100.0 * value, normalised=value, seconds=seconds)
        for agent, (value, seconds) in presets.items()
    ]


def test_the_best_preset_that_can_be_paid_is_chosen_and_dearer_ones_are_named():
    known = rows(sac=(0.99, 300.0), td3=(0.95, 90.0), ppo=(0.95, 40.0), a2c=(0.7, 5.0))
    chosen, dearer = study.choose_preset(CLIFF, known, 100.0)
    assert (chosen.agent, dearer) == ("ppo", "sac 99.0 in 300 s")
    assert study.choose_preset(CLIFF, known, 1000.0)[0].agent == "sac"
    assert study.dearer_than(CLIFF, "a2c", known) == "sac 99.0 in 300 s; td3 95.0 in 90 s; ppo 95.0 in 40 s"
    with pytest.raises(ValueError, match="the cheapest preset of ludus/CliffWalking-v1 is a2c, and takes 5 s"):
        study.choose_preset(CLIFF, known, 1.0)
    with pytest.raises(ValueError, match="no preset of ludus/Snake-v1 is in the table"):
        study.choose_preset("ludus/Snake-v1", known, 100.0)


# --- The command


def test_the_command_lists_and_checks(capsys):
    assert main(["zoo"]) == 0
    shown = capsys.readouterr().out
    assert all(found.env in shown for found in entries())
    assert main(["zoo", "check", CLIFF]) == 0
    assert capsys.readouterr().out == "ludus/CliffWalking-v1: as the table says\n"
    assert main(["zoo", "check", CLIFF, "--quick"]) == 0
    said = capsys.readouterr().out
    assert said == "ludus/CliffWalking-v1: files as the table says, not played\n"
    assert main(["zoo", "--markdown"]) == 0
    assert capsys.readouterr().out.startswith("| environment | agent | return |")
    assert main(["zoo", "check", "ludus/Bandit-v0"]) == 1
    assert "the zoo keeps no policy for ludus/Bandit-v0; it does for" in capsys.readouterr().err


def test_the_table_of_one_environment_has_its_row_alone(capsys):
    for words in (["zoo", "list", CLIFF], ["zoo", "list", CLIFF, "--markdown"]):
        assert main(words) == 0
        shown = capsys.readouterr().out
        assert [found.env in shown for found in entries()] == [found.env == CLIFF for found in entries()]


@pytest.mark.parametrize(("columns", "figures"), [(80, 3), (123, 3), (124, 7)])
def test_no_word_of_the_table_is_broken(columns, figures, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    assert main(["zoo"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= columns
    heads = next(line for line in lines if "environment" in line)
    assert [figure for figure in study.FIGURES if f" {figure} " in f"{heads} "] == list(study.FIGURES[:figures])
    for found in entries():
        (row,) = (line for line in lines if f" {found.env} " in line)
        assert f" {study.format_score(found.low)} … {study.format_score(found.high)} " in row


def test_the_command_makes_and_keeps_what_is_as_good(capsys):
    before = SCORES.read_bytes()
    presets = ["--presets", str(ROOT / "results" / "presets.csv")]
    assert main(["zoo", "make", CLIFF, "--seconds", "1", *presets]) == 0
    assert capsys.readouterr().out.endswith("+0 … +0; that one stays\n")
    assert SCORES.read_bytes() == before
    assert main(["zoo", "make", "--seconds", "0.001", *presets]) == 1
    said = capsys.readouterr().out.splitlines()
    assert len(said) == len(study.environments())
    assert said[0].startswith(
        "ludus/CartPole-v1 is left out: the cheapest preset of ludus/CartPole-v1 is tabular, and "
    )


def test_the_check_finds_a_fault(capsys, monkeypatch):
    monkeypatch.setattr(study, "entry", lambda env, scores: replace(collection.entry(env), weights="0" * 16))
    assert main(["zoo", "check", "--quick", CLIFF]) == 1
    out = capsys.readouterr().out.splitlines()
    assert out == [f"{CLIFF}: WRONG", f"{CLIFF}: its weights are others than those of scores.csv"]


def test_what_has_no_policy_yet_is_told_and_is_no_fault(monkeypatch, capsys):
    real = study.entry
    monkeypatch.setattr(study, "environments", lambda: [CLIFF, LAKE])
    monkeypatch.setattr(study, "entry", lambda env, *rest: None if env == LAKE else real(env, *rest))
    assert main(["zoo", "check", "--quick"]) == 0
    said = capsys.readouterr().out
    assert f"{CLIFF}: files as the table says, not played\n{LAKE}: no policy yet; ludus zoo make {LAKE}\n" in said
    assert main(["zoo", "check", "--quick", LAKE]) == 1  # which was asked for
