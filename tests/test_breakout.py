"""Breakout against its plain-Python twin (``breakout_twin.py``), and positions set by hand with the answer written out.

The twin starts with the record's random stream and then plays on by itself to the end of the game. It performs the same
operations on doubles, so its observations are the same to the last bit.
"""

import math

import numpy as np
import pytest
from breakout_twin import Stream, Twin

from ludus.envs.engine.batch import KernelBatch
from ludus.envs.engine.simulation import load

MODULE = "ludus.envs.games.breakout"
LIMIT = 8000  # steps
STAY, LEFT, RIGHT = range(3)
ROWS, COLUMNS = 6, 10
WON, LOST, OUT_OF_TIME = "won", "lost", "out of time"


def twin_of_start(batch, i):
    """A twin of the game that environment ``i`` is about to begin: nothing was drawn before the first serve."""
    values = batch.parameters(i)
    assert values["serve_delay"] >= 1
    return Twin(*batch.sizes.values(), values, Stream(batch.records["rng"][i]))


def play_beside_twins(batch, games, choose):
    """Play at least ``games`` games step by step on both sides; returns [(return, steps, end)]."""
    b, played = batch.buffers, []
    batch.reset(seeds=range(batch.num_envs))
    twins = [twin_of_start(batch, i) for i in range(batch.num_envs)]
    clocks, points = np.zeros(batch.num_envs, int), np.zeros(batch.num_envs)
    while len(played) < games:
        np.testing.assert_array_equal(b.observation, np.array([twin.observation() for twin in twins], np.float32))
        actions = choose()
        batch.step(actions)
        clocks += 1
        for i, twin in enumerate(twins):
            reward, over = twin.step(actions[i])
            points[i] += reward
            truncated = clocks[i] == batch.max_episode_steps
            assert (b.reward[i], b.terms[i, 0], b.terminated[i], b.truncated[i]) == (reward, reward, over, truncated)
            if not (over or truncated):
                continue
            won = twin.walls == 2
            np.testing.assert_array_equal(b.final_observation[i], np.array(twin.observation(), np.float32))
            assert (b.episode_return[i], b.episode_length[i], b.episode_success[i]) == (points[i], clocks[i], won)
            played.append((points[i], int(clocks[i]), WON if won else LOST if over else OUT_OF_TIME))
            twins[i], clocks[i], points[i] = twin_of_start(batch, i), 0, 0.0
    return played


def test_1000_random_games_equal_the_twins():
    batch, rng = KernelBatch(MODULE, 50, max_episode_steps=330), np.random.default_rng(0)
    played = play_beside_twins(batch, 1000, lambda: rng.integers(0, 3, 50))
    assert {end for _, _, end in played} == {LOST, OUT_OF_TIME}
    assert max(score for score, _, _ in played) >= 15
