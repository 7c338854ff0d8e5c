"""Ensembles of forecasters: a weighted mean of what each gives.

Source: Bates & Granger, *The Combination of Forecasts*, Operational Research Quarterly 20, 1969; equal weights are hard
to beat (Clemen, *Combining forecasts*, International Journal of Forecasting 5, 1989).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from gymnasium import Space
from torch import nn

from ...components.component import Component
from ...components.composition import build, describe
from ...components.layout import Layout
from .forecaster import Forecaster


class Ensemble(Forecaster):
    """A weighted mean of forecasters, each of which sees its part of the layout: other look-backs, fewer columns.

    Args:
        layout, quantiles, data: See ``Forecaster``.
        parts: Forecasters, or what describes them in a config.json.

    Its ``shares`` (P,) are weights, as are those of its parts.

    Raises:
        ValueError: a part is no forecaster, sees what the layout lacks, or forecasts something else.
    """

    shares: torch.Tensor

    def __init__(
        self,
        input_space: Space,
        output_space: Space,
        *,
        layout: Any,
        parts: Sequence[Any],
        quantiles: Sequence[float] = (),
        data: str = "",
    ) -> None:
        built = [part if isinstance(part, Component) else build(part) for part in parts]
        own = {"layout": layout, "quantiles": list(quantiles), "data": data}
        super().__init__(input_space, output_space, {**own, "parts": [describe(part) for part in built]})
        if not built:
            raise ValueError("an ensemble has one part or more")
        for at, part in enumerate(built):
            self.register_buffer(f"index_{at}", torch.tensor(self.place(part, at + 1)), persistent=False)
        self.parts = nn.ModuleList(built)
        self.register_buffer("shares", torch.full((len(built),), 1.0 / len(built)))

    def place(self, part: Component, number: int) -> np.ndarray:
        """Where what the part ``number`` sees lies in the layout; ``ValueError`` if it does not fit."""
        name = f"part {number} of the ensemble, a {type(part).__name__},"
        if not isinstance(part, Forecaster):
            raise ValueError(f"{name} forecasts nothing")
        ours, theirs = (net.layout.part("past").columns[: net.targets] for net in (self, part))
        if part.output_space.shape != self.output_space.shape or part.quantiles != self.quantiles or ours != theirs:
            raise ValueError(
                f"{name} forecasts {', '.join(theirs)} as {part.output_space.shape} with the quantiles "
                f"{list(part.quantiles)}, expected {', '.join(ours)} as {self.output_space.shape} with "
                f"{list(self.quantiles)}"
            )
        try:
            return within(self.layout, part.layout)
        except ValueError as fault:
            raise ValueError(f"{name} {fault}") from None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = [part(x[:, getattr(self, f"index_{at}")]) for at, part in enumerate(self.parts)]
        return torch.einsum("p...,p->...", torch.stack(y), self.shares)


def within(outer: Layout, inner: Layout) -> np.ndarray:
    """(inner.size,) int64, where the numbers of ``inner`` lie in ``outer``: its newest rows, and columns by name.

    Raises:
        ValueError: ``outer`` lacks a part, rows or a column, or has them at another step.
    """
    found = []
    for part in inner.parts:
        if part.name not in outer.names:
            raise ValueError(f"sees {part.name}, which is not there")
        whole = outer.part(part.name)
        places = np.arange(outer.slice(part.name).start, outer.slice(part.name).stop).reshape(whole.shape)
        lacking = [column for column in part.columns if column not in whole.columns]
        if whole.step != part.step or lacking or part.shape[0] > whole.shape[0]:
            raise ValueError(
                f"sees {part.shape[0]} of {part.name} in steps of {part.step or 'nothing'} with "
                f"{', '.join(part.columns)}; "
                f"there are {whole.shape[0]} in steps of {whole.step or 'nothing'} with {', '.join(whole.columns)}"
            )
        columns = [whole.columns.index(column) for column in part.columns]
        if len(part.shape) == 2:
            places = places[whole.shape[0] - part.shape[0] :, columns]
        elif part.columns:
            places = places[columns]
        found.append(places.ravel())
    return np.concatenate(found)
