"""Any environment with a slot is a labelled data set: what the slot senses, and what the simulator knows of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import Space, spaces

from .engine.batch import check_seed
from .engine.fillings import width_of
from .engine.slots import SlottedBatch
from .make import make_batch, slots_of

ENVS = 256  # played side by side, at most
SUCCESSIVE = 16  # steps of one environment that are recorded, at least
SPREAD = 2000  # steps in which the recordings begin, so that they show all of an episode
# Chances of a random action, one environment after the other: what is seen is that of good, middling and bad play.
CHANCES = (0.0, 0.05, 0.2, 1.0)


@dataclass(frozen=True)
class Frames:
    """Steps of play: raw signals (N, *raw) with their truths (N, *truth).

    ``before`` (N,) int64: the row of the step before in the same episode, -1 where there is none here.
    ``begins`` (N,) bool: an episode begins, so that there was none. Both -1 and False: it was not recorded.
    """

    raw: np.ndarray
    truth: np.ndarray
    before: np.ndarray
    begins: np.ndarray
    raw_space: Space
    truth_space: Space
    classes: tuple[str, ...]  # what the truth names, where it is one-hot
    # (*truth) what errors of numbers are measured against; see `engine.simulation.Slot`. Of whole numbers: ones.
    width: np.ndarray

    def __len__(self) -> int:
        return len(self.raw)


def frames(
    id: str, slot: str, n: int, seed: int = 0, environment: Mapping[str, Any] | None = None, spread: int = SPREAD
) -> Frames:
    """``n`` steps, at least, of what ``slot`` of the environment ``id`` senses and of what is true.

    The reference policy plays in three of four environments, in two of them with random actions in between; the random
    policy in the fourth, and where there is no other. Each environment is recorded over successive steps.

    Args:
        seed: Of the environments and the actions; another one shows other episodes.
        environment: Its keywords, as in ``make_batch``.
        spread: Steps within which the recordings begin, each at a moment of its own.

    Raises:
        ValueError: no such environment, slot or keyword; a slot that is sensed once per episode, which is no series of
            steps; ``n`` below 1.
    """
    known = slots_of(id)
    if slot not in known:
        which = f"its slots are {', '.join(known)}" if known else "it has none"
        raise ValueError(f"{id} has no slot {slot!r}; {which}")
    if known[slot].refresh != "step":
        raise ValueError(f"slot {slot} of {id} is sensed once per episode, and frames are successive steps")
    if n < 1:
        raise ValueError(f"frames must be >= 1, got {n}")
    keywords = dict(environment or {})
    for key in (slot, "id", "num_envs", "rendered"):
        if key in keywords:
            raise ValueError(f"{key} is not a parameter of the environment and cannot be set here")
    count = min(ENVS, -(-n // SUCCESSIVE))
    length = -(-n // count)
    batch = make_batch(id, count, **{**keywords, slot: "truth"})
    assert isinstance(batch, SlottedBatch)
    random = np.random.default_rng([check_seed(seed), 1])
    starts = random.integers(0, spread + 1, count)
    chance = np.resize(CHANCES, count) if batch.has_heuristic else np.ones(count)
    batch.seed_from(seed)
    sense = batch.slot_loop(f"sense_{slot}")  # only where it is recorded: drawing costs more than playing
    truth_space, raw_space = batch.fillings[slot].space, batch.simulation.slots[slot].raw(**batch.sizes)
    assert raw_space.shape is not None
    raw = np.empty((count, length, *raw_space.shape), raw_space.dtype)
    truth = np.empty((count, length, *(truth_space.shape or ())), truth_space.dtype)
    begins = np.zeros((count, length), np.bool_)
    fresh = np.ones(count, np.bool_)
    for t in range(int(starts.max()) + length):
        rows = np.flatnonzero((starts <= t) & (t < starts + length))
        if len(rows):
            seen = np.empty((len(rows), *raw.shape[2:]), raw.dtype)
            sense(batch.records, rows, batch.world, seen)
            place = t - starts[rows]
            raw[rows, place], truth[rows, place] = seen, batch.shown(slot)[rows]
            begins[rows, place] = fresh[rows]
        batch.step(_actions(batch, chance, random))
        fresh = batch.buffers.terminated | batch.buffers.truncated
    is_board = truth_space.dtype is not None and truth_space.dtype.kind in "iu"
    width = np.ones(truth_space.shape or ()) if is_board else width_of(batch.simulation.slots[slot], truth_space, slot)
    batch.close()
    before = np.arange(count * length).reshape(count, length) - 1
    before[begins] = -1
    before[:, 0] = -1
    return Frames(
        raw=raw.reshape(-1, *raw.shape[2:]),
        truth=truth.reshape(-1, *truth.shape[2:]),
        before=before.ravel(),
        begins=begins.ravel(),
        raw_space=raw_space,
        truth_space=truth_space,
        classes=known[slot].classes(**batch.sizes),
        width=width,
    )


def _actions(batch: SlottedBatch, chance: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The reference policy's actions (N, …), with ``chance`` (N,) those of the random policy."""
    space, count = batch.action_space, batch.num_envs
    tried: np.ndarray
    if isinstance(space, spaces.Discrete):
        legal = batch.buffers.mask.astype(np.float64) * random.random((count, int(space.n)))
        tried = legal.argmax(axis=1) + int(space.start)
    else:
        assert isinstance(space, spaces.Box)
        tried = random.uniform(space.low, space.high, (count, *space.shape))
    if not batch.has_heuristic:
        return tried
    best = batch.heuristic()
    drawn = random.random(count) < chance
    return np.where(drawn.reshape(count, *(1,) * (tried.ndim - 1)), tried, best.reshape(tried.shape))
