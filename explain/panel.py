"""Panels of any size for windows and videos, on dark ground: what a model saw, what it believed, and why.

Two pictures side by side, what was seen and the same with the heat of its explanation; below them a bar for each of the
likeliest answers. A right answer is green, a wrong one red, and the true one has a green frame.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from .heat_maps import overlay, rgb

PROPORTION = 0.75  # width of a panel as a share of its height
DESIGNED = 360  # pixels of width for which the sizes below are meant
MARGIN, LINE, TITLE, TEXT, CAPTION, BAR, GAP = 16, 24, 18, 15, 13, 29, 6  # pixels of such a panel
SMALLEST_TEXT = 9  # pixels; below it nobody reads
ROOMY = 200  # pixels of width from which on there are titles and captions
BARE = 48  # pixels of width and height below which there is nothing but a colour
TALLEST = 0.45  # share of a view's height that its pictures may take
MOST_ROWS = 8
LEVELLED = 0.02  # share of a picture's pixels that are shown as hot as the hottest
GROUND, TRACK, PLAIN = (22, 24, 30), (40, 44, 54), (84, 94, 120)
GOOD, BAD, CHOSEN = (34, 122, 80), (170, 54, 54), (48, 98, 176)
GOOD_INK, BAD_INK, CHOSEN_INK = (98, 214, 152), (255, 128, 122), (138, 182, 255)
INK, SOFT = (240, 243, 248), (166, 173, 189)


@dataclass(frozen=True)
class Answer:
    """A class or an action, and what the model thinks of it."""

    name: str
    share: float  # 0 … 1, length of its bar
    figure: str  # such as "93 %"
    chosen: bool = False  # by the model
    true: bool = False


@dataclass(frozen=True)
class View:
    """What one model made of one picture. ``picture`` (H, W, C) of bytes, ``heat`` (H, W) 0 … 1."""

    title: str  # whose it is, such as the name of a slot
    picture: np.ndarray
    heat: np.ndarray
    method: str  # of the explanation, in words
    answers: Sequence[Answer]  # the likeliest first
    judged: bool = True  # whether it is known what is true

    @property
    def verdict(self) -> tuple[str, tuple[int, int, int], tuple[int, int, int]]:
        """The answer in a word, its colour, and the colour of such letters."""
        right = any(answer.chosen and answer.true for answer in self.answers)
        if not self.judged:
            return next((answer.name for answer in self.answers if answer.chosen), ""), CHOSEN, CHOSEN_INK
        return ("right", GOOD, GOOD_INK) if right else ("wrong", BAD, BAD_INK)

    def render_into(self, image: Image.Image, top: int, height: int) -> None:
        """Render into the rows of pixels from ``top`` on."""
        _render_view(image, self, top, height)


class Rendered(Protocol):
    """What one model made of what it saw, ready for a panel: a ``View``, or a view of another kind."""

    def render_into(self, image: Image.Image, top: int, height: int) -> None:
        """Render into the rows of pixels from ``top`` on."""


def render_panel(views: Sequence[Rendered], size: tuple[int, int]) -> np.ndarray:
    """The views one below the other: RGB (*size, 3) uint8, ``size`` being height and width."""
    height, width = size
    image = Image.new("RGB", (width, height), GROUND)
    each = height // max(len(views), 1)
    for i, view in enumerate(views if each else ()):
        view.render_into(image, i * each, each)
    return np.asarray(image)


def _render_view(image: Image.Image, view: View, top: int, height: int) -> None:
    """Render into the rows of pixels from ``top`` on."""
    draw, width = ImageDraw.Draw(image), image.width
    word, colour, ink = view.verdict
    if min(width, height) < BARE:
        draw.rectangle((0, top, width - 1, top + height - 1), fill=colour)
        return
    unit, roomy = width / DESIGNED, width >= ROOMY
    margin, y, bottom = max(round(MARGIN * unit), 3), top, top + height
    y += margin
    if roomy:
        font = font_of(TITLE * unit)
        middle = y + LINE * unit / 2
        word = fit_text(word, font, width / 2 - margin)
        draw.text((width - margin, middle), word, ink, font, "rm")
        title = fit_text(view.title, font, width - 3 * margin - font.getlength(word))
        draw.text((margin, middle), title, INK, font, "lm")
        y += round(LINE * unit) + margin // 2
    side = min((width - 3 * margin) // 2, int(TALLEST * height))
    left = (width - 2 * side - margin) // 2
    seen, hot = rgb(view.picture), overlay(view.picture, visible(view.heat))
    for x, array in ((left, seen), (left + side + margin, hot)):
        _paste(image, array, x, y, side)
    y += side
    if roomy:
        font = font_of(CAPTION * unit)
        why = view.method if view.heat.any() else "nothing speaks for it"
        for x, text in ((left, "what it sees"), (left + side + margin, why)):
            draw.text((x, y + 0.3 * LINE * unit), fit_text(text, font, side), SOFT, font, "lt")
        y += round(LINE * unit)
    _render_answers(draw, view, margin, width - margin, y + max(margin // 2, 3), bottom - margin // 2)


def visible(heat: np.ndarray) -> np.ndarray:
    """The heat (H, W) with its hottest pixels levelled: beside a few of these the others would not be seen."""
    level = float(np.quantile(heat, 1.0 - LEVELLED))
    return np.minimum(heat / level, 1.0) if level > 0.0 else heat


def _paste(image: Image.Image, array: np.ndarray, x: int, y: int, side: int) -> None:
    """A picture, enlarged without smoothing, in the middle of a square."""
    high, wide = array.shape[:2]
    scale = side / max(high, wide)
    high, wide = max(round(high * scale), 1), max(round(wide * scale), 1)
    large = Image.fromarray(array).resize((wide, high), Image.Resampling.NEAREST)
    image.paste(large, (x + (side - wide) // 2, y + (side - high) // 2))


def _render_answers(draw: ImageDraw.ImageDraw, view: View, left: int, right: int, top: int, bottom: int) -> None:
    """A row for each answer that there is room for: its bar, and its name and figure on it."""
    unit = (right - left) / (DESIGNED - 2 * MARGIN)
    font = font_of(TEXT * unit)
    high, gap = max(round(BAR * unit), round(font.size) + 5), max(round(GAP * unit), 2)
    answers = chosen_rows(view.answers, min((bottom - top + gap) // (high + gap), MOST_ROWS))
    pad = max(high // 4, 3)
    for i, answer in enumerate(answers):
        y = top + round(i * (high + gap))
        fill = view.verdict[1] if answer.chosen else PLAIN
        draw.rectangle((left, y, right - 1, y + high - 1), fill=TRACK)
        end = left + round(min(max(answer.share, 0.0), 1.0) * (right - left))
        if end > left:
            draw.rectangle((left, y, end - 1, y + high - 1), fill=fill)
        if answer.true:
            draw.rectangle((left, y, right - 1, y + high - 1), outline=GOOD_INK, width=max(round(2 * unit), 1))
        middle = y + high / 2
        draw.text((right - pad, middle), answer.figure, INK, font, "rm")
        free = right - left - 3 * pad - font.getlength(answer.figure)
        draw.text((left + pad, middle), fit_text(answer.name, font, free), INK, font, "lm")
        after = font.getlength(answer.name) + 2 * pad
        if answer.true and not answer.chosen and after + font.getlength("true") <= free:
            draw.text((left + pad + after, middle), "true", GOOD_INK, font, "lm")


def chosen_rows(answers: Sequence[Answer], count: int) -> list[Answer]:
    """The first ``count`` answers, with the chosen and the true one among them if there is room for these."""
    needed = [answer for answer in answers if answer.chosen or answer.true]
    others = [answer for answer in answers if answer not in needed]
    kept = [*needed, *others][: max(count, 0)]
    return [answer for answer in answers if answer in kept]


@lru_cache(maxsize=64)
def font_of(size: float) -> ImageFont.FreeTypeFont:
    """The font of so many pixels, readable at least."""
    font = ImageFont.load_default(max(round(size), SMALLEST_TEXT))
    assert isinstance(font, ImageFont.FreeTypeFont)  # Pillow's wheels have FreeType
    return font


def fit_text(text: str, font: ImageFont.FreeTypeFont, width: float) -> str:
    """The text, cut with "…" where it is wider than ``width`` pixels."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength(text + "…") > width:
        text = text[:-1]
    return text.rstrip() + "…" if text else ""
