"""`ludus upgrade`: rewrite what the version before this one kept, so that nothing is trained again for a name."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console

from ludus.agents.runs.upgrade import upgrade_run, upgrade_table
from ludus.components.names import CONFIG
from ludus.components.upgrade import stable_names, upgrade_component
from ludus.utils.command_line import key_values, parse

DESCRIPTION = """Rewrite components (config.json) and runs (config.yaml) of format 1, whose names of modules would have
been imported, and the fingerprints of these components where runs and tables name them. Nothing in them is run.

  ludus upgrade models/garments runs/sorter
  ludus upgrade models/small results/regret-ludus-Sorter-v0-perception.csv
  ludus upgrade models/mine --name mymodels.nets:Net=acme/net

Weights and checkpoints stay as they are. What is upgraded already is left alone; its fingerprint is carried over."""


@dataclass
class Arguments:
    what: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Folders of components, folders of runs, and tables of `ludus study regret` (.csv)."""
    name: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """MODULE:CLASS=OWNER/NAME: the stable name that a class of your own has now."""


def main(arguments: list[str]) -> int:
    options = parse(Arguments, "upgrade", DESCRIPTION, arguments)
    console = Console(highlight=False)
    names = stable_names(key_values(options.name, "--name"))
    kinds = {path: kind_of(path) for path in options.what}
    prints: dict[str, str] = {}  # fingerprints of components: before -> now
    upgrades = {  # in this order: what names a component comes after it
        "component": lambda path: upgrade_component(path, names, prints),
        "run": lambda path: upgrade_run(path, prints),
        "table": lambda path: upgrade_table(path, prints),
    }
    for kind, upgrade in upgrades.items():
        for path in (path for path in kinds if kinds[path] == kind):
            console.print(f"{path}: {upgrade(path)}", markup=False, soft_wrap=True)
    return 0


def kind_of(path: Path) -> str:
    """``component``, ``run`` or ``table``; ``ValueError`` for anything else."""
    if path.suffix == ".csv" and path.is_file():
        return "table"
    for name, kind in ((CONFIG, "component"), ("config.yaml", "run")):
        if (path / name).is_file():
            return kind
    raise ValueError(f"{path} is neither the folder of a component or of a run, nor a table of a study (.csv)")


if __name__ == "__main__":
    from ludus.scripts.main import run

    sys.exit(run(main, sys.argv[1:]))
