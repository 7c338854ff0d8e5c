"""The generation study: how good the pictures are that a generator draws, and what more steps from noise are worth."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro
from rich.console import Console
from rich.table import Table

from ...components.component import Component
from ...utils.command_line import output_folder
from ...utils.tables import results_table
from ..command import StudyArguments, tell_files
from .plot import plot
from .study import FLOWS, TRAINING, Row, generation_study, prepare

DESCRIPTION = """How good are the pictures that a generator draws, and what are more steps from noise worth?

  ludus fit vision/classify --data fashion-mnist --out models/garments
  ludus fit vision/generate --data fashion-mnist --out models/garments-gen
  ludus study generation --judge models/garments models/garments-gen

The judge is a classifier of the same data, in whose features the pictures are compared with the test images. It goes on
where it was stopped."""


@dataclass(kw_only=True)
class Arguments(StudyArguments):
    generator: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="GENERATOR")]
    """The folder of the generator."""
    judge: str = "models/garments"
    """The folder of the classifier that judges."""
    data: str | None = None
    """The data set (default: what the generator learned from)."""
    count: int = 10_000
    """Pictures of each side."""
    flows: str = FLOWS
    """SOLVER:STEPS,…: ways from noise to image, beside the generator's own."""


def run(arguments: Arguments, console: Console) -> int:
    """`ludus study generation`."""
    from ...vision.open_generator import open_generator

    net, judge = open_generator(Path(arguments.generator)), Component.load(arguments.judge)
    name = Path(arguments.generator).resolve().name
    setup = prepare(name, net, judge, arguments.data or net.config["data"], arguments.count, arguments.flows)
    base = output_folder(arguments.out) / f"generation-{name}"
    csv, png = base.with_suffix(".csv"), base.with_suffix(".png")
    with console.status("") as status:
        rows = generation_study(setup, csv, lambda what, share: status.update(f"{what}: {share:.0%}"))
    console.print(table(rows))
    plot(rows, png)
    tell_files(console, png, csv)
    return 0


def table(rows: Sequence[Row]) -> Table:
    """A row per side."""
    real = next(row.learned for row in rows if row.side == TRAINING)
    drawn = next(row.side for row in rows if row.solver)
    shown = results_table(
        ("pictures",),
        ("asked", "distance", "share", "accuracy", "learned", "gap"),
        f"{rows[0].pictures:,} pictures each; those with steps are {drawn}'s. Asked: how often the network is, per "
        f"picture. Distance: Fréchet's, to the test images, in the features of the judge {rows[0].judge}; share: of "
        "what lies between training images and class means. Accuracy: of the judge, by the classes that were asked "
        "for. Learned: accuracy on the test images of a classifier that learned from these; gap: points less than from "
        "training images.",
    )
    for row in rows:
        learned = not math.isnan(row.learned)
        shown.add_row(
            f"{row.solver}, {row.steps} steps" if row.solver else row.side,
            str(row.evaluations) if row.solver else "",
            f"{row.distance:.2f}",
            f"{row.share:.4f}",
            f"{row.accuracy:.3f}",
            f"{row.learned:.3f}" if learned else "–",
            f"{100 * (real - row.learned):.1f}" if learned else "–",
        )
    return shown
