"""The regularisers study: what keeps a small net from learning its pictures by heart, each alone and all together."""

from dataclasses import dataclass

import tyro
from rich.console import Console

from ...data import images
from ...utils.command_line import output_folder
from ...utils.interrupts import Interrupted
from ...utils.processors import usable_processors
from ...utils.wording import did_you_mean
from ..command import StudyArguments, tell_files, tell_stopped

DESCRIPTION = """What keeps a net from learning its pictures by heart: none, dropout, weight decay, batch norm, label
smoothing, flip and crop, cutout, mixup, CutMix, early stopping, and all together, each over several seeds.

  ludus study regularisers                                # a tenth of CIFAR-100, some 40 minutes on two cores
  ludus study regularisers --scale 1 --seeds 3            # all of it: a night
  ludus study regularisers --only none mixup --epochs 2   # a trial
  ludus study regularisers --markdown                     # trains nothing, prints the tables of the page

Each is a setting of `ludus fit vision/classify`, too (--set mixup=0.2). Each training is a row of OUT/regularisers.csv;
the same command goes on after Ctrl-C or a kill."""
WIDE = 140  # columns of the table


@dataclass(kw_only=True)
class Arguments(StudyArguments):
    data: str = "cifar-100"
    """An image set, or a folder of images."""
    only: tuple[str, ...] = ()
    """Some of the regularisers (default: all)."""
    scale: float = 0.1
    """Share of the training pictures that is learned from."""
    seeds: int = 5
    """Trainings of each."""
    epochs: int = 40
    """Passes over the pictures."""
    jobs: int = usable_processors()
    """Processes that train, each on one core."""
    markdown: tyro.conf.FlagCreatePairsOff[bool] = False
    """Train nothing, print what the CSV holds as the tables of docs/vision-hands-on.md."""


def run(arguments: Arguments, console: Console) -> int:
    """`ludus study regularisers`."""
    from ..rows import read_rows
    from ..trainings import complete
    from .plot import plot, plot_curves
    from .study import REGULARISERS, Row, plan, work_of
    from .table import findings, markdown, table

    a, work = arguments, work_of(arguments.out)
    if a.markdown:
        print(markdown(read_rows(work.path, Row)))
        return 0
    for name in a.only:
        if name not in REGULARISERS:
            raise ValueError(f"unknown regulariser {name!r}{did_you_mean(name, REGULARISERS)}")
    if a.data in images.NAMES:
        images.fetch(a.data)
    wanted = plan(a.data, a.only or tuple(REGULARISERS), a.scale, a.seeds, a.epochs)
    output_folder(a.out)
    try:
        rows = complete(work, wanted, a.jobs, console)
    except Interrupted as signal:
        return tell_stopped(console, signal)
    if not rows:
        return 0
    Console(width=max(console.width, WIDE), highlight=False).print(table(rows))
    for sentence in findings(rows):
        console.print(sentence)
    pictures = [a.out / f"regularisers{what}.png" for what in ("", "-curves", "-losses")]
    plot(rows, pictures[0])
    plot_curves(rows, pictures[1], "accuracy")
    plot_curves(rows, pictures[2], "loss")
    tell_files(console, *pictures, work.path)
    return 0
