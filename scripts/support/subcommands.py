"""Subcommands: one module each, listed in a table with a line of what it is for, and imported when it is named."""

import sys
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from ludus.utils.command_line import named_object, parse
from ludus.utils.help_text import flowing, listing
from ludus.utils.wording import did_you_mean


def choose(
    command: str,
    noun: str,
    description: str,
    table: Mapping[str, tuple[str, str]],
    arguments: list[str],
    adapt: Callable[[Any, str], Any] = lambda module, name: module,
) -> tuple[Any, Any]:
    """Find the subcommand that was typed, and parse its options.

    Args:
        command: Such as ``study``, of `ludus study`.
        noun: What a subcommand is, such as ``"study"``.
        description: Of the command, before the list of subcommands.
        table: Name -> (module, one line of what it is for). A module offers DESCRIPTION and the dataclass Arguments;
            where several subcommands share one, ``module:name`` is the object in it that offers them.
        adapt: Makes of that module, and of the name, what offers them instead.

    Returns:
        The module or object, and an instance of its Arguments.

    Raises:
        SystemExit: 0 after a help; 2 for a command line that does not fit, which one line on standard error explains.
    """
    if arguments and not arguments[0].startswith("-"):
        name = arguments[0]
    else:  # options may come before the name
        name = next((argument for argument in arguments if argument in table), "")
    if not name and {"-h", "--help"} & set(arguments):
        print(usage(command, noun, description, table))
        raise SystemExit(0)
    if not name:
        refuse(command, f"which {noun}? One of {', '.join(table)}")
    if name not in table:
        refuse(command, f"unknown {noun} {name!r}{did_you_mean(name, table)}")
    options = list(arguments)
    options.remove(name)
    module = adapt(named_object(table[name][0]), name)
    return module, parse(module.Arguments, f"{command} {name}", module.DESCRIPTION, options)


def usage(command: str, noun: str, description: str, table: Mapping[str, tuple[str, str]]) -> str:
    """The description, and a line per subcommand."""
    lines = listing((f"ludus {command} {name}", what) for name, (_, what) in table.items())
    more = f"`ludus {command} {noun.upper()} --help` explains a {noun} and its options."
    return "\n".join([flowing(description), "", lines, "", flowing(more)])


def refuse(command: str, message: str) -> NoReturn:
    """End with status 2, and a line on standard error that says why the command line does not fit."""
    print(f"ludus: {message}; see ludus {command} --help", file=sys.stderr)
    raise SystemExit(2)
