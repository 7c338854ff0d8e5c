"""CliffWalking against Gymnasium's own: its whole transition table, and games step by step with the same luck."""

import gymnasium as gym
import numpy as np
import pytest

from ludus.envs.engine.kernel_batch import KernelBatch
from ludus.envs.games import cliff_walking
from tabletop import (
    Model,
    Reader,
    Stream,
    advice,
    assert_same_borders,
    assert_same_table,
    greedy,
    gymnasiums_table,
    learn_with_preset,
    play,
    uniform_policy,
)

ID, MODULE = "ludus/CliffWalking-v1", "ludus.envs.games.cliff_walking"
UP, RIGHT, DOWN, LEFT = range(4)
START, GOAL = 36, 47


def put(records, states):
    records["row"], records["column"] = np.divmod(states, 12)


def at(*states, **keywords):
    batch = KernelBatch(MODULE, len(states), autoreset_mode="Disabled", **keywords)
    batch.seed_from(0)
    put(batch.records, np.array(states))
    return batch


# --- The rules: every state and action -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [({}, {}), ({"is_slippery": 1}, {"is_slippery": True}), ({"is_slippery": 0.5}, {"is_slippery": True})],
    ids=str,
)
def test_every_state_and_action_has_gymnasiums_outcomes(ours, theirs):
    """Also from the cliff and from the goal, where nobody ever stands."""
    table = Reader(MODULE, put, **ours).table(range(48))
    assert len(table) == 48 * 4
    assert_same_table(table, gymnasiums_table(gym.make("CliffWalking-v1", **theirs)))


def test_borders_between_ways_are_gymnasiums():
    assert_same_borders(Reader(MODULE, put, is_slippery=1), gym.make("CliffWalking-v1", is_slippery=True))


def test_steps_from_some_fields_written_out():
    """The corner at the top, the start, the field above the goal, and one at the edge."""
    batch = at(0, 0, START, START, START, 35, 35, 30, 30)
    batch.step(np.array([UP, LEFT, UP, RIGHT, LEFT, DOWN, RIGHT, DOWN, UP]))
    b = batch.buffers
    assert b.observation.tolist() == [0, 0, 24, START, START, GOAL, 35, START, 18]
    assert b.reward.tolist() == [-1, -1, -1, -100, -1, -1, -1, -100, -1]
    assert b.terms[:, 1].tolist() == [0, 0, 0, -100, 0, 0, 0, -100, 0]
    assert b.terminated.tolist() == [False] * 5 + [True] + [False] * 3
    assert b.episode_success.tolist() == b.terminated.tolist()
    assert batch.records["falls"].tolist() == [0, 0, 0, 1, 0, 0, 0, 1, 0]
    assert batch.records["fell"].tolist() == [-1, -1, -1, 1, -1, -1, -1, 6, -1]


def test_the_start_is_always_the_same():
    batch = KernelBatch(MODULE, 100, is_slippery=1)
    batch.seed_from(0)
    assert (batch.buffers.observation == START).all()
    assert gym.make("CliffWalking-v1").unwrapped.initial_state_distrib[START] == 1.0


def test_slippery_ways_are_as_frequent_as_their_probabilities():
    games = 30_000
    batch = KernelBatch(MODULE, games, is_slippery=1)
    batch.seed_from(0)
    batch.step(np.full(games, UP))
    counts = np.bincount(batch.records["way"], minlength=4)
    assert counts[DOWN] == 0
    # 2 degrees of freedom: exceeded once in 10,000 tries; the seeds are fixed.
    assert ((counts[[LEFT, UP, RIGHT]] - games / 3) ** 2 / (games / 3)).sum() < 18.4


def test_wish_way_and_falls_are_remembered_and_there_are_none_at_the_start():
    """Pictures show them."""
    batch = KernelBatch(MODULE, 300, autoreset_mode="Disabled", is_slippery=1)
    names, none = ("wish", "way", "fell", "falls"), [-1, -1, -1, 0]
    batch.seed_from(0)
    assert all(batch.records[0][name] == value for name, value in zip(names, none, strict=True))
    batch.step(np.full(300, RIGHT))
    assert (batch.records["wish"] == RIGHT).all()
    ways = batch.records["way"].tolist()
    assert set(ways) == {UP, RIGHT, DOWN}
    assert batch.buffers.observation.tolist() == [{UP: 24, RIGHT: START, DOWN: START}[way] for way in ways]
    assert batch.records["fell"].tolist() == [1 if way == RIGHT else -1 for way in ways]
    batch.step(np.full(300, RIGHT))
    twice = (batch.records["falls"] == 2).sum()
    assert 0 < twice < 100
    batch.reset()
    assert all((batch.records[name] == value).all() for name, value in zip(names, none, strict=True))


