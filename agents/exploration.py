"""Exploration: how often to try something new, for how long, and the one epsilon-greedy choice in the house.

Each environment of a batch tosses its own coin, so a batch of N explores N different ways at once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ..envs.engine.compile.binding import loop
from ..envs.engine.kernels import below, mix, uniform
from ..utils.untrusted import is_number

SPLIT_MIX = getattr(mix, "py_func", mix)


@dataclass(frozen=True)
class LinearSchedule:
    """From ``start`` to ``end``, linearly over the first ``fraction`` of the training, then constant."""

    start: float
    end: float
    fraction: float

    def __post_init__(self) -> None:
        for name in ("start", "end", "fraction"):
            value = getattr(self, name)
            if not 0.0 <= value <= 1.0:
                raise ValueError(f"epsilon {name} must be 0 … 1, got {value}")

    def __call__(self, progress: float) -> float:
        """The value at ``progress`` 0 … 1 of the training."""
        share = 1.0 if self.fraction == 0.0 else min(progress / self.fraction, 1.0)
        return self.start + (self.end - self.start) * share


class Reheating:
    """Epsilon rises again when the world changes: it jumps when the return drops, then decays.

    Episode returns are averaged twice, fast and slow. When only the share ``drop`` is left of what was learned (the way
    from the lowest to the highest slow average), the world is taken to have changed: epsilon is raised by ``height``,
    a rise that halves every ``half_life`` episodes, and the averages start anew.

    The idea of forgetting what was good when it no longer is comes from non-stationary bandits (Sutton & Barto 2018,
    section 2.5); the change detector is of the Page-Hinkley kind, on two exponential averages.
    """

    FAST, SLOW = 1 / 20, 1 / 100  # weight of a new episode in the two averages
    WARM_UP = 100  # episodes before the averages mean something

    def __init__(self, height: float = 0.0, drop: float = 0.5, half_life: float = 200.0) -> None:
        for name, value in (("height", height), ("drop", drop)):
            if not 0.0 <= value <= 1.0:
                raise ValueError(f"reheat_{name} must be 0 … 1, got {value}")
        if not half_life > 0:
            raise ValueError(f"reheat_half_life must be > 0 episodes, got {half_life}")
        self.height, self.drop, self.half_life = height, drop, half_life
        self.extra = 0.0  # what is added to the schedule now
        self.episodes = 0
        self.fast = self.slow = self.floor = self.best = 0.0
        self.times = 0  # how often the world was found to have changed

    def update(self, returns: np.ndarray) -> None:
        """Take in the returns of the episodes that have just ended, in order."""
        for value in returns.tolist():
            self._take(value)

    def _take(self, value: float) -> None:
        self.extra *= 0.5 ** (1.0 / self.half_life)
        self.episodes += 1
        if self.episodes <= self.WARM_UP:
            mean = self.slow + (value - self.slow) / self.episodes
            self.fast = self.slow = self.floor = self.best = mean
            return
        self.fast += self.FAST * (value - self.fast)
        self.slow += self.SLOW * (value - self.slow)
        self.floor, self.best = min(self.floor, self.slow), max(self.best, self.slow)
        # What was learned is the way from the floor to the best; losing a share `1 - drop` of it is the alarm.
        learned = self.best - self.floor
        if learned > 1e-9 and self.height > 0.0 and self.fast < self.floor + self.drop * learned:
            # A slow average that has only begun to climb is no proof of learning: ask for a real rise first.
            if learned < 0.25 * max(abs(self.best), abs(self.floor)):
                return
            self.extra = self.height
            self.times += 1
            self.episodes, self.slow = 0, 0.0

    def state_dict(self) -> dict[str, float]:
        names = ("extra", "episodes", "fast", "slow", "floor", "best", "times")
        return {name: getattr(self, name) for name in names}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from ``state_dict()``; ``ValueError`` for anything else."""
        known = self.state_dict()
        if not isinstance(state, dict) or state.keys() != known.keys() or not all(map(is_number, state.values())):
            raise ValueError(f"the saved state of the exploration is {state!r}, expected numbers: {', '.join(known)}")
        for name in known:
            setattr(self, name, state[name])


