"""`ludus export`: write the policy of a run as an ONNX file."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from ludus.envs.command_line import import_all
from ludus.scripts.support.terminal import plain_console
from ludus.utils.command_line import Imports, parse

DESCRIPTION = """Write the policy of a run as an ONNX file, which any runtime plays without Ludus and torch.

  ludus export runs/snake snake.onnx

Inputs are the observation as the environment shows it (`observation`, or one input per key) and `action_mask`, where
the policy uses masks; outputs are `action` and, of discrete actions, `values`. Views and scaling are inside. The file
is compared with the policy on 1,000 observations before it is written. Needs the extra onnx."""


@dataclass
class Arguments:
    run: Annotated[Path, tyro.conf.Positional]
    """The folder of a run."""
    file: Annotated[Path, tyro.conf.Positional]
    """The .onnx file to write, in a folder that exists."""
    imports: Imports = ()


def main(arguments: list[str]) -> int:
    options = parse(Arguments, "export", DESCRIPTION, arguments)
    import_all(options.imports)
    from ludus.agents.api.exporting import CHECKED, export
    from ludus.agents.api.policy import load

    policy, console = load(options.run), plain_console()
    for note in policy.notes:
        console.print(f"Note: {note}")
    path = export(policy, options.file)
    console.print(f"{path}: {path.stat().st_size:,} bytes, decides as the policy on {CHECKED:,} observations")
    return 0


if __name__ == "__main__":
    from ludus.scripts.main import run

    sys.exit(run(main, sys.argv[1:]))
