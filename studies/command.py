"""A study as a subcommand of `ludus study`: the option that all have, and what they say last.

A study is a module or a package here that offers three things, and a line in `scripts/study.py`:

    DESCRIPTION                     what `ludus study NAME --help` says first
    Arguments                       a dataclass, its options; a ``StudyArguments``
    run(arguments, console) -> int  does it, prints its table and leaves its files; the exit status
"""

from dataclasses import dataclass
from pathlib import Path
from signal import Signals

from rich.console import Console

from ..utils.interrupts import Interrupted


@dataclass(kw_only=True)
class StudyArguments:
    """What every study takes."""

    out: Path = Path("results")
    """Folder of the picture and the CSV."""


def tell_files(console: Console, *paths: Path) -> None:
    """Say where the results are, on one line, to be copied."""
    console.print(", ".join(map(str, paths)), soft_wrap=True)


def tell_stopped(console: Console, signal: Interrupted) -> int:
    """Say how to go on after Ctrl-C or SIGTERM; returns the exit status, as a shell says it."""
    console.print(f"Stopped by {signal}; everything is saved, and the same command goes on.")
    return 128 + Signals[str(signal)]
