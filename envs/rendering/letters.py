"""Text for a pygame window. pygame comes in as an argument."""

from typing import Any

ARROWS = {"←": (-1, 0), "→": (1, 0), "↑": (0, -1), "↓": (0, 1)}
ROOM = "    "  # what an arrow takes
MEASURE = (0, 0, 0)  # any colour: a text is as wide in all of them


class Letters:
    """The font of pygame in one size, rendered at three times it and shrunk: at small sizes its spacing is uneven."""

    def __init__(self, pygame: Any, size: int) -> None:
        self._pygame, self._font = pygame, pygame.font.Font(None, 3 * size)
        self._known: dict[tuple[str, tuple[int, int, int]], Any] = {}
        self.height: int = self._font.get_height() // 3

    def width(self, text: str) -> int:
        return self.render(text, MEASURE).get_width()

    def fit(self, text: str, width: float) -> str:
        """The text, cut with "…" where it is wider than ``width`` pixels."""
        if self.width(text) <= width:
            return text
        while text and self.width(text + "…") > width:
            text = text[:-1]
        return text + "…"

    def wrap(self, text: str, width: float) -> list[str]:
        """The words of ``text`` in lines no wider than ``width`` pixels; a longer word has a line of its own."""
        lines: list[str] = []
        for word in text.split():
            if lines and self.width(f"{lines[-1]} {word}") <= width:
                lines[-1] += f" {word}"
            else:
                lines.append(word)
        return lines

    def render(self, text: str, color: tuple[int, int, int]) -> Any:
        """A surface with ``text``; arrows, which the font lacks, are painted by hand."""
        key = (text, color)
        if key not in self._known:
            if len(self._known) > 500:  # figures that change come and go
                self._known.clear()
            if not text:  # pygame's scaling crashes on a picture without pixels
                return self._pygame.Surface((0, self.height))
            large = self._font.render("".join(ROOM if letter in ARROWS else letter for letter in text), True, color)
            for i, letter in enumerate(text):
                if letter in ARROWS:
                    before = "".join(ROOM if other in ARROWS else other for other in text[:i])
                    self._paint_arrow(large, self._font.size(before)[0], ARROWS[letter], color)
            size = (max(large.get_width() // 3, 1), self.height)
            self._known[key] = self._pygame.transform.smoothscale(large, size)
        return self._known[key]

    def _paint_arrow(self, surface: Any, left: float, way: tuple[int, int], color: tuple[int, int, int]) -> None:
        """An arrow that points ``way`` (x, y), in the room that begins at ``left``."""
        wide, high = self._font.size(ROOM)
        x, y = left + 0.45 * wide, 0.47 * high
        # Shaft and head of an arrow to the right, in shares of the line's height, turned towards its way.
        outline = [(-0.32, 0.055), (0.04, 0.055), (0.04, 0.2), (0.36, 0), (0.04, -0.2), (0.04, -0.055), (-0.32, -0.055)]
        points = [(x + high * (a * way[0] - b * way[1]), y + high * (a * way[1] + b * way[0])) for a, b in outline]
        self._pygame.draw.polygon(surface, color, points)
