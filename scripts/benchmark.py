"""`ludus benchmark`: tables of speed, memory and start-up, side by side with peers."""

import sys
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from ludus.benchmarks.envpool_side import MAKE_PEERS
from ludus.benchmarks.race import Config, Row
from ludus.benchmarks.report import machine, tables, write_results
from ludus.benchmarks.sections import QUICK, SECTIONS, measure
from ludus.utils.command_line import parse
from ludus.utils.wording import did_you_mean

DESCRIPTION = f"""Measure how fast Ludus is on this machine. All sides of a comparison take turns in one run; the tables
show medians, and the slowest and the fastest turn.

  ludus benchmark                                 all sections, Ludus alone
  ludus benchmark --peers                         beside Gymnasium and EnvPool
  ludus benchmark --peers --only cartpole,single --out results.csv
  ludus benchmark --peers --only learn-cartpole   minutes: pqn beside SB3's PPO; learn-ppo: PPO on either's batch
  ludus benchmark --only learn-snake --seeds 1    ten minutes of training

Sections: {", ".join(SECTIONS)}. EnvPool needs older packages than Ludus, so it lives in an environment of its own:

  {MAKE_PEERS}"""


@dataclass
class Arguments:
    only: str = ",".join(QUICK)
    """Sections, separated by commas."""
    peers: bool = False
    """Measure Gymnasium and, where its environment exists, EnvPool beside Ludus."""
    peers_python: Path = Path(".venv-peers/bin/python")
    """The Python of EnvPool's virtual environment."""
    rounds: int = 7
    """Turns of each side."""
    seconds: float = 0.2
    """Length of a turn."""
    num_envs: str = ""
    """Numbers of environments, separated by commas, instead of each section's own."""
    seeds: int = 5
    """Trainings of each side, for the sections learn-…."""
    minutes: float = 10.0
    """Length of a training, for learn-snake."""
    out: Path | None = None
    """Write the rows to this file, too: FILE.csv or FILE.json."""


def main(arguments: list[str]) -> int:
    options = parse(Arguments, "benchmark", DESCRIPTION, arguments)
    sections = parse_sections(options.only)
    if options.rounds < 1 or not options.seconds > 0:
        raise ValueError(f"rounds must be >= 1 and seconds > 0, got {options.rounds} and {options.seconds}")
    if options.out is not None and options.out.suffix not in (".csv", ".json"):
        raise ValueError(f"--out must end in .csv or .json, got {str(options.out)!r}")
    console = Console(highlight=False)
    config = Config(
        rounds=options.rounds,
        seconds=options.seconds,
        num_envs=parse_numbers(options.num_envs),
        peers=options.peers,
        peers_python=find_peers(options, console),
        seeds=options.seeds,
        minutes=options.minutes,
    )
    about = machine()
    console.print(", ".join(f"{key} {value}" for key, value in about.items()))
    rows: list[tuple[str, Row]] = []
    for name in sections:
        with console.status(f"measuring {name}"):
            measured = measure(name, config)
        for table in tables(measured):
            console.print(table)
        rows += [(name, row) for row in measured]
        if options.out is not None:  # after every section, so that an interrupted run keeps what it has
            write_results(options.out, rows, about)
    if options.out is not None:
        console.print(f"Written to {options.out}")
    return 0


def parse_sections(text: str) -> list[str]:
    """``"snake,frames"`` as a list; ``ValueError`` for an unknown section."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in SECTIONS:
            raise ValueError(f"unknown section {name!r}{did_you_mean(name, SECTIONS)}")
    if not names:
        raise ValueError(f"--only names no section; known: {', '.join(SECTIONS)}")
    return names


def parse_numbers(text: str) -> tuple[int, ...]:
    """``"1,64"`` as numbers; ``ValueError`` for what is no whole number >= 1."""
    numbers = [part.strip() for part in text.split(",") if part.strip()]
    for number in numbers:
        if not number.isdecimal() or int(number) < 1:
            raise ValueError(f"--num-envs takes whole numbers >= 1 separated by commas, got {number!r}")
    return tuple(map(int, numbers))


def find_peers(options: Arguments, console: Console) -> Path | None:
    """EnvPool's Python, if it is asked for and there; says how to make it where it is missing."""
    if not options.peers:
        return None
    if options.peers_python.exists():
        return options.peers_python.absolute()
    console.print(f"EnvPool is left out: there is no {options.peers_python}. To make it:\n  {MAKE_PEERS}", markup=False)
    return None


if __name__ == "__main__":
    from ludus.scripts.main import run

    sys.exit(run(main, sys.argv[1:]))
