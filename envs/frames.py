"""Labelled data sets from any environment with a slot: what the slot senses, and what the simulator knows of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import Space, spaces

from .engine.batch import check_seed
from .engine.slots.fillings import width_of
from .engine.slots.slotted_batch import SlottedBatch
from .engine.space_layout import WHOLE, are_legal, flags_in, highest_of_each
from .ids import import_named
from .make import make_batch, slots_of

ENVS = 256  # played side by side, at most
SUCCESSIVE = 16  # steps of a recording: many short ones show more than a few long ones
SPREAD = 10_000  # steps, at most, over which the recordings are spread
# Chances of a random action, one environment after the other: what is seen is that of good, middling and bad play.
CHANCES = (0.0, 0.05, 0.2, 1.0)
# Steps, at most, that such an action is kept for, in the same way: short mistakes average out, long ones lead astray.
KEPT = (1, 1, 1, 1, 16, 16, 16, 16)


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
    names: tuple[str, ...] = ()  # of the truth's numbers, where the slot has some

    def __len__(self) -> int:
        return len(self.raw)

    @property
    def traced(self) -> np.ndarray:
        """(N,) whether the step before is here, or there was none."""
        return (self.before >= 0) | self.begins


def frames(
    id: str, slot: str, n: int, seed: int = 0, environment: Mapping[str, Any] | None = None, spread: int | None = None
) -> Frames:
    """``n`` steps, at least, of what ``slot`` of the environment ``id`` senses and of what is true.

    The reference policy plays in three of four environments, in two of them with random actions in between; the random
    policy in the fourth, and where there is no other. In half of the environments random actions are kept for a while.
    What is recorded is short series of successive steps, each environment's spread evenly over its play.

    Args:
        seed: Of the environments and the actions; another one shows other episodes.
        environment: Its keywords, as in ``make_batch``.
        spread: Steps over which the recordings are spread, if they have room there; by default the length of an
            episode, so that all of it is shown, but ``SPREAD`` at most.

    Raises:
        ValueError: no such environment, slot or keyword; a slot that is sensed once per episode, or for a key,
            which is no series of steps; ``n`` below 1.
    """
    id = import_named(id)
    keywords = check_recorded(id, slot, n, environment or {})
    count = min(ENVS, -(-n // SUCCESSIVE))
    series = -(-n // (count * SUCCESSIVE))  # of each environment
    length = series * SUCCESSIVE
    batch = make_batch(id, count, **{**keywords, slot: "truth"})
    assert isinstance(batch, SlottedBatch)
    random = np.random.default_rng([check_seed(seed), 1])
    if spread is None:
        spread = min(batch.max_episode_steps or SPREAD, SPREAD)
    period = max(-(-spread // series), SUCCESSIVE)  # in each, every environment is recorded once
    starts = random.integers(0, period - SUCCESSIVE + 1, (series, count))
    player = _Player(batch, random)
    batch.seed_from(seed)
    sense = batch.slot_loop(slot, "sense")  # only where it is recorded: rendering costs more than playing
    truth_space, raw_space = batch.fillings[slot].space, batch.simulation.slots[slot].raw(**batch.sizes)
    assert raw_space.shape is not None
    raw = np.empty((count, length, *raw_space.shape), raw_space.dtype)
    truth = np.empty((count, length, *(truth_space.shape or ())), truth_space.dtype)
    begins = np.zeros((count, length), np.bool_)
    fresh = np.ones(count, np.bool_)
    for t in range(series * period):
        number, now = divmod(t, period)
        place = now - starts[number]
        rows = np.flatnonzero((place >= 0) & (place < SUCCESSIVE))
        if len(rows):
            seen = np.empty((len(rows), *raw.shape[2:]), raw.dtype)
            sense(batch.records, rows, batch.world, seen)
            place = number * SUCCESSIVE + place[rows]
            raw[rows, place], truth[rows, place] = seen, batch.shown(slot)[rows]
            begins[rows, place] = fresh[rows]
        batch.step(player.actions())
        fresh = batch.buffers.terminated | batch.buffers.truncated
    is_board = truth_space.dtype is not None and truth_space.dtype.kind in "iu"
    width = np.ones(truth_space.shape or ()) if is_board else width_of(batch.simulation.slots[slot], truth_space, slot)
    batch.close()
    before = np.arange(count * length).reshape(count, length) - 1
    before[begins] = -1
    before[:, ::SUCCESSIVE] = -1
    return Frames(
        raw=raw.reshape(-1, *raw.shape[2:]),
        truth=truth.reshape(-1, *truth.shape[2:]),
        before=before.ravel(),
        begins=begins.ravel(),
        raw_space=raw_space,
        truth_space=truth_space,
        classes=batch.simulation.slots[slot].classes(**batch.sizes),
        width=width,
        names=tuple(batch.simulation.slots[slot].truth_names(batch.sizes)),
    )


def check_recorded(id: str, slot: str, n: int, environment: Mapping[str, Any]) -> dict[str, Any]:
    """The keywords of the environment, if all that ``frames`` was given makes sense."""
    known = slots_of(id)
    if slot not in known:
        which = f"its slots are {', '.join(known)}" if known else "it has none"
        raise ValueError(f"{id} has no slot {slot!r}; {which}")
    if known[slot].refresh == "reset" or known[slot].key:
        raise ValueError(f"slot {slot} of {id} is not sensed in each step, and frames are successive steps")
    if n < 1:
        raise ValueError(f"frames must be >= 1, got {n}")
    keywords = dict(environment)
    for key in (slot, "id", "num_envs", "rendered"):
        if key in keywords:
            raise ValueError(f"{key} is not a parameter of the environment and cannot be set here")
    return keywords


class _Player:
    """The reference policy, which tries a random action now and then and keeps to it for a while."""

    def __init__(self, batch: SlottedBatch, random: np.random.Generator) -> None:
        self.batch, self.random = batch, random
        count = batch.num_envs
        self.chance = np.resize(CHANCES, count) if batch.has_heuristic else np.ones(count)
        self.kept = np.resize(KEPT, count)
        self.left = np.zeros(count, np.int64)  # steps that what is tried is still kept for
        self.tried = self._random()

    def actions(self) -> np.ndarray:
        """(N, …) for the step to come."""
        random, count = self.random, self.batch.num_envs
        fresh = (self.left == 0) & (random.random(count) < self.chance)
        lengths = np.floor(np.exp(random.random(count) * np.log(self.kept + 1)))  # 1 … kept, the longer the rarer
        np.copyto(self.left, lengths.astype(np.int64), where=fresh)
        wide = (count, *(1,) * (self.tried.ndim - 1))
        np.copyto(self.tried, self._random(), where=(fresh | ~self._legal()).reshape(wide))
        tries = self.left > 0
        self.left -= tries
        if not self.batch.has_heuristic:
            return self.tried
        return np.where(tries.reshape(wide), self.tried, self.batch.heuristic().reshape(self.tried.shape))

    def _random(self) -> np.ndarray:
        space, count = self.batch.action_space, self.batch.num_envs
        if isinstance(space, WHOLE):
            legal = self.batch.buffers.mask.astype(np.float64) * self.random.random((count, flags_in(space)))
            return highest_of_each(legal, space)
        assert isinstance(space, spaces.Box)
        return self.random.uniform(space.low, space.high, (count, *space.shape))

    def _legal(self) -> np.ndarray:
        """(N,) whether what was tried before may be done again."""
        space, mask = self.batch.action_space, self.batch.buffers.mask
        if not isinstance(space, WHOLE):
            return np.ones(self.batch.num_envs, np.bool_)
        return are_legal(self.tried, mask, space)
