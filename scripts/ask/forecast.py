"""`ludus forecast`: what a fitted model says of the coming rows of a series."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import tyro

from ludus.forecasting.series_options import SeriesArguments
from ludus.scripts.support.terminal import plain_console
from ludus.utils.command_line import check_output, parse
from ludus.utils.files import quote, write_atomically
from ludus.utils.tables import results_table
from ludus.utils.wording import counted, in_line

if TYPE_CHECKING:
    from ludus.forecasting.outlook import Outlook

DESCRIPTION = """Ask a model that `ludus fit forecasting/...` made for the coming rows of a series.

  ludus forecast models/prices --origin 2017-06-30 --plot fan.png
  ludus forecast models/prices --file prices.csv --out tomorrow.csv
  ludus forecast models/weather --data weather --plot fan.png --explain

Persistence (the last row), the season before and climatology (means of the rows before the origin) stand beside it, and
what came, where that is known. What is known in advance, such as a forecast of the load, stands in rows of the file
whose target is left empty."""

MOST_ROWS = 48  # of the table
MOST_TARGETS = 4
# Headings on two lines, so that all fits 80 columns.
BROKEN = {"persistence": "persis-\ntence", "seasonal naive": "seasonal\nnaive", "climatology": "clima-\ntology"}


@dataclass(kw_only=True)
class Arguments(SeriesArguments):
    model: Annotated[str, tyro.conf.Positional]
    """The folder of the model."""
    origin: str = ""
    """Time of the first row that is forecast, such as 2017-06-30 (default: the last possible one)."""
    out: str | None = None
    """CSV of all that is in the table, for every target."""
    plot: str | None = None
    """PNG of the fan."""
    explain: bool = False
    """Say what decided: integrated gradients over past rows and columns; under the fan with --plot."""


def main(arguments: list[str]) -> int:
    options = parse(Arguments, "forecast", DESCRIPTION, arguments)
    console = plain_console()
    from ludus.forecasting.open_forecaster import open_forecaster, series_for
    from ludus.forecasting.outlook import find_origin, look_ahead, to_csv

    for option, path, suffix in (("--out", options.out, ".csv"), ("--plot", options.plot, ".png")):
        if path is not None:
            check_output(option, path, suffix)
    model = open_forecaster(Path(options.model))
    series = series_for(model, options, lambda text: console.print(f"Note: {text}", soft_wrap=True))
    origin = find_origin(series, model.horizon, model.lookback, options.origin)
    outlook = look_ahead(model, series, origin)
    console.print(table_of(outlook))
    attribution: Any = None
    if options.explain:
        from ludus.explain.series import attribute

        attribution = attribute(model, outlook.x)
        console.print(attribution.told(), soft_wrap=True)
    if options.out is not None:
        write_atomically(Path(options.out), to_csv(outlook))
        console.print(f"CSV: {quote(Path(options.out))}", soft_wrap=True)
    if options.plot is not None:
        from ludus.forecasting.plots import render_fan
        from ludus.utils.plotting import save_figure

        save_figure(render_fan(outlook, attribution=attribution), Path(options.plot))
        console.print(f"Picture: {quote(Path(options.plot))}", soft_wrap=True)
    return 0


def table_of(outlook: "Outlook") -> Any:
    """The forecast as a table; of one target with all that stands beside it."""
    shown = min(len(outlook.values), MOST_ROWS)
    alone = len(outlook.targets) == 1
    names = list(outlook.targets[:MOST_TARGETS])
    columns = {"forecast" if alone else in_line(name, 24): outlook.values[:, k] for k, name in enumerate(names)}
    if alone:
        if outlook.bands is not None:
            columns |= {f"q{outlook.quantiles[i]:g}": outlook.bands[:, i] for i in (0, -1)}
        columns |= {BROKEN[name]: values[:, 0] for name, values in outlook.beside.items()}
        if np.isfinite(outlook.truth).any():
            columns["what\ncame"] = outlook.truth[:, 0]
    table = results_table(["time" if outlook.times is not None else "row"], list(columns), caption_of(outlook, shown))
    table.columns[0].no_wrap = True
    together = max(map(largest, columns.values()))  # of one target all have as many decimals
    sized = [(values, together if alone else largest(values)) for values in columns.values()]
    labels = [label[len("2017-") :] if ":" in label else label for label in outlook.labels]  # the caption has the year
    for row in zip(labels[:shown], *(column_of(values[:shown], size) for values, size in sized), strict=True):
        table.add_row(*row)
    return table


def caption_of(outlook: "Outlook", shown: int) -> str:
    rows = counted(len(outlook.values), "row")
    said = [f"{in_line(outlook.series.name, 60)}, {rows} of {outlook.series.step} from {outlook.labels[0]} on"]
    if len(outlook.values) > shown:
        said.append(f"{counted(len(outlook.values) - shown, 'more row')}, in the CSV of --out")
    if len(outlook.targets) > MOST_TARGETS:
        said.append(f"{counted(len(outlook.targets) - MOST_TARGETS, 'more target')}, in the CSV of --out")
    for k, target in enumerate(outlook.targets[:MOST_TARGETS]):
        errors = ", ".join(f"{name} {values[k]:.4g}" for name, values in outlook.errors().items())
        if errors:
            said.append(f"mean absolute error of {in_line(target, 40)}: {errors}")
    return "\n".join(said)


def largest(values: np.ndarray) -> float:
    """The largest absolute value of those that are known."""
    return float(np.abs(values[np.isfinite(values)]).max(initial=0.0))


def column_of(values: np.ndarray, size: float) -> list[str]:
    """Numbers with as many decimals as one of this size leaves of four digits; a dash for what is not known."""
    decimals = int(np.clip(3 - np.floor(np.log10(max(size, 1e-9))), 0, 6))
    return [f"{value:,.{decimals}f}" if np.isfinite(value) else "–" for value in values.tolist()]


if __name__ == "__main__":
    from ludus.scripts.main import run

    sys.exit(run(main, sys.argv[1:]))
