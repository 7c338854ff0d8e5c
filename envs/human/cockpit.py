"""The window of a person who plays: the picture, beside it the figures and the keys, which light up as they act.

What it shows beside the picture is a ``Panel``, a plain value.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..rendering.letters import Letters
from ..rendering.video import BACKGROUND
from ..rendering.window import (
    BADGE,
    BADGE_INK,
    BAR,
    KEY,
    KEY_INK,
    LABEL,
    MARGIN,
    VALUE,
    Window,
)
from ..rendering.window_commands import Command, find_command
from .captions import Panel, Row
from .controls import Controls, Gamepad

PLAY_KEYS = (
    ("space", "pause", "pause and go on"),
    ("+  −", "speed", "twice as fast, half as fast"),
    ("r", "restart", "start again with the same seed"),
    ("n", "next seed", "start again with the next seed"),
    ("h", "help", "show or hide this help"),
    ("q or Esc", "quit", "close the window"),
)
REPLAY_KEYS = (
    *PLAY_KEYS[:1],
    ("→ or .", "step", "one single step, then pause"),
    *PLAY_KEYS[1:2],
    ("r", "restart", "start this episode again"),
    ("n", "next", "go to the next episode"),
    *PLAY_KEYS[4:],
)
SIDE = 264  # pixels: the width of the panel
GAIN, LOSS, RULE, TRACK = (122, 205, 138), (236, 118, 106), (54, 58, 70), (46, 50, 61)
COMFORTABLE = 480  # pixels: a smaller picture is enlarged, if it goes in twice
MOST_ROWS = 13  # of keys for which a new window makes room; more of them stand in two columns
DIM, DIM_INK = (40, 43, 53), (108, 114, 128)  # a key whose action is illegal now


@dataclass(frozen=True)
class Key:
    """A key or a gamepad's button went down or up."""

    name: str
    down: bool


