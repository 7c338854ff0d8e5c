"""`ludus envs`: the table of environments, and the card of one."""

import sys
from dataclasses import dataclass
from typing import Annotated

import tyro
from rich import box
from rich.console import Console
from rich.table import Table

from ludus.envs import ENVIRONMENTS
from ludus.envs.engine.simulation import load
from ludus.envs.make import find_spec, is_ludus
from ludus.scripts.options import parse

DESCRIPTION = """The environments with their parameters, or the card of one.

  ludus envs
  ludus envs ludus/Snake-v1"""


@dataclass
class Arguments:
    id: Annotated[str | None, tyro.conf.Positional] = None
    """An environment id: prints its card and its parameters."""


def main(arguments: list[str]) -> int:
    options = parse(Arguments, "envs", DESCRIPTION, arguments)
    console = Console(highlight=False)
    if options.id is None:
        overview(console)
    else:
        card(console, options.id)
    return 0


def overview(console: Console) -> None:
    """A line per environment, then what can be set in each."""
    shown = Table(box=box.SIMPLE_HEAD)
    for column in ("id", "observation", "actions"):
        shown.add_column(column, no_wrap=True)
    for column in ("limit", "random", "reference"):
        shown.add_column(column, justify="right", no_wrap=True)
    settings = []
    for id, (module, limit) in ENVIRONMENTS.items():
        _, simulation = load(module)
        sizes = {key: size.default for key, size in simulation.sizes.items()}
        observation, action = simulation.spaces(**sizes)
        reference = simulation.scores.get("optimum", simulation.scores.get("heuristic"))
        shown.add_row(
            id,
            f"{observation.dtype} {observation.shape}",
            str(getattr(action, "n", action)),
            str(limit or "–"),
            f"{simulation.scores.get('random', float('nan')):.1f}",
            "–" if reference is None else f"{reference:.1f}",
        )
        names = [f"{key}={value}" for key, value in sizes.items()] + list(simulation.parameters)
        settings.append((id, ", ".join(names) or "–"))
    console.print(shown)
    for id, known in settings:
        console.print(f"[bold]{id}[/bold]  parameters and sizes: {known}; slots: –")  # no environment has slots yet
    console.print("\nThe card of one, with units and ranges: ludus envs ID")


def card(console: Console, id: str) -> None:
    spec = find_spec(id)
    if not is_ludus(spec):
        raise ValueError(f"{id} is not an environment of Ludus; `ludus envs` lists those that have a card")
    module, simulation = load(spec.kwargs["module"])
    console.print(f"{id}\n", style="bold")
    console.print((module.__doc__ or "").strip(), markup=False, soft_wrap=True)
    rows = [(k, p.default, p.low, p.high, p.unit, p.meaning) for k, p in simulation.parameters.items()]
    rows += [(k, s.default, s.low, s.high, "", s.meaning) for k, s in simulation.sizes.items()]
    shown = Table(title="Parameters and sizes", title_justify="left")
    for column in ("name", "default", "low", "high", "unit", "meaning"):
        shown.add_column(column, justify="right" if column in ("default", "low", "high") else "left")
    for name, default, low, high, unit, meaning in rows:
        shown.add_row(name, f"{default:g}", f"{low:g}", f"{high:g}", unit, meaning)
    console.print()
    console.print(shown)
    scores = ", ".join(f"{name} {score:g}" for name, score in simulation.scores.items())
    console.print(f"Mean return of the reference policies: {scores or '–'}")


if __name__ == "__main__":
    from ludus.scripts.main import run

    sys.exit(run(main, sys.argv[1:]))
