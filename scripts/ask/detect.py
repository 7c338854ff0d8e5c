"""`ludus detect`: which rows of a file are out of order, by a detector that was fitted."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro

from ludus.forecasting.series_options import Names, several
from ludus.scripts.support.terminal import plain_console
from ludus.utils.command_line import check_output, parse
from ludus.utils.files import quote, write_atomically
from ludus.utils.tables import results_table
from ludus.utils.untrusted import is_number
from ludus.utils.wording import counted

DESCRIPTION = """Mark what does not belong in a CSV, with a detector that `ludus fit forecasting/detect` made.

  ludus detect models/pump pump-2026.csv
  ludus detect models/nab pump.csv --column temperature --threshold 0.999 --out marked.csv --plot timeline.png

Each row gets a score from 0 to 1 and, from the detector's threshold on, an alarm. The file itself is left as it is."""

MOST_ALARMS = 20  # of the table


@dataclass(kw_only=True)
class Arguments:
    model: Annotated[str, tyro.conf.Positional]
    """The folder of the detector."""
    file: Annotated[str, tyro.conf.Positional]
    """The CSV with the rows, in the order in which they came."""
    column: Names = ()
    """Column that is watched; several with commas between (default: all columns of numbers)."""
    time: str = ""
    """Column of times (default: found by its name)."""
    leave_out: Names = ()
    """Column that is not used; several with commas between."""
    label: str = ""
    """Column that is 1 in anomalous rows and 0 in the others, to compare with."""
    threshold: float | None = None
    """Score from which on a row is an alarm (default: the detector's)."""
    out: str | None = None
    """CSV with the columns score and alarm (default: FILE-detected.csv beside the file)."""
    plot: str | None = None
    """PNG of the timeline (default: FILE-detected.png beside the file)."""


def main(arguments: list[str]) -> int:
    options = parse(Arguments, "detect", DESCRIPTION, arguments)
    console = plain_console()
    from ludus.data.streams.load import read_stream
    from ludus.data.streams.marking import mark_rows
    from ludus.data.tables import MOST_FILE
    from ludus.forecasting.anomalies.judging import alarms_of
    from ludus.forecasting.open_detector import open_detector
    from ludus.utils.untrusted import read_regular

    path = Path(options.file)
    stem = path.with_name(path.name.removesuffix(".gz")).with_suffix("")
    out, plot = (
        Path(given or stem.with_name(f"{stem.name}-detected{suffix}"))
        for given, suffix in ((options.out, ".csv"), (options.plot, ".png"))
    )
    check_output("--out", out, ".csv")
    check_output("--plot", plot, ".png")
    for flag, place in (("--out", out), ("--plot", plot)):
        if place.exists() and path.exists() and place.samefile(path):
            raise ValueError(f"{flag} {place} is the file itself, which is left as it is; choose another name")
    if options.threshold is not None and not (is_number(options.threshold) and 0.0 <= options.threshold <= 1.0):
        raise ValueError(f"--threshold is a score from 0 to 1, got {options.threshold}")
    detector = open_detector(Path(options.model))
    try:
        data = read_regular(path, MOST_FILE)
    except FileNotFoundError:
        raise FileNotFoundError(f"{path} does not exist; expected a CSV") from None
    stream = read_stream(
        data,
        path.name,
        time=options.time,
        columns=several(options.column),
        left_out=several(options.leave_out),
        label=options.label,
    )
    if stream.values.shape[1] != detector.channels:
        raise ValueError(
            f"the detector watches {counted(detector.channels, 'column')}, {path.name} has "
            f"{stream.values.shape[1]}; say which: --column NAME"
        )
    threshold = float(detector.threshold) if options.threshold is None else options.threshold
    scores = detector.score_rows(stream.values)
    alarms = alarms_of(scores, threshold)
    marked = mark_rows(data, path.name, scores, alarms)  # which may refuse
    console.print(table_of(stream, scores, alarms, threshold))
    write_atomically(out, marked)
    console.print(f"CSV: {quote(out)}", soft_wrap=True)
    try:
        from ludus.forecasting.anomalies.timeline import render_timeline
        from ludus.utils.plotting import save_figure

        save_figure(render_timeline(stream, scores, threshold), plot)
        console.print(f"Picture: {quote(plot)}", soft_wrap=True)
    except ImportError as fault:
        if options.plot is not None:
            raise
        console.print(f"Note: {fault}", soft_wrap=True)
    return 0


def table_of(stream: Any, scores: np.ndarray, alarms: np.ndarray, threshold: float) -> Any:
    """The alarms as a table: when, how strange, and whether something was labelled there."""
    found = np.flatnonzero(alarms)
    labelled = len(stream.windows) > 0
    rows = counted(len(stream), "row")
    said = [f"{stream.name}: {rows}, {counted(len(found), 'alarm')} from a score of {threshold:.6g} on"]
    if len(found) > MOST_ALARMS:
        said.append(f"{counted(len(found) - MOST_ALARMS, 'more alarm')}, in the CSV")
    if labelled:
        hit = sum(bool(alarms[first : last + 1].any()) for first, last in stream.windows)
        outside = int((alarms & ~stream.labels).sum())
        said.append(
            f"{hit} of {counted(len(stream.windows), 'labelled window')} found, "
            f"{counted(outside, 'alarm')} outside of them"
        )
    names = [*(["time"] if stream.times is not None else []), "value", "score", *(["labelled"] if labelled else [])]
    table = results_table(["row"], names, "\n".join(said))
    for row in found[:MOST_ALARMS].tolist():
        cells = [] if stream.times is None else [str(stream.times[row]).replace("T", " ")]
        cells += [", ".join(f"{value:.6g}" for value in stream.values[row, :4]), f"{scores[row]:.6f}"]
        table.add_row(str(stream.places[row]), *cells, *(["yes" if stream.labels[row] else "no"] if labelled else []))
    return table


if __name__ == "__main__":
    from ludus.scripts.main import run

    sys.exit(run(main, sys.argv[1:]))
