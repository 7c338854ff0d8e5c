"""Words on a terminal: letters that it lacks become plainer ones, and warnings of ours are one line.

Files are another matter: whatever the terminal's encoding is, they are UTF-8.
"""

import codecs
import io
import os
import sys
import warnings
from pathlib import Path

from rich.console import Console

from ludus.utils.wording import in_line

PLAINER = {
    "…": "...", "×": "x", "–": "-", "—": "-", "−": "-", "·": "|", "±": "+-", "²": "^2", "³": "^3", "µ": "u",
    "ε": "epsilon", "←": "<-", "→": "->", "↑": "up", "↓": "down", "≥": ">=", "≤": "<=", "█": "#", "─": "-", "│": "|",
}  # fmt: skip
NAME = "ludus.plainer"
OURS = str(Path(__file__).parents[2])  # the package
MOST_LETTERS = 1000  # of a warning
USUAL = warnings.formatwarning


def write_what_can_be_written() -> None:
    """From here on ``print`` never raises ``UnicodeEncodeError``; may be called again."""
    codecs.register_error(NAME, _plainer)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # not what a notebook or a test puts in its place
            stream.reconfigure(errors=NAME)


def plain_console() -> Console:
    """A console that shows texts as they are: names of files and what a model writes may hold [marks] and :signs:."""
    return Console(highlight=False, markup=False, emoji=False)


def warn_in_a_line() -> None:
    """From here on a warning is a line without code; may be called again. LUDUS_TRACEBACK=1 shows all of it."""
    warnings.formatwarning = _in_a_line


def _in_a_line(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, line: str | None = None
) -> str:
    if os.environ.get("LUDUS_TRACEBACK"):
        return USUAL(message, category, filename, lineno, line)
    inside = filename.startswith(OURS) and "site-packages" not in filename[len(OURS) :]  # .venv may lie in the checkout
    said = in_line(message, MOST_LETTERS)
    return f"ludus: {said}\n" if inside else f"ludus: {_library_of(filename)} warns: {said}\n"


def _library_of(filename: str) -> str:
    """Whose code a file is, in a word: the package that it belongs to, as it is installed, or its own name."""
    parts = Path(filename).parts
    for folder in ("site-packages", "dist-packages"):
        if folder in parts[:-1]:
            return parts[parts.index(folder) + 1].removesuffix(".py")
    return Path(filename).stem


def _plainer(fault: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(fault, UnicodeEncodeError):
        raise fault
    letter = fault.object[fault.start]
    if "\udc80" <= letter <= "\udcff":  # a byte of a file's name that is no text: it goes out as it came
        return bytes([ord(letter) - 0xDC00]), fault.start + 1
    return PLAINER.get(letter, "?"), fault.start + 1
