"""The controls of a Box that says where something is to be done: keys move a cursor, and only Enter makes the step.

An environment that declares ``Simulation.aim`` is played so. Each press moves a component from where it stands, by the
share of the way to its bound that ``Simulation.keys`` says; a key that is held goes on, and shift makes it fine.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from gymnasium import spaces

from .controls import GENTLE, GO, SHIFT, BoxControls

HELD_FROM = 5  # looks at a key that is held before it goes on moving; there are some 20 a second


class CursorControls(BoxControls):
    """A vector that stays as it is until a key moves it; see ``BoxControls`` for its arguments."""

    def __init__(self, space: spaces.Box, keys: Mapping[str, tuple[int, float]], names: Sequence[str]) -> None:
        self._looks: dict[str, int] = {}  # how often a key that is held was seen
        self.share = np.zeros(int(np.prod(space.shape)))  # -1 … 1: from rest to the low and the high bound
        super().__init__(space, keys, names)

    def clear(self) -> None:
        """Back to rest, with no step that waits; what is held stays held."""
        super().clear()
        self.share[:] = 0.0

    def press(self, name: str) -> None:
        if name == GO or name.startswith("button "):
            self._turns, self.touched = 1, True
        elif name in SHIFT:
            self._held.add(name)
        elif name in self._keys:
            self._held.add(name)
            self._looks[name] = 0
            self._move(name)
            self.touched = True

    def _move(self, name: str) -> None:
        component, share = self._keys[name]
        fine = GENTLE if self._held.intersection(SHIFT) else 1.0
        self.share[component] = np.clip(self.share[component] + fine * share, -1.0, 1.0)

    def lean(self, axis: int, value: float) -> None:
        """A stick says nothing here: it would say where, and go back by itself."""

    @property
    def composed(self) -> np.ndarray:
        """The action as it stands: an array of the space's shape and dtype."""
        return self._valued(self.share)

    def next(self) -> np.ndarray:
        """The action of a step in real time."""
        self._go_on()
        return self.composed

    def turn(self) -> np.ndarray | None:
        """The action of a turn, or None as long as neither Enter nor a button was pressed."""
        if self._turns:
            self._turns = 0
            return self.composed
        self._go_on()
        return None

    def _go_on(self) -> None:
        for name in self._held.difference(SHIFT):
            self._looks[name] += 1
            if self._looks[name] >= HELD_FROM:
                self._move(name)
