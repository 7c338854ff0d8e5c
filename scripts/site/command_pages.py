"""The pages of the commands: what their --help prints, subcommands included."""

import contextlib
import io
import os
from collections.abc import Iterator
from pathlib import Path

from ludus.scripts.fit import TASKS
from ludus.scripts.main import COMMANDS, main
from ludus.scripts.study import STUDIES
from ludus.scripts.tune import SUBCOMMANDS
from ludus.utils.files import write_atomically

WIDTH = 100  # letters of a line
BELOW: dict[str, tuple[str, ...]] = {"fit": tuple(TASKS), "study": tuple(STUDIES), "tune": tuple(SUBCOMMANDS)}


def write_commands(folder: Path) -> None:
    """A page for each command in ``folder``, and one that lists them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in COMMANDS:
        write_atomically(folder / f"{name}.md", command_page(name).encode())
    write_atomically(folder / "index.md", commands_index().encode())


def command_page(name: str) -> str:
    """The page of one command in Markdown: its help, then those of its subcommands."""
    parts = [f"# ludus {name}", f"{COMMANDS[name][:1].upper()}{COMMANDS[name][1:]}.", _block(help_of(name))]
    for below in BELOW.get(name, ()):
        parts += [f"## ludus {name} {below}", _block(help_of(name, below))]
    return "\n\n".join(parts) + "\n"


def commands_index() -> str:
    lines = [f"| [`ludus {name}`]({name}.md) | {what} |" for name, what in COMMANDS.items()]
    contents = "```{toctree}\n:hidden:\n\n" + "\n".join(COMMANDS) + "\n```"
    intro = "Each of these pages is what `ludus COMMAND --help` prints. `ludus` alone lists the commands."
    return "\n\n".join(["# Commands", intro, "\n".join(["| command | |", "|---|---|", *lines]), contents]) + "\n"


def help_of(*words: str) -> str:
    """What ``ludus WORDS --help`` prints, at ``WIDTH`` letters and without colours."""
    said = io.StringIO()
    with _terminal(WIDTH), contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        main([*words, "--help"])
    return said.getvalue().strip("\n")


def _block(text: str) -> str:
    return f"````text\n{text}\n````"


@contextlib.contextmanager
def _terminal(width: int) -> Iterator[None]:
    """A terminal of ``width`` letters without colours, as libraries read it from the environment."""
    told = {"COLUMNS": str(width), "NO_COLOR": "1", "TERM": "dumb"}
    before = {key: os.environ.get(key) for key in told}
    os.environ.update(told)
    try:
        yield
    finally:
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value
