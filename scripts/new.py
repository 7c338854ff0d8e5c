"""`ludus new`: an environment of your own, as a small file that plays already."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console

from ludus.envs.new_file import write_new
from ludus.utils.command_line import parse

DESCRIPTION = """Begin an environment of your own: a small file that plays already, and a test beside it, in the folder
you stand in. Then change its rules into yours.

  ludus new hopper                            # hopper.py and test_hopper.py, for the id my/Hopper-v0
  ludus new moon_lander --namespace acme      # acme/MoonLander-v0

Nothing is overwritten. docs/first-environment.md builds one from an empty file."""


@dataclass
class Arguments:
    name: Annotated[str, tyro.conf.Positional]
    """Of the file, without .py: lower case letters, digits and _."""
    namespace: str = "my"
    """What stands before the / of the id."""


def main(arguments: list[str]) -> int:
    options = parse(Arguments, "new", DESCRIPTION, arguments)
    id, file, test = write_new(Path(), options.name, options.namespace)
    name = options.name
    steps = {
        f"python -m pytest {test}": "its rules, step by step",
        f"ludus check {name}:{id}": "then it is compiled without checks, to be fast",
        f"ludus play {name}:{id}": "with the arrow keys",
        f"ludus watch {name}:{id} --policy heuristic": "",
        f"ludus train {name}:{id} --steps 200000 --run runs/{name}": "",
        f"ludus watch runs/{name} --import {name}": "",
    }
    console = Console(highlight=False)
    console.print(f"{file} is the environment {id}, {test} its test. What to do with them:\n", soft_wrap=True)
    width = max(len(line) for line, what in steps.items() if what)
    for line, what in steps.items():
        console.print(f"  {line:{width}}  # {what}" if what else f"  {line}", markup=False, soft_wrap=True)
    return 0


if __name__ == "__main__":
    from ludus.scripts.main import run

    sys.exit(run(main, sys.argv[1:]))
