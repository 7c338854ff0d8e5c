"""The one evaluation that every script and test uses, and the policies that can be compared."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces

from ..envs.engine.batch import Batch
from ..envs.engine.space_layout import WHOLE, highest_of_each
from ..utils.intervals import bootstrap_interval
from ..utils.wording import counted

Policy = Callable[[Batch], np.ndarray]  # from a batch, whose buffers show the present, to actions (N, …) for `step`

EVALUATION_SEED = 1_000_000_007  # far from the seeds of training; the same episodes at every evaluation
MOST_ENVS = 256  # environments that play at the same time
MOST_EPISODES = 100_000  # the bootstrap takes 32 kB for each
MOST_STEPS = 1_000_000  # of an episode


@dataclass(frozen=True)
class Evaluation:
    """Episodes of one policy, in order of environment and episode. All arrays (E,)."""

    returns: np.ndarray
    lengths: np.ndarray
    successes: np.ndarray
    scores: dict[str, float]  # the environment's reference scores
    succeeds: bool = False  # whether the task can be solved

    @property
    def mean(self) -> float:
        return float(self.returns.mean())

    @property
    def interval(self) -> tuple[float, float]:
        """95 % bootstrap interval of the mean return."""
        return bootstrap_interval(self.returns)

    @property
    def success(self) -> float:
        return float(self.successes.mean())

    def __str__(self) -> str:
        low, high = self.interval
        known = [f"95 % interval {low:.2f} … {high:.2f}"]
        known += [] if self.normalised is None else [f"normalised score {self.normalised:.2f}"]
        known += [f"success {self.success:.1%}"] if self.succeeds else []
        return f"mean return {self.mean:.2f} over {counted(len(self.returns), 'episode')} ({'; '.join(known)})"

    @property
    def normalised(self) -> float | None:
        """0 = the random policy, 1 = the reference (optimum or heuristic); ``None`` without reference scores."""
        reference = self.scores.get("optimum", self.scores.get("heuristic"))
        random = self.scores.get("random")
        if reference is None or random is None:
            return None
        return (self.mean - random) / (reference - random)


def episodes_of(make_batch: Callable[..., Any], otherwise: int) -> tuple[int, bool]:
    """How many episodes are played where nobody says it, and whether they are each of the numbered starts once.

    Args:
        make_batch: ``make_batch(num_envs)`` makes the environments.
        otherwise: Where they have no numbered starts.
    """
    trial = make_batch(1)
    starts = getattr(trial, "starts", 0)
    trial.close()
    return starts or otherwise, starts > 0


def envs_for(episodes: int) -> int:
    """How many environments share ``episodes`` evenly: the largest divisor up to ``MOST_ENVS``."""
    if not 1 <= episodes <= MOST_EPISODES:
        raise ValueError(f"episodes must be 1 … {MOST_EPISODES:,}, got {episodes:,}")
    return max(n for n in range(1, min(episodes, MOST_ENVS) + 1) if episodes % n == 0)


def evaluate(
    batch: Batch,
    policy: Policy,
    episodes: int,
    seed: int,
    age: int = 0,
    progress: Callable[[int], Any] | None = None,
    every_start: bool = False,
) -> Evaluation:
    """Play ``episodes`` episodes, the same number in each environment of ``batch`` (SAME_STEP autoreset).

    To take the first E episodes that end would favour short ones; here every environment plays its share, and what it
    does afterwards is not counted. ``seed`` fixes the starts: two policies with the same seed meet the same episodes.
    ``age`` is how old the environments are, in steps: where parameters drift, it decides which world is met.
    ``every_start``: each of the batch's numbered starts is played once (``episodes`` is their number), and the results
    are in the order of the starts.
    """
    if episodes % batch.num_envs:
        raise ValueError(f"episodes ({episodes}) must be a multiple of the batch's {batch.num_envs} environments")
    share = episodes // batch.num_envs
    batch.seed_from(seed, age)
    count, all_starts = batch.num_envs, np.arange(episodes).reshape(batch.num_envs, share)
    if every_start:
        _check_every_start(batch, episodes)
        batch.reset(starts=all_starts[:, 0])  # type: ignore[call-arg]
    b = batch.buffers
    returns, lengths, successes = (np.zeros((batch.num_envs, share)) for _ in "abc")
    played = np.zeros(batch.num_envs, int)
    for _ in range(MOST_STEPS * share):
        if batch.step(policy(batch)):
            rows = np.flatnonzero((b.terminated | b.truncated) & (played < share))
            at = played[rows]
            returns[rows, at], lengths[rows, at] = b.episode_return[rows], b.episode_length[rows]
            successes[rows, at] = b.episode_success[rows]
            played[rows] += 1
            if progress is not None:
                progress(int(played.sum()))
            if (played == share).all():
                break
            going = rows[played[rows] < share]
            if every_start and len(going):
                selected, next_starts = np.zeros(count, np.bool_), np.zeros(count, np.int64)
                selected[going], next_starts[going] = True, all_starts[going, played[going]]
                batch.reset(selected, starts=next_starts)  # type: ignore[call-arg]
    else:
        raise ValueError(
            f"an episode of {batch.name} did not end within {MOST_STEPS:,} steps; "
            "give the environment a time limit: --set max_episode_steps=N"
        )
    # The reference scores were measured in the default world; in another one they would mislead.
    scores = dict(batch.simulation.scores) if getattr(batch, "is_default", False) else {}  # type: ignore[attr-defined]
    return Evaluation(returns.ravel(), lengths.ravel(), successes.ravel(), scores, batch.succeeds)


def evaluate_pairwise(
    make_batch: Callable[..., Batch],
    policy: Policy,
    episodes: int,
    seed: int,
    age: int = 0,
    progress: Callable[[int], Any] | None = None,
    every_start: bool = False,
) -> Evaluation:
    """Play ``episodes`` episodes such that those of another policy with the same ``seed`` begin alike, one by one.

    Each is the first of an environment of its own, ``MOST_ENVS`` of them at a time: what the second of an environment
    begins with depends on what was done in its first. The arguments are those of ``evaluate``, but ``make_batch(n)``.
    """
    envs_for(episodes)  # refuses a number that cannot be played
    if every_start:
        batch = make_batch(envs_for(episodes))
        try:
            return evaluate(batch, policy, episodes, seed, age, progress, every_start)
        finally:
            batch.close()
    parts: list[Evaluation] = []
    for first in range(0, episodes, MOST_ENVS):
        batch = make_batch(min(MOST_ENVS, episodes - first))
        tell = None if progress is None else lambda played, first=first: progress(first + played)
        try:
            parts.append(evaluate(batch, policy, batch.num_envs, seed + first, age, tell))
        finally:
            batch.close()
    return Evaluation(
        np.concatenate([part.returns for part in parts]),
        np.concatenate([part.lengths for part in parts]),
        np.concatenate([part.successes for part in parts]),
        parts[0].scores,
        parts[0].succeeds,
    )


def _check_every_start(batch: Batch, episodes: int) -> None:
    starts = getattr(batch, "starts", 0)
    if starts != episodes:
        raise ValueError(f"{batch.name} has {starts} numbered starts, {episodes} episodes were asked for")


def random_policy(seed: int) -> Policy:
    """Uniform over the legal actions, or over a Box whose ends are finite."""
    generator = np.random.default_rng(seed)

    def act(batch: Batch) -> np.ndarray:
        space = batch.action_space
        if isinstance(space, spaces.Box) and space.is_bounded():
            return generator.uniform(space.low, space.high, (batch.num_envs, *space.shape)).astype(space.dtype)
        if not isinstance(space, WHOLE):
            raise ValueError(f"the random policy needs whole numbers or a bounded Box, {batch.name} acts in {space}")
        mask = batch.buffers.mask
        tickets = generator.random(mask.shape)
        # Illegal actions lose against every legal one; where nothing is legal, all are alike.
        return highest_of_each(tickets + mask, space) + getattr(space, "start", 0)

    return act


def heuristic_policy(batch: Batch) -> np.ndarray:
    """The environment's own reference policy."""
    return batch.heuristic()


def named_policy(name: str, seed: int) -> Policy:
    """``"random"``, ``"heuristic"``, or another of the environment's reference policies by its name."""
    return random_policy(seed) if name == "random" else lambda batch: batch.heuristic(name=name)


class Greedy:
    """The agent without exploration, as a ``Policy`` of which it is known whose it is."""

    def __init__(self, agent: Any) -> None:
        self.agent = agent

    def __call__(self, batch: Batch) -> np.ndarray:
        b = batch.buffers
        return self.agent.choose(b.observation, b.mask if batch.has_mask else None)


def greedy_policy(agent: Any) -> Policy:
    """The agent without exploration."""
    return Greedy(agent)
