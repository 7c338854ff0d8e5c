"""The decision-value study: what better price forecasts earn a battery on real markets, beside the published ones."""

from dataclasses import dataclass
from pathlib import Path

import tyro
from rich.console import Console

from ...utils.command_line import output_folder
from ...utils.interrupts import Interrupted
from ..command import StudyArguments, tell_files, tell_stopped
from .fillings import MARKETS, check_asked
from .losses import check_seeds, compare_losses, loss_table
from .plot import plot
from .study import Row, decision_value
from .table import correlations, markdown, table

DESCRIPTION = """What better price forecasts earn: a battery that plans each day on what fills its slot, over the 104
test weeks of five real markets, beside the forecasts that Lago et al. (2021) published.

  ludus study decision-value                                    # fits what is missing (some minutes a market)
  ludus study decision-value --markets epf-de --models linear
  ludus study decision-value --markdown                         # fits nothing, prints the CSV as tables

Agents that learn, trained with one filling and judged with others, are `ludus study regret ludus/Battery-v0`."""


@dataclass(kw_only=True)
class Arguments(StudyArguments):
    markets: tuple[str, ...] = MARKETS
    """Names of day-ahead markets."""
    models: tuple[str, ...] = ("linear", "lear", "mlp")
    """Forecasters of Ludus' own (`ludus fit forecasting/NAME`), fitted to the years before the test."""
    fitted: Path = Path("models/decision-value")
    """Folder of the fitted models."""
    losses: str = "mlp"
    """A forecaster that is also trained on a decision's loss, in the first market; empty: none."""
    loss_seeds: int = 3
    """Trainings of it by each loss."""
    markdown: tyro.conf.FlagCreatePairsOff[bool] = False
    """Fit and judge nothing, print the CSV as tables."""


def run(arguments: Arguments, console: Console) -> int:
    """`ludus study decision-value`."""
    csv, png = (arguments.out / f"decision-value{ending}" for ending in (".csv", ".png"))
    if arguments.markdown:
        from ..rows import read_rows

        rows = read_rows(csv, Row)
        if not rows:
            raise ValueError(f"{csv} holds nothing yet; fill it: ludus study decision-value")
        print(markdown(rows))
        return 0
    check_asked(arguments.markets, arguments.models, arguments.losses)
    if arguments.losses:
        check_seeds(arguments.loss_seeds)
    output_folder(arguments.out)
    try:
        return _study(arguments, console, csv, png)
    except Interrupted as signal:
        return tell_stopped(console, signal)


def _study(arguments: Arguments, console: Console, csv: Path, png: Path) -> int:
    with console.status("") as status:
        rows = decision_value(arguments.markets, arguments.models, csv, arguments.fitted, status.update)
    for market in arguments.markets:
        console.print(table([row for row in rows if row.market == market]))
    for name, (plain, every) in correlations(rows).items():
        console.print(
            f"Rank correlation of {name} with profit: {plain:.2f}; with the constructed forecasts: {every:.2f}"
        )
    plot(rows, png)
    files = [png, csv]
    if arguments.losses:
        files.append(arguments.out / "decision-loss.csv")
        with console.status("") as status:
            found = compare_losses(
                arguments.markets[0], arguments.losses, arguments.loss_seeds, files[-1], arguments.fitted, status.update
            )
        for line in loss_table(found):
            console.print(line)
    tell_files(console, *files)
    return 0
