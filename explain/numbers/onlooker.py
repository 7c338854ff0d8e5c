"""The onlooker of a policy that sees numbers: its choice, what moved it, and what is done in states next to this."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..looks import Look
from ..policies import Scene
from .entries import Factors
from .panel import Bar, NumbersView
from .policy import ACTION, METHODS, VALUE, NumberPolicy, move

PAIRS = 8  # of orders, for each picture


@dataclass(frozen=True)
class Heat:
    """What moved one choice: of each entry (E,)."""

    values: np.ndarray
    errors: np.ndarray
    said: float
    rested: float
    alone: np.ndarray
    changes: np.ndarray
    completeness: float


class NumbersOnlooker:
    """A policy that sees numbers, see ``looks.Onlooker``.

    Args:
        baseline: (D,) what stands for "not known", such as the mean of what the policy sees as it plays.
        factors: What a Discrete observation is made of; then the panel shows its neighbours.
    """

    def __init__(
        self, scene: Scene, policy: NumberPolicy, baseline: np.ndarray, method: str, factors: Factors | None = None
    ) -> None:
        self.scene, self.policy, self.baseline, self.method, self.factors = scene, policy, baseline, method, factors

    def looks(self, rows: np.ndarray) -> list[Look]:
        prepared = self.policy.prepare(self.scene.observations(rows))
        legal = self.scene.legal(rows) if self.policy.chooses else None
        said = self.policy.answers(prepared, legal)
        chosen = self.policy.chosen(said, legal)
        masks = [None] * len(rows) if legal is None else legal
        return [Look(prepared[i], said[i], int(chosen[i]), asked=masks[i]) for i in range(len(rows))]

    def heat(self, looks: Sequence[Look]) -> list[Heat]:
        rows = np.stack([look.picture for look in looks])
        legal = None if looks[0].asked is None else np.stack([look.asked for look in looks])
        moved = move(self.policy, rows, self.baseline, legal, self.method, PAIRS)
        shares = moved.shares
        return [
            Heat(
                shares.values[i],
                shares.errors[i],
                float(shares.said[i]),
                float(shares.rested[i]),
                moved.alone[i],
                moved.changes[i],
                float(shares.completeness[i]),
            )
            for i in range(len(rows))
        ]

    def view(self, look: Look, heat: Heat) -> NumbersView:
        entries, row = self.policy.entries, look.picture
        order = np.argsort(-np.abs(heat.values), kind="stable").tolist()
        bars = [
            Bar(
                entries.entries[k].name,
                entries.entries[k].told(row),
                entries.entries[k].told(self.baseline, with_unit=False),
                float(heat.values[k]),
                self._without(heat, k, look.chosen),
            )
            for k in order
            if heat.values[k] != 0.0 or heat.changes[k] > 0.0
        ]
        name = self._named(look.chosen)
        what = f"{name}'s {self.policy.says}" if self.policy.chooses else name
        return NumbersView(
            title=f"policy: {name}",
            said=f"{what} {heat.said:.3g}",
            rested=f"{heat.rested:.3g}",
            bars=bars,
            count=len(entries),
            method=METHODS[self.method],
            completeness=heat.completeness,
            board=None if entries.board is None else entries.board.picture(row),
            cells=None if entries.board is None else entries.board.of(heat.values),
            fan=entries.fan,
            beams=None if entries.fan is None else row[[entries.entries[k].places[0] for k in entries.fan.entries]],
            weights=None if entries.fan is None else heat.values[entries.fan.entries],
            neighbours=self._neighbours(look),
        )

    def _without(self, heat: Heat, k: int, chosen: int) -> str:
        """What is done where the entry is not known; "" where that is the same."""
        if self.policy.chooses:
            return self._named(int(heat.alone[k])) if heat.changes[k] else ""
        assert self.policy.low is not None
        assert self.policy.high is not None
        done = np.clip(heat.said, self.policy.low[chosen], self.policy.high[chosen])
        other = f"{heat.alone[k]:.2g}"
        return "" if other == f"{done:.2g}" else other

    def _named(self, k: int) -> str:
        names = self.scene.action_names
        if k < len(names):
            return names[k]
        alone = self.policy.low is not None and len(self.policy.low) == 1
        return "action" if self.policy.says == ACTION and alone else f"action {k}"

    def _neighbours(self, look: Look) -> list[tuple[str, str, bool]]:
        """Of a Discrete observation: each of its things one less and one more, what is done, whether it differs."""
        if self.factors is None:
            return []
        places, told = [], []
        for k, (name, count) in enumerate(zip(self.factors.names, self.factors.counts, strict=True)):
            for by in (-1, 1):
                other = look.picture.copy()
                other[k] += by
                if 0 <= other[k] < count:
                    places.append(other)
                    told.append(f"{name} {other[k]:.0f}")
        if not places:
            return []
        # Which actions are legal there is not known; the policy is asked about all.
        said = self.policy.answers(np.stack(places))
        chosen: Any = said.argmax(axis=1)
        figure = ", {:.3g}" if self.policy.says == VALUE else ", {:.0%}"
        return [
            (where, self._named(int(k)) + figure.format(one[k]), bool(k != look.chosen))
            for where, one, k in zip(told, said, chosen, strict=True)
        ]
