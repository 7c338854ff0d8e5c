"""Lines that a person types, or that come through a pipe: never a wait for more than a line, never an error."""

import contextlib
import io
import sys

MOST_BYTES = 2**20  # of a line that are kept; the rest of it is read and forgotten
CHUNK = 2**16  # bytes


def read_line(prompt: str) -> str | None:
    """The next line of the standard input without its end, None behind the last; what is no UTF-8 becomes "�".

    ``prompt`` is shown to a person only, who can edit the line.

    Raises:
        KeyboardInterrupt: Ctrl-C.
    """
    if sys.stdin is None or sys.stdin.closed:
        return None
    if sys.stdin.isatty():
        return _ask(prompt)
    stream = getattr(sys.stdin, "buffer", None)
    if stream is None:  # what somebody has put in its place
        line = sys.stdin.readline()
        return line.rstrip("\r\n") if line else None
    data = stream.readline(MOST_BYTES)
    rest = data
    while rest and not rest.endswith(b"\n"):
        rest = stream.readline(CHUNK)
    return data.rstrip(b"\r\n").decode("utf-8", "replace") if data else None


def _ask(prompt: str) -> str | None:
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401  # from here on `input` lets a line be edited
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="replace")
    try:
        return input(prompt)[:MOST_BYTES]
    except EOFError:
        return None
