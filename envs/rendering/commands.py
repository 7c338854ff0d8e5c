"""The commands of a person at a window, and the keys that give them."""

from enum import StrEnum
from typing import Any


class Command(StrEnum):
    """What a person asked for."""

    PAUSE = "pause"
    STEP = "step"
    FASTER = "faster"
    SLOWER = "slower"
    RESTART = "restart"
    NEXT = "next seed"
    HELP = "help"
    QUIT = "quit"


# Key as shown, short word for the bar, sentence for the help.
KEYS = (
    ("space", "pause", "pause and go on"),
    ("→ or .", "step", "one single step, then pause"),
    ("+  −", "speed", "twice as fast, half as fast"),
    ("r", "restart", "start again with the same seed"),
    ("n", "next seed", "start again with the next seed"),
    ("h", "help", "show or hide this help"),
    ("q or Esc", "quit", "close the window"),
)
CHARACTERS = {
    " ": Command.PAUSE, ".": Command.STEP, "+": Command.FASTER, "=": Command.FASTER, "-": Command.SLOWER,
    "_": Command.SLOWER, "r": Command.RESTART, "n": Command.NEXT, "h": Command.HELP, "?": Command.HELP,
    "q": Command.QUIT, "\x1b": Command.QUIT,
}  # fmt: skip


def find_command(pygame: Any, event: Any) -> Command | None:
    """The command of a key that went down (an event of pygame's), None for any other key."""
    if event.key == pygame.K_ESCAPE:
        return Command.QUIT
    # The character, not the key: where "+" lies on the keyboard differs from country to country.
    return CHARACTERS.get(event.unicode.lower() if event.unicode else "")
