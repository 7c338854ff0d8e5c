"""`ludus plot`: learning curves of one or many runs, as a picture."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from ludus.envs.command_line import import_all
from ludus.scripts.support.terminal import plain_console
from ludus.utils.command_line import Imports, check_output, parse
from ludus.utils.plotting import import_pyplot
from ludus.utils.wording import counted

DESCRIPTION = """Draw the learning curves of runs: a line each, or of several seeds their mean, with a band from the
lowest to the highest seed.

  ludus plot runs/snake
  ludus plot runs/a runs/b --out curves.png
  ludus plot runs/snakes --tag rollout/return            # of --seed 0,1,2: all of its runs, as one group

Runs that differ in nothing but the seed are one group, wherever they lie. What is shown is read from the runs'
TensorBoard files: evaluation/return, the mean return of the greedy evaluations on the way, or any other tag. Needs
matplotlib, from the extra `plots`."""


@dataclass
class Arguments:
    runs: Annotated[tuple[Path, ...], tyro.conf.Positional]
    """Folders of runs, or of the runs of several seeds."""
    out: Path = Path("curves.png")
    """The picture, a .png."""
    tag: str | None = None
    """What is drawn (default: evaluation/return; of runs that were evaluated less than twice rollout/return)."""
    apart: bool = False
    """A line for each run, seeds included."""
    imports: Imports = ()


def main(arguments: list[str]) -> int:
    options = parse(Arguments, "plot", DESCRIPTION, arguments)
    if not options.runs:
        raise ValueError("which runs? ludus plot RUN, such as ludus plot runs/snake")
    check_output("--out", options.out, ".png")
    import_pyplot()  # or nothing is read
    import_all(options.imports)
    from ludus.agents.runs.curves import read_groups, reference_scores
    from ludus.agents.runs.curves_plot import plot_curves

    tag, groups = read_groups(options.runs, options.tag, options.apart)
    plot_curves(groups, tag, options.out, reference_scores(groups))
    shown = sum(len(group.curves) for group in groups)
    what = counted(len(groups), "group") if shown > len(groups) else counted(len(groups), "line")
    plain_console().print(f"{options.out}: {tag} of {counted(shown, 'run')} in {what}", soft_wrap=True)
    return 0


if __name__ == "__main__":
    from ludus.scripts.main import run

    sys.exit(run(main, sys.argv[1:]))
