"""`ludus envs`: the table of environments, and the card of one."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro
from rich.console import Console
from rich.padding import Padding
from rich.table import Table

from ludus.envs.card_text import fitted
from ludus.envs.cards import Card, cards, markdown, picture_name, read_card, render_picture
from ludus.envs.command_line import environment
from ludus.envs.engine.slots.resolve import NAMED
from ludus.envs.names import grouped, names_by_key
from ludus.utils.command_line import parse
from ludus.utils.tables import results_table
from ludus.utils.wording import format_score

DESCRIPTION = """The environments with their parameters, or the card of one.

  ludus envs
  ludus envs ludus/Snake-v1
  ludus envs --markdown                         # the table of docs/environments/README.md
  ludus envs --pictures docs/environments       # and its pictures
  ludus envs --film docs/rollouts.webp          # the README's first picture"""


@dataclass
class Arguments:
    id: Annotated[str | None, tyro.conf.Positional] = None
    """An environment id, of another package MODULE:ID: prints its card and its parameters."""
    markdown: bool = False
    """Print the table for docs/environments/README.md."""
    pictures: Path | None = None
    """Render each environment into a PNG in this folder."""
    film: Path | None = None
    """Write the README's first picture, five environments at play, to this .webp."""


def main(arguments: list[str]) -> int:
    options = parse(Arguments, "envs", DESCRIPTION, arguments)
    console = Console(highlight=False)
    shown = cards() if options.id is None else [read_card(environment(options.id))]
    if options.pictures is not None:
        options.pictures.mkdir(parents=True, exist_ok=True)
        for card in shown:
            render_picture(card.id, options.pictures / picture_name(card.id))
            console.print(options.pictures / picture_name(card.id), soft_wrap=True)
    elif options.film is not None:
        from ludus.envs.collage import film

        console.print(f"{options.film}: {film(options.film):,} bytes", soft_wrap=True)
    elif options.markdown:
        print(markdown(shown))
    elif options.id is None:
        overview(console, shown)
    else:
        print_card(console, shown[0])
    return 0


def overview(console: Console, shown: list[Card]) -> None:
    """A line per environment, then what can be set in each."""
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)  # a terminal of 80 columns holds it
    table.add_column("id", no_wrap=True)
    table.add_column("observation")
    table.add_column("actions", no_wrap=True)
    for column in ("random", "reference"):
        table.add_column(column, justify="right", no_wrap=True)
    for card in shown:
        observed = card.observation.replace(" + ", "\n+ ")  # slots below it
        table.add_row(card.id, observed, card.actions, format_score(card.random), format_score(card.reference))
    console.print(table)
    for card in shown:
        choices: dict[str, Any] = {**card.simulation.sizes, **card.simulation.choices}
        sizes = [f"{key}={choice.default}" for key, choice in choices.items()]
        names = ", ".join(sizes + list(card.simulation.parameters)) or "–"
        limit = f"at most {card.limit:,} steps" if card.limit else "no limit of steps"
        console.print(f"\n[bold]{card.id}[/bold]")
        for line in (card.task, limit, f"parameters and sizes: {names}"):
            console.print(Padding(line, (0, 0, 0, 2)))
    console.print("\nThe card of one, with units and ranges: ludus envs ID")


def print_card(console: Console, card: Card) -> None:
    console.print(f"{card.id}\n", style="bold")
    console.print(fitted(card.text, console.width), markup=False, soft_wrap=True)
    simulation = card.simulation
    rows = [(k, p.default, p.low, p.high, p.unit, p.meaning) for k, p in simulation.parameters.items()]
    rows += [(k, s.default, s.low, s.high, "", s.meaning) for k, s in simulation.sizes.items()]
    shown = results_table(("parameter\nor size",), ("default", "low", "high"))
    shown.add_column("unit", no_wrap=True)
    shown.add_column("meaning")
    for name, default, low, high, unit, meaning in rows:
        shown.add_row(name, f"{default:g}", f"{low:g}", f"{high:g}", unit, meaning)
    console.print()
    console.print(shown)
    console.print()
    print_names(console, card)
    for key, choice in simulation.choices.items():
        console.print(f"{key} = {choice.default}: {choice.meaning}")
    for key, slot in simulation.slots.items():
        fillings = ", ".join((*NAMED, *slot.baselines, *slot.tables))
        console.print(
            f"Slot {key} ({slot.meaning}), filled with {slot.default or 'nothing'} by default: {fillings}, or the "
            "folder of a component"
        )
    spelled = {"optimum": "optimum (--policy heuristic)"}
    scores = ", ".join(f"{spelled.get(name, name)} {value:g}" for name, value in simulation.scores.items())
    console.print(f"Mean return of the reference policies: {scores or '–'}")


def print_names(console: Console, card: Card) -> None:
    """What the numbers of the observation and of the slots' truths are called, at the default sizes."""
    simulation = card.simulation
    sizes = simulation.resolve_sizes({}, card.id)
    for slot in (None, *(key for key, slot in simulation.slots.items() if not slot.replaces_state)):
        title = "Observation" if slot is None else f"Truth of slot {slot}"
        for key, names in names_by_key(simulation, slot, sizes).items():
            shown = Table(title=f"{title}, {key}" if key else title, title_justify="left")
            shown.add_column("#", justify="right")
            shown.add_column("name")
            shown.add_column("unit")
            for places, name, unit in grouped(names):
                shown.add_row(places, name, unit)
            if names:
                console.print(shown)


if __name__ == "__main__":
    from ludus.scripts.main import run

    sys.exit(run(main, sys.argv[1:]))
