"""The decision-value study: what a better forecast, or a better detector, earns who decides by it."""

from dataclasses import dataclass
from pathlib import Path

import tyro
from rich.console import Console

from ...utils.command_line import output_folder
from ...utils.interrupts import Interrupted
from ..command import StudyArguments, tell_files, tell_stopped
from .case import Case
from .cases import case_of
from .losses import check_losses, compare_losses, loss_table
from .plot import plot
from .study import Row, decision_value
from .table import correlations, earned_word, markdown, table

DESCRIPTION = """What a better model earns: a policy of the environment's decides by what fills its slot, over all
weeks that are held out, with models of Ludus' own, rules, noise and constructed fillings.

  ludus study decision-value                          # Battery on five real markets: some minutes a market
  ludus study decision-value --data epf-de --models linear
  ludus study decision-value --markdown               # fits nothing, prints the CSV as tables

Agents that learn, trained with one filling and judged with others, are `ludus study regret`."""


@dataclass(kw_only=True)
class Arguments(StudyArguments):
    env: str = "ludus/Battery-v0"
    """Environment id; one of studies/decision_value/cases."""
    data: tuple[str, ...] | None = None
    """Names of the environment's data (default: all of its case)."""
    models: tuple[str, ...] | None = None
    """Models of Ludus' own (`ludus fit`), fitted to what comes before the test (default: those of the case)."""
    fitted: Path = Path("models/decision-value")
    """Folder of the fitted models."""
    losses: str | None = None
    """A forecaster that is also trained on a decision's loss, in the first data; empty: none (default: the case's)."""
    loss_seeds: int = 3
    """Trainings of it by each loss."""
    markdown: tyro.conf.FlagCreatePairsOff[bool] = False
    """Fit and judge nothing, print the CSV as tables."""


def run(arguments: Arguments, console: Console) -> int:
    """`ludus study decision-value`."""
    case = case_of(arguments.env)
    csv, png = (arguments.out / f"decision-value-{case.name}{ending}" for ending in (".csv", ".png"))
    if arguments.markdown:
        from ..rows import read_rows

        rows = read_rows(csv, Row)
        if not rows:
            raise ValueError(f"{csv} holds nothing yet; fill it: ludus study decision-value --env {case.env}")
        print(markdown(case, rows))
        return 0
    data = case.data if arguments.data is None else arguments.data
    models = case.models if arguments.models is None else arguments.models
    losses = case.losses if arguments.losses is None else arguments.losses
    case.check(data, models)
    if losses:
        check_losses(case, losses, arguments.loss_seeds)
    output_folder(arguments.out)
    try:
        with console.status("") as status:
            rows = decision_value(case, data, models, csv, arguments.fitted, status.update)
        tell_rows(case, rows, console)
        plot(case, rows, png)
        files = [png, csv]
        if losses:
            files.append(arguments.out / "decision-loss.csv")
            with console.status("") as status:
                found = compare_losses(
                    case, data[0], losses, arguments.loss_seeds, files[-1], arguments.fitted, status.update
                )
            for line in loss_table(found):
                console.print(line)
    except Interrupted as signal:
        return tell_stopped(console, signal)
    tell_files(console, *files)
    return 0


def tell_rows(case: Case, rows: list[Row], console: Console) -> None:
    """Print the tables, and how well the measures rank."""
    for one in dict.fromkeys(row.data for row in rows):
        console.print(table(case, [row for row in rows if row.data == one]))
    for name, (plain, every) in correlations(case, rows).items():
        console.print(
            f"Rank correlation of {name} with {earned_word(case)}: {plain:.2f}; with the constructed ones: {every:.2f}"
        )
