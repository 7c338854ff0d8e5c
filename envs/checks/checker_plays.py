"""The rules about whole plays, found by comparing them: seeding, memory, the action after an end."""

import contextlib
import os
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv

from .checker_report import Report
from .checker_steps import Inspector, Unreadable
from .checker_values import (
    Story,
    are_equal,
    find_ends,
    find_first_difference,
    mode_of,
    overwrite_arrays,
    play_stories,
    sample_actions,
    shorten,
)

SEED = 20_260  # of the play that the others are compared with
OTHER_SEEDS = tuple(range(SEED + 1000, SEED + 8000, 1000))  # further apart than any batch is large
SHORT = 20  # steps of a play in which only the beginning matters
REPLAYED = ("memory.written", "autoreset.next_step.action", "render.pure")


class Subject:
    """Where the environments of a check come from: made anew for each play, or the one that was given."""

    def __init__(self, make: Callable[[], VectorEnv] | None, env: VectorEnv | None = None) -> None:
        self.make, self.env = make, env

    @contextlib.contextmanager
    def fresh(self) -> Iterator[VectorEnv]:
        """An environment for one play; it need not be new, so the play begins with a seeded reset."""
        if self.make is None:
            assert self.env is not None
            yield self.env
            return
        env = self.make()
        try:
            yield env
        finally:
            with contextlib.suppress(Exception):  # whether it closes is a rule of its own
                env.close()


def attempt(report: Report, play: Callable[[], Any], rule: str = "runs") -> Any:
    """The play's result; None if it stopped, with the exception as what broke ``rule``."""
    try:
        result = play()
    except Unreadable:  # a rule that says why is broken
        return None
    except Exception as fault:  # third parties raise what they like, and a report of it is what the check is for
        report.check(rule, False, describe_fault(fault))
        return None
    report.check(rule, True)
    return result


def describe_fault(fault: Exception) -> str:
    """The exception in a line for the report; under LUDUS_TRACEBACK where it came from goes to standard error."""
    if os.environ.get("LUDUS_TRACEBACK"):
        traceback.print_exception(fault)
    text = " ".join(str(fault).split())
    return f"{type(fault).__name__}: {text if len(text) <= 200 else f'{text[:199]}…'}"


def can_replay(subject: Subject, report: Report, actions: list[Any], stories: list[Story]) -> bool:
    """Whether the same play comes out the same, so that a difference means something."""
    broken = {"runs", "seeding.same", "seeding.history"} & set(report.broken)
    if subject.make is None or "runs" in broken:
        return not broken  # a given environment goes on from one play to the next, so it must forget the one before
    if "seeding.same" not in broken:
        return True
    with subject.fresh() as env:  # seeded where it was made, perhaps, as EnvPool's are
        return find_first_difference(stories, play_stories(env, actions, seed=SEED)) is None


def check_seeds(report: Report, env: VectorEnv, actions: list[Any], stories: list[Story], seen: Inspector) -> None:
    """Same seed same, different seed different, no memory of what was before."""
    few = actions[:SHORT]
    env.reset(seed=SEED)
    again = play_stories(env, few, seed=SEED)
    cut = [story[: len(other)] for story, other in zip(stories, again, strict=True)]
    where = find_first_difference(cut, again)
    if report.check("seeding.same", where is None, f"{where}, both after reset(seed={SEED})"):
        # Step exactly until an episode has ended, where a reset has most to forget.
        last = next((t for t, ended in find_ends(stories) if ended and t), SHORT)
        play_stories(env, actions[:last], seed=SEED)
        where = find_first_difference(cut, play_stories(env, few, seed=SEED))
        report.check("seeding.history", where is None, f"{where}, after {last} steps and reset(seed={SEED})")
    else:
        report.skip("seeding.history", "seeding.same is broken")

    plays = [cut, *(play_stories(env, few, seed=seed) for seed in OTHER_SEEDS)]
    starts = [[story[0].observation for story in play] for play in plays]
    env.reset(seed=SEED)
    unseeded = [[story[0].observation for story in play_stories(env, [])] for _ in OTHER_SEEDS]
    by_seed = any(find_first_difference(plays[0], play) for play in plays[1:])
    restarts = [[first for j, _, first in seen.ends if j == i] for i in range(env.num_envs)]
    by_itself = _vary(unseeded) or any(_vary(firsts) for firsts in restarts if firsts)
    if by_seed or by_itself:
        came = f"the same play from the seeds {SEED}, {OTHER_SEEDS[0]}, … {OTHER_SEEDS[-1]}"
        report.check("seeding.different", by_seed, came)
    else:
        report.skip("seeding.different", "every seed and every reset gave the same: it seems to be deterministic")
    if not _vary(starts):
        report.skip(("seeding.environments", "seeding.continues"), "every seed gives the same start")
        return
    came = f"{len(unseeded)} resets without a seed that all give {shorten(unseeded[0][0])}"
    report.check("seeding.continues", _vary(unseeded), came)
    if env.num_envs == 1:
        report.skip("seeding.environments", "a single environment")
    else:
        came = f"{len(starts)} seeds, each of which starts all {env.num_envs} environments alike"
        report.check("seeding.environments", any(_vary(start) for start in starts), came)


def _vary(values: list[Any]) -> bool:
    return any(not are_equal(values[0], other) for other in values[1:])


def check_replays(subject: Subject, report: Report, actions: list[Any], stories: list[Story]) -> None:
    """Plays that must come out the same although the caller does something that should not matter."""
    latest: list[Any] = [None]

    def keep(t: int, result: Any, selected: np.ndarray) -> None:
        latest[0] = result

    def overwrite(action: Any, ended: np.ndarray) -> Any:
        overwrite_arrays(latest[0])
        return action

    with subject.fresh() as env:
        if getattr(env.unwrapped, "copy", True) is False:
            report.skip("memory.written", "made with copy=False")
        else:
            rule = "memory.written"
            _compare(report, rule, stories, lambda: play_stories(env, actions, seed=SEED, see=keep, change=overwrite))

    with subject.fresh() as env:
        given: list[Any] = []

        def remember(action: Any, ended: np.ndarray) -> Any:
            given.append(action)
            return action

        attempt(report, lambda: play_stories(env, actions[:SHORT], seed=SEED, change=remember))
        changed = [t for t, (mine, yours) in enumerate(zip(given, actions, strict=False)) if not are_equal(mine, yours)]
        report.check("memory.actions", not changed, f"the actions of steps {changed[:5]} changed")

    with subject.fresh() as env:
        if mode_of(env) == AutoresetMode.NEXT_STEP and any(ended for _, ended in find_ends(stories)[:-1]):
            others = iter(sample_actions(env, len(actions), SEED + 1))

            def other_where(action: Any, ended: np.ndarray) -> Any:
                return _mixed(action, next(others), ended)

            rule = "autoreset.next_step.action"
            _compare(report, rule, stories, lambda: play_stories(env, actions, seed=SEED, change=other_where))


def _mixed(action: Any, other: Any, where: np.ndarray) -> Any:
    """The batch ``action`` with ``other``'s rows for the environments ``where``; spaces of arrays only."""
    if not isinstance(action, np.ndarray):
        return action
    return np.where(where.reshape(-1, *[1] * (action.ndim - 1)), other, action).astype(action.dtype)


def _compare(report: Report, rule: str, stories: list[Story], play: Callable[[], Any]) -> None:
    again = attempt(report, play)
    if again is not None:
        where = find_first_difference(stories, again)
        report.check(rule, where is None, f"another play: {where}")
