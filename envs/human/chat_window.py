"""The window of `ludus chat`: the conversation as the environment draws it, and below it what is being typed."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..rendering.window import BADGE, BAR, LABEL, MARGIN, VALUE, Window
from .chat import Chat

KEYS = (
    ("Enter", "say it", "say what stands in the line"),
    ("Esc", "leave", "say goodbye and close the window"),
    ("/help", "commands", "what else can be typed; answered in the terminal"),
)
FPS = 20.0  # looks at the keyboard are more frequent, see `SLICE`
MOST_TYPED = 2000  # letters
FIELD = (24, 26, 33)
CURSOR = "|"
INVITATION = "type here"


class ChatWindow(Window):
    """A window with a line to type in; ``take_lines`` gives those that were ended with Enter."""

    keys = KEYS

    def __init__(self, title: str, frame_size: tuple[int, int]) -> None:
        self.typed = ""
        self.left = False  # Esc was pressed
        self._lines: list[str] = []
        self._changed = False
        super().__init__(title, frame_size, fps=FPS, interactive=True)
        self._pygame.key.start_text_input()
        self._pygame.key.set_repeat(400, 40)  # ms until a key that is held comes again, and from then on

    def take_lines(self) -> list[str]:
        """What was said since the last call."""
        lines, self._lines = self._lines, []
        return lines

    def _is_wanted(self) -> bool:
        changed, self._changed = self._changed, False
        return changed or self.left or bool(self._lines)

    def _take(self, event: Any) -> None:
        pygame = self._pygame
        if event.type == pygame.TEXTINPUT:
            self.typed = (self.typed + event.text)[:MOST_TYPED]
        elif event.type != pygame.KEYDOWN:
            super()._take(event)
            return
        elif event.key == pygame.K_ESCAPE:
            self.left = True
        elif event.key in (pygame.K_RETURN, pygame.K_KP_ENTER):
            self._lines.append(self.typed)
            self.typed = ""
        elif event.key == pygame.K_BACKSPACE:
            self.typed = self.typed[:-1]
        self._changed = True

    @property
    def _bar_height(self) -> int:
        return self._small.height + self._large.height + 6 * MARGIN

    def _paint_bar(self, figures: Sequence[tuple[str, str]]) -> None:
        """The line that is being typed, its end where it is long, and the keys."""
        width, height = self._surface.get_size()
        top = height - self._bar_height
        self._surface.fill(BAR, (0, top, width, self._bar_height))
        field = self._pygame.Rect(MARGIN, top + MARGIN, width - 2 * MARGIN, self._large.height + 2 * MARGIN)
        self._pygame.draw.rect(self._surface, FIELD, field, border_radius=6)
        shown = "".join(letter if letter.isprintable() else " " for letter in self.typed)
        while shown and self._large.width(shown + CURSOR) > field.width - 2 * MARGIN:
            shown = shown[max(len(shown) // 20, 1) :]
        place = (field.left + MARGIN, field.top + MARGIN)
        self._write(self._large, shown, place, VALUE)
        after = place[0] + (self._large.width(shown) if shown else 0)
        self._write(self._large, CURSOR, (after, place[1]), BADGE)
        if not shown:
            self._write(self._large, INVITATION, (after + 2 * MARGIN, place[1]), LABEL)
        self._paint_keys(field.bottom + 1.5 * MARGIN)


def chat_in_window(chat: Chat, title: str) -> None:
    """Talk in a window until one of the two leaves; the terminal shows the same text.

    After the clerk's goodbye the window stays until Esc, Enter or its button closes it.

    Raises:
        NoDisplayError: there is no screen.
    """
    talk = chat.talk
    window = ChatWindow(title, talk.frame_size)
    try:
        chat.begin()
        frame = np.zeros((0, 0, 3), np.uint8)
        while not (window.closed or window.left or chat.left):
            for said in window.take_lines():
                if talk.over:
                    return
                chat.take(said, typed=False)
                frame = frame[:0]
            if frame.shape[:2] != window.tile_size:
                frame = np.zeros((*window.tile_size, 3), np.uint8)
                talk.render(frame)
            window.show(frame[None], badge="GOODBYE" if talk.over else "")
    except KeyboardInterrupt:
        chat.transcript.console.print()
    finally:
        window.close()
        chat.leave()
        chat.end()
