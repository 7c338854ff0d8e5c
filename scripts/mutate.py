"""`ludus mutate`: change an environment's rules one at a time and see which changes the tests notice."""

import csv
import io
import random
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from ludus.envs import ENVIRONMENTS
from ludus.envs.checks.mutation import Mutant, find_mutants, rules_of, siblings_of
from ludus.envs.checks.workshop import CAUGHT, INVALID, SURVIVED, Outcome, Workshop, depth_of
from ludus.envs.command_line import environment
from ludus.envs.engine.simulation import load
from ludus.envs.engine.third_party.mistakes import shown_name
from ludus.envs.registry import find_spec, is_ludus
from ludus.utils.command_line import output_folder, parse
from ludus.utils.files import write_atomically
from ludus.utils.untrusted import read_table

DESCRIPTION = """Change the rules of an environment one at a time: which changes do the tests notice?

  ludus mutate ludus/Snake-v1                   # 40 of the possible changes
  ludus mutate ludus/CartPole-v1 --all
  ludus mutate ludus/Snake-v1 --retry           # those that survived once more, after a test was added
  ludus mutate acme.hopper:acme/Hopper-v0       # of another package: with its own tests/test_hopper.py

Comparisons, operators, numbers and negations in reset, step, observe, mask and the helpers that they call (in the file,
in modules NAME_PART.py beside it, in all files of a folder) are changed in a copy of the source. What is known is kept
in the CSV, so an interrupted run goes on. A change that does not compile is not counted. Exit status 1 if fewer than
95 % are caught."""

# Where a rule's change shows first; after the environment's own file only those of their tests that name it.
TESTS = ("fuzz", "heuristics", "parameters", "trajectories", "snapshot")
GOAL = 0.95
COLUMNS = ("place", "digest", "number", "line", "was", "becomes", "status", "by", "seconds")


@dataclass
class Arguments:
    id: Annotated[str, tyro.conf.Positional]
    """An environment id; of another package MODULE:ID."""
    count: int = 40
    """How many changes that compile, drawn at random (always the same ones)."""
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
    spec = find_spec(environment(options.id))
    if not is_ludus(spec):
        raise ValueError(f"{options.id} is not an environment of Ludus; `ludus envs` lists those that can be mutated")
    module = spec.kwargs["module"]
    environment_module, simulation = load(module)
    file, name = Path(environment_module.__file__ or "").resolve(), module.rpartition(".")[2]
    root = root_of(file, module)
    if root is None:
        raise ValueError(f"mutate needs a clone of the repository with tests/test_{name}.py; {file.parent} is in none")
    path = output_folder(options.out or root / "results") / f"mutation-{name}.csv"
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    mutants = find_mutants(file.read_text("utf-8"), rules_of(simulation, file), siblings_of(file), package)
    random.Random(0).shuffle(mutants)
    goal = len(mutants) if options.all else options.count
    known = read(path, mutants, options.retry)
    console = Console(highlight=False)
    try:
        tests = [test for each in (name, *more_tests(name, root), *TESTS) for test in tests_named(f"{each}.py", root)]
        hunt(root, file.relative_to(root), mutants, goal, known, path, [*tests, "-k", name], console, module)
    except KeyboardInterrupt:
        console.print(f"interrupted; {path} keeps what is known, and the same command goes on from there")
        return 130
    return conclude(spec.id, mutants, known, path, console)


def root_of(file: Path, module: str) -> Path | None:
    """The repository of an environment's ``file``: the nearest folder above it that has its tests; none without."""
    for folder in file.parents:
        if tests_named(f"{module.rpartition('.')[2]}.py", folder) and depth_of(file.relative_to(folder), module) >= -1:
            return folder
    return None


def tests_named(name: str, root: Path) -> list[str]:
    """The files ``test_NAME`` anywhere below ``root``/tests, relative to ``root``; ``name`` may be a pattern."""
    return sorted(path.relative_to(root).as_posix() for path in (root / "tests").rglob(f"test_{name}"))


def more_tests(name: str, root: Path) -> list[str]:
    """The further tests of the environment file ``name``: NAME_PART of each test_NAME_PART.py.

    A file that is named after another environment (``mountain_car_continuous``) is that one's.
    """
    stems = [module.rpartition(".")[2] for module, _ in ENVIRONMENTS.values()]
    longer = tuple(stem for stem in stems if stem.startswith(f"{name}_"))
    parts = [Path(test).stem.removeprefix("test_") for test in tests_named(f"{name}_*.py", root)]
    return [part for part in parts if not part.startswith(longer)] if longer else parts


