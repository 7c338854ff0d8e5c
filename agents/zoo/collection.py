"""The collection itself: which environments have a policy, where its folder is, and what it earns."""

import re
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from ...envs.ids import import_named
from ...utils.untrusted import read_table
from ...utils.wording import did_you_mean, format_score

HERE = Path(__file__).parent
POLICIES = HERE / "policies"  # a folder for each environment
SCORES = HERE / "scores.csv"  # a line for each


@dataclass(frozen=True)
class Entry:
    """A policy of the zoo, and what it earns: a line of ``scores.csv``."""

    env: str  # id
    agent: str
    seed: int  # of its training, the best of ``seeds``
    seeds: int  # trainings among which it was chosen
    steps: int  # of environments, in its training
    mean: float  # return over ``episodes`` greedy episodes, which are others than those of the choice
    low: float  # 95 % bootstrap interval of the mean
    high: float
    normalised: float  # 0 = the random policy, 1 = the reference; NaN without reference scores
    success: float  # share of the episodes; NaN where the task cannot be solved
    episodes: int
    seconds: float  # of the processor, for its training, compilation included
    dearer: str  # presets that earn more and cost more than was spent; empty where there is none
    kilobytes: float  # of its weights, in units of 1,000 bytes
    preset: str  # a hash of all that decides the training, but for its seed
    weights: str  # the first 16 digits of the SHA-256 of its weights
    machine: str  # on which it was trained and scored

    @property
    def said(self) -> str:
        """Who plays, for a person."""
        low, high = format_score(self.low), format_score(self.high)
        return (
            f"{self.agent} of the zoo ({self.steps:,} steps; return {format_score(self.mean)}, "
            f"95 % interval {low} … {high}, {self.episodes} episodes)"
        )


@lru_cache(maxsize=2)
def _read(path: Path, _: int) -> tuple[Entry, ...]:
    kinds: dict[str, Any] = {field.name: field.type for field in fields(Entry)}
    try:
        return tuple(Entry(**{key: kinds[key](text) for key, text in line.items()}) for line in read_table(path))
    except (KeyError, ValueError, TypeError):
        raise ValueError(f"{path} is not the zoo's table; install Ludus anew") from None


def entries(scores: Path = SCORES) -> tuple[Entry, ...]:
    """All policies of the zoo, in the order of the environments; ``ValueError`` if its table is damaged."""
    return _read(scores, scores.stat().st_mtime_ns) if scores.exists() else ()


def entry(env: str, scores: Path = SCORES) -> Entry | None:
    """What is known of the policy for an environment (its id, without a module), ``None`` where there is none."""
    return next((found for found in entries(scores) if found.env == env), None)


def place_of(env: str, policies: Path = POLICIES) -> Path:
    """Where the policy for an environment lies, or would lie."""
    return policies / re.sub(r"[^a-z0-9]+", "-", env.removeprefix("ludus/").lower())


def folder(env: str) -> Path:
    """The folder of the policy for an environment: that of a run, which only acts.

    Args:
        env: An environment id such as ``ludus/Snake-v1``, or MODULE:ID.

    Raises:
        ValueError: the zoo has none for it, or there is no such environment.
    """
    env = import_named(env)
    if entry(env) is None:
        known = [found.env for found in entries()]
        raise ValueError(f"the zoo has no policy for {env}{did_you_mean(env, known)}; train one: ludus train {env}")
    return place_of(env)
