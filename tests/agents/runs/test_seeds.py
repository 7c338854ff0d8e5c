"""Several seeds in one command: a run each, one after the other, and an interval over them."""

import shutil

import numpy as np
import pytest
import yaml

from commands_stage import said
from ludus.agents.runs import callback
from ludus.agents.runs.callback import load_latest
from ludus.agents.runs.extension import extend
from ludus.agents.runs.run import Run
from ludus.agents.runs.seeds import Seeds, result_of
from ludus.agents.runs.seeds_table import seeds_table
from ludus.scripts.main import main
from ludus.utils.intervals import student_interval

OPTIONS = ["--num-envs", "4", "--agent-set", "rollout_steps=8", "--agent-set", "minibatches=1"]
OPTIONS += ["--agent-set", "hidden=[8]", "--evaluate-every", "64", "--steps", "128"]
CARTPOLE = ["train", "ludus/CartPole-v1", *OPTIONS]


@pytest.fixture(scope="module")
def group(tmp_path_factory):
    folder = tmp_path_factory.mktemp("seeds") / "group"
    assert main([*CARTPOLE, "--seed", "3,1,2", "--run", str(folder)]) == 0
    return folder


def test_there_is_a_run_for_each_seed_like_one_alone(group, tmp_path):
    assert sorted(path.name for path in group.iterdir()) == ["seed-1", "seed-2", "seed-3", "seeds.yaml"]
    assert main([*CARTPOLE, "--seed", "2", "--run", str(tmp_path / "alone")]) == 0
    one, other = load_latest(group / "seed-2"), load_latest(tmp_path / "alone")
    assert one.steps == other.steps == 128
    assert {key: value.tolist() for key, value in one.tensors.items()} == {
        key: value.tolist() for key, value in other.tensors.items()
    }


def test_the_table_has_a_line_for_each_and_students_interval(group, capsys):
    assert main(["train", "--resume", str(group)]) == 0
    shown = capsys.readouterr().out
    assert "100 %" not in shown  # nothing was trained again
    means = [result_of(Run.open(group / f"seed-{seed}")).mean for seed in (3, 1, 2)]
    lines = [line.split() for line in shown.splitlines()]
    assert [line[0] for line in lines if line and line[0] in {"1", "2", "3"}] == ["3", "1", "2"]
    (last,) = (line for line in lines if line[:2] == ["all", "3"])
    low, high = student_interval(means)
    assert [float(word) for word in (last[2], last[3], last[5])] == pytest.approx([np.mean(means), low, high], abs=0.06)


def test_two_seeds_have_no_interval(group):
    results = [result_of(Run.open(group / f"seed-{seed}")) for seed in (3, 1, 2)]
    config = Run.open(group / "seed-1").config
    two, three = seeds_table(results[:2], config), seeds_table(results, config)
    assert "of all: needs 3 seeds." in two.caption
    assert "of all: 95 % over the seeds" in three.caption
    assert [list(table.columns[3].cells)[-1] == "–" for table in (two, three)] == [True, False]


def test_it_goes_on_with_those_that_have_not_ended(group, tmp_path, capsys, monkeypatch):
    copy = tmp_path / "copy"
    shutil.copytree(group, copy)
    shutil.rmtree(copy / "seed-1" / "checkpoints")
    for path in (copy / "seed-1").glob("ev*"):
        path.unlink()
    shutil.rmtree(copy / "seed-2")  # killed before it was begun
    trained, train = [], Run.train

    def watch(run, progress=None):
        trained.append(run.config.seed)
        return train(run, progress)

    monkeypatch.setattr(Run, "train", watch)
    assert said(capsys, "train", "--resume", copy) == (0, "")
    assert trained == [1, 2]
    for seed in (1, 2):
        one, other = (load_latest(folder / f"seed-{seed}") for folder in (group, copy))
        assert one.state["run"] == other.state["run"]
        assert one.parts == other.parts
    assert yaml.safe_load((copy / "seed-2" / "config.yaml").read_bytes())["seed"] == 2


