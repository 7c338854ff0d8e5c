"""Fillings judged by a reference policy of the environment: nothing is trained, the intervals are over the episodes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from ...agents.evaluation import EVALUATION_SEED, episodes_of, named_policy
from ...agents.regret import BLIND, TRUTH, Regret, compare
from ...envs.make import make_batch
from ...utils.wording import did_you_mean
from .study import EPISODES


@dataclass(frozen=True)
class PolicyRow:
    """A line of the CSV; intervals are 95 %, bootstrapped over episodes, of regret over their paired differences."""

    filling: str
    measures: str  # "MAE=3.4 shape-MAE=2.5"
    episodes: int
    mean: float  # return of an episode
    low: float
    high: float
    regret: float
    regret_low: float
    regret_high: float
    share: float  # of the gap from blind to truth

    @staticmethod
    def of(row: Regret) -> "PolicyRow":
        result = row.evaluation
        measures = " ".join(f"{name}={value:.5g}" for name, value in row.measures.items())
        numbers = (result.mean, *result.interval, row.regret, *row.interval, row.share)
        return PolicyRow(row.filling, measures, len(result.returns), *(round(number, 5) for number in numbers))


def judge_policy(
    env: str,
    policy: str,
    slot: str,
    fillings: Sequence[str] | Mapping[str, Any],
    world: Mapping[str, Any],
    progress: Callable[[str, float], Any] | None = None,
    mended: Sequence[str] = (),
) -> list[Regret]:
    """What ``policy`` earns with each of the ``fillings`` in ``slot``, in the same episodes.

    Args:
        fillings: What fills the slot in turn, or by the names of the rows.
        world: Keywords of the environments. With numbered starts each is played once.
        mended: Parts of the slot's truth, or some joined by +. Each filling but the ends of the scale is played again
            with each of them right: what its errors there cost.

    Raises:
        ValueError: the environment has no such policy; a filling that does not fit.
    """
    trial = make_batch(env, 1, **world)
    known = (*getattr(trial, "policies", ()), "random")
    trial.close()
    if policy not in known:
        raise ValueError(f"{env} has no policy {policy!r}{did_you_mean(policy, known)}")
    make = partial(make_batch, env, **world)
    given = dict(fillings) if isinstance(fillings, Mapping) else {filling: filling for filling in fillings}
    rows: dict[str, Any] = {}
    parts: dict[str, Sequence[str]] = {}
    for name, filling in given.items():
        rows[name] = filling
        for some in mended if name not in (TRUTH, BLIND) else ():
            rows[f"{name}, {some} right"] = filling
            parts[f"{name}, {some} right"] = some.split("+")
    episodes, every_start = episodes_of(make, EPISODES)
    return compare(
        make,
        named_policy(policy, EVALUATION_SEED),
        slot,
        rows,
        episodes,
        EVALUATION_SEED,
        progress=progress,
        every_start=every_start,
        mended=parts,
    )
