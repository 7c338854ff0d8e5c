"""Detectors that go by a model: the residuals of a forecaster or of an autoregression, an autoencoder's errors."""

from typing import Any

import numpy as np
import torch
from gymnasium import Space
from torch import nn

from ....components.component import Component
from ....components.composition import build, describe
from ..forecaster import Forecaster
from .detector import RANKED, Detector, check_whole
from .loops import find_autoregressive, find_unlike, windows_seen
from .rules import common

MOST_WIDTH = 4096


class Residual(Detector):
    """Distance to what a forecaster expected of the row; the conformal rank among the past is an adaptive threshold.

    Args:
        part: A `Forecaster` of one number per row and target, whose columns are the channels, or what describes it in a
            config.json; ``None`` for an autoregression of each channel that is learned on the way.
        order: Of the autoregression.
        channels, samples, rank_window, first, wait, data: See ``Detector``.

    Raises:
        ValueError: the part is no such forecaster, or needs columns that are known in advance.
    """

    def __init__(
        self,
        input_space: Space,
        output_space: Space,
        *,
        part: Any = None,
        order: int = 8,
        channels: int = 1,
        samples: int = 1,
        rank_window: int = RANKED,
        first: int = 50,
        wait: int = 100,
        data: str = "",
    ) -> None:
        check_whole("order", order, 1, 64)
        inner = part if part is None or isinstance(part, Component) else build(part)
        if inner is not None:
            if not isinstance(inner, Forecaster) or inner.quantiles:
                raise ValueError(f"residuals are those of a forecaster of one number per row, got {_named(inner)}")
            if inner.channels != channels or "known" in inner.layout.names:
                raise ValueError(
                    f"a stream of {channels} channels needs a forecaster that sees as many columns and none that are "
                    f"known in advance, got one of {inner.channels}"
                )
        own = {"part": None if inner is None else describe(inner), "order": order}
        config = {**own, **common(channels, samples, rank_window, first, wait, data)}
        if inner is None:
            size, tracks = 1 + channels * (2 + order * (2 + order)), channels
        else:
            size, tracks = 1 + channels * inner.lookback, inner.targets
        super().__init__(input_space, output_space, config, size, tracks)
        self.part, self.order = inner, order
        if inner is None:  # what recursive least squares begin with: a penalty of 1 on every weight
            start: Any = self.own_start
            inverse = start[1:].reshape(channels, -1)[:, 2 + 2 * order :]
            inverse.reshape(channels, order, order).diagonal(dim1=1, dim2=2).fill_(1.0)

    def find(self, memory: np.ndarray, values: np.ndarray, strange: np.ndarray) -> None:
        if self.part is None:
            find_autoregressive(memory, values, strange, self.order)
            return
        for row, samples, found in zip(memory, values, strange, strict=True):
            self._find_of_part(row, samples, found)

    def _find_of_part(self, row: np.ndarray, samples: np.ndarray, found: np.ndarray) -> None:
        """Of one stream, row by row, so that no other stream or block changes the rounding."""
        assert isinstance(self.part, Forecaster)
        layout, past = self.part.layout, self.part.lookback
        rows = row[1:].reshape(past, self.channels)  # the newest last
        x = torch.zeros(1, layout.size)  # a calendar stays 1970-01-01: such a forecaster does not look at it
        for sample, out in zip(samples, found, strict=True):
            if row[0] >= past:
                x[0, layout.slice("past")] = torch.from_numpy(rows.reshape(-1)).float()
                with torch.no_grad():
                    expected = self.part(x).reshape(self.part.horizon, self.tracks)[0].double().numpy()
                out[:] = np.abs(sample[: self.tracks] - expected)
            else:
                out[:] = -1.0
            rows[:-1] = rows[1:]
            rows[-1] = sample
            row[0] = min(row[0], past) + 1.0


def check_part(part: Forecaster) -> None:
    """``ValueError`` for a forecaster whose forecasts depend on the calendar, which a stream of numbers has not."""
    if "calendar" not in part.layout.names:
        return
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(8, part.layout.size, generator=generator)
    other = x.clone()
    x[:, part.layout.slice("calendar")] = torch.tensor([0.0, 3.0, 0.0, 0.0])
    other[:, part.layout.slice("calendar")] = torch.tensor([13.0, 6.0, 200.0, 17_000.0])
    with torch.no_grad():
        if not torch.equal(part(x), part(other)):
            raise ValueError(
                f"{_named(part)} looks at the calendar, which a detector's stream has not; fit one that sees the past "
                "alone, such as forecasting/linear"
            )


class Autoencoder(Detector):
    """Errors of a small network that draws the last rows again through a narrow middle (Sakurada & Yairi 2014).

    Args:
        length: Rows that it sees.
        window: Rows whose mean and standard deviation they are measured in.
        hidden, code: Widths of the outer layers and of the middle.
        channels, samples, rank_window, first, wait, data: See ``Detector``.
    """

    def __init__(
        self,
        input_space: Space,
        output_space: Space,
        *,
        length: int = 16,
        window: int = 512,
        hidden: int = 24,
        code: int = 4,
        channels: int = 1,
        samples: int = 1,
        rank_window: int = RANKED,
        first: int = 50,
        wait: int = 100,
        data: str = "",
    ) -> None:
        check_whole("length", length, 1, 1024)
        check_whole("window", window, length, 100_000)
        check_whole("hidden", hidden, 1, MOST_WIDTH)
        check_whole("code", code, 1, MOST_WIDTH)
        own = {"length": length, "window": window, "hidden": hidden, "code": code}
        config = {**own, **common(channels, samples, rank_window, first, wait, data)}
        super().__init__(input_space, output_space, config, 1 + channels * window, 1)
        self.length, self.window = length, window
        self.widths = (channels * length, hidden, code, hidden, channels * length)
        self.layers = nn.ModuleList(
            nn.Linear(into, out) for into, out in zip(self.widths, self.widths[1:], strict=False)
        )

    def draw(self, seen: torch.Tensor) -> torch.Tensor:
        """(B, channels x length) as it sees rows -> the same, drawn again."""
        for layer in self.layers[:-1]:
            seen = torch.tanh(layer(seen))
        drawn: torch.Tensor = self.layers[-1](seen)
        return drawn

    def seen(self, values: np.ndarray) -> np.ndarray:
        """(T', channels x length) float32: what it sees of a stream (T, channels) after each row, once it sees all."""
        values = np.ascontiguousarray(values, np.float64)
        found = np.empty((len(values), self.widths[0]))
        windows_seen(np.zeros(1 + self.channels * self.window), values, self.window, self.length, found)
        return found[2 * self.length - 1 :].astype(np.float32)

    def find(self, memory: np.ndarray, values: np.ndarray, strange: np.ndarray) -> None:
        weights, biases = (
            np.concatenate([getattr(layer, name).detach().cpu().double().numpy().ravel() for layer in self.layers])
            for name in ("weight", "bias")
        )
        widths = np.array(self.widths, np.int64)
        find_unlike(memory, values, strange, self.window, self.length, weights, biases, widths)


def _named(component: Component) -> str:
    return f"a {type(component).__name__}"
