"""The picture of the generation study: quality against how often the network is asked."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from ..plotting import BLUE, RED, import_pyplot, save_figure
from .study import MEANS, TRAINING, Row

COLOURS = {"heun": BLUE, "euler": RED}
LEAST_APART = 1.15  # of two ticks, as a ratio


def apart(numbers: Iterable[int]) -> list[int]:
    """Of these numbers, from the smallest on, those whose labels do not touch on a logarithmic axis."""
    kept: list[int] = []
    for number in sorted(set(numbers)):
        if not kept or number >= LEAST_APART * kept[-1]:
            kept.append(number)
    return kept


def plot(rows: Sequence[Row], path: Path) -> None:
    """The distance (left) and the judge's accuracy (right) over the evaluations per picture, a line per solver."""
    figure, (left, right) = import_pyplot().subplots(1, 2, figsize=(10, 4), layout="constrained")
    sides = {row.side: row for row in rows if not row.solver}
    drawn = sorted((row for row in rows if row.solver), key=lambda row: row.evaluations)
    for solver in dict.fromkeys(row.solver for row in drawn):
        own = [row for row in drawn if row.solver == solver]
        for axes, values in ((left, [row.distance for row in own]), (right, [row.accuracy for row in own])):
            axes.plot([row.evaluations for row in own], values, "o-", color=COLOURS[solver], label=solver, markersize=4)
    for axes, real in ((left, sides[TRAINING].distance), (right, sides[TRAINING].accuracy)):
        axes.axhline(real, color="black", linewidth=0.8, linestyle=":", label=TRAINING)
        axes.set_xscale("log")
        ticks = apart(row.evaluations for row in drawn)
        axes.set_xticks(ticks, [str(tick) for tick in ticks], minor=False)
        axes.set_xticks([], minor=True)
        axes.set_xlabel("evaluations of the network per picture")
        axes.spines[["top", "right"]].set_visible(False)
    left.axhline(sides[MEANS].distance, color="0.5", linewidth=0.8, linestyle="--", label=MEANS)
    left.set_yscale("log")
    left.set_ylabel("Fréchet distance to the test images")
    right.set_ylabel("share that the judge takes for its class")
    left.legend(frameon=False, fontsize=8.5, loc="center right", bbox_to_anchor=(1.0, 0.72))
    figure.suptitle(f"{drawn[0].side}: {rows[0].pictures:,} pictures each", fontsize=12)
    save_figure(figure, path)
