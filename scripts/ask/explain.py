"""`ludus explain`: what a policy looks at, summed over its own play."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console
from rich.markup import escape

from ludus.envs.command_line import import_all, slot_fillings
from ludus.utils.command_line import Imports, key_values, output_folder, parse
from ludus.utils.interrupts import Interrupted

DESCRIPTION = """What does this policy look at? The shares of the named numbers that it sees, over 10,000 steps.

  ludus explain ludus/CartPole-v1                           # the trained policy that comes with Ludus
  ludus explain runs/rover --method integrated-gradients
  ludus explain runs/sorter --slot perception=noisy:0.3     # with another sense than it learned with

Leaves a figure, a table of all entries (CSV) and the sums of each block of steps, from which a command that was stopped
goes on. Beside the shares stands in how many steps an entry alone changes the action: the two rank differently, and a
share is no cause. Three checks that can fail are made each time: shares add up, what cannot be seen has none, and a
policy with random weights has other ones; the exit status is 1 where one does not hold."""


@dataclass
class Arguments:
    what: Annotated[str, tyro.conf.Positional]
    """The folder of a run, or an environment id: then the zoo's policy."""
    method: str = "shapley"
    """shapley, or integrated-gradients (of networks, where the observation is no Discrete)."""
    steps: int = 10_000
    """Steps of the policy's own play, of 16 environments together."""
    pairs: int = 1
    """Of Shapley values of more than 8 entries: orders and their reverses, for each step."""
    checkpoint: str = "last"
    """Of a run: last, best (by the evaluations on its way), or a number of steps that is kept."""
    seed: int = 900_000_017
    """Of the play, and of the orders."""
    set: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """key=value: a parameter of the environment, other than in training."""
    slot: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """NAME=FILLING: what a slot shows, other than in training."""
    out: Path = Path("results")
    """Folder of the picture and the CSVs."""
    imports: Imports = ()


def main(arguments: list[str]) -> int:
    options = parse(Arguments, "explain", DESCRIPTION, arguments)
    import_all(options.imports)
    console = Console(highlight=False)
    settings = {**key_values(options.set, "--set"), **slot_fillings(options.slot)}
    from ludus.agents.runs.player import find_player
    from ludus.studies.command import tell_files, tell_stopped
    from ludus.studies.explanation import compose, explanation_study, file_of, plot, summarise, table, write_lines
    from ludus.studies.explanation.study import checks

    player = find_player(options.what, None, options.seed, settings, options.checkpoint)
    for note in player.notes:
        console.print(f"Note: {note}")
    base = output_folder(options.out) / file_of(options.what)
    csv, png, blocks = (base.with_name(f"{base.name}{end}") for end in (".csv", ".png", "-blocks.csv"))
    with console.status("") as status:

        def tell(what: str, share: float) -> None:
            status.update(f"{what} {escape(player.title)}: {share:.0%}")

        setup = compose(player, options.method, options.steps, options.pairs, options.seed, tell)
        try:
            rows = explanation_study(setup, blocks, tell)
        except Interrupted as signal:
            return tell_stopped(console, signal)
        status.update("checking")
        found = checks(setup)
    lines = summarise(setup, rows)
    write_lines(csv, lines)
    plot(setup, lines, png)
    console.print(table(setup, lines, rows))
    for one in found:
        verdict = {True: "holds", False: "[bold red]DOES NOT HOLD[/]", None: "not judged"}[one.holds]
        console.print(f"Check: {one.name}: {verdict} ({one.found})")
    tell_files(console, png, csv, blocks)
    return 1 if any(one.holds is False for one in found) else 0


if __name__ == "__main__":
    from ludus.scripts.main import run

    sys.exit(run(main, sys.argv[1:]))
