"""The progress of a training: how far it is, how fast it goes, when that is told or saved, and that it is in vain."""

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

REPORT_SECONDS = 0.1  # between two reports of progress


class Diverged(ValueError):
    """The loss is no number any more, so that nothing can be learned: a fault of the settings, not of the data."""


@dataclass(frozen=True)
class Progress:
    """How far a training is, for whoever shows it. A kind of training adds what else it has to tell, and ``str``."""

    done: int  # steps
    total: int
    speed: float  # of what the training counts, per second: examples, or steps of environments


@dataclass(frozen=True)
class FitProgress(Progress):
    """How far a fit is; its speed is in training examples per second."""

    epoch: int  # that begins or runs, from 1
    epochs: int
    loss: float
    judged: str  # how good it was after the last epoch, in words; empty before the first
    figures: Mapping[str, float] = field(default_factory=dict)  # the same in numbers, a new one after each epoch

    def __str__(self) -> str:
        parts = [f"epoch {self.epoch}/{self.epochs}", f"{self.speed:,.0f}/s", f"loss {self.loss:.3f}"]
        return " · ".join([*parts, self.judged] if self.judged else parts)


class Stopwatch:
    """The times of a training that goes on in this process.

    Args:
        counted: How much of what the speed counts there was before.
        unsaved: Whether a checkpoint is due at once.
    """

    def __init__(self, counted: int = 0, unsaved: bool = False) -> None:
        self.counted, self.speed = counted, 0.0
        self.began = time.monotonic()
        self._saved_at, self._reported_at = -math.inf if unsaved else self.began, -math.inf
        self._away = 0.0  # s in blocks of ``away``

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self.began

    @property
    def must_report(self) -> bool:
        return time.monotonic() - self._reported_at >= REPORT_SECONDS

    def reported(self) -> None:
        self._reported_at = time.monotonic()

    def measure(self, counted: int) -> float:
        """The ``speed`` so far, per second of training, when ``counted`` are done."""
        self.speed = (counted - self.counted) / max(self.seconds - self._away, 1e-9)
        return self.speed

    def must_save(self, every: float) -> bool:
        """Whether ``every`` seconds are over since the last checkpoint."""
        return time.monotonic() - self._saved_at >= every

    def saved(self) -> None:
        self._saved_at = time.monotonic()

    @contextmanager
    def away(self) -> Iterator[None]:
        """A block that is no training, such as an evaluation: the speed does not count it."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._away += time.monotonic() - began
