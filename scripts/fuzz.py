"""`ludus fuzz`: hunt for a fault in an environment with random actions, extreme parameters, resets and restores."""

import sys
import time
from dataclasses import dataclass
from typing import Annotated

import tyro
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from ludus.envs.checks.fuzz import Failure, Tally, fuzz
from ludus.envs.command_line import environment
from ludus.envs.engine.simulation import Simulation, load
from ludus.envs.ids import find_spec, full_id, is_ludus
from ludus.utils.command_line import parse
from ludus.utils.wording import counted

DESCRIPTION = """Hunt for a fault in an environment.

  ludus fuzz ludus/Snake-v1 --steps 1000000
  ludus fuzz ludus/Snake-v1 --seed 0 --campaign 7     # one campaign again

Campaigns of a few hundred steps each, with random sizes, parameters at their ends, randomised and drifting, legal and
illegal actions, partial resets, snapshots and restores, in all autoreset modes. Checked at every reset and step: all
that is shown against its space, finite numbers, masks, sums of the reward terms, flags against the clock, final rows,
equal seeds giving equal bits, and the invariants that the environment's file declares. Exit status 1 if something does
not hold."""


@dataclass
class Arguments:
    id: Annotated[str, tyro.conf.Positional]
    """An environment id; of another package MODULE:ID."""
    steps: int = 100_000
    """Steps of environments in all; a million takes 15 seconds to half an hour. One --campaign is played to its end."""
    seed: int = 0
    """Everything follows from it."""
    campaign: int | None = None
    """The number of one campaign, to play it alone."""


def main(arguments: list[str]) -> int:
    options = parse(Arguments, "fuzz", DESCRIPTION, arguments)
    if options.steps < 1 or options.seed < 0 or (options.campaign is not None and options.campaign < 0):
        came = f"--steps {options.steps}, --seed {options.seed}, --campaign {options.campaign}"
        raise ValueError(f"fuzz needs --steps >= 1, --seed >= 0 and --campaign >= 0 (or none), got {came}")
    spec = find_spec(environment(options.id))
    if not is_ludus(spec):
        raise ValueError(f"{options.id} is not an environment of Ludus; `ludus envs` lists those that can be fuzzed")
    module = spec.kwargs["module"]
    console, tally, start = Console(highlight=False), Tally(), time.monotonic()
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    failure, interrupted = None, False
    try:
        with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console, transient=True) as bar:
            task = bar.add_task(f"fuzzing {spec.id}", total=options.steps if options.campaign is None else None)
            fuzz(
                module,
                spec.max_episode_steps,
                options.steps,
                options.seed,
                options.campaign,
                tally,
                lambda so_far: bar.update(task, completed=so_far.steps),
            )
    except Failure as found:
        failure = found
    except KeyboardInterrupt:
        interrupted = True
    if failure is not None:
        console.print(f"FAULT in {spec.id}: {failure}", markup=False, soft_wrap=True)
        number = failure.campaign.number
        again = f"ludus fuzz {full_id(spec.id)} --seed {options.seed} --campaign {number}"
        console.print(f"again: {again}", markup=False, soft_wrap=True)
        return 1
    verdict = "interrupted, no fault so far" if interrupted else "no fault"
    seconds = time.monotonic() - start
    console.print(f"{spec.id}, seed {options.seed}: {verdict} in {tally.steps:,} steps, {seconds:.0f} s")
    console.print(checked(tally, load(module)[1]), markup=False, soft_wrap=True)
    return 130 if interrupted else 0


def checked(tally: Tally, simulation: Simulation) -> str:
    """What a hunt has seen, in a few lines."""
    modes = ", ".join(sorted(mode.value for mode in tally.modes)) or "none"
    solved = f" ({tally.successes:,} of them solved)" if simulation.succeeds else ""
    counts = f"{tally.resets:,} resets at a random moment, {tally.restores:,} restores, {tally.refusals:,} refusals"
    lines = [
        f"  {counted(tally.campaigns, 'campaign')}, {counted(tally.episodes, 'episode')} ended{solved}",
        f"  {counts}",
    ]
    lines += [f"  autoreset: {modes}", "  invariants:" + (" none declared" if not simulation.invariants else "")]
    return "\n".join([*lines, *(f"    {text}" for text in simulation.invariants)])


if __name__ == "__main__":
    from ludus.scripts.main import run

    sys.exit(run(main, sys.argv[1:]))
