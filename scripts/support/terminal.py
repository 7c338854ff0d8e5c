"""Standard output and error where they lack letters that Ludus writes: these become plainer ones, and nothing fails.

Files are another matter: whatever the terminal's encoding is, they are UTF-8.
"""

import codecs
import io
import sys

PLAINER = {
    "…": "...", "×": "x", "–": "-", "—": "-", "−": "-", "·": "|", "±": "+-", "²": "^2", "³": "^3", "µ": "u",
    "ε": "epsilon", "←": "<-", "→": "->", "↑": "up", "↓": "down", "≥": ">=", "≤": "<=", "█": "#", "─": "-", "│": "|",
}  # fmt: skip
NAME = "ludus.plainer"


def write_what_can_be_written() -> None:
    """From here on ``print`` never raises ``UnicodeEncodeError``; may be called again."""
    codecs.register_error(NAME, _plainer)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # not what a notebook or a test puts in its place
            stream.reconfigure(errors=NAME)


def _plainer(fault: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(fault, UnicodeEncodeError):
        raise fault
    letter = fault.object[fault.start]
    if "\udc80" <= letter <= "\udcff":  # a byte of a file's name that is no text: it goes out as it came
        return bytes([ord(letter) - 0xDC00]), fault.start + 1
    return PLAINER.get(letter, "?"), fault.start + 1
