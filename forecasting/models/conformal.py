"""Conformal intervals: quantiles around any point forecaster, from the errors that it made on held-out windows.

Sources: Papadopoulos et al., *Inductive Confidence Machines for Regression*, ECML 2002; Lei et al., *Distribution-Free
Predictive Inference for Regression*, JASA 113, 2018 (split conformal); signed errors, each end of an interval for
itself, as in Kath & Ziel, *Conformal prediction interval estimation for day-ahead and intraday power markets*,
International Journal of Forecasting 37, 2021. Where errors were exchangeable, an interval would cover what it says;
series are not, so the coverage on the test part is measured.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from gymnasium import Space

from ...components.component import Component
from ...components.composition import build, describe
from .forecaster import Forecaster


class Conformal(Forecaster):
    """A point forecaster of one target, and for each coming row and level how far what comes lies from it.

    Args:
        layout, quantiles, data: See ``Forecaster``.
        part: The forecaster, or what describes it in a config.json.

    Its weights beside those of the part: ``offsets`` (H, Q), in the units of the series.

    Raises:
        ValueError: the part is no forecaster of one number per row with this layout; no quantiles.
    """

    offsets: torch.Tensor

    def __init__(
        self,
        input_space: Space,
        output_space: Space,
        *,
        layout: Any,
        part: Any,
        quantiles: Sequence[float],
        data: str = "",
    ) -> None:
        inner = part if isinstance(part, Component) else build(part)
        own = {"layout": layout, "quantiles": list(quantiles), "data": data, "part": describe(inner)}
        super().__init__(input_space, output_space, own)
        if not self.quantiles:
            raise ValueError("conformal intervals need quantiles, such as [0.1, 0.5, 0.9]")
        if not isinstance(inner, Forecaster) or inner.quantiles or inner.targets != 1:
            raise ValueError(
                f"conformal intervals go around a forecaster of one number per row, got a {type(inner).__name__}"
            )
        if inner.layout != self.layout or inner.horizon != self.horizon:
            raise ValueError(f"the {type(inner).__name__} inside has another layout than what is around it")
        self.part = inner
        self.register_buffer("offsets", torch.zeros(self.horizon, len(self.quantiles)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.part(x)[:, :, None] + self.offsets


def conformal_offsets(errors: np.ndarray, quantiles: Sequence[float]) -> np.ndarray:
    """(H, Q) the offsets of levels, from the errors (N, H), truth less forecast, of held-out windows.

    A level above a half is the ceil((N + 1) level)-th smallest error, one below a half the floor((N + 1) level)-th:
    each end is so far out that a further error, exchangeable with these, lies inside with the promised chance.

    Raises:
        ValueError: there are too few errors for the outermost level.
    """
    ranked = np.sort(np.asarray(errors, np.float64), axis=0)
    found = []
    for level in quantiles:
        place = (len(ranked) + 1) * level
        rank = int(np.ceil(place - 1e-9)) if level > 0.5 else int(np.floor(place + 1e-9))
        if level == 0.5:
            found.append(np.median(ranked, axis=0))
            continue
        if not 1 <= rank <= len(ranked):
            least = int(np.ceil(1.0 / min(level, 1.0 - level))) - 1
            raise ValueError(f"the level {level:g} needs {least} held-out windows or more, got {len(ranked)}")
        found.append(ranked[rank - 1])
    return np.stack(found, axis=1)