# --- Whole games -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "theirs", "games"),
    [({}, {}, 800), ({"is_slippery": 1}, {"is_slippery": True}, 300)],
    ids=str,
)
def test_games_with_the_same_luck_are_gymnasiums(ours, theirs, games):
    """Gymnasium's generator is replaced by the record's stream; mostly the optimum's steps, with some random ones."""
    limit = 60
    batch = KernelBatch(MODULE, 1, max_episode_steps=limit, autoreset_mode="Disabled", **ours)
    env = gym.make("CliffWalking-v1", max_episode_steps=limit, **theirs)
    b, rng, ends, falls = batch.buffers, np.random.default_rng(0), [], 0
    for game in range(games):
        batch.reset(seeds=[game])
        env.unwrapped._np_random = Stream(0)  # the start takes a number, whatever it is
        assert env.reset()[0] == b.observation[0]
        for t in range(1, limit + 1):
            action = int(batch.heuristic()[0]) if rng.random() < (0.9, 0.5)[game % 2] else int(rng.integers(4))
            stream = env.unwrapped._np_random = Stream(batch.records["rng"][0])
            before = stream.rng
            batch.step(np.array([action]))
            expected = env.step(action)[:4]
            shown = (b.observation[0], b.reward[0], b.terminated[0], b.truncated[0])
            assert shown == expected, f"game {game}, step {t}"
            assert batch.records["rng"][0] == (stream.rng if ours else before)
            falls += shown[1] == -100.0
            if shown[2] or shown[3]:
                break
        assert b.episode_success[0] == b.terminated[0]
        ends.append(bool(b.terminated[0]))
    assert set(ends) == {True, False}
    assert falls > 100


def test_single_wrapper_is_gymnasiums():
    ours, theirs = gym.make(ID), gym.make("CliffWalking-v1")
    assert ours.observation_space == theirs.observation_space
    assert ours.action_space == theirs.action_space
    assert ours.spec.max_episode_steps is theirs.spec.max_episode_steps is None


def test_nothing_ends_an_episode_that_does_not_arrive():
    batch = KernelBatch(MODULE, 1)
    batch.seed_from(0)
    for _ in range(20_000):
        assert batch.step(np.array([LEFT])) == 0
    assert batch.records["totals"][0].tolist() == [-20_000.0, 0.0]


# --- What can be earned ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("slippery", "best"), [(0, -13.0), (1, -64.7092)])
def test_the_reference_is_the_optimum(slippery, best):
    world = Model(Reader(MODULE, put, is_slippery=slippery).table(range(48)), 48, 4)
    reference = greedy(advice(KernelBatch(MODULE, 48, is_slippery=slippery), put, range(48)), 4)
    earned = world.endless_return_of(reference) if slippery else world.return_of(reference, 100)
    assert earned[START] == pytest.approx(world.optimum(20_000)[START], abs=1e-6)
    assert earned[START] == pytest.approx(best, abs=5e-5)


def test_scores_are_what_the_declaration_says():
    scores, episodes = cliff_walking.SIMULATION.scores, 10_000
    world = Model(Reader(MODULE, put).table(range(48)), 48, 4)
    assert scores["random"] == pytest.approx(world.endless_return_of(uniform_policy(48, 4))[START], abs=0.5)
    assert scores["optimum"] == world.optimum(100)[START]
    returns, lengths, successes = play(KernelBatch(MODULE, episodes), lambda batch: batch.heuristic(), episodes)
    assert (returns == scores["optimum"]).all()
    assert (lengths == 13).all()
    assert successes.all()
    rng = np.random.default_rng(0)
    returns, _, _ = play(KernelBatch(MODULE, 400), lambda batch: rng.integers(0, 4, 400), 400)
    assert abs(returns.mean() - scores["random"]) < 4 * returns.std() / np.sqrt(400)
    returns, _, _ = play(KernelBatch(MODULE, episodes, is_slippery=1), lambda batch: batch.heuristic(), episodes)
    assert abs(returns.mean() - -64.7092) < 4 * returns.std() / np.sqrt(episodes)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_tabular_learns_the_shortest_way(seed):
    policy = greedy(learn_with_preset(ID, seed).choose(np.arange(48), None), 4)
    world = Model(Reader(MODULE, put).table(range(48)), 48, 4)
    assert world.return_of(policy, 1000)[START] == -13.0
