"""Looks: what a model that sees pictures made of one environment, and whoever can give and explain them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from .panel import Rendered


@dataclass(frozen=True)
class Look:
    """What one model made of one environment."""

    picture: np.ndarray  # (H, W, C) of bytes, or what else it saw
    belief: np.ndarray  # (K,) what it said
    chosen: int  # of its answers
    truth: np.ndarray | None = None  # (K,) what is true, or None where there is no such thing
    asked: Any = None  # what the model was given, if that is more than the picture

    @property
    def key(self) -> bytes:
        """Looks with the same key have the same panel. What else a policy was told is in what it says."""
        parts = [self.picture, self.belief, np.int64(self.chosen), *([] if self.truth is None else [self.truth])]
        return b"".join(part.tobytes() for part in parts)


class Onlooker(Protocol):
    """A model that sees pictures, or another kind of signal."""

    def looks(self, rows: np.ndarray) -> list[Look]:
        """What it makes of the environments ``rows`` (M,) as they stand."""

    def heat(self, looks: list[Look]) -> Sequence[Any] | np.ndarray:
        """(M, H, W) which pixels decided, 0 … 1; of other signals in the shape of these, or M of what says it."""

    def view(self, look: Look, heat: Any) -> Rendered:
        """A look and its heat, ready for a panel."""


def shares_of(numbers: np.ndarray, low: Any, high: Any) -> np.ndarray:
    """Where ``numbers`` lie between their bounds, 0 … 1; 0 for those without any."""
    with np.errstate(invalid="ignore"):  # infinity minus infinity
        width = np.asarray(high - low)
        bounded = np.isfinite(low) & np.isfinite(high) & (width > 0)
    return np.where(bounded, (numbers - np.where(bounded, low, 0.0)) / np.where(bounded, width, 1.0), 0.0)
