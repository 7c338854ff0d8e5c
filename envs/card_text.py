"""Cards as text for a terminal: their two columns and tables, wrapped anew where it is narrower than they are."""

import textwrap
from collections.abc import Sequence

SECTION = 14  # letters of a card's left column, in which the names of its sections stand
FULL = 120  # letters of a line in a file: one that had no room for the next word goes on in the next line
LEAST = 20  # letters of a table's widest column; below that the table moves to the left


def in_two_columns(lines: Sequence[str]) -> bool:
    """Whether a card, its first line left out, has names of sections on the left; others are prose."""
    return all(line[SECTION - 1 : SECTION].isspace() for line in lines if len(line) >= SECTION)


def fitted(text: str, width: int) -> str:
    """A card's ``text`` in lines of at most ``width`` letters (80 or more), but for words that are longer."""
    lines = text.splitlines()
    if all(len(line) <= width for line in lines):
        return text
    left = SECTION if in_two_columns(lines[1:]) else 0
    out: list[str] = []
    rows: list[str] = []  # of the table that is being read
    paragraph = before = ""  # what is being joined, and its last line
    for line in [*lines, ""]:
        is_row = line.strip().startswith("|")
        if paragraph and not is_row and _goes_on(before, line, left):
            paragraph, before = f"{paragraph} {line.strip()}", line
            continue
        if paragraph:
            out += _wrapped(paragraph, width, left)
            paragraph = ""
        if is_row:
            rows.append(line.strip())
            continue
        if rows:
            out += table_fitted(rows, width, left)
            rows = []
        if line.strip():
            paragraph = before = line
        else:
            out.append("")
    return "\n".join(out[:-1])


def _goes_on(before: str, line: str, left: int) -> bool:
    """Whether a sentence was broken before ``line`` because it had no room there."""
    if not line.strip() or line[:left].strip() or line.strip().startswith("- "):
        return False
    return len(before) + 1 + len(line.split()[0]) > FULL


def _wrapped(line: str, width: int, left: int) -> list[str]:
    is_named = bool(line[:left].strip()) and line[left - 1].isspace()  # the first line of a card is not
    first = line[:left] if is_named else " " * (len(line) - len(line.lstrip()))
    said = line[len(first) :]
    further = " " * (len(first) + 2 * said.startswith("- "))
    return textwrap.wrap(
        said, width, initial_indent=first, subsequent_indent=further, break_long_words=False, break_on_hyphens=False
    )


def table_fitted(rows: Sequence[str], width: int, left: int) -> list[str]:
    """The lines of a table of Markdown, ``left`` letters from the margin, whose widest column is as narrow as need be.

    Rows without a first cell go on with the row above.
    """
    cells: list[list[str]] = []
    for row in rows:
        parts = [part.strip() for part in row.strip("|").split("|")]
        if parts[0] or not cells:
            cells.append(parts)
        else:
            cells[-1] = [f"{one} {other}".strip() for one, other in zip(cells[-1], parts, strict=True)]
    ruled = [set("".join(row)) <= set("-: ") for row in cells]
    spans = [max(len(row[k]) for row, rule in zip(cells, ruled, strict=True) if not rule) for k in range(len(cells[0]))]
    widest = max(range(len(spans)), key=spans.__getitem__)
    room = width - left - (sum(spans) - spans[widest]) - 3 * len(spans) - 1
    if room < min(LEAST, spans[widest]) and left:
        return table_fitted(rows, width, 0)
    spans[widest] = min(spans[widest], max(room, LEAST))
    out = []
    for row, rule in zip(cells, ruled, strict=True):
        wrapped = [
            ["-" * span] if rule else textwrap.wrap(cell, span, break_long_words=False) or [""]
            for cell, span in zip(row, spans, strict=True)
        ]
        for k in range(max(map(len, wrapped))):
            line = [part[k] if k < len(part) else "" for part in wrapped]
            out.append(f"{' ' * left}| {' | '.join(f'{x:{span}}' for x, span in zip(line, spans, strict=True))} |")
    return out