STREAM_SALT = 0x6C75647573  # keeps the coins of environment i apart from the environment's own random numbers
ASKED_SALT = 0x61736B6564  # and those of who asks an agent what it would do apart from the training's
# Beside the random stream: the action that is being tried, and for how many steps more it is kept.
COIN = np.dtype([("rng", "u8"), ("tried", "i4"), ("left", "i4")])


def coin_streams(num_envs: int, seed: int, salt: int = STREAM_SALT) -> np.ndarray:
    """(N,) records of ``COIN``, with one random stream per environment, seeded with ``seed + i``.

    Coins for another purpose take another ``salt`` (40 bits).
    """
    streams = np.zeros(num_envs, COIN)
    seeds = np.arange(num_envs, dtype=np.uint64) + np.uint64(seed % 2**62) + np.uint64(salt << 20)
    with np.errstate(over="ignore"):  # 64-bit hashes wrap around
        for stream, value in zip(streams.view(np.recarray), seeds, strict=True):
            stream.rng = SPLIT_MIX(SPLIT_MIX(value))
    return streams


@loop
def choose(q, mask, epsilon, longest, streams, actions, values):
    """Epsilon-greedy over a batch, in place.

    q (N, A) float32 or float64, mask (N, A) int8, streams (N,) -> actions (N,) int64 and values (N,) float32, the
    best legal Q-value. Where no action is legal, all count as legal. As many random numbers are taken whatever
    epsilon is, so that a stream does not depend on it.

    What is tried is kept for k steps or more with probability 1 / k, for ``longest`` at most and while it is legal.
    """
    for i in range(q.shape[0]):
        legal = 0
        for a in range(q.shape[1]):
            legal += mask[i, a]
        best, nth = -1, below(streams[i], legal if legal > 0 else q.shape[1])
        tried = 0
        for a in range(q.shape[1]):
            if legal == 0 or mask[i, a] != 0:
                if nth == 0:
                    tried = a
                nth -= 1
                if best < 0 or q[i, a] > q[i, best]:
                    best = a
        values[i] = q[i, best]
        explores = uniform(streams[i]) < epsilon
        duration = 1 if longest == 1 else int(min(1.0 / (1.0 - uniform(streams[i])), longest))
        kept = streams[i].tried
        if streams[i].left > 0 and (legal == 0 or mask[i, kept] != 0):
            streams[i].left -= 1
            actions[i] = kept
        else:
            streams[i].tried, streams[i].left = tried, duration - 1 if explores else 0
            actions[i] = tried if explores else best


def toss(kernel: Callable, *arguments: Any) -> Any:
    """``kernel(*arguments)``, some of which are coins: with NUMBA_DISABLE_JIT=1 they need another view."""
    if hasattr(kernel, "compile"):
        return kernel(*arguments)
    return kernel(*(a.view(np.recarray) if getattr(a, "dtype", a) == COIN else a for a in arguments))


