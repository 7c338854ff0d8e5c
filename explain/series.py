"""Attribution of forecasts: how much each past row of each column, and each known coming one, moved what is said.

Integrated gradients (Sundararajan et al. 2017): the slope of the forecast's mean along the way from a flat window, in
which every column rests at the mean of its past, to this one. What the numbers add up to is what this window says more
than the flat one, in the series' own units. The calendar stays as it is on the way and takes no part.
"""

from dataclasses import dataclass

import numpy as np
import torch
from captum.attr import IntegratedGradients

from ..components.component import Component
from ..components.layout import Layout
from ..components.quantiles import point_of
from ..utils.wording import in_line

STEPS = 32  # of the sum along the way; 20 to 300 are recommended
AT_ONCE = 64  # points on the way in one pass
MOST_COLUMNS = 5  # that are told by name
NAME = 40  # letters of a column's name


@dataclass(frozen=True)
class SeriesAttribution:
    """What moved the mean of a forecast, in its units."""

    layout: Layout
    past: np.ndarray  # (L, C)
    known: np.ndarray | None  # (H, K)
    said: float  # the mean of the forecast
    flat: float  # that of the flat window

    @property
    def columns(self) -> tuple[str, ...]:
        return self.layout.part("past").columns

    def by_column(self) -> dict[str, float]:
        """Column -> what its past and its known future add together, the largest first."""
        total = dict(zip(self.columns, self.past.sum(axis=0).tolist(), strict=True))
        if self.known is not None:
            for name, value in zip(self.layout.part("known").columns, self.known.sum(axis=0).tolist(), strict=True):
                total[name] = total.get(name, 0.0) + value
        return dict(sorted(total.items(), key=lambda item: -abs(item[1])))

    def weight_of(self, name: str) -> float:
        """Sum of the absolute values over the rows of a column: how much it moved at all."""
        total = float(np.abs(self.past[:, self.columns.index(name)]).sum()) if name in self.columns else 0.0
        if self.known is not None and name in (names := self.layout.part("known").columns):
            total += float(np.abs(self.known[:, names.index(name)]).sum())
        return total

    def told(self) -> str:
        """The same in words."""
        if not np.any(self.past) and (self.known is None or not np.any(self.known)):
            return "Nothing that it saw moved the forecast: it says the same of a flat window."
        parts = [f"{in_line(name, NAME)} {value:+.3g}" for name, value in self.by_column().items() if value]
        more = f", {len(parts) - MOST_COLUMNS} more" if len(parts) > MOST_COLUMNS else ""
        recent = np.abs(self.past).sum(axis=1)
        share = float(recent[-len(recent) // 4 :].sum() / max(recent.sum(), 1e-12))
        return (
            f"Its mean is {self.said:.4g}, of a flat window {self.flat:.4g}; between them: "
            f"{', '.join(parts[:MOST_COLUMNS])}{more}. The last quarter of the past has {share:.0%} of its weight."
        )


def flat_window(layout: Layout, x: torch.Tensor) -> torch.Tensor:
    """Windows (N, size) in which each column of the past and of the known future rests at the mean of its past.

    A known column that has no past rests at its own mean; other parts stay as they are.
    """
    flat = x.clone()
    past = layout.take(x, "past")
    mean = past.mean(dim=1)  # (N, C)
    flat[:, layout.slice("past")] = mean[:, None].expand_as(past).reshape(len(x), -1)
    if "known" in layout.names:
        known, names = layout.take(x, "known"), layout.part("past").columns
        own = known.mean(dim=1)
        rest = [
            mean[:, names.index(name)] if name in names else own[:, i]
            for i, name in enumerate(layout.part("known").columns)
        ]
        flat[:, layout.slice("known")] = torch.stack(rest, dim=1)[:, None].expand_as(known).reshape(len(x), -1)
    return flat


def attribute(component: Component, x: np.ndarray, target: int = 0) -> SeriesAttribution:
    """What moved the forecast of one window; see ``attribute_all``."""
    return attribute_all(component, x[None], target)[0]


def attribute_all(component: Component, x: np.ndarray, target: int = 0) -> list[SeriesAttribution]:
    """What moved the forecasts of windows; arguments and errors as of ``weigh``."""
    moved, said, flat = weigh(component, x, target)
    layout = component.layout
    assert isinstance(layout, Layout)
    return [
        SeriesAttribution(
            layout,
            layout.take(row, "past"),
            layout.take(row, "known") if "known" in layout.names else None,
            float(one),
            float(other),
        )
        for row, one, other in zip(moved, said, flat, strict=True)
    ]


def weigh(component: Component, x: np.ndarray, target: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How much each number of a window moved the mean of its forecast.

    Args:
        component: One with a ``layout`` that has a past.
        x: (N, layout.size) float32.
        target: Of several columns that are forecast, the one in question. Of quantiles the median is taken.

    Returns:
        (N, layout.size) float32 of what moved; (N,) the means of the forecasts, and those of the flat windows.

    Raises:
        ValueError: the component has no such layout, or the windows do not fit it.
    """
    layout = getattr(component, "layout", None)
    if not isinstance(layout, Layout) or "past" not in layout.names:
        raise ValueError(f"{type(component).__name__} takes no window of a series, so its columns cannot be weighed")
    if x.ndim != 2 or x.shape[1] != layout.size:
        raise ValueError(f"windows of shape {x.shape}, expected (N, {layout.size})")
    shape = component.output_space.shape or ()
    quantiles = tuple(getattr(component, "quantiles", ()))

    def answer(windows: torch.Tensor) -> torch.Tensor:
        y = component(windows)
        if len(shape) == 2:
            y = point_of(y, quantiles) if quantiles else y[..., target]
        # A mean of the training part looks at nothing, and has no slope unless it is told that it is 0.
        return y.mean(dim=1) + 0.0 * windows.sum(dim=1)

    was = component.training
    component.eval()
    windows = torch.from_numpy(np.ascontiguousarray(x, np.float32)).to(component.device)
    flat = flat_window(layout, windows)
    try:
        with torch.enable_grad():
            moved = IntegratedGradients(answer).attribute(windows, flat, n_steps=STEPS, internal_batch_size=AT_ONCE)
        with torch.no_grad():
            said, rested = answer(windows), answer(flat)
    finally:
        component.train(was)
    return moved.detach().float().cpu().numpy(), said.cpu().numpy(), rested.cpu().numpy()
