"""Explanations of components in slots: what one saw, what it estimated, and which pixels decided."""

from typing import Protocol

import numpy as np
import torch

from ..components.component import Component
from .attribution import METHODS, explain
from .looks import Look, shares_of
from .panel import Answer, View

NOBODY = -1  # where a number of an answer is expected and there is none


class PictureSlot(Protocol):
    """A slot whose raw signal is a picture, and the component that fills it.

    Attributes:
        classes: What the K numbers of an estimate stand for; empty where they are no classes.
        names: What else the K numbers are called, with their units; empty where nobody has named them.
        low, high: (K,) bounds of an estimate.
    """

    name: str
    component: Component
    classes: tuple[str, ...]
    names: tuple[str, ...]
    low: np.ndarray
    high: np.ndarray

    def read(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of the environments ``rows`` (M,): pictures (M, H, W, C) uint8, estimates and truths, both (M, K)."""


class SlotOnlooker:
    """A component in a slot, see ``Onlooker``."""

    def __init__(self, slot: PictureSlot, method: str) -> None:
        self.slot, self.method = slot, method

    def looks(self, rows: np.ndarray) -> list[Look]:
        return [
            Look(picture.copy(), belief.copy(), int(np.argmax(belief)), truth)
            for picture, belief, truth in zip(*self.slot.read(rows), strict=True)
        ]

    def heat(self, looks: list[Look]) -> np.ndarray:
        target = torch.tensor([look.chosen for look in looks])
        return explain(self.slot.component, np.stack([look.picture for look in looks]), self.method, target)

    def view(self, look: Look, heat: np.ndarray) -> View:
        answers = self._classes(look) if self.slot.classes else self._numbers(look)
        judged = bool(self.slot.classes) and bool(look.truth.any())  # type: ignore[union-attr]
        return View(self.slot.name, look.picture, heat, METHODS[self.method], answers, judged)

    def _classes(self, look: Look) -> list[Answer]:
        assert look.truth is not None
        names = self.slot.classes
        true = int(look.truth.argmax()) if look.truth.any() else NOBODY  # the camera may see nothing
        return [
            Answer(names[k], float(look.belief[k]), f"{look.belief[k]:.0%}", k == look.chosen, k == true)
            for k in np.argsort(-look.belief, kind="stable").tolist()
        ]

    def _numbers(self, look: Look) -> list[Answer]:
        """No classes: each number of the estimate, and what is true."""
        assert look.truth is not None
        names = self.slot.names or tuple(f"{self.slot.name} {k}" for k in range(len(look.belief)))
        shares = shares_of(look.belief, self.slot.low, self.slot.high)
        figures = [f"{said:.3g} (true {true:.3g})" for said, true in zip(look.belief, look.truth, strict=True)]
        return [Answer(names[k], float(shares[k]), figures[k], k == look.chosen) for k in range(len(figures))]
