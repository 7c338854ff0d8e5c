"""`ludus zoo`: the small trained policies that come with Ludus, their making and their check."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro
from rich.console import Console

from ludus.utils.command_line import parse

DESCRIPTION = """The small trained policies that come with Ludus: what they earn, their making, their check.

  ludus zoo                                                 # the table; of one environment: ludus zoo list ID
  ludus watch ludus/Snake-v1                                # the zoo's, where nothing else is said
  ludus evaluate ludus/Snake-v1 --policy zoo
  ludus zoo check                                           # every file and every score once more
  ludus zoo make ludus/CartPole-v1 --seeds 3                # train it anew; what is there stays unless this is better
  ludus zoo make --seconds 60                               # all, from presets that take a minute at the most

`make` takes the best preset whose training takes at most --seconds, by the table of `ludus study presets`; it keeps the
best of the seeds, and scores it in other episodes than those in which it was chosen."""


@dataclass
class Arguments:
    what: Annotated[Literal["list", "make", "check"], tyro.conf.Positional] = "list"
    """What to do with the zoo."""
    env: Annotated[str, tyro.conf.Positional] = "all"
    """Only this environment's policy."""
    agent: str | None = None
    """make: this agent's preset, instead of the best."""
    seeds: int = 1
    """make: trainings, of which the best is kept."""
    seconds: float = 200.0
    """make: the most that a training may take, by the table of presets."""
    presets: Path = Path("results/presets.csv")
    """make: the table of presets."""
    quick: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """check: compare the files alone with the table, and play nothing: its scores are not looked at."""
    markdown: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False
    """list: as the table of docs/zoo.md."""


def main(arguments: list[str]) -> int:
    options = parse(Arguments, "zoo", DESCRIPTION, arguments)
    console = Console(highlight=False)
    from ludus.envs.command_line import environment
    from ludus.studies import zoo

    if options.seeds < 1:
        raise ValueError(f"--seeds must be >= 1, got {options.seeds}")
    chosen = zoo.environments() if options.env == "all" else [environment(options.env)]
    unknown = [env for env in chosen if env not in zoo.environments()]
    if unknown:
        raise ValueError(f"the zoo keeps no policy for {unknown[0]}; it does for {', '.join(zoo.environments())}")
    if options.what == "make":
        return make(options, chosen, console)
    if options.what == "check":
        return check(chosen, options.quick, options.env == "all", console)
    if options.markdown:
        print(zoo.markdown(chosen))
    else:
        console.print(zoo.table(chosen, console.width))
    return 0


def make(options: Arguments, chosen: list[str], console: Console) -> int:
    """Train what was chosen, and say what became of it; exit status 1 if no preset was cheap enough for one of them."""
    from ludus.studies import zoo
    from ludus.studies.presets import read

    rows, left_out = read(options.presets), False
    for env in chosen:
        if options.agent is None:
            try:
                preset, dearer = zoo.choose_preset(env, rows, options.seconds)
            except ValueError as fault:
                if len(chosen) == 1:
                    raise
                console.print(f"{env} is left out: {fault}", soft_wrap=True)
                left_out = True
                continue
            agent = preset.agent
        else:
            agent, dearer = options.agent, zoo.dearer_than(env, options.agent, rows)
        with console.status("") as status:

            def show(seed: int, progress: object, title: str = f"{env} · {agent}") -> None:
                status.update(f"{title}, seed {seed}: {progress}")

            zoo.make_policy(
                env, agent, range(options.seeds), dearer, show, lambda line: console.print(line, soft_wrap=True)
            )
    return int(left_out)


def check(chosen: list[str], quick: bool, everything: bool, console: Console) -> int:
    """Exit status 0 if all that is compared is as the table says, else 1, with a line for each fault.

    Where ``everything`` is asked for, an environment that has no policy yet is told of, and is no fault.
    """
    from ludus.studies import zoo

    wrong = zoo.too_large()
    right = "files as the table says, not played" if quick else "as the table says"
    for env in chosen:
        if everything and zoo.entry(env) is None:
            console.print(f"{env}: no policy yet; ludus zoo make {env}")
            continue
        with console.status(f"{env}: playing"):
            found = zoo.faults(env, replayed=not quick)
        console.print(f"{env}: {right if not found else 'WRONG'}")
        wrong += found
    for line in wrong:
        console.print(line, soft_wrap=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    from ludus.scripts.main import run

    sys.exit(run(main, sys.argv[1:]))
