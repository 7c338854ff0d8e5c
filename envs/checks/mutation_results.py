"""Results of a mutation hunt: a CSV that keeps what the tests said to each mutant, so that a hunt can go on."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from ...utils.files import write_atomically
from ...utils.untrusted import read_table
from .mutation import Mutant
from .mutation_workshop import SURVIVED, Outcome

COLUMNS = ("place", "digest", "number", "line", "was", "becomes", "status", "by", "seconds")


def read_outcomes(path: Path, mutants: Sequence[Mutant], retry: bool = False) -> dict[tuple, Outcome]:
    """The outcomes in the CSV that still belong to one of ``mutants``; the file then holds just these.

    Lines that are no outcomes are left out: a kill in the middle of ``append_outcome`` leaves a part of one, and that
    mutant is tried again.

    Args:
        retry: Leave out those that survived, too.
    """
    keys = {mutant.key for mutant in mutants}
    known = {}
    if path.exists():
        for row in read_table(path):
            try:
                key = (row["place"], row["digest"], int(row["number"]))
                outcome = Outcome(row["status"], row["by"], float(row["seconds"]))
            except (KeyError, TypeError, ValueError):  # no such column, None or half a number in it
                continue
            if key in keys and not (retry and outcome.status == SURVIVED):
                known[key] = outcome
    path.parent.mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for mutant in sorted(mutants, key=lambda mutant: mutant.order):
        if mutant.key in known:
            writer.writerow(_row_of(mutant, known[mutant.key]))
    write_atomically(path, text.getvalue().encode())
    return known


def append_outcome(path: Path, mutant: Mutant, outcome: Outcome) -> None:
    """Add a line to the CSV that ``read_outcomes`` has written."""
    with path.open("a", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerow(_row_of(mutant, outcome))


def _row_of(mutant: Mutant, outcome: Outcome) -> tuple:
    """The line of the CSV, in the order of ``COLUMNS``."""
    m, o = mutant, outcome
    return m.place, m.digest, m.number, m.line, m.was, m.becomes, o.status, o.by, f"{o.seconds:.1f}"
