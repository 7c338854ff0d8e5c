"""Records that somebody made up, with a checksum that matches: refused, or played on without leaving an array.

Restoring looks at them with bounds on, always; here the steps after it have bounds, too, so that a record that was
accepted by mistake shows itself.
"""

import numpy as np
import pytest

import ludus
from acting import random_actions
from ludus.envs.engine.slots.slotted_batch import open_batch
from ludus.envs.engine.third_party.trust import with_checks
from snapshot_attack import crafted

ROUNDS = 400
STEPS = 8  # after a record that was accepted
WHOLE = (0, 1, 7, 100, 2**33, -1)  # besides the ends of the type
REAL = (np.nan, np.inf, -np.inf, 1e308, -1e308, 1e-308, 1e18, -1e18, 0.0, -1.0, 1.0, 1e5)


def change_some(records, rng):
    """Put something unlikely into one or two fields of the only record."""
    names = [name for name in records.dtype.names if name != "parameters" and records[name].size]
    for name in rng.choice(names, size=rng.integers(1, 3), replace=False):
        values = records[name].reshape(-1).copy()
        j, kind = rng.integers(len(values)), values.dtype.kind
        if kind in "iu":
            ends = np.iinfo(values.dtype)
            values[j] = np.clip(int(rng.choice([ends.min, ends.max, *WHOLE])), ends.min, ends.max)
        elif kind == "b":
            values[j] = rng.integers(2)
        else:
            with np.errstate(over="ignore"):  # in float32 the largest are infinite
                values[j] = rng.choice(REAL)
        records[name] = values.reshape(records[name].shape)


def play_on(batch, rng, frame):
    for _ in range(STEPS):
        batch.render_many(np.array([0]), frame)
        for policy in batch.policies:
            batch.heuristic(name=policy)
        if batch.records["pending"][0]:
            batch.reset()
        batch.step(random_actions(batch.action_space, 1, rng))


@pytest.mark.slow  # every environment is compiled with checks
@pytest.mark.parametrize("id", ludus.ENVIRONMENTS)
def test_made_up_records_are_refused_or_harmless(id):
    rng = np.random.default_rng(0)
    with with_checks():
        batch = open_batch(ludus.ENVIRONMENTS[id][0], 1, autoreset_mode="Disabled")
    good, frame = [], np.zeros((1, 64, 64, 3), np.uint8)
    batch.reset(seeds=[3])
    for _ in range(5):
        play_on(batch, rng, frame)
        good.append(batch.snapshot())
    accepted = 0
    for k in range(ROUNDS):
        batch.restore(good[k % len(good)])
        try:
            batch.restore(crafted(batch, lambda records: change_some(records, rng)))
        except ValueError:
            continue
        accepted += 1
        play_on(batch, rng, frame)
    assert 0 < accepted < ROUNDS
