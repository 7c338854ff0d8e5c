"""Texts around the picture of a game that a person plays or sees again: plain values, no pygame."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .controls import BoxControls, DiscreteControls
from .game import Game

MOST_SINGLE = 20  # actions; of more, those of a kind share a row


@dataclass(frozen=True)
class Row:
    """An action, or a component of one: the keys that play it and how it stands."""

    name: str
    caps: tuple[str, ...] = ()
    active: bool = False  # it is the action of the last step
    legal: bool = True
    share: float | None = None  # of a component: 0 at its low end, 1 at its high end; None for an action
    rest: float = 0.5  # share at which the component rests
    value: str = ""
    lit: tuple[str, ...] = ()  # where several actions share the row: the keys of the one of the last step,
    barred: tuple[str, ...] = ()  # and those of which the action is illegal now


@dataclass(frozen=True)
class Panel:
    """Everything that is written around the picture."""

    name: str
    mode: str  # "real time", "turn by turn", "replay"
    score: str
    terms: tuple[tuple[str, str, str], ...] = ()  # name, sum, share of the last step ("" for none)
    figures: tuple[tuple[str, str], ...] = ()
    rows: tuple[Row, ...] = ()
    message: str = ""
    badge: str = ""
    hint: str = ""  # small, under the badge


def describe_ending(game: Game) -> str:
    """How an episode has ended, in two words."""
    return ending(game.solved, game.terminated)


def ending(solved: bool, terminated: bool) -> str:
    """The same, of an episode that the world (``terminated``) or the clock has ended."""
    return "SOLVED" if solved else "GAME OVER" if terminated else "TIME IS UP"


def format_number(value: float) -> str:
    """A figure as short as it can be read: 12, 0.5, −1234.6."""
    rounded = round(value, 2 if abs(value) < 100 else 1) + 0.0  # never −0
    text = f"{rounded:.10g}" if abs(rounded) < 1e9 else f"{rounded:.4g}"
    return text.replace("-", "−")


def format_signed(value: float) -> str:
    """A reward that was just given: +1, −0.25; nothing for none."""
    if value == 0.0:
        return ""
    text = format_number(value) if abs(value) >= 0.005 else f"{value:.1g}".replace("-", "−")  # never +0
    return text if value < 0.0 else f"+{text}"


def term_rows(game: Game) -> tuple[tuple[str, str, str], ...]:
    """The terms of the reward, or the reward as a whole where it has no named ones."""
    rows = game.term_rows() or [("reward", game.score, game.reward)]
    return tuple((name, format_number(total), format_signed(last)) for name, total, last in rows)


def action_rows(
    game: Game, controls: BoxControls | DiscreteControls, action: Any, has_gamepad: bool = False
) -> tuple[Row, ...]:
    """The actions with their keys: lit where it was the last one, dark where it is illegal now.

    Args:
        action: Of the last step, or None.
    """
    shown = []
    for i, binding in enumerate(controls.bindings):
        caps = binding.caps + (tuple(pad.replace("button", "pad") for pad in binding.pad) if has_gamepad else ())
        if isinstance(controls, BoxControls):
            low, high = float(controls.low[i]), float(controls.high[i])
            span = (high - low) or 1.0
            rest = float(controls.rest[i])
            value = rest if action is None else float(np.clip(np.ravel(action)[i], low, high))
            shown.append(
                Row(
                    binding.name,
                    caps,
                    active=value != rest,
                    share=(value - low) / span,
                    rest=(rest - low) / span,
                    value=f"{value:.2f}".replace("-", "−"),
                )
            )
        else:
            legal = game.ended or game.is_legal(i)
            shown.append(Row(binding.name, caps, action is not None and int(action) == i, legal))
    return join_rows(tuple(shown))


def join_rows(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """Many actions whose names differ in a last word alone ("left", "left fast") in one row, under a row of the words.

    Few, and those that are not all of such kinds, stay as they are.
    """
    if len(rows) <= MOST_SINGLE or any(row.share is not None for row in rows):
        return rows
    names = {row.name for row in rows}
    families: dict[str, dict[str, Row]] = {}
    for row in rows:
        stem, _, word = row.name.rpartition(" ")
        name, kind = (stem, word) if stem in names else (row.name, "usual")
        families.setdefault(name, {})[kind] = row
    kinds = {tuple(family) for family in families.values()}
    if len(kinds) > 1 or len(families) == len(rows):
        return rows
    joined = [Row(" · ".join(kinds.pop()))]
    for name, family in families.items():
        members = family.values()
        joined.append(
            Row(
                name,
                tuple(cap for row in members for cap in row.caps),
                active=any(row.active for row in members),
                legal=any(row.legal for row in members),
                lit=tuple(cap for row in members if row.active for cap in row.caps),
                barred=tuple(cap for row in members if not row.legal for cap in row.caps),
            )
        )
    return tuple(joined)
