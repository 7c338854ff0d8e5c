"""Text for a pygame window. pygame comes in as an argument; ``window.py`` alone imports it."""

from typing import Any

MEASURE = (0, 0, 0)  # any colour: a text is as wide in all of them


class Letters:
    """The font of pygame in one size, drawn three times too large and shrunk: at small sizes its spacing is uneven."""

    def __init__(self, pygame: Any, size: int) -> None:
        self._pygame, self._font = pygame, pygame.font.Font(None, 3 * size)
        self._known: dict[tuple[str, tuple[int, int, int]], Any] = {}
        self.height: int = self._font.get_height() // 3

    def width(self, text: str) -> int:
        return self.render(text, MEASURE).get_width()

    def render(self, text: str, color: tuple[int, int, int]) -> Any:
        """A surface with ``text``; "→", which the font lacks, is drawn by hand."""
        key = (text, color)
        if key not in self._known:
            if len(self._known) > 500:  # figures that change come and go
                self._known.clear()
            large = self._font.render(text.replace("→", "    "), True, color)
            if text.startswith("→"):
                wide, high = self._font.size("    ")
                tip, middle, half = 0.85 * wide, 0.5 * high, 0.16 * high
                self._pygame.draw.rect(large, color, (0.05 * wide, middle - 0.05 * high, 0.6 * wide, 0.1 * high))
                head = [(tip - 1.6 * half, middle - half), (tip - 1.6 * half, middle + half), (tip, middle)]
                self._pygame.draw.polygon(large, color, head)
            size = (max(large.get_width() // 3, 1), self.height)
            self._known[key] = self._pygame.transform.smoothscale(large, size)
        return self._known[key]