class Cockpit(Window):
    """A window with a panel; ``inputs`` reports the keys in the order in which they went down and up."""

    side_width = SIDE

    def __init__(
        self,
        title: str,
        frame_size: tuple[int, int],
        fps: float,
        panel: Panel,
        keys: Sequence[tuple[str, str, str]] = PLAY_KEYS,
    ) -> None:
        self.keys = tuple(keys)
        self._panel = panel  # the window is as high as the first one needs
        times = max(1, COMFORTABLE // max(frame_size))  # a third party's frame may be tiny; whole multiples stay sharp
        super().__init__(title, (frame_size[0] * times, frame_size[1] * times), fps=fps, interactive=True)
        self._score = Letters(self._pygame, 64)
        self._inputs: list[Command | Key] = []
        self._down: set[str] = set()
        self._wakes = False
        self._pads: dict[int, Gamepad] = {}  # by pygame's number of the instance

    @property
    def smallest(self) -> tuple[int, int]:
        small, large, panel = self._small.height, self._large.height, self._panel
        above = large + 64 * 2 // 3 + (2 + len(panel.terms)) * small + 11 * MARGIN
        figures = (len(panel.figures) + 1) // 2 * (small + large + MARGIN + 4)
        rows = sum(self._row_height(row) for row in panel.rows[:MOST_ROWS]) + 4 * MARGIN + 2 * small  # and a message
        return SIDE + 320, above + figures + rows + self._bar_height

    def _row_height(self, row: Row) -> int:
        return self._small.height + 12 + (14 if row.share is not None else 0)

    @property
    def has_gamepad(self) -> bool:
        return bool(self._pads)

    def show_panel(self, frame: Any, panel: Panel, *, seconds: float, wakes: bool) -> bool:
        """Show a frame (height, width, 3) uint8 and the panel; see ``Window.show``.

        Args:
            wakes: Whether a key of the game ends the wait, as it should where the world waits for one.
        """
        self._panel, self._wakes = panel, wakes
        return self.show(frame[None], badge=panel.badge, seconds=seconds)

    # --- The keys ----------------------------------------------------------------------------------------------------

    def inputs(self, controls: Controls | None = None) -> list[Command | Key]:
        """What was done since the last call, in order; ``Command.QUIT`` last once the window is closed.

        The sticks of gamepads go to ``controls``; without it gamepads are left alone.
        """
        ends = self.poll()  # QUIT alone, and only of a window that is closed: the rest goes another way (see _take)
        inputs, self._inputs = [*self._inputs, *ends], []
        if controls is not None and not self.closed:
            # Those that are gone first, so that another gamepad's stick moves an axis after it was let go.
            inputs += [Key(name, down) for pad in self._find_gamepads() for name, down in pad.let_go(controls)]
            for pad in self._pads.values():
                inputs += [Key(name, down) for name, down in pad.read(controls)]
        return inputs

    def _find_gamepads(self) -> list[Gamepad]:
        """Open the gamepads that were plugged in, forget those that were pulled out; returns these."""
        joystick = self._pygame.joystick
        if not joystick.get_init():
            joystick.init()
        count, known = joystick.get_count(), self._pads
        if count != len(known):
            found = [joystick.Joystick(i) for i in range(count)]
            self._pads = {pad.get_instance_id(): known.get(pad.get_instance_id(), Gamepad(pad)) for pad in found}
        return [pad for number, pad in known.items() if number not in self._pads]

    def _is_wanted(self) -> bool:
        return any(isinstance(item, Command) or self._wakes for item in self._inputs)

    def _take(self, event: Any) -> None:
        pygame = self._pygame
        if event.type == pygame.KEYDOWN:
            command = find_command(pygame, event)
            if command is not None:
                self._inputs.append(command)
            else:
                self._down.add(pygame.key.name(event.key))
                self._inputs.append(Key(pygame.key.name(event.key), True))
        elif event.type == pygame.KEYUP:
            self._release({pygame.key.name(event.key)})
        elif event.type == pygame.WINDOWFOCUSLOST:  # the way up of what is down goes to another window
            self._release(self._down)
        else:
            super()._take(event)

    def _release(self, names: set[str]) -> None:
        self._inputs += [Key(name, False) for name in sorted(names & self._down)]
        self._down = self._down - names

    def close(self) -> None:
        """Close the window and let go of the gamepads. May be called twice."""
        if self._pads:
            self._pads = {}
            self._pygame.joystick.quit()
        super().close()

    # --- The panel ---------------------------------------------------------------------------------------------------

    @property
    def _bar_height(self) -> int:
        return self._small.height + 3 * MARGIN

    def _paint_bar(self, figures: Sequence[tuple[str, str]]) -> None:
        """The keys below the picture; all figures stand in the panel beside it."""
        width, height = self._surface.get_size()
        self._surface.fill(BAR, (0, height - self._bar_height, width, self._bar_height))
        self._paint_keys(height - self._bar_height + 1.5 * MARGIN)
        self._paint_panel(self._pygame.Rect(width - self.side_width, 0, self.side_width, height - self._bar_height))

    def _paint_panel(self, area: Any) -> None:
        panel, surface = self._panel, self._surface
        surface.fill(BAR, area)
        surface.fill(BACKGROUND, (area.left, area.bottom - 1, area.width, 1))  # between the panel and the keys below
        left, right = area.left + 2 * MARGIN, area.right - 2 * MARGIN
        y = area.top + 2 * MARGIN
        mode = self._small.width(panel.mode) + 2 * MARGIN
        self._write(self._large, self._large.fit(panel.name, right - left - mode - MARGIN), (left, y), VALUE)
        pill = self._pygame.Rect(right - mode, y - 2, mode, self._small.height + 8)
        self._pygame.draw.rect(surface, KEY, pill, border_radius=pill.height // 2)
        self._write(self._small, panel.mode, (pill.left + MARGIN, pill.top + 4), KEY_INK)
        y += self._large.height + 2 * MARGIN

        self._write(self._small, "score", (left, y), LABEL)
        y += self._small.height
        self._write(self._score, self._score.fit(panel.score, right - left), (left - 2, y), VALUE)
        y += self._score.height + MARGIN // 2
        for name, total, last in panel.terms:
            wide = self._paint_right(total, right, y, VALUE)
            self._paint_right(last, right - max(wide + MARGIN, 64), y, LOSS if last.startswith("−") else GAIN)
            self._write(self._small, self._small.fit(name, right - left - 128), (left, y), LABEL)
            y += self._small.height + MARGIN // 2
        y = self._paint_rule(left, right, y)

        for i, (label, value) in enumerate(panel.figures):
            x = left + i % 2 * (right - left) // 2
            self._write(self._small, label, (x, y), LABEL)
            self._write(
                self._large,
                self._large.fit(value, (right - left) // 2 - 4),
                (x, y + self._small.height + 2),
                VALUE,
            )
            if i % 2 or i == len(panel.figures) - 1:
                y += self._small.height + self._large.height + MARGIN + 4
        y = self._paint_rule(left, right, y - MARGIN // 2)

        lines = self._small.wrap(panel.message, right - left)
        floor = area.bottom - 2 * MARGIN - len(lines) * (self._small.height + 2)
        for i, line in enumerate(lines):
            self._write(self._small, line, (left, floor + i * (self._small.height + 2)), BADGE)
        self._paint_rows(panel.rows, left, right, y, floor - MARGIN)

    def _paint_rows(self, rows: Sequence[Row], left: int, right: int, y: int, floor: int) -> None:
        """The keys and what they do: in a column, or in two, or as many as there is room for."""
        if not rows:
            return
        tall = self._row_height(rows[0])
        fits = max((floor - y) // tall, 1)  # rows in a column
        columns = 2 if len(rows) > fits and rows[0].share is None else 1
        shown = len(rows) if len(rows) <= columns * fits else columns * fits - 1
        deep = -(-min(len(rows), shown + 1) // columns)
        wide = (right - left - (columns - 1) * MARGIN) // columns
        indent = min(
            max(sum(self._cap_width(cap) for cap in row.caps) for row in rows), (2 if columns == 1 else 1) * wide // 3
        )
        for i, row in enumerate(rows[:shown]):
            x = left + i // deep * (wide + MARGIN)
            self._paint_row(row, x, x + wide, y + i % deep * tall, indent)
        if shown < len(rows):
            place = (left + shown // deep * (wide + MARGIN), y + shown % deep * tall + 4)
            self._write(self._small, f"and {len(rows) - shown} more", place, DIM_INK)

    def _paint_row(self, row: Row, left: int, right: int, y: int, indent: int) -> None:
        x = left
        for i, cap in enumerate(row.caps):
            # Of a pair of keys for less and more, the one that pushes.
            lit = row.active and (row.share is None or len(row.caps) != 2 or (i == 0) == (row.share < row.rest))
            lit = lit and (not row.lit or cap in row.lit)
            x += self._paint_cap(cap, x, y, lit, row.legal and cap not in row.barred)
        ink = VALUE if row.active else LABEL if row.legal else DIM_INK
        place = left + (indent + MARGIN if row.caps else 0)
        wide = self._paint_right(row.value if row.legal else "illegal", right, y + 4, ink)
        self._write(self._small, self._small.fit(row.name, right - place - wide - 4), (place, y + 4), ink)
        if row.share is not None:
            self._paint_slider(row, left, right, y + self._small.height + 13)

    def _paint_cap(self, cap: str, x: int, y: int, lit: bool, legal: bool) -> int:
        """A key as a small plate, lit while it acts; returns the width that it took."""
        wide = self._small.width(cap)
        plate = self._pygame.Rect(x, y, self._cap_width(cap) - 4, self._small.height + 8)
        color, ink = (BADGE, BADGE_INK) if lit else (KEY, KEY_INK) if legal else (DIM, DIM_INK)
        self._pygame.draw.rect(self._surface, color, plate, border_radius=4)
        self._write(self._small, cap, (plate.centerx - wide / 2, y + 4), ink)
        return self._cap_width(cap)

    def _cap_width(self, cap: str) -> int:
        """The width of a key's plate, square for a letter, and of the gap after it."""
        return max(self._small.width(cap) + 10, self._small.height + 8) + 4

    def _paint_slider(self, row: Row, left: int, right: int, y: int) -> None:
        """Where a component stands between its ends, filled from its rest."""
        assert row.share is not None
        track = self._pygame.Rect(left, y, right - left, 6)
        self._pygame.draw.rect(self._surface, TRACK, track, border_radius=3)
        ends = sorted(left + round(share * track.width) for share in (row.rest, row.share))
        self._surface.fill(BADGE, (ends[0], y, max(ends[1] - ends[0], 2), track.height))

    def _paint_rule(self, left: int, right: int, y: float) -> int:
        self._surface.fill(RULE, (left, y + MARGIN, right - left, 1))
        return int(y + 2 * MARGIN + 2)

    def _paint_right(self, text: str, right: float, y: float, color: tuple[int, int, int]) -> int:
        """Small text that ends at ``right``; returns its width."""
        wide = self._small.width(text) if text else 0
        if text:
            self._write(self._small, text, (right - wide, y), color)
        return wide

    def _help_lines(self) -> Sequence[tuple[str, str, str]]:
        """The keys of this game (as many as fit), then those of every game."""
        room = (self._area().height - 5 * MARGIN) // (self._large.height + MARGIN) - len(self.keys)
        rows = [(" ".join(row.caps), "", row.name) for row in self._panel.rows if row.caps]
        return [*rows[: max(room, 0)], *self.keys]

    def _paint_badge(self, badge: str, area: Any) -> None:
        super()._paint_badge(badge, area)
        if self._panel.hint:
            text = self._small.render(self._panel.hint, VALUE)
            plate = text.get_rect(midtop=(area.centerx, area.top + 5 * MARGIN + self._large.height)).inflate(20, 8)
            shade = self._pygame.Surface(plate.size, self._pygame.SRCALPHA)
            self._pygame.draw.rect(shade, (*BACKGROUND, 220), shade.get_rect(), border_radius=plate.height // 2)
            self._surface.blit(shade, plate)
            self._surface.blit(text, text.get_rect(center=plate.center))
