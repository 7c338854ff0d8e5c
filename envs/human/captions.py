"""Texts around the picture of a game that a person plays or sees again: plain values, no pygame."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from .controls import BoxControls, DiscreteControls
from .game import Game


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
    return tuple(shown)
