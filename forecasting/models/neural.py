"""Forecasters whose weights are learned by gradients, as far as all are alike: scales, quantiles, shapes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from gymnasium import Space

from ...utils.untrusted import is_number, is_whole
from .forecaster import Forecaster

INSTANCES = ("none", "last", "mean", "standard")
LEAST_SPREAD = 1e-5  # of a window, in standard deviations of the training part: what a constant one is divided by
WEEK, YEAR = 7, 365.25  # days
TIME_FEATURES = WEEK + 4  # see ``time_features``


class Neural(Forecaster):
    """A forecaster that computes in the scale of the training part.

    A subclass gives ``scaled``. Quantiles are sorted, which makes them monotone and never worsens their pinball loss
    (Chernozhukov, Fernández-Val & Galichon 2010).

    Args:
        config: See ``Forecaster``.
        instance: What each window's targets lose before they are seen, and get back afterwards: ``none``; their
            ``last`` value; their ``mean``; or ``standard``, mean and standard deviation (Kim et al. 2022, *RevIN*,
            without its weights).
        asinh: Whether values are also put through asinh in that scale, as for prices with spikes (Uniejewski, Weron &
            Ziel 2018).
        yearly: Whether the day of the year is seen; where a training part has no whole year, what it was worth there
            says nothing of the days that follow.

    Raises:
        ValueError: see ``Forecaster``; an argument of another kind; a known column that is none of the past's.
    """

    mean: torch.Tensor
    std: torch.Tensor

    def __init__(
        self,
        input_space: Space,
        output_space: Space,
        config: dict[str, Any],
        instance: str = "none",
        asinh: bool = False,
        yearly: bool = False,
    ) -> None:
        super().__init__(input_space, output_space, config)
        self.asinh, self.instance, self.yearly = asinh, instance, yearly
        if self.instance not in INSTANCES:
            raise ValueError(f"instance is one of {', '.join(INSTANCES)}, got {self.instance!r}"[:200])
        if type(asinh) is not bool or type(yearly) is not bool:
            raise ValueError(f"asinh and yearly are truths, got {asinh!r} and {yearly!r}"[:200])
        columns = self.layout.part("past").columns
        known = self.layout.part("known").columns if "known" in self.layout.names else ()
        if set(known) - set(columns):
            raise ValueError(f"known in advance are {', '.join(known)}, of the past only {', '.join(columns)}")
        self.others = self.channels - self.targets  # columns of the past that are not forecast
        self.known_count = len(known)
        self.levels = max(1, len(self.quantiles))
        self.timed = "calendar" in self.layout.names
        self.register_buffer("mean", torch.zeros(self.channels))
        self.register_buffer("std", torch.ones(self.channels))
        self._known_columns = [columns.index(name) for name in known]

    def set_scale(self, mean: np.ndarray, std: np.ndarray) -> None:
        """Compute from now on in this scale: mean and standard deviation (C,) of the training part."""
        self.mean.copy_(torch.as_tensor(mean))
        self.std.copy_(torch.as_tensor(std))

    def scaled(self, past: torch.Tensor, known: torch.Tensor | None, time: torch.Tensor | None) -> torch.Tensor:
        """(N, L, C), (N, H, K) and (N, TIME_FEATURES), all about 1 in size -> (N, T, H, levels)."""
        raise NotImplementedError

    def predict(self, past: torch.Tensor, known: torch.Tensor | None, calendar: torch.Tensor | None) -> torch.Tensor:
        past = self._to_scale((past - self.mean) / self.std)
        if known is not None:
            known = self._to_scale((known - self.mean[self._known_columns]) / self.std[self._known_columns])
        window = past[:, :, : self.targets]
        shift, spread = self._instance(window)
        if self.instance != "none":
            past = torch.cat([(window - shift) / spread, past[:, :, self.targets :]], dim=2)
        y = self.scaled(past, known, None if calendar is None else time_features(calendar, self.yearly)).float()
        y = y * spread[:, 0, :, None, None] + shift[:, 0, :, None, None]
        y = y.sinh() if self.asinh else y
        y = y * self.std[: self.targets, None, None] + self.mean[: self.targets, None, None]
        if self.quantiles:
            return y[:, 0].sort(dim=2).values
        return y[..., 0].transpose(1, 2).reshape(len(past), *(self.output_space.shape or ()))

    def _to_scale(self, x: torch.Tensor) -> torch.Tensor:
        return x.asinh() if self.asinh else x

    def _instance(self, window: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """What (N, L, T) loses and is divided by, each (N, 1, T)."""
        shift, spread = torch.zeros_like(window[:, :1]), torch.ones_like(window[:, :1])
        if self.instance == "last":
            shift = window[:, -1:]
        elif self.instance != "none":
            shift = window.mean(dim=1, keepdim=True)
        if self.instance == "standard":
            spread = window.std(dim=1, keepdim=True, correction=0).clamp(min=LEAST_SPREAD)
        return shift, spread

    def output_of(self, y: torch.Tensor, count: int) -> torch.Tensor:
        """(N T, H levels) of the targets one by one -> (N, T, H, levels)."""
        return y.reshape(count, self.targets, self.horizon, self.levels)


def time_features(calendar: torch.Tensor, yearly: bool) -> torch.Tensor:
    """The calendar (N, 4) as (N, TIME_FEATURES): the weekday as 1 of 7, hour and day of the year (0 if not ``yearly``)
    on circles.
    """
    weekday = torch.nn.functional.one_hot(calendar[:, 1].long().clamp(0, WEEK - 1), WEEK).float()
    turns = torch.stack([calendar[:, 0] / 24.0, calendar[:, 2] / YEAR * yearly], dim=1) * (2.0 * torch.pi)
    return torch.cat([weekday, turns.sin(), turns.cos()], dim=1)


def check_sizes(low: int, high: int, **sizes: Any) -> None:
    """``ValueError`` unless all of these arguments are whole numbers from ``low`` to ``high``."""
    for name, size in sizes.items():
        if not is_whole(size, low, high):
            raise ValueError(f"{name} is a whole number {low} … {high:,}, got {size!r}"[:200])


def check_size_list(name: str, sizes: Any, low: int, high: int) -> tuple[int, ...]:
    """A list of at most 64 whole numbers from ``low`` to ``high``, as a tuple; ``ValueError`` for anything else."""
    if not isinstance(sizes, Sequence) or isinstance(sizes, str) or len(sizes) > 64:
        raise ValueError(f"{name} is a list of at most 64 whole numbers, got {sizes!r}"[:200])
    check_sizes(low, high, **{f"{name}[{i}]": size for i, size in enumerate(sizes)})
    return tuple(sizes)


def check_dropout(dropout: Any) -> float:
    """The share of numbers that are dropped; ``ValueError`` unless in [0, 1)."""
    if not is_number(dropout) or not 0.0 <= dropout < 1.0:
        raise ValueError(f"dropout is a number in [0, 1), got {dropout!r}"[:200])
    return float(dropout)
