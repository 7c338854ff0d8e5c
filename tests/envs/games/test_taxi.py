"""Taxi against Gymnasium's own: its whole transition table, and games step by step with the same luck."""

import gymnasium as gym
import numpy as np
import pytest

from ludus.envs.engine.kernel_batch import KernelBatch
from ludus.envs.games import taxi
from tabletop import (
    NUMBERS,
    Model,
    Reader,
    Stream,
    advice,
    assert_same_borders,
    assert_same_table,
    counters,
    greedy,
    gymnasiums_table,
    learn_with_preset,
    play,
)

ID, MODULE = "ludus/Taxi-v4", "ludus.envs.games.taxi"
SOUTH, NORTH, EAST, WEST, PICK_UP, DROP_OFF = range(6)
RED, GREEN, YELLOW, BLUE, IN_TAXI = range(5)
LIMIT = 200  # steps


def put(records, states):
    rest, records["destination"] = np.divmod(states, 4)
    rest, records["passenger"] = np.divmod(rest, 5)
    records["row"], records["column"] = np.divmod(rest, 5)


def put_wavering(records, states):
    put(records, states)
    records["wavers"] = True


def state(row, column, passenger, destination):
    return ((row * 5 + column) * 5 + passenger) * 4 + destination


def at(*places, **keywords):
    """A batch with an environment in each of ``places``: (row, column, passenger, destination)."""
    batch = KernelBatch(MODULE, len(places), autoreset_mode="Disabled", **keywords)
    batch.seed_from(0)
    put(batch.records, np.array([state(*place) for place in places]))
    batch.refresh()  # observes the new place
    return batch


# --- The rules: every state and action -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ({}, {}),
        ({"is_rainy": 1}, {"is_rainy": True}),
        ({"is_rainy": 0.5}, {"is_rainy": True}),  # anything but 0
        ({"is_rainy": 1, "rainy_probability": 0.3}, {"is_rainy": True, "rainy_probability": 0.3}),
        ({"is_rainy": 1, "rainy_probability": 0.0}, {"is_rainy": True, "rainy_probability": 0.0}),
        ({"rainy_probability": 0.3, "fickle_probability": 1.0}, {}),  # neither rain nor a fickle passenger
    ],
    ids=str,
)
def test_every_state_and_action_has_gymnasiums_outcomes(ours, theirs):
    table = Reader(MODULE, put, **ours).table(range(500))
    assert len(table) == 500 * 6
    assert_same_table(table, gymnasiums_table(gym.make("Taxi-v4", **theirs)))


@pytest.mark.parametrize("probability", [0.8, 0.5])
def test_borders_between_ways_are_gymnasiums(probability):
    env = gym.make("Taxi-v4", is_rainy=True, rainy_probability=probability)
    assert_same_borders(Reader(MODULE, put, is_rainy=1, rainy_probability=probability), env)


def test_a_changed_mind_is_each_other_stand_alike():
    """With the first move of a ride. Gymnasium's table knows nothing of it, so its outcomes are split in three here."""
    expected = gymnasiums_table(gym.make("Taxi-v4"))
    for (number, action), outcomes in expected.items():
        ((target, reward, terminated),) = outcomes
        rides = number // 4 % 5 == IN_TAXI and target // 20 != number // 20
        if rides:
            others = [target - number % 4 + stand for stand in range(4) if stand != number % 4]
            expected[number, action] = {(other, reward, terminated): 1 / 3 for other in others}
    assert_same_table(Reader(MODULE, put_wavering).table(range(500)), expected, tolerance=2.0**-53)


def test_a_mind_is_changed_in_the_rain_whatever_way_is_taken():
    """Way and destination come from two random numbers: (0.8, 0.1, 0.1) times (1/3, 1/3, 1/3)."""
    games = 30_000
    batch = KernelBatch(MODULE, games, is_rainy=1)
    batch.seed_from(0)
    put_wavering(batch.records, np.full(games, state(2, 2, IN_TAXI, GREEN)))
    batch.step(np.full(games, EAST))
    seen = dict(zip(*np.unique(batch.buffers.observation, return_counts=True), strict=True))
    expected = {
        state(*place, IN_TAXI, stand): games * share / 3
        for place, share in (((2, 3), 0.8), ((1, 2), 0.1), ((3, 2), 0.1))
        for stand in (RED, YELLOW, BLUE)
    }
    assert seen.keys() == expected.keys()
    # 8 degrees of freedom: exceeded once in 10,000 tries; the seeds are fixed.
    assert sum((seen[key] - expected[key]) ** 2 / expected[key] for key in expected) < 31.8


