"""Panels of a detector: the picture with its boxes, and below it for each box the heat of what spoke for it.

Green is right, orange the right place under a wrong name, red a place where no such thing is; what was not found has a
white frame. A box and its heat map have the same number.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from ..components.average_precision import RIGHT_FROM, judged, overlaps
from ..components.detections import CLASS, VALID, corners_of
from .heat_maps import overlay, rgb
from .panel import (
    BAD,
    BAD_INK,
    BARE,
    CAPTION,
    DESIGNED,
    GOOD,
    GOOD_INK,
    GROUND,
    INK,
    LINE,
    MARGIN,
    ROOMY,
    SOFT,
    TITLE,
    fit_text,
    font_of,
    visible,
)

SURE = 0.3  # boxes that are shown are as sure, at least
ACROSS = 4  # heat maps in a row
NEARLY = (255, 176, 0)  # the right place under a wrong name
GAP = 8  # pixels of a panel as wide as ``DESIGNED``
WHY = "what spoke for each box"

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class BoxView:
    """What a detector made of one picture.

    Attributes:
        picture: (H, W, C) of bytes.
        rows: (R, 8 + K), see ``components/detections.py``, and ``heats`` (R, H, W) 0 … 1, one for each.
        truth: (R', 8 + K), what truly lies there.
        classes: Names of the K classes.
    """

    title: str
    picture: np.ndarray
    rows: np.ndarray
    heats: np.ndarray
    truth: np.ndarray
    classes: Sequence[str]

    def render_into(self, image: Image.Image, top: int, height: int) -> None:
        """Render into the rows of pixels from ``top`` on."""
        draw, width = ImageDraw.Draw(image), image.width
        said = np.flatnonzero(self.rows[:, VALID] >= SURE)
        colours, missed, there = self._judged(said)
        found = there - len(missed)
        if min(width, height) < BARE:
            colour = GOOD if not len(missed) else BAD
            draw.rectangle((0, top, width - 1, top + height - 1), fill=colour)
            return
        unit, roomy = width / DESIGNED, width >= ROOMY
        margin, gap, y = max(round(MARGIN * unit), 3), max(round(GAP * unit), 2), top
        y += margin
        if roomy:
            font, middle = font_of(TITLE * unit), y + LINE * unit / 2
            verdict = f"{found} of {there} found"
            draw.text((width - margin, middle), verdict, BAD_INK if len(missed) else GOOD_INK, font, "rm")
            title = fit_text(self.title, font, width - 3 * margin - font.getlength(verdict))
            draw.text((margin, middle), title, INK, font, "lm")
            y += round(LINE * unit) + margin // 2
        tile = (width - 2 * margin - (ACROSS - 1) * gap) // ACROSS
        line = round(0.8 * LINE * unit) if roomy else gap
        under = -(-max(len(self.rows), 1) // ACROSS) * (tile + line) + (line if roomy else 0)
        side = max(min(width - 2 * margin, top + height - y - under - margin), BARE // 2)
        self._paste_boxes(image, (width - side) // 2, y, side, said, colours, missed)
        y += side + gap
        if roomy:
            draw.text(
                (margin, y), fit_text(WHY, font_of(CAPTION * unit), width - 2 * margin), SOFT, font_of(CAPTION * unit)
            )
            y += line
        for place, k in enumerate(said.tolist()):
            x, row_y = margin + place % ACROSS * (tile + gap), y + place // ACROSS * (tile + line)
            if row_y + tile > top + height:
                break
            self._paste_heat(image, x, row_y, tile, k, f"{place + 1} " if roomy else "", colours[place])

    def _judged(self, said: np.ndarray) -> tuple[list[Colour], np.ndarray, int]:
        """A colour for each row that is ``said``; the true rows that were not found; how many there are."""
        true = self.truth[self.truth[:, VALID] >= 0.5]
        shown = self.rows[said]
        right, found = judged(shown[None], true[None])
        near = overlaps(corners_of(shown), corners_of(true)).max(axis=1, initial=0.0) >= RIGHT_FROM
        colours = [GOOD_INK if r else NEARLY if n else BAD_INK for r, n in zip(right[0], near, strict=True)]
        return colours, true[~found[0]], len(true)

    def _paste_boxes(
        self,
        image: Image.Image,
        x: int,
        y: int,
        side: int,
        said: np.ndarray,
        colours: Sequence[Colour],
        missed: np.ndarray,
    ) -> None:
        """The picture, enlarged into a square, with what was not found and the boxes with their numbers."""
        image.paste(Image.fromarray(rgb(self.picture)).resize((side, side), Image.Resampling.NEAREST), (x, y))
        draw = ImageDraw.Draw(image)
        font, wide = font_of(CAPTION * side / 240), max(round(side / 120), 1)
        for edges in corners_of(missed).clip(0.0, 1.0):
            _frame(draw, edges, x, y, side, INK, 1)
        for edges, colour in zip(corners_of(self.rows[said]).clip(0.0, 1.0), colours, strict=True):
            _frame(draw, edges, x, y, side, colour, wide)
        if side < BARE:
            return
        for place, (edges, colour) in enumerate(zip(corners_of(self.rows[said]), colours, strict=True), 1):
            text, high = str(place), round(font.size) + 2
            left = x + min(max(edges[0] * side, 0.0), side - font.getlength(text) - 4)
            upper = y + min(max(edges[1] * side, 0.0), side - high)
            draw.rectangle((left, upper, left + font.getlength(text) + 3, upper + high), fill=GROUND)
            draw.text((left + 2, upper + high / 2), text, colour, font, "lm")

    def _paste_heat(self, image: Image.Image, x: int, y: int, tile: int, k: int, number: str, colour: Colour) -> None:
        """The heat of box ``k``, framed in its colour; where there is room, what it is and how sure that is."""
        hot = Image.fromarray(overlay(self.picture, visible(self.heats[k])))
        image.paste(hot.resize((tile, tile), Image.Resampling.NEAREST), (x, y))
        draw = ImageDraw.Draw(image)
        _frame(draw, corners_of(self.rows[k]).clip(0.0, 1.0), x, y, tile, colour, 1)
        if not number:
            return
        font, kind = font_of(0.85 * CAPTION * image.width / DESIGNED), int(self.rows[k, CLASS:].argmax())
        sure = f" {self.rows[k, VALID] * self.rows[k, CLASS + kind]:.0%}"
        name = fit_text(number + self.classes[kind], font, tile - font.getlength(sure))
        draw.text((x, y + tile + 1), name, colour, font)
        draw.text((x + tile, y + tile + 1), sure.strip(), SOFT, font, "ra")


def _frame(draw: ImageDraw.ImageDraw, edges: np.ndarray, x: int, y: int, side: int, colour: Colour, wide: int) -> None:
    """The frame of a box (4,), shares of a picture that is shown as a square of ``side`` pixels at (x, y)."""
    left, upper, right, lower = (float(edge) * (side - 1) for edge in edges)
    draw.rectangle((x + left, y + upper, x + right, y + lower), outline=colour, width=wide)
