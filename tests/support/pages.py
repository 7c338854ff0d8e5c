"""The code in the pages of the documentation: blocks in their order, and why one of them is not run."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

BLOCK = re.compile(r"(?:<!-- not run: (?P<why>[^>]*?) -->\n)?^```(?P<language>\w*)\n(?P<code>.*?)^```$", re.M | re.S)
SETS_UP = ("pip", "make", "source")  # what is there when a test runs
# What a page does in minutes, on a budget of seconds.
SMALLER = (
    (r"--steps 1000000\b", "--steps 3000"),
    (r"--steps 400\b", "--steps 10"),
    (r"--episodes 256\b", "--episodes 2"),
)


@dataclass
class Block:
    """A block of code; ``why`` says why no test runs it, "" where one does."""

    language: str
    code: str
    why: str


def blocks_of(page: Path) -> list[Block]:
    found = BLOCK.finditer(page.read_text())
    return [Block(block["language"], block["code"], block["why"] or "") for block in found]


def commands_of(code: str) -> list[list[str]]:
    """The commands of `ludus` in a block of a shell, without the name, on a small budget.

    A line that ends in a backslash goes on. What is watched is recorded, as a machine without a display would.
    """
    commands = []
    for line in code.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if not words or words[0] in SETS_UP:
            continue
        assert words[0] == "ludus", f"no test can run {line!r}: mark the block with <!-- not run: why -->"
        text = shlex.join(words[1:])
        for pattern, smaller in SMALLER:
            text = re.sub(pattern, smaller, text)
        words = shlex.split(text)
        if words[0] == "watch" and "--record" not in words:
            words += ["--record", "watched.mp4", "--steps", "10"]
        if words[0] == "evaluate" and "--episodes" not in words:
            words += ["--episodes", "2"]
        commands.append(words)
    return commands


def smaller_python(code: str) -> str:
    """The code of a page on a small budget."""
    return re.sub(r"\.learn\([\d_]+\)", ".learn(300)", code)
