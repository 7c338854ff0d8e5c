"""The view of a forecaster in a panel: the fan against what came, and below it what each row and column moved."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from .panel import (
    BARE,
    CAPTION,
    CHOSEN_INK,
    DESIGNED,
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

COLOURS = ((84, 150, 232), (236, 160, 70), (120, 190, 110), (190, 130, 220))  # of columns, the rest in SOFT
FAN = (40, 66, 110)  # between the outer quantiles
CHART, BARS = 0.44, 0.26  # shares of the height that the two pictures take
REST = "other columns"
LINES = (("seen before", INK), ("forecast", CHOSEN_INK), ("what came", GOOD_INK))  # of the chart


class Shown(NamedTuple):
    """A column as it is shown."""

    name: str
    values: np.ndarray  # (P + H,) what its rows moved
    total: float  # with the rows before these
    colour: tuple[int, int, int]


@dataclass(frozen=True)
class SeriesView:
    """What one forecaster made of one window, see ``panel.View``."""

    title: str  # whose it is, such as the name of a slot
    past: np.ndarray  # (P,) the target before the origin
    forecast: np.ndarray  # (H,)
    low: np.ndarray | None  # (H,) the outer quantiles
    high: np.ndarray | None
    truth: np.ndarray  # (H,)
    moved: np.ndarray  # (P + H, C) what each row moved the mean of the forecast
    earlier: np.ndarray  # (C,) what the rows before these moved together
    columns: Sequence[str]  # (C,)

    @property
    def verdict(self) -> str:
        return f"off by {np.abs(self.forecast - self.truth).mean():.3g}"

    def shown_columns(self) -> list["Shown"]:
        """Those that moved most, and the rest together."""
        weight = np.abs(self.moved).sum(axis=0) + np.abs(self.earlier)
        order = np.argsort(-weight, kind="stable")
        order = order[weight[order] > 0.0]
        total = self.moved.sum(axis=0) + self.earlier
        chosen = [
            Shown(self.columns[k], self.moved[:, k], float(total[k]), colour)
            for k, colour in zip(order.tolist(), COLOURS, strict=False)
        ]
        rest = order[len(COLOURS) :]
        others = Shown(REST, self.moved[:, rest].sum(axis=1), float(total[rest].sum()), SOFT)
        return [*chosen, others] if len(rest) else chosen

    def render_into(self, image: Image.Image, top: int, height: int) -> None:
        """Render into the rows of pixels from ``top`` on."""
        draw, width = ImageDraw.Draw(image), image.width
        if min(width, height) < BARE:
            draw.rectangle((0, top, width - 1, top + height - 1), fill=CHOSEN_INK)
            return
        unit, roomy = width / DESIGNED, width >= ROOMY
        margin, y = max(round(MARGIN * unit), 3), top
        y += margin
        if roomy:
            font = font_of(TITLE * unit)
            middle, word = y + LINE * unit / 2, fit_text(self.verdict, font, width / 2 - margin)
            draw.text((width - margin, middle), word, CHOSEN_INK, font, "rm")
            room = width - 3 * margin - font.getlength(word)
            draw.text((margin, middle), fit_text(self.title, font, room), INK, font, "lm")
            y += round(LINE * unit) + margin // 2
        end = y + int(CHART * height)
        self._render_chart(draw, (margin, y, width - margin - 1, end), max(round(2 * unit), 1), roomy)
        y = end + max(margin // 2, 2)
        if roomy:
            self._render_legend(draw, margin, width - margin, y, unit)
            y += round(LINE * unit)
        end = min(y + int(BARS * height), top + height - margin)
        shown = self.shown_columns()
        self._render_bars(draw, (margin, y, width - margin - 1, end), shown)
        if roomy:
            if shown and not self.moved.any():
                font, center = font_of(CAPTION * unit), (width / 2, (y + end) / 2 + LINE * unit / 2)
                draw.text(center, fit_text("rows before these moved it", font, width - 3 * margin), SOFT, font, "mm")
            self._render_names(draw, shown, margin, width - margin, end + margin // 2, top + height - margin // 2, unit)

    def _render_chart(self, draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int], wide: int, roomy: bool) -> None:
        draw.rectangle(box, fill=TRACK)
        lines = [self.past, self.forecast, self.truth, *(x for x in (self.low, self.high) if x is not None)]
        least, most = min(float(line.min()) for line in lines), max(float(line.max()) for line in lines)
        begin, count = len(self.past), len(self.past) + len(self.forecast)

        def points(values: np.ndarray, first: int) -> list[tuple[float, float]]:
            x = box[0] + 3 + (first + np.arange(len(values))) * (box[2] - box[0] - 6) / max(count - 1, 1)
            y = box[3] - 3 - (values - least) * (box[3] - box[1] - 6) / max(most - least, 1e-9)
            return list(zip(x.tolist(), y.tolist(), strict=True))

        if self.low is not None and self.high is not None:
            draw.polygon([*points(self.low, begin), *points(self.high, begin)[::-1]], fill=FAN)
        x = points(self.forecast, begin)[0][0]
        draw.line((x, box[1], x, box[3]), fill=SOFT)
        draw.line(points(self.past, 0), fill=INK, width=1)
        draw.line(points(self.truth, begin), fill=GOOD_INK, width=wide)
        draw.line(points(self.forecast, begin), fill=CHOSEN_INK, width=wide)
        if roomy:
            font = font_of(CAPTION * (box[2] - box[0]) / (DESIGNED - 2 * MARGIN))
            draw.text((box[0] + 4, box[1] + 3), f"{most:.4g}", SOFT, font, "lt")
            draw.text((box[0] + 4, box[3] - 3), f"{least:.4g}", SOFT, font, "lb")

    def _render_legend(self, draw: ImageDraw.ImageDraw, left: int, right: int, top: int, unit: float) -> None:
        """A word for each line of the chart, in its colour, as far as there is room."""
        font, x = font_of(CAPTION * unit), float(left)
        for word, colour in LINES:
            if x + font.getlength(word) > right:
                return
            draw.text((x, top + LINE * unit * 0.4), word, colour, font, "lm")
            x += font.getlength(word) + 2 * CAPTION * unit

    def _render_bars(self, draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int], shown: Sequence[Shown]) -> None:
        draw.rectangle(box, fill=TRACK)
        count = len(self.moved)
        up, down = np.zeros(count), np.zeros(count)
        for _, values, _, _ in shown:
            up, down = up + np.maximum(values, 0.0), down + np.minimum(values, 0.0)
        most, least = float(up.max(initial=0.0)), float(down.min(initial=0.0))
        span = max(most - least, 1e-12)
        inside = box[3] - box[1] - 4
        high, low = np.zeros(count), np.zeros(count)
        for _, values, _, colour in shown:
            for i in range(count):
                start = high[i] if values[i] >= 0.0 else low[i]
                ends = sorted(box[1] + 2 + (most - level) * inside / span for level in (start, start + values[i]))
                left, right = (box[0] + 3 + (i + side) * (box[2] - box[0] - 6) / count for side in (0.05, 0.95))
                if ends[1] - ends[0] >= 0.5:
                    draw.rectangle((left, ends[0], max(right - 1, left), ends[1]), fill=colour)
            high, low = high + np.maximum(values, 0.0), low + np.minimum(values, 0.0)
        zero = box[1] + 2 + most * inside / span
        draw.line((box[0], zero, box[2], zero), fill=SOFT)

    def _render_names(
        self,
        draw: ImageDraw.ImageDraw,
        shown: Sequence[Shown],
        left: int,
        right: int,
        top: int,
        bottom: int,
        unit: float,
    ) -> None:
        """What each column moved in all, one below the other, as far as there is room."""
        font, y = font_of(CAPTION * unit), float(top)
        high = LINE * unit * 0.8
        if not shown and y + high <= bottom:
            draw.text((left, y + high / 2), "nothing that it saw moved it", SOFT, font, "lm")
        for name, _, total, colour in shown:
            if y + high > bottom:
                return
            side = high * 0.55
            draw.rectangle((left, y + (high - side) / 2, left + side, y + (high + side) / 2), fill=colour)
            figure = f"{total:+.3g}"
            draw.text((right, y + high / 2), figure, INK, font, "rm")
            room = right - left - 3 * side - font.getlength(figure)
            draw.text((left + 1.6 * side, y + high / 2), fit_text(name, font, room), SOFT, font, "lm")
            y += high
