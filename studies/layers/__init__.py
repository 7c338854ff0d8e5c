"""The layers study: dense, pooled, strided and globally pooled nets with as many parameters, and what each is worth."""

from dataclasses import dataclass

import tyro
from rich.console import Console

from ...data import images
from ...utils.command_line import output_folder
from ...utils.interrupts import Interrupted
from ...utils.processors import usable_processors
from ...utils.wording import did_you_mean
from ..command import StudyArguments, tell_files, tell_stopped

DESCRIPTION = """What layers are for: dense only, convolution with pooling and dense layers, convolution with strides,
convolution with global pooling, at equal numbers of parameters and with the multiply-adds beside them.

  ludus study layers                                    # some 25 minutes on two cores
  ludus study layers --data fashion-mnist --shares 0.1 --seeds 1
  ludus study layers --nets dense global --epochs 1     # a trial
  ludus study layers --markdown                         # trains nothing, prints the tables of the page

Each training is a row of OUT/layers.csv; the same command goes on after Ctrl-C or a kill. The components of seed 0 stay
in OUT/layers.models; OUT/layers-looks.png shows what their layers look for (of others: ludus study features)."""

WIDE = 140  # columns of the table


@dataclass(kw_only=True)
class Arguments(StudyArguments):
    data: tuple[str, ...] = ("fashion-mnist", "cifar-100")
    """Image sets, or folders of images."""
    nets: tuple[str, ...] = ("dense", "pooled", "strided", "global")
    """Some of dense, pooled, strided, global."""
    shares: tuple[float, ...] = (1.0, 0.1)
    """Shares of the training pictures."""
    seeds: int = 3
    """Trainings of each."""
    epochs: int | None = None
    """Passes over the pictures (default: 8 over all of them, 20 over a part)."""
    jobs: int = usable_processors()
    """Processes that train, each on one core."""
    markdown: tyro.conf.FlagCreatePairsOff[bool] = False
    """Train nothing, print what the CSV holds as the tables of docs/vision-hands-on.md."""


def run(arguments: Arguments, console: Console) -> int:
    """`ludus study layers`."""
    from ..rows import read_rows
    from ..trainings import complete
    from .looks import plot_looks
    from .nets import ARRANGEMENTS
    from .plot import plot
    from .study import Row, plan, work_of
    from .table import findings, markdown, table

    work = work_of(arguments.out)
    if arguments.markdown:
        print(markdown(read_rows(work.path, Row)))
        return 0
    for net in arguments.nets:
        if net not in ARRANGEMENTS:
            raise ValueError(f"unknown net {net!r}{did_you_mean(net, ARRANGEMENTS)}")
    for name in arguments.data:
        if name in images.NAMES:
            images.fetch(name)
    output_folder(arguments.out)
    a = arguments
    wanted = plan(a.data, a.nets, a.shares, a.seeds, a.epochs, a.out)
    try:
        rows = complete(work, wanted, a.jobs, console)
    except Interrupted as signal:
        return tell_stopped(console, signal)
    wide = Console(width=max(console.width, WIDE), highlight=False)
    for name in dict.fromkeys(row.data for row in rows):
        wide.print(table([row for row in rows if row.data == name]))
    for sentence in findings(rows):
        console.print(sentence)
    png, looks = a.out / "layers.png", a.out / "layers-looks.png"
    plot(rows, png)
    missing = plot_looks(a.data, a.nets, a.out, looks)
    if missing:
        console.print(
            f"{looks} shows no layers of {', '.join(path.name for path in missing)}, whose components were not left in "
            f"{missing[0].parent}; remove their rows of seed 0 from {work.path}, and they are trained again."
        )
    tell_files(console, png, *([looks] if looks.exists() else []), work.path)
    return 0
