"""A batch of environments: the one protocol that wrappers and agents know, and what every batch checks.

`kernel_batch.py` implements it over compiled kernels, `slots/slotted_batch.py` over these with slots filled,
`gymnasium_batch.py` over any Gymnasium environment.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from gymnasium import Space
from gymnasium.vector import AutoresetMode

from .buffers import Buffers


class Batch(Protocol):
    """N environments that are stepped together; see ``Buffers`` for what they show after each call."""

    name: str
    num_envs: int
    observation_space: Space  # of one environment
    action_space: Space
    terms: tuple[str, ...]  # names of the reward's terms
    has_mask: bool
    succeeds: bool
    buffers: Buffers

    @property
    def frame_size(self) -> tuple[int, int] | None: ...  # height, width of its frames by default; None: it has none
    @property
    def fps(self) -> float: ...  # steps per second at which a rollout is pleasant to watch
    @property
    def action_buffer(self) -> np.ndarray: ...
    def reset(self, selected: np.ndarray | None = None, seeds: Sequence[int | None] | None = None) -> None: ...
    def seed_from(self, seed: int, age: int = 0) -> None: ...
    def step(self, actions: np.ndarray) -> int: ...
    def step_prepared(self) -> int: ...
    def snapshot(self) -> bytes: ...
    def restore(self, data: bytes) -> None: ...
    def heuristic(self, out: np.ndarray | None = None, name: str = "") -> np.ndarray: ...
    def render_many(self, indices: np.ndarray, frames: np.ndarray) -> None: ...
    def running(self) -> tuple[np.ndarray, np.ndarray]: ...
    def close(self) -> None: ...


def check_count(name: str, value: Any, otherwise: str = "") -> int:
    """A number of things as a Python int; ``ValueError`` for one that is not a whole number >= 1.

    Args:
        otherwise: What else the caller takes, for the message.
    """
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise ValueError(f"{name} must be a whole number >= 1{otherwise}, got {value!r}")
    return int(value)


def check_mode(mode: AutoresetMode | str) -> AutoresetMode:
    """The autoreset mode of this name; ``ValueError`` for another."""
    try:
        return AutoresetMode(mode)
    except ValueError:
        names = ", ".join(known.value for known in AutoresetMode)
        raise ValueError(f"unknown autoreset_mode {mode!r}; expected {names}") from None


def check_seed(seed: Any) -> int:
    """A seed as a Python int; ``TypeError`` or ``ValueError`` for one that is not a whole number 0 … 2**63-1."""
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
        raise TypeError(f"a seed must be a whole number, got {seed!r}")
    if not 0 <= seed < 2**63:
        raise ValueError(f"a seed must be 0 … 2**63-1, got {seed}")
    return int(seed)


def start_of(options: Any, known: Sequence[str]) -> Any:
    """The entry ``start`` of ``options``, ``None`` where there is none.

    Raises:
        TypeError: the options are no dict.
        ValueError: an option that is none of ``known``.
    """
    if options is None:
        return None
    if not isinstance(options, Mapping):
        raise TypeError(f"options must be a dict such as {{'reset_mask': …}}, or None, got {options!r}")
    for key in options:
        if key not in known:
            only = " and ".join(map(repr, known))
            raise ValueError(f"unknown reset option {key!r}; reset takes only {only}")
    return options.get("start")
