"""The rules of snapshots in the profile ``ludus``: what goes on after one, and what a damaged one does."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from gymnasium.vector import VectorEnv

from .checker_plays import SEED, SHORT, Subject, attempt, describe_fault
from .checker_report import Report
from .checker_values import Story, find_ends, find_first_difference, play_stories

REST = 50  # steps that are played after a snapshot: two episodes or so
FLIPS = 64  # single bits that are flipped in a snapshot, one at a time


def state_of(env: VectorEnv) -> Any:
    """Who has ``snapshot`` and ``restore``: the environment or its ``batch``; None if neither does."""
    for owner in (env.unwrapped, getattr(env.unwrapped, "batch", None)):
        if hasattr(owner, "snapshot") and hasattr(owner, "restore"):
            return owner
    return None


def check_snapshots(subject: Subject, report: Report, actions: list[Any], stories: list[Story]) -> None:
    """A snapshot taken right after an end goes on as the original did, in the same batch and in another one."""
    cut = next((t for t, ended in find_ends(stories) if ended and t >= SHORT), SHORT)
    rest = actions[cut : cut + REST]
    with subject.fresh() as env:
        state = state_of(env)
        if state is None:
            report.check(
                "ludus.snapshot", False, f"neither {type(env.unwrapped).__name__} nor its batch has snapshot()"
            )
            report.skip(("ludus.restore", "ludus.restore.refused", "ludus.actions.unmoved"), "it has no snapshots")
            return
        begun = play_stories(env, actions[:cut], seed=SEED)
        ended = np.array([story[-1].terminated or story[-1].truncated for story in begun])
        data = state.snapshot()
        report.check("ludus.snapshot", isinstance(data, bytes), f"a {type(data).__name__}")
        went_on = play_stories(env, rest, reset=False, ended=ended)
        original = [s[len(a) : len(a) + len(b)] for s, a, b in zip(stories, begun, went_on, strict=True)]
        where = find_first_difference(original, went_on, with_info=True)
        report.check("ludus.snapshot", where is None, f"with and without a snapshot: {where}")
        _goes_on(env, report, data, rest, ended, went_on, "in the same batch")
    with subject.fresh() as env:
        _goes_on(env, report, data, rest, ended, went_on, "in another batch")
        for damaged, came in _damaged(data) if isinstance(data, bytes) else ():
            before = state_of(env).snapshot()
            try:
                state_of(env).restore(damaged)
            except ValueError:
                unmoved = "ludus.snapshot" in report.broken or state_of(env).snapshot() == before
                report.check("ludus.restore.refused", unmoved, f"the state had changed when it refused {came}")
            except Exception as fault:
                report.check("ludus.restore.refused", False, f"{describe_fault(fault)} for {came}")
            else:
                report.check("ludus.restore.refused", False, f"{came} accepted")


def _damaged(data: bytes) -> Iterator[tuple[bytes, str]]:
    """A snapshot cut short, and with one bit of it flipped, each with a few words that say so."""
    for cut in (b"", data[: len(data) // 2], data[:-1]):
        yield cut, f"{len(cut)} of its {len(data)} bytes"
    rng = np.random.default_rng(SEED)
    first = range(min(FLIPS // 2, len(data)))  # what stands there is read first
    for position in (*first, *rng.integers(len(data), size=FLIPS - len(first)).tolist()):
        bit = int(rng.integers(8))
        flipped = bytearray(data)
        flipped[position] ^= 1 << bit
        yield bytes(flipped), f"a snapshot of {len(data)} bytes with bit {bit} of byte {position} flipped"


def _goes_on(
    env: VectorEnv, report: Report, data: Any, rest: list[Any], ended: np.ndarray, expected: list[Story], place: str
) -> None:
    def play() -> list[Story]:
        state_of(env).restore(data)
        return play_stories(env, rest, reset=False, ended=ended)

    again = attempt(report, play, "ludus.restore")
    if again is not None:
        where = find_first_difference(expected, again, with_info=True)
        report.check("ludus.restore", where is None, f"{place}: {where}")