def test_starts_are_gymnasiums():
    """The random number of the reset, cut into 300 equal shares in the order of the observation."""
    distribution = gym.make("Taxi-v4").unwrapped.initial_state_distrib
    possible = np.flatnonzero(distribution)
    assert len(possible) == 300
    np.testing.assert_allclose(distribution[possible], 1 / 300, rtol=1e-12)
    edges = [NUMBERS * k // 300 for k in range(301)]
    batch = KernelBatch(MODULE, 300)
    batch.seed_from(0)
    near = 300  # numbers, of 3e13: the product with 300 is rounded, which moves borders by less
    for numbers in ([edge + near for edge in edges[:-1]], [edge - near for edge in edges[1:]]):
        batch.records["rng"] = counters(numbers)
        batch.reset()
        np.testing.assert_array_equal(batch.buffers.observation, possible)


def test_starts_are_as_frequent_as_their_probabilities():
    games = 60_000
    batch = KernelBatch(MODULE, games, fickle_passenger=1)
    batch.seed_from(0)
    counts = np.bincount(batch.buffers.observation, minlength=500)
    counts = counts[gym.make("Taxi-v4").unwrapped.initial_state_distrib > 0]
    assert counts.sum() == games
    assert ((counts - 200) ** 2 / 200).sum() < 395.0  # 299 degrees of freedom, once in 10,000
    wavers = batch.records["wavers"].mean()
    assert abs(wavers - 0.3) < 4 * np.sqrt(0.3 * 0.7 / games)


@pytest.mark.parametrize(("probability", "share"), [(0.0, 0.0), (1.0, 1.0)])
def test_a_passenger_is_fickle_only_where_that_is_switched_on(probability, share):
    on, off = (KernelBatch(MODULE, 100, fickle_passenger=k, fickle_probability=probability) for k in (0.5, 0))
    for batch in (on, off):
        batch.seed_from(0)
    assert on.records["wavers"].mean() == share
    assert not off.records["wavers"].any()
    np.testing.assert_array_equal(on.buffers.observation, off.buffers.observation)  # the same starts


# --- Positions set by hand -------------------------------------------------------------------------------------------


def test_walls_and_borders_written_out():
    """Moves from three crossings beside walls; the number is row * 5 + column afterwards."""
    for row, column, cells in ((0, 1, [6, 1, 1, 0]), (3, 2, [22, 12, 17, 16]), (4, 0, [20, 15, 20, 20])):
        batch = at(*[(row, column, RED, BLUE)] * 4)
        batch.step(np.array([SOUTH, NORTH, EAST, WEST]))
        assert (batch.buffers.observation // 20).tolist() == cells
        assert (batch.buffers.reward == -1.0).all()


def test_picking_up_and_dropping_off():
    there, elsewhere, riding = (0, 4, GREEN, BLUE), (0, 4, RED, BLUE), (0, 4, IN_TAXI, BLUE)
    arrived, beside = (4, 3, IN_TAXI, BLUE), (4, 2, IN_TAXI, BLUE)
    batch = at(there, elsewhere, riding, riding, arrived, beside, there)
    batch.step(np.array([PICK_UP, PICK_UP, PICK_UP, DROP_OFF, DROP_OFF, DROP_OFF, DROP_OFF]))
    b = batch.buffers
    assert (b.observation // 4 % 5).tolist() == [IN_TAXI, RED, IN_TAXI, GREEN, BLUE, IN_TAXI, GREEN]
    assert b.terms.tolist() == [
        [-1, 0, 0], [0, 0, -10], [0, 0, -10], [-1, 0, 0], [0, 20, 0], [0, 0, -10], [0, 0, -10],
    ]  # fmt: skip
    assert b.terminated.tolist() == [False] * 4 + [True] + [False] * 2
    assert b.episode_success.tolist() == b.terminated.tolist()
    assert batch.records["event"].tolist() == [0, 1, 1, 0, 0, 1, 1]


def test_a_mind_changes_once_even_if_the_ride_is_interrupted():
    batch = at((0, 0, RED, BLUE))
    batch.records["wavers"] = True

    def do(action):
        batch.step(np.array([action]))
        return int(batch.buffers.observation[0]) % 4, int(batch.records["event"][0])

    assert do(PICK_UP) == (BLUE, 0)
    assert do(DROP_OFF) == (BLUE, 0)
    assert do(EAST) == (BLUE, 0)  # without him
    assert do(WEST) == (BLUE, 0)
    assert do(PICK_UP) == (BLUE, 0)
    assert do(NORTH) == (BLUE, 0)  # the border
    destination, event = do(SOUTH)
    assert destination != BLUE
    assert event == 2
    assert not batch.records["wavers"][0]
    assert do(NORTH) == (destination, 0)
    assert batch.records["destination"][0] == destination


def test_heading_is_the_way_of_the_last_move_and_east_at_the_start():
    """Pictures show it."""
    batch = at(*[(2, 2, RED, BLUE)] * 5)
    assert batch.records["heading"].tolist() == [EAST] * 5
    batch.step(np.array([SOUTH, NORTH, EAST, WEST, PICK_UP]))
    assert batch.records["heading"].tolist() == [SOUTH, NORTH, EAST, WEST, EAST]
    assert batch.records["event"].tolist() == [0, 0, 0, 0, 1]
    batch.reset()
    assert batch.records["heading"].tolist() == [EAST] * 5
    assert batch.records["event"].tolist() == [0] * 5
    rain = at(*[(2, 2, RED, BLUE)] * 200, is_rainy=1)
    rain.step(np.full(200, NORTH))
    places = {(1, 2): NORTH, (2, 3): EAST, (2, 1): WEST}
    ways = [places[divmod(int(place), 5)] for place in rain.buffers.observation // 20]
    assert rain.records["heading"].tolist() == ways
    assert set(ways) == {NORTH, EAST, WEST}
    blocked = at((2, 2, RED, BLUE), (4, 4, RED, BLUE))
    blocked.step(np.array([WEST, EAST]))
    assert blocked.records["heading"].tolist() == [WEST, EAST]  # against the border it turns all the same


# --- Whole games -----------------------------------------------------------------------------------------------------


class Luck:
    """Gymnasium's generator, replaced by a record's stream; the first ``wasted`` numbers decide nothing there."""

    def __init__(self, stream, wasted=0):
        self.stream, self.wasted = stream, wasted

    def random(self):
        if self.wasted:
            self.wasted -= 1
            return 0.0
        return self.stream.random()

    def choice(self, among):
        return among[int(self.stream.random() * len(among))]


@pytest.mark.parametrize(
    ("ours", "theirs", "games"),
    [
        ({}, {}, 400),
        ({"is_rainy": 1}, {"is_rainy": True}, 200),
        ({"fickle_passenger": 1}, {"fickle_passenger": True}, 200),
        (
            {"is_rainy": 1, "rainy_probability": 0.6, "fickle_passenger": 1, "fickle_probability": 0.9},
            {"is_rainy": True, "rainy_probability": 0.6, "fickle_passenger": True, "fickle_probability": 0.9},
            300,
        ),
    ],
    ids=str,
)
def test_games_with_the_same_luck_are_gymnasiums(ours, theirs, games):
    """Mostly the reference's steps, sometimes a legal one, sometimes any: 1,100 games."""
    limit = 60
    batch = KernelBatch(MODULE, 1, max_episode_steps=limit, autoreset_mode="Disabled", **ours)
    env = gym.make("Taxi-v4", max_episode_steps=limit, **theirs)
    b, rng, ends, changes = batch.buffers, np.random.default_rng(0), [], 0
    batch.reset(seeds=[0])
    for game in range(games):
        stream = Stream(batch.records["rng"][0])
        batch.reset()
        env.unwrapped._np_random = Luck(stream)
        observation, info = env.reset()
        for t in range(limit + 1):
            assert b.observation[0] == observation, f"game {game}, step {t}"
            assert batch.records["rng"][0] == stream.rng
            np.testing.assert_array_equal(b.mask[0], info["action_mask"])
            if t and (b.terminated[0] or b.truncated[0]):
                break
            dice = rng.random()
            share = 0.95 if game % 3 else 0.3  # every third game hardly gets anywhere
            legal = np.flatnonzero(b.mask[0]) if dice < 0.5 + 0.5 * share else np.arange(6)
            action = int(batch.heuristic()[0]) if dice < share else int(rng.choice(legal))
            is_sampled = "is_rainy" in ours and action < 4 and b.mask[0, action]
            stream = Stream(batch.records["rng"][0])
            env.unwrapped._np_random = Luck(stream, wasted=0 if is_sampled else 1)
            batch.step(np.array([action]))
            changes += int(batch.records["event"][0] == 2)
            observation, *expected, info = env.step(action)
            assert [b.reward[0], b.terminated[0], b.truncated[0]] == expected, f"game {game}, step {t}"
        assert b.episode_length[0] == t
        ends.append((bool(b.terminated[0]), bool(b.episode_success[0])))
    assert set(ends) == {(True, True), (False, False)}
    assert (changes > 20) == ("fickle_passenger" in ours)


def test_single_wrapper_is_gymnasiums():
    ours, theirs = gym.make(ID), gym.make("Taxi-v4")
    assert ours.observation_space == theirs.observation_space
    assert ours.action_space == theirs.action_space
    assert ours.spec.max_episode_steps == theirs.spec.max_episode_steps == LIMIT


# --- What can be earned ----------------------------------------------------------------------------------------------


def model(**theirs):
    """From Gymnasium's table, which is ours: see above."""
    env = gym.make("Taxi-v4", **theirs).unwrapped
    return Model(gymnasiums_table(env), 500, 6), env


@pytest.mark.parametrize(
    ("ours", "theirs", "best"),
    [
        ({}, {}, 7.93),
        ({"is_rainy": 1}, {"is_rainy": True}, 3.9546),
        ({"is_rainy": 1, "rainy_probability": 0.5}, {"is_rainy": True, "rainy_probability": 0.5}, -11.5074),
    ],
    ids=str,
)
def test_the_reference_is_the_optimum(ours, theirs, best):
    world, env = model(**theirs)
    reference = greedy(advice(KernelBatch(MODULE, 500, **ours), put, range(500)), 6)
    earned = env.initial_state_distrib @ world.return_of(reference, LIMIT)
    assert earned == pytest.approx(env.initial_state_distrib @ world.optimum(LIMIT), abs=1e-6)
    assert earned == pytest.approx(best, abs=5e-5)


def test_scores_are_what_the_declaration_says():
    scores, (world, env), episodes = taxi.SIMULATION.scores, model(), 10_000
    legal = np.array([env.action_mask(number) for number in range(500)], float)
    random = env.initial_state_distrib @ world.return_of(legal / legal.sum(axis=1, keepdims=True), LIMIT)
    assert scores["random"] == pytest.approx(random, abs=0.05)
    assert scores["optimum"] == pytest.approx(env.initial_state_distrib @ world.optimum(LIMIT), abs=1e-9)
    batch, rng = KernelBatch(MODULE, episodes, max_episode_steps=LIMIT), np.random.default_rng(0)
    for name, policy in (
        ("optimum", lambda batch: batch.heuristic()),
        ("random", lambda batch: (rng.random((episodes, 6)) * batch.buffers.mask).argmax(axis=1)),
    ):
        returns, _, successes = play(batch, policy, episodes)
        assert abs(returns.mean() - scores[name]) < 4 * returns.std() / np.sqrt(episodes) + 0.05
        assert name == "random" or successes.all()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_tabular_learns_the_optimum(seed):
    world, env = model()
    legal = np.array([env.action_mask(number) for number in range(500)])
    policy = greedy(learn_with_preset(ID, seed).choose(np.arange(500), legal), 6)
    assert env.initial_state_distrib @ world.return_of(policy, LIMIT) == pytest.approx(7.93, abs=1e-9)