def test_a_stop_says_how_all_of_them_go_on(tmp_path, capsys, monkeypatch):
    def stop(run, progress):
        raise callback.Interrupted("SIGINT")

    monkeypatch.setattr(Run, "train", stop)
    assert main([*CARTPOLE, "--seed", "0,1", "--run", str(tmp_path / "g")]) == 130
    assert capsys.readouterr().out.splitlines()[-1] == f"ludus train --resume {tmp_path / 'g'}"


def test_all_of_them_go_on_to_more_steps(group, tmp_path, capsys):
    shutil.copytree(group, tmp_path / "copy")
    assert said(capsys, "train", "--resume", tmp_path / "copy", "--steps", "192") == (0, "")
    assert [run.config.steps for run in Seeds.open(tmp_path / "copy").runs()] == [192] * 3
    assert [load_latest(tmp_path / "copy" / f"seed-{seed}").steps for seed in (1, 2, 3)] == [192] * 3


def test_more_steps_are_for_all_of_them_or_for_none(group, tmp_path, capsys):
    shutil.copytree(group, tmp_path / "copy")
    extend(Run.open(tmp_path / "copy" / "seed-1"), 256, None).train()
    before = [(tmp_path / "copy" / f"seed-{seed}" / "config.yaml").read_bytes() for seed in (3, 1, 2)]
    code, error = said(capsys, "train", "--resume", tmp_path / "copy", "--steps", "192")
    assert (code, "seed-1 has 256 steps already, expected --steps above that, got 192" in error) == (1, True)
    assert [(tmp_path / "copy" / f"seed-{seed}" / "config.yaml").read_bytes() for seed in (3, 1, 2)] == before


def test_who_only_reads_begins_no_run(group, tmp_path):
    shutil.copytree(group, tmp_path / "copy")
    extend(Run.open(tmp_path / "copy" / "seed-3"), 192, None).train()
    extend(Run.open(tmp_path / "copy" / "seed-3"), 256, None)
    shutil.rmtree(tmp_path / "copy" / "seed-2")
    assert Seeds.open(tmp_path / "copy").seeds == (3, 1)
    assert not (tmp_path / "copy" / "seed-2").exists()
    begun = Seeds.open(tmp_path / "copy", begin=True)
    config = begun.runs()[2].config
    assert (begun.seeds, config.seed, config.steps, config.extended) == ((3, 1, 2), 2, 256, {})


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ("--seed 0,0", "is there twice"),
        ("--seed 0,x", "expected seeds with commas between them, such as 0 or 0,1,2"),
        ("--seed 0,", "expected seeds with commas between them, such as 0 or 0,1,2"),
        ("--seed=-1,0", "seed must be"),
    ],
)
def test_seeds_that_cannot_be_are_refused(arguments, words, tmp_path, capsys):
    code, error = said(capsys, *CARTPOLE, *arguments.split(), "--run", tmp_path / "g")
    assert (code != 0, error.count("\n"), words in error) == (True, 1, True), error
    assert not (tmp_path / "g").exists()


def test_a_last_seed_that_cannot_be_is_refused_before_the_first_is_begun(tmp_path, capsys):
    typed = ["train", "ludus/CartPole-v1", "--agent", "dqn", "--steps", "128", "--run", tmp_path / "g"]
    code, error = said(capsys, *typed, "--seed", "0,4294967296")
    assert (code, error) == (1, "ludus: seed must be 0 … 2**32-1 for dqn, got 4294967296\n")
    assert not (tmp_path / "g").exists()


def test_what_holds_several_runs_is_told_apart(group, capsys, tmp_path):
    code, error = said(capsys, *CARTPOLE, "--seed", "0,1", "--run", group)
    assert (code, f"continue them with --resume {group}" in error) == (1, True)
    code, error = said(capsys, "evaluate", group)
    assert (code, f"holds runs of several seeds; name one of them, such as {group}/seed-" in error) == (1, True)
    (tmp_path / "seeds.yaml").write_text("format: 1\nseeds: [a]\n")
    code, error = said(capsys, "train", "--resume", tmp_path)
    assert (code, error.count("\n"), "does not list seeds" in error) == (1, 1, True)
    (tmp_path / "seeds.yaml").write_text("format: 1\nseeds: [4]\n")
    code, error = said(capsys, "train", "--resume", tmp_path)
    assert (code, error.count("\n"), "holds no run of its seeds" in error) == (1, 1, True)
