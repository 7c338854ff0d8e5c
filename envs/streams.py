"""Long streams from any environment with a slot: what the slot senses step after step, and what the simulator knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .engine.slots.slotted_batch import SlottedBatch
from .frames import check_recorded
from .ids import import_named
from .make import make_batch


@dataclass(frozen=True)
class SlotStreams:
    """E streams of T steps: raw signals (E, T, *raw) with their truths (E, T, *truth), the first of a reset."""

    raw: np.ndarray
    truth: np.ndarray
    policies: tuple[str, ...]  # (E,) which played each


def slot_streams(
    id: str,
    slot: str,
    count: int,
    steps: int,
    seed: int = 0,
    environment: Mapping[str, Any] | None = None,
    policies: Sequence[str] = (),
) -> SlotStreams:
    """``count`` streams of ``steps`` successive steps each, which no time limit cuts.

    Args:
        seed: Of the environments; another one shows other streams.
        environment: Its keywords, as in ``make_batch``.
        policies: Kernels of the environment's policies by name, which play the streams in turn; () for all.

    Raises:
        ValueError: no such environment, slot, keyword or policy; a slot that is not sensed in each step; an environment
            without policies, or one whose episodes end; a number below 1.
    """
    if min(count, steps) < 1:
        raise ValueError(f"there is 1 stream of 1 step or more, got {count} of {steps}")
    id = import_named(id)
    keywords = check_recorded(id, slot, count, environment or {})
    batch = make_batch(id, count, **{**keywords, slot: "truth", "max_episode_steps": None})
    assert isinstance(batch, SlottedBatch)
    known = [name for name in batch.policies if name not in batch.simulation.policies]
    for name in policies:
        if name not in known:
            raise ValueError(f"{id} has no kernel {name!r} among its policies; it has {', '.join(known) or 'none'}")
    chosen = tuple(policies) or tuple(known)
    if not chosen:
        raise ValueError(f"{id} has no policy of its own, and a stream is played by one")
    played = np.arange(count) % len(chosen)
    batch.seed_from(seed)
    sense, every = batch.slot_loop(slot, "sense"), np.arange(count)
    space = batch.simulation.slots[slot].raw(**batch.sizes)
    seen = np.empty((count, *(space.shape or ())), space.dtype)
    raw = np.empty((count, steps, *(space.shape or ())), space.dtype)
    truth = np.empty((count, steps, *batch.shown(slot).shape[1:]), batch.shown(slot).dtype)
    for t in range(steps):
        sense(batch.records, every, batch.world, seen)
        raw[:, t], truth[:, t] = seen, batch.shown(slot)
        actions = np.stack([np.array(batch.heuristic(name=name)) for name in chosen])
        batch.step(actions[played, every])
        if batch.buffers.terminated.any() and t < steps - 1:
            raise ValueError(f"an episode of {id} ended after {t + 1} steps, and a stream has {steps}; take fewer")
    batch.close()
    return SlotStreams(raw, truth, tuple(chosen[k] for k in played))
