"""Explanations of a detector in a slot: what it saw, its boxes, and what spoke for each of them."""

from collections.abc import Sequence

import numpy as np

from .box_panel import BoxView
from .boxes import explain_boxes
from .looks import Look
from .slots import PictureSlot


class BoxOnlooker:
    """A detector in a slot of detections, see ``Onlooker``; the component is a ``BoxNetwork``."""

    def __init__(self, slot: PictureSlot) -> None:
        self.slot = slot

    def looks(self, rows: np.ndarray) -> list[Look]:
        """What it says are rows (R, 8 + K); none of them is chosen before the others."""
        return [
            Look(picture.copy(), belief.copy(), 0, truth)
            for picture, belief, truth in zip(*self.slot.read(rows), strict=True)
        ]

    def heat(self, looks: list[Look]) -> Sequence[np.ndarray]:
        """M of (R, H, W): a map for each row."""
        return list(explain_boxes(self.slot.component, np.stack([look.picture for look in looks]))[1])

    def view(self, look: Look, heat: np.ndarray) -> BoxView:
        assert look.truth is not None
        return BoxView(self.slot.name, look.picture, look.belief, heat, look.truth, self.slot.classes)
