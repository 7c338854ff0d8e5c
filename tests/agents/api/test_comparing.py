"""Policies side by side: in the same episodes, by name, by run, as functions and models; and `ludus evaluate`."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import ludus
from blinker import ID
from ludus.agents import evaluation
from ludus.agents.api.comparing import compare
from ludus.agents.evaluation import evaluate_pairwise, random_policy
from ludus.agents.runs.player import find_player
from ludus.envs.make import make_batch
from ludus.scripts.main import main
from trained_policies import train_run


def always(action):
    def act(batch):
        return np.full(batch.num_envs, action)

    act.__name__ = f"always_{action}"
    return act


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The folders of two runs of one world, and of one of another."""
    folder = tmp_path_factory.mktemp("runs")
    train_run(folder / "a", ID, "pqn")
    train_run(folder / "b", ID, "tabular", {"bins": 2})
    train_run(folder / "c", ID, "pqn", bonus=3.0)
    return folder


def test_one_policy_gives_an_evaluation_and_several_a_comparison():
    one = ludus.evaluate(always(1), ID, episodes=8, seed=3)
    assert isinstance(one, ludus.Evaluation)
    both = ludus.evaluate({"lazy": always(0), "busy": always(1)}, ID, episodes=8, seed=3)
    assert isinstance(both, ludus.Comparison)
    assert list(both) == ["lazy", "busy"]
    np.testing.assert_array_equal(both["busy"].returns, one.returns)
    assert both.best == "busy"
    difference = both.difference("busy", "lazy")
    assert difference.mean == pytest.approx(4.0)
    assert difference.interval == pytest.approx((4.0, 4.0))  # luck is the same for both, so nothing else is left
    assert str(difference) == "+4.00 (95 % interval +4.00 … +4.00)"
    assert str(both).splitlines()[0] == f"{ID}, seed 3"
    assert str(both).splitlines()[2].startswith(f"busy  mean return {one.mean:.2f} over 8 episodes (95 % interval ")
    with pytest.raises(KeyError, match="'bussy' was not compared; did you mean 'busy'"):
        both["bussy"]


def test_all_meet_the_same_episodes_however_many(monkeypatch):
    """Also where there are more than environments: what was done before decides no start."""
    monkeypatch.setattr(evaluation, "MOST_ENVS", 4)
    starts = {}
    for action in (0, 1):
        seen = starts[action] = []

        def act(batch, action=action, seen=seen):
            seen += [batch.buffers.observation[batch.buffers.observation[:, 1] == 1.0, 0].tolist()]
            return np.full(batch.num_envs, action)

        told = []
        found = evaluate_pairwise(lambda n: make_batch(ID, n), act, 10, seed=0, progress=told.append)
        assert len(found.returns) == 10
        assert told[-1] == 10
        assert told == sorted(told)
        np.testing.assert_allclose(found.returns / 4.0 - action, [luck for part in seen for luck in part], rtol=1e-6)
    assert starts[0] == starts[1]
    assert [len(part) for part in starts[0] if part] == [4, 4, 2]
    assert len({luck for part in starts[0] for luck in part}) == 10


def test_runs_names_models_and_policies_stand_side_by_side(runs):
    model = SimpleNamespace(predict=lambda observation, deterministic: (np.ones(len(observation), int), None))
    loaded = ludus.load(runs / "b")
    found = ludus.evaluate([runs / "a", loaded, "random", model, always(1)], episodes=6)
    assert list(found) == [str(runs / "a"), str(runs / "b"), "random", "SimpleNamespace", "always_1"]
    np.testing.assert_array_equal(found["SimpleNamespace"].returns, found["always_1"].returns)
    np.testing.assert_array_equal(found["random"].returns, ludus.evaluate("random", ID, episodes=6).returns)
    assert ludus.evaluate(str(runs / "a"), episodes=6).mean == found[str(runs / "a")].mean


def test_worlds_are_not_mixed_up(runs):
    with pytest.raises(ValueError, match=r"bonus=default and bonus=3\.0; say in which one they are compared: bonus="):
        ludus.evaluate([runs / "a", runs / "c"], episodes=2)
    found = ludus.evaluate({"a": runs / "a", "c": runs / "c", "busy": always(1)}, episodes=2, bonus=2.0)
    assert found["busy"].returns.min() > 8.0
    with pytest.raises(ValueError, match="policies are compared in one environment, got CartPole-v1 and test/Blinker"):
        ludus.evaluate([runs / "a", "random"], "CartPole-v1", episodes=2)


