"""Elevator against its plain-Python twin, written-out situations, what is known of lifts, and what must always hold."""

import functools
import math

import numpy as np
import pytest

from elevator_twin import Stream, Twin
from ludus.envs.automation import elevator
from ludus.envs.engine.batch import KernelBatch

MODULE = "ludus.envs.automation.elevator"
DEFAULTS = {name: parameter.default for name, parameter in elevator.PARAMETERS.items()}
UP, DOWN = 1, -1


# --- The twin --------------------------------------------------------------------------------------------------------


def play_beside_twin(episodes, choose, lifts=4, floors=16, limit=2000, **parameters):
    """Play at least ``episodes`` episodes step by step on both sides; returns the twins' sums at their ends."""
    n = min(episodes, 25)
    batch = KernelBatch(MODULE, n, lifts=lifts, floors=floors, max_episode_steps=limit, **parameters)
    b = batch.buffers
    batch.reset(seeds=range(n))
    twins = [Twin(Stream(i), {**DEFAULTS, **parameters}, lifts, floors) for i in range(n)]
    clocks, ends = np.zeros(n, int), []
    while len(ends) < episodes:
        np.testing.assert_allclose(b.observation, np.stack([t.observation() for t in twins]), rtol=0, atol=2e-6)
        actions = choose(batch)
        batch.step(actions)
        clocks += 1
        for i, twin in enumerate(twins):
            terms, over = twin.step(int(actions[i]))
            np.testing.assert_allclose(b.terms[i], terms, rtol=1e-9, atol=1e-12)
            flags = (over, clocks[i] == limit)
            assert (bool(b.terminated[i]), bool(b.truncated[i])) == flags
            if any(flags):
                np.testing.assert_allclose(b.final_observation[i], twin.observation(), rtol=0, atol=2e-6)
                ends.append({"over": over, **{k: getattr(twin, k) for k in ("arrived", "turned_away", "served")}})
                clocks[i] = 0
                twin.start()
            else:
                record = batch.records[i]
                counts = [int(record[k]) for k in ("arrived", "turned_away", "waiting", "riding", "served")]
                assert counts == [twin.arrived, twin.turned_away, twin.waiting, twin.riding, twin.served]
    return ends


def at_random(seed):
    rng = np.random.default_rng(seed)
    return lambda batch: rng.integers(0, batch.action_space.n, batch.num_envs)


SHORT = {"duration": 240.0}
RUSH = {"arrival_rate": 600.0, "duration": 400.0, "capacity": 4.0}


@pytest.mark.parametrize(
    ("episodes", "settings"),
    [
        (150, {**SHORT}),
        (150, {**SHORT, "destination_control": 1.0}),
        (150, {**SHORT, "lifts": 2, "floors": 6, "parking_delay": 2.0, "arrival_rate": 30.0}),
        (100, {**SHORT, "lifts": 6, "floors": 24, "speed": 6.0, "incoming": 0.0, "outgoing": 0.0}),
        (100, {**SHORT, "lifts": 1, "floors": 4, "capacity": 2.9, "arrival_rate": 20.0, "tick": 3.0}),
        (100, {**SHORT, "speed": 0.8, "jerk": 0.15, "acceleration": 0.3, "arrival_rate": 15.0, "floors": 8}),
        (100, {**SHORT, "lifts": 3, "floors": 5, "capacity": 1.0, "destination_control": 1.0, "arrival_rate": 40.0}),
        (100, {**SHORT, "jerk": 1e6, "door_open": 0.5, "door_close": 0.7, "transfer_time": 3.0, "incoming": 0.0}),
        (25, {**RUSH}),
        (25, {**RUSH, "destination_control": 1.0, "outgoing": 0.0}),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_1000_random_episodes_equal_the_twins(episodes, settings):
    ends = play_beside_twin(episodes, at_random(episodes), **settings)
    assert all(end["over"] for end in ends)
    assert sum(end["served"] for end in ends) > 3 * episodes
    if settings.get("arrival_rate") == RUSH["arrival_rate"]:
        assert all(end["turned_away"] for end in ends)
