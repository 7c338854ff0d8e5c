"""`ludus explain`: sums of explanations over a policy's own play, that go on where they were stopped."""

import os
import signal
from dataclasses import replace

import numpy as np
import pytest

from ludus.agents.runs.player import find_player
from ludus.explain.numbers.checks import check, similarity
from ludus.explain.numbers.policy import GRADIENTS, move
from ludus.scripts.main import main
from ludus.studies.explanation import compose, explanation_study, file_of, summarise
from ludus.studies.explanation.study import BLOCKS, checks
from ludus.utils.interrupts import Interrupted

STEPS = 200


@pytest.fixture(scope="module")
def player():
    return find_player("ludus/CartPole-v1", None, 0, {})


@pytest.fixture(scope="module")
def setup(player):
    return compose(player, steps=STEPS)


def test_sums_are_those_of_all_steps_at_once(setup, tmp_path):
    rows = explanation_study(setup, tmp_path / "blocks.csv")
    assert len(rows) == BLOCKS * 4
    assert sum(row.steps for row in rows if row.entry == 0) == STEPS
    moved = move(setup.policy, setup.play.rows, setup.baseline)  # four entries: exact, whatever the order
    lines = {line.entry: line for line in summarise(setup, rows)}
    values = np.abs(moved.shares.values)
    for k, entry in enumerate(setup.policy.entries.entries):
        line = lines[entry.name]
        assert line.moved == pytest.approx(values[:, k].mean(), rel=1e-5)
        assert line.share == pytest.approx(values[:, k].sum() / values.sum(), rel=1e-5)
        assert line.signed == pytest.approx(moved.shares.values[:, k].mean(), abs=1e-6)
        assert line.changes == pytest.approx(moved.changes[:, k].mean(), abs=1e-9)
        assert line.low < line.share < line.high
    assert sum(line.share for line in lines.values()) == pytest.approx(1.0)


def test_a_stopped_one_goes_on_with_the_blocks_that_are_missing(setup, tmp_path):
    path, whole = tmp_path / "blocks.csv", tmp_path / "whole.csv"
    explanation_study(setup, whole)

    def stop(what, share):
        if share == 3 / BLOCKS:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(Interrupted, match="SIGINT"):
        explanation_study(setup, path, stop)
    before = path.read_text().splitlines()
    assert 3 * 4 < len(before) < BLOCKS * 4
    explanation_study(setup, path)
    assert path.read_text().splitlines()[: len(before)] == before
    assert path.read_bytes() == whole.read_bytes()


def test_rows_of_another_way_are_made_anew(setup, player, tmp_path):
    path = tmp_path / "blocks.csv"
    explanation_study(setup, path)
    other = compose(player, GRADIENTS, steps=STEPS)
    assert other.setting != setup.setting
    assert {row.setting for row in explanation_study(other, path)} == {other.setting}
    again = compose(player, steps=STEPS)
    assert again.setting == setup.setting
    assert compose(player, steps=STEPS, seed=1).setting != setup.setting


def test_gradients_are_nearly_complete(player, tmp_path):
    setup = compose(player, GRADIENTS, steps=STEPS)
    rows = explanation_study(setup, tmp_path / "blocks.csv")
    assert 0.0 < max(row.worst for row in rows) <= 0.01


def test_checks_hold_of_a_trained_policy_and_fail_of_a_broken_explanation(setup):
    held = checks(setup)
    assert [one.holds for one in held] == [True, True, None]  # four entries are too few for the third
    rover = compose(find_player("ludus/Rover-v0", None, 0, {}), steps=64)
    found = checks(rover)
    assert [one.holds for one in found] == [True, True, True]
    # "Random" weights that are the trained ones: what a method does that ignores the weights.
    same = check(rover.policy, rover.policy, rover.play.rows, rover.baseline)
    assert same[2].holds is False
    assert "correlation 1.00" in same[2].found

    counter = np.random.default_rng(0)

    def fickle(x, legal):  # answers otherwise each time, so that shares cannot add up, and what is unseen gets some
        return rover.policy.answer(x, legal) + float(counter.normal())

    broken = check(replace(rover.policy, answer=fickle), rover.randomised, rover.play.rows, rover.baseline)
    assert broken[1].holds is False


def test_similarity_is_that_of_ranks():
    values = np.array([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]])
    assert similarity(values, 10.0 * values) == pytest.approx(1.0)
    assert similarity(values, -values) == pytest.approx(-1.0)


def test_names_of_files():
    assert file_of("ludus/CartPole-v1") == "explain-ludus-CartPole-v1"
    assert file_of("somewhere/a run") == "explain-a-run"


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"method": "shaply"}, "unknown method 'shaply'; did you mean 'shapley'"),
        ({"steps": 3}, "--steps must be 20"),
        ({"pairs": 0}, "--pairs must be 1 or more, got 0"),
    ],
)
def test_refusals(player, keywords, message):
    with pytest.raises(ValueError, match=message):
        compose(player, **keywords)


def test_rules_and_tables_are_refused_where_they_cannot_be_explained():
    with pytest.raises(ValueError, match="heuristic is a rule of ludus/CartPole-v1, whose reasons stand in its code"):
        compose(find_player("ludus/CartPole-v1", "heuristic", 0, {}))
    with pytest.raises(ValueError, match="has no gradients with respect to what it sees; take --method shapley"):
        compose(find_player("ludus/Taxi-v4", None, 0, {}), GRADIENTS)


def test_the_command_leaves_a_figure_and_tables(tmp_path, capsys):
    assert main(["explain", "ludus/CartPole-v1", "--steps", "40", "--out", str(tmp_path)]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "pole angle, rad" in said
    assert "Check: a number that it cannot see has no share: holds (0)" in said
    assert "Shares are no causes." in said
    lines = (tmp_path / "explain-ludus-CartPole-v1.csv").read_text().splitlines()
    assert lines[0] == "entry,unit,baseline,share,low,high,moved,signed,changes"
    assert len(lines) == 5
    assert (tmp_path / "explain-ludus-CartPole-v1.png").read_bytes()[:4] == b"\x89PNG"
    assert main(["explain", "ludus/CartPole-v1", "--method", "lime", "--out", str(tmp_path)]) == 1
    assert "unknown method 'lime'" in capsys.readouterr().err
