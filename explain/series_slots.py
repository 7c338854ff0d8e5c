"""Explanations of forecasters in slots: what one was shown, what it said, what came, and which rows moved it."""

from typing import Any, Protocol

import numpy as np

from ..components.component import Component
from ..components.layout import Layout
from ..components.quantiles import point_of
from .looks import Look
from .series import weigh
from .series_panel import SeriesView

HORIZONS_SHOWN = 2  # of the past


class SeriesSlot(Protocol):
    """A slot whose raw signal is a window of a series, and the forecaster that fills it; it has a ``layout``."""

    name: str
    component: Component

    def read(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of the environments ``rows`` (M,): windows (M, size), what is shown (M, H) or (M, H, Q), truths (M, H)."""


class SeriesOnlooker:
    """A forecaster in a slot, see ``looks.Onlooker``. Its heat is what each number of the window moved."""

    def __init__(self, slot: SeriesSlot) -> None:
        self.slot = slot
        layout: Any = slot.component.layout
        assert isinstance(layout, Layout)
        self.layout = layout
        self.levels = tuple(getattr(slot.component, "quantiles", ()))

    def looks(self, rows: np.ndarray) -> list[Look]:
        return [
            Look(window.copy(), shown.copy(), 0, truth.copy())
            for window, shown, truth in zip(*self.slot.read(rows), strict=True)
        ]

    def heat(self, looks: list[Look]) -> np.ndarray:
        """(M, size), signed, in the units of the forecast."""
        return weigh(self.slot.component, np.stack([look.picture for look in looks]))[0]

    def view(self, look: Look, heat: np.ndarray) -> SeriesView:
        layout = self.layout
        past, columns = layout.take(look.picture, "past"), layout.part("past").columns
        shown, truth = look.belief, look.truth
        assert truth is not None
        horizon = len(truth)
        before = min(len(past), HORIZONS_SHOWN * horizon)
        moved = np.zeros((before + horizon, len(columns)))
        before_that, moved[:before] = np.split(layout.take(heat, "past"), [len(past) - before])
        if "known" in layout.names:
            known = layout.take(heat, "known")
            for i, name in enumerate(layout.part("known").columns):
                if name in columns:
                    moved[before:, columns.index(name)] = known[:, i]
        is_fan = bool(self.levels) and shown.ndim == 2
        return SeriesView(
            title=self.slot.name,
            past=past[-before:, 0],
            forecast=point_of(shown, self.levels) if is_fan else shown,
            low=shown[:, 0] if is_fan else None,
            high=shown[:, -1] if is_fan else None,
            truth=truth,
            moved=moved,
            earlier=before_that.sum(axis=0),
            columns=columns,
        )
