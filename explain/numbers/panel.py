"""The view of a policy that sees numbers: signed bars of its entries, and above them a board, a fan, or neighbours.

Green speaks for the choice, red against it. Beside a bar stands what would be done if this entry alone were not known.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from ..panel import (
    BAD,
    BAD_INK,
    BARE,
    CAPTION,
    CHOSEN_INK,
    DESIGNED,
    GOOD,
    GOOD_INK,
    INK,
    LINE,
    MARGIN,
    ROOMY,
    SOFT,
    TITLE,
    TRACK,
    fit_text,
    font_of,
)
from .entries import Fan

MOST_BARS = 8
TOP = 0.27  # share of the height that the picture above the bars may take
WORDS, GAP = 16, 4  # pixels of a panel as it is designed: of the words above a bar, and below it
EACH = (32, 40)  # pixels: least and most of a bar with its words
ENOUGH = 0.01  # completeness error above which it is shown as a warning
CHANGED = (255, 196, 92)  # of what would be done otherwise
LETTERS = str.maketrans({"€": "EUR", "–": "-", "−": "-", "²": "2", "→": ">"})  # what the font of panels lacks


@dataclass(frozen=True)
class Bar:
    """An entry: what it is, what it is for the baseline, and what it moved."""

    name: str
    value: str
    baseline: str
    moved: float
    without: str  # what would be done if it were not known; "" where that is the same


@dataclass(frozen=True)
class NumbersView:
    """What a policy made of one observation, see ``panel.View``. The bars are in order, the largest first."""

    title: str
    said: str  # what is explained, with its number
    rested: str  # the same to the baseline
    bars: Sequence[Bar]
    count: int  # of all entries
    method: str
    completeness: float
    board: np.ndarray | None = None  # (H, W, 3) uint8, what it sees
    cells: np.ndarray | None = None  # (H, W) signed, what each cell moved
    fan: Fan | None = None
    beams: np.ndarray | None = None  # (B,) 0 … 1 of the fan
    weights: np.ndarray | None = None  # (B,) signed, what each of its beams moved
    neighbours: Sequence[tuple[str, str, bool]] = ()  # where, what is done there, whether that is another thing

    def render_into(self, image: Image.Image, top: int, height: int) -> None:
        """Render into the rows of pixels from ``top`` on."""
        draw, width = ImageDraw.Draw(image), image.width
        if min(width, height) < BARE:
            draw.rectangle((0, top, width - 1, top + height - 1), fill=CHOSEN_INK)
            return
        unit = width / DESIGNED
        margin = max(round(MARGIN * unit), 3)
        left, right, y, bottom = margin, width - margin, top + margin // 2, top + height - margin // 2
        if width >= ROOMY:
            y = self._render_head(draw, left, right, y, unit)
        room = int(TOP * height)
        if self.board is not None and self.cells is not None:
            y = self._render_board(image, left, right, y, min(room, (right - left - margin) // 2))
        elif self.fan is not None:
            y = self._render_fan(draw, left, right, y, room)
        elif self.neighbours:
            y = self._render_neighbours(draw, left, right, y, room, unit)
        foot = round(LINE * unit * 0.8) if width >= ROOMY else 0
        self._render_bars(draw, left, right, y + margin // 3, bottom - foot, unit)
        if foot:
            self._render_foot(draw, left, right, bottom - foot, unit)

    def _render_head(self, draw: ImageDraw.ImageDraw, left: int, right: int, y: int, unit: float) -> int:
        font, small = font_of(TITLE * unit), font_of(CAPTION * unit)
        draw.text((left, y), fit_text(_told(self.title), font, right - left), INK, font, "lt")
        y += round(LINE * unit)
        told = f"{_told(self.said)}, baseline {_told(self.rested)}"
        draw.text((left, y), fit_text(told, small, right - left), CHOSEN_INK, small, "lt")
        return y + round(LINE * unit * 0.85)

    def _render_board(self, image: Image.Image, left: int, right: int, y: int, side: int) -> int:
        assert self.board is not None
        assert self.cells is not None
        heat = signed_colours(self.cells)
        gap = (right - left - 2 * side) // 3
        for k, array in enumerate((self.board, heat)):
            high, wide = array.shape[:2]
            scale = side / max(high, wide)
            size = max(round(wide * scale), 1), max(round(high * scale), 1)
            large = Image.fromarray(array).resize(size, Image.Resampling.NEAREST)
            image.paste(large, (left + gap + k * (side + gap), y))
        return y + side

    def _render_fan(self, draw: ImageDraw.ImageDraw, left: int, right: int, y: int, room: int) -> int:
        """Beams from the middle, ahead at the top, as long as what is measured, in the colour of what they moved."""
        assert self.fan is not None
        assert self.beams is not None
        assert self.weights is not None
        around = float(np.ptp(self.fan.degrees)) > 180.0  # a half needs no room below
        radius = min(room // 2 if around else room, (right - left) // 2)
        x0, y0 = (left + right) / 2, y + radius
        draw.ellipse((x0 - radius, y0 - radius, x0 + radius, y0 + radius), fill=TRACK)
        most = max(float(np.abs(self.weights).max()), 1e-12)
        far = max(float(self.beams.max()), 1e-12)
        half = 0.42 * 360.0 / max(len(self.beams), 8) if around else 0.42 * 180.0 / max(len(self.beams), 4)
        for angle, beam, weight in zip(self.fan.degrees, self.beams, self.weights, strict=True):
            length = max(float(beam) / far, 0.03) * radius
            ends = [(math.radians(angle + side), length) for side in (-half, 0.0, half)]
            points = [(x0 - far * math.sin(a), y0 - far * math.cos(a)) for a, far in ends]
            draw.polygon([(x0, y0), *points], fill=_colour(float(weight) / most, (74, 80, 96)))
        mark = max(radius // 14, 2)
        draw.polygon([(x0, y0 - 2 * mark), (x0 - mark, y0 + mark), (x0 + mark, y0 + mark)], fill=INK)
        return int(y0 + (radius if around else mark))

    def _render_neighbours(
        self, draw: ImageDraw.ImageDraw, left: int, right: int, y: int, room: int, unit: float
    ) -> int:
        """What is done in the states next to this one, in two columns."""
        font, high = font_of(CAPTION * unit), LINE * unit * 0.8
        wide = (right - left) / 2
        shown = self.neighbours[: 2 * max(int(room / high), 1)]
        for k, (where, done, differs) in enumerate(shown):
            x, middle = left + (k % 2) * wide, y + (k // 2 + 0.5) * high
            text = fit_text(f"{_told(where)}: ", font, 0.6 * wide)
            draw.text((x, middle), text, SOFT, font, "lm")
            at = x + font.getlength(text)
            colour = CHANGED if differs else SOFT
            draw.text((at, middle), fit_text(_told(done), font, wide - (at - x) - 6), colour, font, "lm")
        return int(y + -(-len(shown) // 2) * high)

    def _render_bars(
        self, draw: ImageDraw.ImageDraw, left: int, right: int, top: int, bottom: int, unit: float
    ) -> None:
        font = font_of(CAPTION * unit)
        least, most_high = (high * unit for high in EACH)
        each = max(min((bottom - top) / MOST_BARS, most_high), least, 2.2 * font.size)
        bars = self.bars[: min(max(int((bottom - top) / each), 0), MOST_BARS)]
        if not bars and bottom - top > font.size:
            draw.text((left, top), "nothing that it saw moved it", SOFT, font, "lt")
        most = max((abs(bar.moved) for bar in bars), default=0.0) or 1.0
        middle = (left + right) / 2
        for k, bar in enumerate(bars):
            y = top + k * each
            figure = f"{bar.moved:+.3g}"
            draw.text((right, y), figure, GOOD_INK if bar.moved >= 0 else BAD_INK, font, "rt")
            room = right - left - font.getlength(figure) - 8
            told = f"{_told(bar.value)} (mean {_told(bar.baseline.removeprefix('mean '))})"
            name = fit_text(_told(bar.name), font, max(room - font.getlength(told) - 6, 0.4 * room))
            draw.text((left, y), name, INK, font, "lt")
            at = left + font.getlength(name) + 6
            draw.text((at, y), fit_text(told, font, left + room - at), SOFT, font, "lt")
            low, high = y + max(WORDS * unit, font.size + 1), y + each - GAP * unit
            draw.rectangle((left, low, right - 1, high), fill=TRACK)
            end = middle + 0.5 * (right - left) * bar.moved / most
            if abs(end - middle) >= 0.5:
                draw.rectangle((min(middle, end), low, max(middle, end), high), fill=GOOD if bar.moved > 0 else BAD)
            draw.line((middle, low, middle, high), fill=SOFT)
            if bar.without:  # in the half that the bar leaves free
                without = fit_text(f"without it: {_told(bar.without)}", font, middle - left - 8)
                place = left + 4 if bar.moved > 0 else middle + 6
                draw.text((place, (low + high) / 2), without, CHANGED, font, "lm")

    def _render_foot(self, draw: ImageDraw.ImageDraw, left: int, right: int, y: int, unit: float) -> None:
        font = font_of(CAPTION * unit * 0.92)
        error = f"completeness error {self.completeness:.1%}"
        bad = self.completeness > ENOUGH
        draw.text((right, y), error, BAD_INK if bad else SOFT, font, "rt")
        room = right - left - font.getlength(error) - 8
        count = f"{self.count} entries" if self.count != 1 else "1 entry"
        draw.text((left, y), fit_text(f"{self.method}, {count}", font, room), SOFT, font, "lt")


def signed_colours(cells: np.ndarray) -> np.ndarray:
    """RGB (H, W, 3) uint8 of signed numbers (H, W): green where they are above 0, red below, dark where they are 0."""
    most = max(float(np.abs(cells).max(initial=0.0)), 1e-12)
    return np.array([[_colour(float(x) / most, TRACK) for x in line] for line in cells], np.uint8)


def _colour(share: float, ground: tuple[int, int, int]) -> tuple[int, int, int]:
    full = GOOD_INK if share > 0.0 else BAD_INK
    part = min(abs(share), 1.0) ** 0.7
    return tuple(round(g + part * (f - g)) for g, f in zip(ground, full, strict=True))  # type: ignore[return-value]


def _told(text: str) -> str:
    """A text in letters that the font has."""
    return text.translate(LETTERS)