def test_an_id_beside_runs_says_where_and_nothing_else(runs, capsys):
    assert main(["evaluate", str(runs / "a"), "CartPole-v1", "--policy", "random"]) == 1
    assert capsys.readouterr().err == f"ludus: policies are compared in one environment, got CartPole-v1 and {ID}\n"
    assert main(["evaluate", ID, str(runs / "c"), "--policy", "random", "--episodes", "4"]) == 0  # in the run's world
    assert f"{ludus.evaluate('random', ID, episodes=4, bonus=3.0).mean:.2f}" in capsys.readouterr().out


def test_policies_play_in_the_world_of_the_zoo(capsys):
    """It learned to sort parcels, which need not be what lies on the belt of this machine."""
    found = ludus.evaluate(["heuristic", "zoo"], "ludus/Sorter-v0", episodes=4)
    alone = find_player("ludus/Sorter-v0", "heuristic", 0, {"images": "parcels"})
    aged = replace(alone, age=find_player("ludus/Sorter-v0", "zoo", 0, {}).age)  # the belt wears while a policy learns
    expected = compare({"heuristic": aged}, 4, evaluation.EVALUATION_SEED)["heuristic"]
    assert found["heuristic"].returns.tolist() == expected.returns.tolist()
    assert main(["evaluate", "ludus/Sorter-v0", "--policy", "heuristic,zoo", "--episodes", "4"]) == 0
    shown = capsys.readouterr().out
    assert f"{found['zoo'].mean:.2f}" in shown
    assert f"{found['heuristic'].mean:.2f}" in shown


def test_a_model_that_asks_for_masks_is_told_what_is_legal():
    seen = []

    class Masked:
        def predict(self, observation, deterministic=False, action_masks=None):
            seen.append(action_masks)
            return action_masks.argmax(axis=1), None

    ludus.evaluate(Masked(), "ludus/Taxi-v4", episodes=2)
    assert seen[0].dtype == bool
    assert seen[0].shape == (2, 6)
    assert not all(legal.all() for legal in seen)


def test_what_two_players_say_is_said_once(runs):
    player = find_player(str(runs / "a"), None, 0, {})
    told = replace(player, notes=("a word", "another"))
    assert compare({"one": told, "two": told}, 2, 0).notes == ("a word", "another")


def test_where_parameters_drift_all_meet_the_oldest_world(runs):
    young = find_player(str(runs / "a"), None, 0, {})
    ages = []

    def make(num_envs, **keywords):
        batch = young.make(num_envs, **keywords)
        seed_from = batch.seed_from

        def watched(seed, age):
            ages.append(age)
            seed_from(seed, age)

        batch.seed_from = watched
        return batch

    compare({"young": replace(young, make=make), "old": replace(young, make=make, age=1000)}, 2, 0)
    assert ages == [1000, 1000]


@pytest.mark.parametrize(
    ("policies", "env", "expected"),
    [
        ("random", None, r"in which environment\? evaluate\(random, env=\.\.\.\)"),
        ([], ID, "evaluate needs a policy"),
        (["random", "random"], ID, "random is given twice; give a dict with names of your own"),
        (["randon"], ID, "unknown policy 'randon'; did you mean 'random'"),
        (3, ID, "3 is no policy; expected the folder of a run"),
    ],
)
def test_what_is_no_policy_is_refused(policies, env, expected):
    with pytest.raises(ValueError, match=expected):
        ludus.evaluate(policies, env, episodes=2)


def test_the_command_shows_a_row_for_each_and_what_it_earns_more(runs, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(runs)
    assert main(["evaluate", "a", "b", "--policy", "random", "--episodes", "8"]) == 0
    shown = capsys.readouterr().out
    rows = [line.split() for line in shown.splitlines()]
    found = ludus.evaluate([runs / "a", runs / "b", "random"], episodes=8)
    for name, row in zip(found, [row for row in rows if row[:1] in (["a"], ["b"], ["random"])], strict=True):
        assert row[1] == f"{found[name].mean:.2f}"
    more = found.difference("random", str(runs / "a")).mean
    assert f"{more:+.2f} ±" in shown
    assert f"{ID}, 8 episodes, seed {evaluation.EVALUATION_SEED}" in shown
    assert "a: pqn after 64 steps" in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert main(["evaluate", "a", "a"]) == 1
    assert capsys.readouterr().err == "ludus: a is given twice; leave one out\n"
    with pytest.raises(SystemExit) as end:
        main(["evaluate"])
    assert end.value.code == 2
    assert "what? a RUN, or an ID with --policy" in capsys.readouterr().err


def test_a_policy_of_ones_own_is_judged_as_by_the_evaluation_of_trainings():
    batch = make_batch(ID, 8)
    expected = evaluation.evaluate(batch, random_policy(5), 8, seed=5)
    assert (ludus.evaluate("random", ID, episodes=8, seed=5).returns == expected.returns).all()
