"""Explanations beside frames: a panel for each environment, of what every onlooker saw there, said, and why."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from .looks import Onlooker
from .panel import PROPORTION, Rendered, render_panel


class Explanations:
    """A panel for each environment, to its right; see ``envs.human.watch.Beside``. What has not changed is kept."""

    proportion = PROPORTION

    def __init__(self, onlookers: Sequence[Onlooker]) -> None:
        self.onlookers = onlookers
        self.explained = 0  # pictures, so far
        self._views: list[dict[int, tuple[bytes, Rendered]]] = [{} for _ in onlookers]  # by environment
        self._panels: dict[int, tuple[Any, np.ndarray]] = {}

    def render(self, rows: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        """The panels (M, *size, 3) uint8 of the environments ``rows`` (M,) as they stand."""
        for onlooker, known in zip(self.onlookers, self._views, strict=True):
            looks = dict(zip(rows.tolist(), onlooker.looks(rows), strict=True))
            new = {row: look for row, look in looks.items() if known.get(row, (b"",))[0] != look.key}
            if new:
                heats = onlooker.heat(list(new.values()))
                self.explained += len(new)
                for (row, look), heat in zip(new.items(), heats, strict=True):
                    known[row] = look.key, onlooker.view(look, heat)
        return np.stack([self._panel(row, size) for row in rows.tolist()])

    def _panel(self, row: int, size: tuple[int, int]) -> np.ndarray:
        key = (size, *(known[row][0] for known in self._views))
        if self._panels.get(row, (None,))[0] != key:
            self._panels[row] = key, render_panel([known[row][1] for known in self._views], size)
        return self._panels[row][1]
