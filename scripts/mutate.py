"""`ludus mutate`: change an environment's rules one at a time and see which changes the tests notice."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from ludus.envs.checks.mutation import Mutant
from ludus.envs.checks.mutation_hunt import Hunt, open_hunt, repository_of
from ludus.envs.checks.mutation_workshop import CAUGHT, INVALID, Outcome
from ludus.envs.command_line import environment
from ludus.envs.engine.mistakes import shown_name
from ludus.utils.command_line import output_folder, parse

DESCRIPTION = """Change the rules of an environment one at a time: which changes do the tests notice?

  ludus mutate ludus/Snake-v1                   # 40 of the possible changes
  ludus mutate ludus/CartPole-v1 --all
  ludus mutate ludus/Snake-v1 --retry           # those that survived once more, after a test was added
  ludus mutate acme.hopper:acme/Hopper-v0       # of another package: with its own tests/test_hopper.py

Comparisons, operators, numbers and negations in reset, step, observe, mask and the helpers that they call (in the file,
in modules NAME_PART.py beside it, in all files of a folder) are changed in a copy of the source. What is known is kept
in the CSV, so an interrupted run goes on. A change that does not compile is not counted. Exit status 1 if fewer than
95 % are caught."""

GOAL = 0.95


@dataclass
class Arguments:
    id: Annotated[str, tyro.conf.Positional]
    """An environment id; of another package MODULE:ID."""
    count: int = 40
    """How many changes that compile, chosen at random (always the same ones)."""
    all: bool = False
    """Every possible change."""
    retry: bool = False
    """Try those again that survived."""
    out: Path | None = None
    """Folder of the table mutation-NAME.csv (default: results, in the repository of the environment)."""


def main(arguments: list[str]) -> int:
    options = parse(Arguments, "mutate", DESCRIPTION, arguments)
    if options.count < 1:
        raise ValueError(f"--count must be >= 1, got {options.count}")
    id = environment(options.id)
    root = repository_of(id)
    hunt = open_hunt(id, output_folder(options.out or root / "results"), options.retry)
    console = Console(highlight=False)
    try:
        show(hunt, len(hunt.mutants) if options.all else options.count, console)
    except KeyboardInterrupt:
        console.print(f"interrupted; {hunt.path} keeps what is known, and the same command goes on from there")
        return 130
    return conclude(id, hunt, console)


def show(hunt: Hunt, goal: int, console: Console) -> None:
    """Try mutants until ``goal`` of them are known, with a bar and a line for each."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        task = bar.add_task(f"{shown_name(hunt.file)}: the tests as they are", total=goal, completed=hunt.done(goal))

        def begin(mutant: Mutant) -> None:
            bar.update(task, description=f"{mutant.place}:{mutant.line} {mutant.was or '·'} → {mutant.becomes or '·'}")

        def tell(mutant: Mutant, outcome: Outcome) -> None:
            bar.update(task, completed=hunt.done(goal))
            console.print(line(mutant, outcome), markup=False, soft_wrap=True)

        hunt.run(goal, begin, tell)


def line(mutant: Mutant, outcome: Outcome) -> str:
    """What was changed and what the tests said."""
    change = f"{mutant.was} → {mutant.becomes}" if mutant.becomes else f"without {mutant.was}"
    by = f" by {outcome.by}" if outcome.by else ""
    return f"{mutant.line:4} {mutant.place:12} {change:14} {outcome.status}{by}"


def conclude(id: str, hunt: Hunt, console: Console) -> int:
    """Print the share that was caught and the survivors; 1 if it is below the goal."""
    hunt.sort_results()
    counts, valid = hunt.count(), hunt.valid
    if not valid:
        raise ValueError(f"{id} has no change that compiles")
    for mutant in hunt.survivors():
        console.print(line(mutant, hunt.known[mutant.key]), markup=False, soft_wrap=True)
    console.print(
        f"{id}: {counts[CAUGHT]} of {valid} changes caught ({counts[CAUGHT] / valid:.1%}), {counts[INVALID]} more do "
        f"not compile, {len(hunt.mutants) - len(hunt.known)} not tried; {hunt.path}",
        soft_wrap=True,
    )
    return 0 if counts[CAUGHT] >= GOAL * valid else 1


if __name__ == "__main__":
    from ludus.scripts.main import run

    sys.exit(run(main, sys.argv[1:]))