def greedy(q: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The best legal action (N,) int64 and its value (N,) of each row; where nothing is legal, everything is.

    Args:
        q: (N, A) float32 or float64. mask: (N, A), 1 = legal.
    """
    legal = mask.astype(np.bool_)
    legal |= ~legal.any(axis=1, keepdims=True)
    values = np.where(legal, q, -np.inf)
    actions = values.argmax(axis=1)
    return actions, values[np.arange(len(q)), actions]


class EpsilonGreedy:
    """The epsilon-greedy choice of ``num_envs`` environments, each with a coin of its own.

    Args:
        longest: What is tried is kept for k steps or more with probability 1 / k, for ``longest`` at most. Where single
            random steps cancel each other out, long ones lead somewhere: Dabney, Ostrovski & Barreto 2021, *Temporally-
            Extended ε-Greedy Exploration*, arXiv:2006.01782 (theirs has no end, and P(k) in proportion to 1 / k²).
    """

    def __init__(self, num_envs: int, seed: int, salt: int = STREAM_SALT, longest: int = 1) -> None:
        self.longest = longest
        self.streams = coin_streams(num_envs, seed, salt)
        self.actions = np.zeros(num_envs, np.int64)
        self.values = np.zeros(num_envs, np.float32)

    def __call__(self, q: np.ndarray, mask: np.ndarray, epsilon: float) -> tuple[np.ndarray, np.ndarray]:
        """Actions (N,) counted from 0 and the best legal values (N,); both are overwritten by the next call.

        Args:
            q: (N, A) float32 or float64. mask: (N, A) int8, 1 = legal.
        """
        toss(choose, q, mask, float(epsilon), self.longest, self.streams, self.actions, self.values)
        return self.actions, self.values

    def at(self, rows: np.ndarray, q: np.ndarray, mask: np.ndarray, epsilon: float) -> np.ndarray:
        """Actions (M,) of the environments ``rows`` (M,) alone; the coins of the others stay as they are.

        Args:
            q: (M, A) float32 or float64. mask: (M, A) int8, 1 = legal.
        """
        streams, actions = self.streams[rows], np.empty(len(rows), np.int64)
        toss(choose, q, mask, float(epsilon), self.longest, streams, actions, np.empty(len(rows), np.float32))
        self.streams[rows] = streams
        return actions

    def let_go(self, ended: np.ndarray) -> None:
        """Where an episode has ended (N,) bool, what was being tried ends with it."""
        self.streams["left"][ended] = 0

    def tensors(self) -> dict[str, torch.Tensor]:
        """What a checkpoint needs: the random streams, and what is being tried."""
        trying = np.stack([self.streams["tried"], self.streams["left"]])
        return {
            "coins": torch.from_numpy(self.streams["rng"].view(np.int64).copy()),
            "trying": torch.from_numpy(trying),
        }

    def load(self, tensors: dict[str, torch.Tensor], actions: int) -> None:
        """Go on from ``tensors()``; ``ValueError`` if they are not of so many environments with so many ``actions``."""
        coins, trying = tensors["coins"], tensors["trying"]
        count = len(self.streams)
        if (coins.dtype, coins.shape) != (torch.int64, (count,)):
            raise ValueError(f"the saved coins are {coins.dtype} {tuple(coins.shape)}, expected int64 ({count},)")
        if (trying.dtype, trying.shape) != (torch.int32, (2, count)):
            raise ValueError(f"what was tried is {trying.dtype} {tuple(trying.shape)}, expected int32 (2, {count})")
        check_actions("what was tried", trying[0].numpy(), actions)
        self.streams["rng"] = coins.numpy().view(np.uint64)
        self.streams["tried"], self.streams["left"] = trying.numpy()


def check_actions(what: str, actions: np.ndarray, number: int) -> None:
    """``ValueError`` unless all are 0 … ``number`` - 1: compiled loops index with them and look no further."""
    if actions.size and not 0 <= actions.min() <= actions.max() < number:
        raise ValueError(f"{what} is {actions.min()} … {actions.max()}, expected actions 0 … {number - 1}")


class AskedEpsilonGreedy:
    """The epsilon-greedy choice for whoever asks an agent, in batches of any size.

    The coins are not those of the training: asking must not disturb it. There are as many as the largest batch needed.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.choice = EpsilonGreedy(0, seed, ASKED_SALT)

    def __call__(self, q: np.ndarray, mask: np.ndarray, epsilon: float) -> np.ndarray:
        """Actions (N,) int64, counted from 0.

        Args:
            q: (N, A) float32 or float64. mask: (N, A) int8, 1 = legal.
        """
        known = self.choice.streams
        if len(q) > len(known):
            self.choice = EpsilonGreedy(len(q), self.seed, ASKED_SALT)
            self.choice.streams[: len(known)] = known
        return self.choice.at(np.arange(len(q)), q, mask, epsilon)
