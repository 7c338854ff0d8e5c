"""Help on a terminal: paragraphs, commands that can be pasted, and lists, none with a word that is broken.

tyro knows the options and their meaning; how they look is for this module to say, the same for every command.
"""

import re
import shutil
import textwrap
from collections.abc import Iterable, Sequence

WIDEST = 100  # columns of a text that is good to read
LEFT_SHARE = 0.34  # of the width, for the left column of a list
WORD = re.compile(r"""(?:[^\s'"]|'[^']*'|"[^"]*"|['"])+""")  # of a command; what is quoted holds together


def columns() -> int:
    """The width in which texts are written: the terminal's, as far as it is good to read."""
    return max(min(shutil.get_terminal_size().columns, WIDEST), 40)


def listing(rows: Iterable[tuple[str, str]], width: int | None = None) -> str:
    """Names to the left, what they mean to the right, two blanks in front; a long name has a line of its own."""
    rows, width = list(rows), width or columns()
    left = min(max((len(name) for name, _ in rows), default=0), int(LEFT_SHARE * width)) + 4
    lines = []
    for name, meaning in rows:
        told = _wrapped(meaning, width - left) or [""]
        if len(name) + 4 > left:
            lines.append(f"  {name}")
        else:
            lines.append(f"  {name:{left - 2}}{told.pop(0)}".rstrip())
        lines += [" " * left + line for line in told]
    return "\n".join(lines)


def flowing(text: str, width: int | None = None) -> str:
    """A text in ``width`` columns: its paragraphs are wrapped, its indented lines, which are commands, where they may.

    A command that does not fit goes on in the next line, after a backslash; what is said of it (`# …`) stands above.
    """
    width = width or columns()
    lines: list[str] = []
    paragraph: list[str] = []

    def end() -> None:
        lines.extend(_wrapped(" ".join(paragraph), width))
        paragraph.clear()

    for line in text.splitlines():
        if line.strip() and not line.startswith(" "):
            paragraph.append(line.strip())
            continue
        end()
        lines.extend([line.rstrip()] if len(line.rstrip()) <= width else _command(line, width))
    end()
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(" ".join(text.split()), width, break_long_words=False, break_on_hyphens=False)


def _command(line: str, width: int) -> list[str]:
    indent = line[: len(line) - len(line.lstrip())]
    command, sharp, said = line.strip().partition(" # ")
    lines = [f"{indent}# {part}" for part in _wrapped(said, width - len(indent) - 2)] if sharp else []
    written = indent
    for word in _with_values(WORD.findall(command)):
        if len(written) + len(word) + 3 > width and written.strip():
            lines.append(f"{written.rstrip()} \\")
            written = f"{indent}    "
        written += f"{word} "
    return [*lines, written.rstrip()]


def _with_values(words: Sequence[str]) -> list[str]:
    """Each option together with its value."""
    joined: list[str] = []
    for word in words:
        if joined and joined[-1].startswith("--") and " " not in joined[-1] and not word.startswith("-"):
            joined[-1] += f" {word}"
        else:
            joined.append(word)
    return joined


def help_text(shown: str, unset: str, width: int | None = None) -> str:
    """What tyro shows at a width at which it breaks no line, in ours: without boxes, and without defaults of nothing.

    Args:
        unset: What tyro calls the value of an option that has none.
    """
    width, lines = width or columns(), shown.splitlines()
    boxes = [index for index, line in enumerate(lines) if line.startswith("╭")]
    head = lines[: boxes[0]] if boxes else lines
    parts = [flowing("\n".join(head).strip("\n"), width)]
    for start in boxes:
        stop = next(index for index in range(start, len(lines)) if lines[index].startswith("╰"))
        title = lines[start].strip("╭╮─ ")
        parts.append(f"{title}:\n{listing(_options(lines[start + 1 : stop], unset), width)}")
    return "\n\n".join(parts)


def _options(lines: Sequence[str], unset: str) -> list[tuple[str, str]]:
    """(option, meaning) of the lines of a box."""
    rows: list[tuple[str, str]] = []
    for line in lines:
        content = line[1:-1].removeprefix(" ").rstrip()
        if content.startswith(" ") and rows:
            name, meaning = rows.pop()
            rows.append((name, f"{meaning} {content.strip()}".strip()))
        elif content:
            name, *rest = re.split(r" {2,}", content, maxsplit=1)
            rows.append((name, *rest) if rest else (name, ""))  # type: ignore[arg-type]
    return [(name, meaning.replace(f"(default: {unset})", "").strip()) for name, meaning in rows]
