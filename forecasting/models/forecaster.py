"""Forecasters, as far as all are alike: a past window, the known future and a calendar in, the coming rows out."""

from typing import Any

import numpy as np
import torch
from gymnasium import Space, spaces

from ...components.component import Component
from ...components.layout import Layout


class Forecaster(Component):
    """A model from what is known at an origin to the rows that follow it.

    A subclass gives ``predict``. What it sees is one flat signal, whose ``layout`` has these parts, each left out where
    it is empty:

        past      (L, C)  rows before the origin, the newest last; the targets' columns come first
        known     (H, K)  columns of the coming rows that are known in advance
        calendar  (4,)    of the first coming row; see ``data/series.py``

    Args:
        input_space: Box of floats (layout.size,).
        output_space: Box of floats: (H,) of one target, (H, T) of several, (H, Q) of the quantiles of one.
        config: The subclass's arguments, and these:

            layout     of the input, as JSON
            quantiles  levels in (0, 1), rising, of what it gives; () for a forecast of one number
            data       what it learned from, for the person who finds it later

    Raises:
        ValueError: spaces and layout do not belong together.
    """

    def __init__(self, input_space: Space, output_space: Space, config: dict[str, Any]) -> None:
        super().__init__(input_space, output_space, config)
        self.layout = Layout.from_json(config["layout"])
        self.quantiles = tuple(float(level) for level in config.get("quantiles", ()))
        outputs = output_space.shape or ()
        if input_space.shape != (self.layout.size,) or input_space.dtype != "float32":
            raise ValueError(
                f"a layout of {self.layout.size} numbers needs a float32 Box of as many, got {input_space}"
            )
        if "past" not in self.layout.names or len(self.layout.part("past").shape) != 2:
            raise ValueError(f"a forecaster needs a past of rows and columns, got {', '.join(self.layout.names)}")
        if len(outputs) not in (1, 2) or min(outputs) < 1 or output_space.dtype != "float32":
            raise ValueError(f"a forecaster gives float32 rows, or rows and columns, got {output_space}")
        rising = all(a < b for a, b in zip((0.0, *self.quantiles), (*self.quantiles, 1.0), strict=True))
        if not rising or (self.quantiles and outputs[1:] != (len(self.quantiles),)):
            raise ValueError(f"quantiles {self.quantiles} must rise between 0 and 1, one for each column of {outputs}")
        self.lookback, self.channels = self.layout.part("past").shape
        self.horizon = outputs[0]
        self.targets = 1 if self.quantiles else (outputs[1] if len(outputs) == 2 else 1)
        if self.targets > self.channels:
            raise ValueError(f"{self.targets} targets are forecast from {self.channels} columns")

    def predict(self, past: torch.Tensor, known: torch.Tensor | None, calendar: torch.Tensor | None) -> torch.Tensor:
        """(N, L, C), (N, H, K) and (N, 4) -> (N, *output_space.shape), in the series' own units."""
        raise NotImplementedError

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        known = self.layout.take(x, "known") if "known" in self.layout.names else None
        calendar = self.layout.take(x, "calendar") if "calendar" in self.layout.names else None
        return self.predict(self.layout.take(x, "past"), known, calendar)


def spaces_of(layout: Layout, output: tuple[int, ...]) -> tuple[spaces.Box, spaces.Box]:
    """The input and the output space of a forecaster with this layout and shape of its output."""
    inf = float("inf")
    return spaces.Box(-inf, inf, (layout.size,), np.float32), spaces.Box(-inf, inf, output, np.float32)
