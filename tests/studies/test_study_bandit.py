"""The bandit study: the published figure with fewer runs, what its numbers are means of, and its command."""

import csv

import numpy as np
import pytest

from ludus.scripts.main import main
from ludus.studies.bandit import World, check, cost_of_greed, play, worlds
from ludus.utils.intervals import normal_interval

RUNS = 500


@pytest.fixture(scope="module")
def results():
    """Learners by (world, epsilon, step size); the runs are half as long where the values change."""
    played = {}
    for world in (worlds(1000)[0], *worlds(500)[1:]):
        for learner in world.learners:
            result = play(world, learner, RUNS, 1000 if world.name == "stays" else 500)
            played[world.name, learner.epsilon, learner.step_size] = result
    return played


@pytest.mark.parametrize(
    ("epsilon", "rewards", "shares"),
    # Within what 500 runs of the published figure allow: four standard errors are 0.12 of the reward.
    [(0.1, (1.27, 1.50), (0.72, 0.88)), (0.01, (1.17, 1.45), (0.50, 0.72)), (0.0, (0.90, 1.15), (0.28, 0.46))],
)
def test_figure_2_2_comes_out_as_published(results, epsilon, rewards, shares):
    result = results["stays", epsilon, None]
    assert rewards[0] < result.late_reward_of_run.mean() < rewards[1]
    assert shares[0] < result.late_best_of_run.mean() < shares[1]


def test_who_explores_more_finds_the_best_arm_more_often(results):
    often, rarely, never = (results["stays", epsilon, None] for epsilon in (0.1, 0.01, 0.0))
    for name in ("late_reward_of_run", "late_best_of_run"):
        for more, less in ((often, rarely), (rarely, never)):
            mean, half = normal_interval(getattr(more, name) - getattr(less, name))  # run by run: the same arms
            assert mean > (0.0 if name == "late_reward_of_run" else half)
    # At first the rare explorer and the greedy one are alike, and the frequent one pays for what it learns.
    assert abs(rarely.rewards[0] - never.rewards[0]) < 0.05


def test_epsilon_zero_costs(results):
    assert 0.2 < cost_of_greed(list(results.values()), "stays")[0] < 0.4  # 0.28 with 2,000 runs
    mean, half = cost_of_greed(list(results.values()), "wanders")
    assert mean > half > 0.0
    # Where everything changes after only 500 steps, what exploring costs and what it finds are level in the reward.
    curious, greedy = results["changes", 0.1, 0.1], results["changes", 0.0, 0.1]
    mean, half = normal_interval(curious.late_best_of_run - greedy.late_best_of_run)
    assert mean > half


@pytest.mark.parametrize("world", ["wanders", "changes"])
def test_where_the_world_changes_a_constant_step_size_beats_the_sample_average(results, world):
    """Exercise 2.5, and the same with all values drawn anew."""
    constant, average = results[world, 0.1, 0.1], results[world, 0.1, None]
    reward, half = normal_interval(constant.late_reward_of_run - average.late_reward_of_run)
    assert reward > 2 * half
    share, half = normal_interval(constant.late_best_of_run - average.late_best_of_run)
    assert share > 2 * half


def test_before_anything_changes_the_sample_average_is_the_better_one(results):
    first = slice(0, 25)  # a quarter of the 100 points is the first world
    constant, average = results["changes", 0.1, 0.1], results["changes", 0.1, None]
    assert average.best[first].mean() > constant.best[first].mean() + 0.02
    assert average.rewards[25] < 0.3 < average.rewards[24]  # and then it clings to what was good


def test_curves_and_runs_are_means_of_the_same_steps(results):
    for result in results.values():
        assert result.rewards.mean() == pytest.approx(result.reward_of_run.mean())
        assert result.rewards[-10:].mean() == pytest.approx(result.late_reward_of_run.mean())
        assert result.best[-10:].mean() == pytest.approx(result.late_best_of_run.mean())
        assert len(result.steps) == 100
        assert result.steps[-1] == {"stays": 1000, "wanders": 5000, "changes": 2000}[result.world.name]
        assert (result.rewards < result.possible + 0.1).all()


def test_all_learners_of_a_world_meet_the_same_values(results):
    for name in ("stays", "wanders", "changes"):
        here = [result for (world, *_), result in results.items() if world == name]
        assert len(here) == 3
        for other in here[1:]:
            np.testing.assert_array_equal(here[0].possible, other.possible)
            assert (here[0].reward_of_run != other.reward_of_run).any()
    assert results["stays", 0.0, None].possible[0] == pytest.approx(1.54, abs=0.11)  # the best of ten normal numbers


def test_what_was_possible_is_what_the_step_met_and_not_what_came_after_it():
    """All values are 0 in the first step, whatever they walk to then; those drawn after step 100 are step 101's."""
    learner = worlds(100)[1].learners[0]
    walking = World("", "", 1, {"spread": 0.0, "walk": 1.0}, ())
    assert play(walking, learner, 20, 100).possible[0] == 0.0
    still = World("", "", 2, {"change_every": 100.0}, ())
    possible = play(still, learner, 50, 100).possible  # each point is the mean of two steps
    assert (possible[:50] == possible[0]).all()
    assert (possible[50:] == possible[50]).all()
    assert possible[49] != possible[50]


def test_command_leaves_a_table_a_picture_and_all_points(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert main(["study", "bandit", "--seeds", "20", "--steps", "100", "--out", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    lines = shown.splitlines()
    assert max(map(len, lines[:-1])) <= 80  # the last one names the files
    for word in ("stays", "wanders", "changes", "1/N", "1.4, 80 %", "What epsilon 0 earns less"):
        assert word in shown
    with open(tmp_path / "bandit.csv", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 9 * 100
    assert {(row["world"], row["steps"]) for row in rows} >= {("stays", "100"), ("wanders", "1000"), ("changes", "400")}
    assert all(0.0 <= float(row["best_arm"]) <= 1.0 for row in rows)
    assert (tmp_path / "bandit.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(("runs", "steps"), [(1, 1000), (20, 150), (20, 0)])
def test_a_study_without_runs_or_points_is_refused(runs, steps):
    with pytest.raises(ValueError, match=f">= 2 and --steps .* multiple of 100, got {runs} and {steps}"):
        check(runs, steps)
