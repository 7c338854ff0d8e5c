"""The tables of the layers study, and what they show in sentences."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from rich.table import Table

from ...utils.intervals import student_interval
from ...utils.tables import results_table
from ...utils.wording import counted
from .nets import ARRANGEMENTS
from .study import SHIFTS, Row

HEADINGS = ("multiply-adds", "seconds", "test", "95 % interval", "training", "gap", *(f"{k} px" for k in SHIFTS))


def groups(rows: Sequence[Row]) -> dict[tuple[str, float, int, str], list[Row]]:
    """The seeds of each (data, share, epochs, net), in the order of the rows."""
    found: dict[tuple[str, float, int, str], list[Row]] = {}
    for row in rows:
        found.setdefault((row.data, row.share, row.epochs, row.net), []).append(row)
    return found


def mean(rows: Sequence[Row], name: str) -> float:
    return float(np.mean([getattr(row, name) for row in rows]))


def pictures_of(share: float) -> str:
    """The share of the pictures in words."""
    return "all" if share == 1.0 else f"{100 * share:g} %"


def cells(rows: Sequence[Row]) -> list[str]:
    """What the table says of one net's seeds."""
    low, high = student_interval([100 * row.accuracy for row in rows])
    return [
        f"{rows[0].multiply_adds / 1e6:.1f} M",
        f"{mean(rows, 'cpu_seconds'):.0f}",
        f"{100 * mean(rows, 'accuracy'):.1f}",
        "–" if np.isnan(low) else f"{low:.1f} … {high:.1f}",
        f"{100 * mean(rows, 'train_accuracy'):.1f}",
        f"{100 * mean(rows, 'gap'):.1f}",
        *(f"{100 * mean(rows, f'shifted_{pixels}'):.1f}" for pixels in SHIFTS),
    ]


def caption_of(rows: Sequence[Row]) -> str:
    """What the figures are, and of how many trainings."""
    seeds = counted(len({row.seed for row in rows}), "seed")
    return (
        f"{Path(rows[0].data).name}: per cent right, mean of {seeds}; about {mean(rows, 'parameters'):,.0f} parameters "
        "each; multiply-adds for a picture; seconds of one core for a training; gap: training less test; "
        "1 … 4 px: test pictures shifted by so much"
    )


def table(rows: Sequence[Row]) -> Table:
    """The table of one data set for a terminal."""
    shown = results_table(("net", "pictures", "epochs"), HEADINGS, caption_of(rows))
    for (_, share, epochs, net), own in groups(rows).items():
        shown.add_row(ARRANGEMENTS[net].title, pictures_of(share), str(epochs), *cells(own))
    return shown


def markdown(rows: Sequence[Row]) -> str:
    """The tables of docs/vision-hands-on.md, one for each data set, with what is seen below."""
    parts = []
    for data in dict.fromkeys(row.data for row in rows):
        own = [row for row in rows if row.data == data]
        lines = [
            "| " + " | ".join(("net", "pictures", "epochs", *HEADINGS)) + " |",
            "|---|---|---:|" + "---:|" * len(HEADINGS),
        ]
        for (_, share, epochs, net), some in groups(own).items():
            lines.append(
                "| " + " | ".join((ARRANGEMENTS[net].title, pictures_of(share), str(epochs), *cells(some))) + " |"
            )
        seen = "\n".join(f"- {sentence}" for sentence in findings(own))
        parts.append(f"{caption_of(own)}.\n\n" + "\n".join(lines) + f"\n\n{seen}" * bool(seen))
    return "\n\n".join(parts)


def findings(rows: Sequence[Row]) -> list[str]:
    """What is seen, a sentence each, with the figures that it rests on."""
    found = []
    for data in dict.fromkeys(row.data for row in rows):
        own = {key[1:]: some for key, some in groups([row for row in rows if row.data == data]).items()}
        for share, epochs in dict.fromkeys(key[:2] for key in own):
            nets = {key[2]: some for key, some in own.items() if key[:2] == (share, epochs)}
            if len(nets) < 2:
                continue
            part = "all pictures" if share == 1.0 else f"{pictures_of(share)} of the pictures"
            where = f"{Path(data).name}, {part}"
            found.append(f"{where}: {_best(nets)}; {_work(nets)}.")
            found.append(f"{where}: {_shifts(nets)}; {_gaps(nets)}.")
    return found


def _best(nets: dict[str, list[Row]]) -> str:
    ranked = sorted(nets, key=lambda net: -mean(nets[net], "accuracy"))
    figures = (f"{ARRANGEMENTS[net].title} {100 * mean(nets[net], 'accuracy'):.1f} %" for net in ranked)
    return "right are " + ", ".join(figures)


def _work(nets: dict[str, list[Row]]) -> str:
    cost = {net: some[0].multiply_adds for net, some in nets.items()}
    least, most = min(cost, key=cost.__getitem__), max(cost, key=cost.__getitem__)
    longer = mean(nets[most], "cpu_seconds") / max(mean(nets[least], "cpu_seconds"), 0.01)
    return (
        f"with as many parameters, {ARRANGEMENTS[most].title} multiplies {cost[most] / cost[least]:.0f} times as much "
        f"as {ARRANGEMENTS[least].title}, and takes {longer:.0f} times as long"
    )


def _shifts(nets: dict[str, list[Row]]) -> str:
    kept = {net: mean(some, f"shifted_{SHIFTS[-1]}") / mean(some, "accuracy") for net, some in nets.items()}
    ranked = sorted(kept, key=lambda net: -kept[net])
    figures = (f"{ARRANGEMENTS[net].title} {100 * kept[net]:.0f} %" for net in ranked)
    return f"of their accuracy, shifted by {SHIFTS[-1]} pixels, keep " + ", ".join(figures)


def _gaps(nets: dict[str, list[Row]]) -> str:
    ranked = sorted(nets, key=lambda net: mean(nets[net], "gap"))
    figures = (f"{ARRANGEMENTS[net].title} {100 * mean(nets[net], 'gap'):.1f}" for net in ranked)
    return "the gap between training and test, in points, is " + ", ".join(figures)