def read(path: Path, mutants: list[Mutant], retry: bool) -> dict[tuple, Outcome]:
    """The outcomes in the CSV that still belong to one of ``mutants``; the file then holds just these.

    Lines that are no outcomes are left out: a kill in the middle of ``append`` leaves a part of one, and that mutant is
    tried again.
    """
    keys = {mutant.key for mutant in mutants}
    known = {}
    if path.exists():
        for row in read_table(path):
            try:
                key = (row["place"], row["digest"], int(row["number"]))
                outcome = Outcome(row["status"], row["by"], float(row["seconds"]))
            except (KeyError, TypeError, ValueError):  # no such column, None or half a number in it
                continue
            if key in keys and not (retry and outcome.status == SURVIVED):
                known[key] = outcome
    path.parent.mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for mutant in sorted(mutants, key=lambda mutant: mutant.order):
        if mutant.key in known:
            writer.writerow(row_of(mutant, known[mutant.key]))
    write_atomically(path, text.getvalue().encode())
    return known


def append(path: Path, mutant: Mutant, outcome: Outcome) -> None:
    with path.open("a", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerow(row_of(mutant, outcome))


def row_of(mutant: Mutant, outcome: Outcome) -> tuple:
    """The line of the CSV, in the order of ``COLUMNS``."""
    m, o = mutant, outcome
    return m.place, m.digest, m.number, m.line, m.was, m.becomes, o.status, o.by, f"{o.seconds:.1f}"


def hunt(
    root: Path,
    file: Path,
    mutants: list[Mutant],
    goal: int,
    known: dict[tuple, Outcome],
    path: Path,
    tests: list[str],
    console: Console,
    module: str,
) -> None:
    """Try ``mutants`` in turn until ``goal`` of them are known that compile; see ``Workshop``."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        tempfile.TemporaryDirectory() as folder,
        Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar,
    ):
        task = bar.add_task(f"{shown_name(file)}: the tests as they are", total=goal)
        shop, limit = None, 600.0
        for mutant in mutants:
            valid = sum(outcome.status != INVALID for outcome in known.values())
            bar.update(task, completed=len(known) if goal == len(mutants) else valid)
            if valid >= goal:
                break
            if mutant.key in known:
                continue
            if shop is None:
                shop = Workshop(root, file, Path(folder), tests, module)
                sound = shop.try_mutant(None, limit)
                if sound.status != SURVIVED:
                    raise RuntimeError(f"the tests fail without any change: {sound.by or 'they do not compile'}")
                # An endless loop must not be taken for one on a machine that is busy with other things.
                limit = 60.0 + 5.0 * sound.seconds
            bar.update(task, description=f"{mutant.place}:{mutant.line} {mutant.was or '·'} → {mutant.becomes or '·'}")
            known[mutant.key] = outcome = shop.try_mutant(mutant, limit)
            append(path, mutant, outcome)
            console.print(line(mutant, outcome), markup=False, soft_wrap=True)


def line(mutant: Mutant, outcome: Outcome) -> str:
    change = f"{mutant.was} → {mutant.becomes}" if mutant.becomes else f"without {mutant.was}"
    by = f" by {outcome.by}" if outcome.by else ""
    return f"{mutant.line:4} {mutant.place:12} {change:14} {outcome.status}{by}"


def conclude(id: str, mutants: list[Mutant], known: dict[tuple, Outcome], path: Path, console: Console) -> int:
    """Print the share that was caught and the survivors; 1 if it is below the goal."""
    counts = Counter(outcome.status for outcome in known.values())
    valid = counts[CAUGHT] + counts[SURVIVED]
    read(path, [mutant for mutant in mutants if mutant.key in known], retry=False)  # in order of their lines
    if not valid:
        raise ValueError(f"{id} has no change that compiles")
    for mutant in sorted(mutants, key=lambda mutant: mutant.order):
        if mutant.key in known and known[mutant.key].status == SURVIVED:
            console.print(line(mutant, known[mutant.key]), markup=False, soft_wrap=True)
    console.print(
        f"{id}: {counts[CAUGHT]} of {valid} changes caught ({counts[CAUGHT] / valid:.1%}), {counts[INVALID]} more do "
        f"not compile, {len(mutants) - len(known)} not tried; {path}",
        soft_wrap=True,
    )
    return 0 if counts[CAUGHT] >= GOAL * valid else 1


if __name__ == "__main__":
    from ludus.scripts.main import run

    sys.exit(run(main, sys.argv[1:]))
