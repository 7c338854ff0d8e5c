"""The trial that lets a file be compiled without checks: all of its kernels, played at random with checks.

Campaigns of the fuzzer, and beside them what these do not call: frames of several sizes, every reference policy, every
filling of every slot, at the least and the greatest sizes.
"""

import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode

from ..engine.kernel_batch import KernelBatch
from ..engine.mistakes import is_ours
from ..engine.simulation import Simulation, load
from ..engine.slots.resolve import examples
from ..engine.slots.slotted_batch import open_batch
from ..engine.third_party import trust
from .fuzz import Campaign, Tally, fuzz, sample_actions
from .fuzz_demands import demand

STEPS = 30_000  # steps of environments in the fuzzer's campaigns
ROUNDS, NUM_ENVS, EVERY = 120, 5, 15  # steps of a play, environments in it, steps between two frames
FRAMES = ((8, 8), (33, 47), (84, 84))  # height, width in pixels, besides the declared one


@dataclass
class Seen:
    """What a trial has called."""

    steps: int = 0  # of environments
    campaigns: int = 0
    frames: int = 0
    policies: int = 0  # reference policies
    fillings: int = 0  # of slots

    def __str__(self) -> str:
        return (
            f"{self.steps:,} steps in {self.campaigns} campaigns and {self.fillings} fillings of slots, "
            f"{self.frames} frames, reference policies: {self.policies}"
        )


def is_on_trial(module: types.ModuleType) -> bool:
    """Whether the file is one that ``try_out`` can free of its checks: a third party's, and compiled."""
    import numba

    return not is_ours(module.__file__) and not numba.config.DISABLE_JIT  # type: ignore[attr-defined]


def try_out(
    module: str,
    limit: int | None,
    steps: int = STEPS,
    report: Callable[[Seen], None] | None = None,
    also: Mapping[str, Any] | None = None,
) -> Seen:
    """Play an environment's file with checks; it has passed if nothing is raised.

    Args:
        module: Dotted path of the file.
        limit: Its registered time limit in steps.
        steps: Of the fuzzer's campaigns.
        report: Is called now and then.
        also: Sizes and choices to play besides the least, the default and the greatest.

    Raises:
        Mistake: a kernel does something wrong.
        fuzz.Failure, fuzz_demands.Fault: something does not hold.
    """
    simulation, seen, tally = load(module)[1], Seen(), Tally()

    def pass_on(so_far: Tally) -> None:
        seen.steps, seen.campaigns = so_far.steps, so_far.campaigns
        if report is not None:
            report(seen)

    with trust.with_checks():
        for keywords in _worlds(simulation, also or {}):
            _play(module, limit, keywords, seen, simulation.render is not None)
            tally.steps += ROUNDS * NUM_ENVS
        fuzz(module, limit, tally.steps + steps, tally=tally, report=pass_on)
    seen.steps, seen.campaigns = tally.steps, tally.campaigns
    return seen


def _worlds(simulation: Simulation, also: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Keywords for which to play: the least, the default and the greatest sizes, and each filling of each slot once.

    ``also``: further sizes and choices.
    """
    sizes = simulation.sizes
    corners = [{name: getattr(size, end) for name, size in sizes.items()} for end in ("default", "low", "high")]
    corners += [dict(also)] if also else []
    yield from (corner for i, corner in enumerate(corners) if corner not in corners[:i])
    for name, slot in simulation.slots.items():
        for corner in corners if sizes or also else corners[:1]:
            yield from ({**corner, name: filling} for filling in examples(slot))


def _play(module: str, limit: int | None, keywords: dict[str, Any], seen: Seen, renders: bool) -> None:
    batch = open_batch(module, NUM_ENVS, max_episode_steps=limit, **keywords)
    plain = Campaign(0, NUM_ENVS, AutoresetMode.SAME_STEP, limit, ROUNDS, 0, illegal=0.1, guided=0.0, keywords=keywords)
    rng = np.random.default_rng(len(keywords))
    filled = set(keywords) & set(batch.simulation.slots)
    seen.fillings += len(filled)
    seen.policies = len(batch.policies)
    batch.seed_from(0)
    for now in range(ROUNDS):
        if not filled:
            _advise_all(batch)
            if renders and now % EVERY == 0:
                _render_all(batch, seen)
        batch.step(sample_actions(batch, plain, rng))
    batch.close()


def _advise_all(batch: KernelBatch) -> None:
    low, high = batch.action_bounds
    for name in batch.policies:
        advised = batch.heuristic(name="" if name == "heuristic" else name).reshape(batch.num_envs, -1)
        demand((advised >= low) & (advised <= high), f"the action of the policy {name} is outside the action space")


def _render_all(batch: KernelBatch, seen: Seen) -> None:
    assert batch.frame_size is not None  # there is a kernel
    for height, width in (*FRAMES, batch.frame_size):
        batch.render_many(np.arange(batch.num_envs), np.zeros((batch.num_envs, height, width, 3), np.uint8))
        seen.frames += batch.num_envs
