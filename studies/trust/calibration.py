"""The calibration study: is a component right as often as it is sure, and after its temperature is scaled?"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import tyro
from rich.console import Console
from rich.table import Table

from ...envs.command_line import environment
from ...explain.calibration import (
    Bin,
    calibration_error,
    fit_temperature,
    log_loss,
    reliability,
    tempered,
)
from ...utils.command_line import key_values, output_folder
from ...utils.tables import results_table
from ...utils.wording import counted
from ..command import StudyArguments, tell_files
from ..plotting import BLUE, RED, import_pyplot, save_figure
from ..rows import write_rows
from .answers import Answers, answers, load_classifier, slot_with_classes

DESCRIPTION = """Is a component right as often as it is sure? Reliability, calibration error, temperature scaling.

  ludus study calibration models/garments
  ludus study calibration models/garments --set rotation=0.6 --set lighting=0.5    # where it sees what it never learned

The temperature is fitted on one half of what the slot shows, all figures are of the other one."""


@dataclass(kw_only=True)
class Arguments(StudyArguments):
    component: Annotated[Path, tyro.conf.Positional]
    """Folder of a component that gives probabilities of classes."""
    env: str = "ludus/Sorter-v0"
    """The environment in which it sees."""
    slot: str | None = None
    """The slot that it fills; needed where there are several."""
    set: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """key=value: a parameter or a choice of the environment."""
    steps: int = 8_000
    """Steps that it sees, of which one half is held out to fit the temperature."""


@dataclass(frozen=True)
class Calibrated:
    """How sure, and how often right; ``temperature`` 1 is the component as it is."""

    name: str
    temperature: float
    count: int
    accuracy: float
    confidence: float
    error: float  # expected calibration error
    loss: float  # nats
    bins: list[Bin]


@dataclass(frozen=True)
class BinRow:
    """A line of the CSV."""

    answers: str
    temperature: float
    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


def calibrate(fitted: Answers, judged: Answers) -> list[Calibrated]:
    """The component as it is, and with the temperature that ``fitted`` asks for; both on ``judged``."""
    temperature = fit_temperature(fitted.p, fitted.labels)
    found = []
    for name, t in (("as it is", 1.0), ("scaled", temperature)):
        p = judged.p if t == 1.0 else tempered(judged.p, t)
        bins = reliability(p, judged.labels)
        right = float((p.argmax(axis=1) == judged.labels).mean())
        sure, loss = float(p.max(axis=1).mean()), log_loss(p, judged.labels)
        found.append(Calibrated(name, t, len(p), right, sure, calibration_error(bins), loss, bins))
    return found


def table(found: Sequence[Calibrated], caption: str) -> Table:
    """A line for each."""
    shown = results_table(
        ("answers",), ("temperature", "accuracy", "confidence", "calibration\nerror", "log loss"), caption
    )
    for one in found:
        figures = (one.temperature, one.accuracy, one.confidence, one.error, one.loss)
        shown.add_row(one.name, *(f"{figure:.3f}" for figure in figures))
    return shown


def plot(found: Sequence[Calibrated], title: str, path: Path) -> None:
    """Reliability diagrams, and below them how many answers are how sure."""
    plt = import_pyplot()
    figure, axes = plt.subplots(
        2, len(found), figsize=(4.4 * len(found), 5.0), sharex=True, height_ratios=(3, 1), layout="constrained"
    )
    for column, (one, colour) in enumerate(zip(found, (RED, BLUE), strict=False)):
        above, below = axes[0, column], axes[1, column]
        there = [each for each in one.bins if each.count]
        middles = [(each.low + each.high) / 2 for each in there]
        width = 0.9 / len(one.bins)
        accuracy = np.array([each.accuracy for each in there])
        spread = np.sqrt(accuracy * (1 - accuracy) / [each.count for each in there])
        above.plot([0, 1], [0, 1], color="#888888", linewidth=0.9, linestyle="--")
        above.bar(middles, accuracy, width=width, color=colour, alpha=0.75)
        above.errorbar(middles, accuracy, yerr=spread, fmt="none", ecolor="#333333", elinewidth=0.9)
        above.plot([each.confidence for each in there], accuracy, "k.", markersize=4)
        below.bar(middles, [each.count / one.count for each in there], width=width, color="#999999")
        said = f"{one.name}, temperature {one.temperature:.2f}" if one.temperature != 1.0 else one.name
        above.set_title(f"{said}: calibration error {one.error:.1%}", fontsize=10)
        above.set_ylim(0, 1)
        below.set_xlim(0, 1)
        below.set_xlabel("confidence")
        for panel in (above, below):
            panel.spines[["top", "right"]].set_visible(False)
    axes[0, 0].set_ylabel("right")
    axes[1, 0].set_ylabel("share of answers")
    figure.suptitle(title, fontsize=11, parse_math=False)
    save_figure(figure, path)


def run(arguments: Arguments, console: Console) -> int:
    """`ludus study calibration`."""
    env = environment(arguments.env)
    slot = slot_with_classes(env, arguments.slot)
    world: dict[str, Any] = key_values(arguments.set, "--set")
    component = load_classifier(arguments.component, env)
    out = output_folder(arguments.out)
    with console.status(f"looking at {arguments.steps:,} steps"):
        fitted, judged = answers(component, env, slot, world, arguments.steps)
    found = calibrate(fitted, judged)
    where = ", ".join(f"{key}={value}" for key, value in world.items())
    name = arguments.component.resolve().name
    title = f"{name} in {slot} of {env}{f', {where}' if where else ''}"
    console.print(table(found, f"{title}; {counted(len(judged.p), 'step')}, temperature of {len(fitted.p):,} others."))
    png, csv = (out / f"calibration-{name}{ending}" for ending in (".png", ".csv"))
    plot(found, title, png)
    rows = [
        BinRow(one.name, round(one.temperature, 4), each.low, each.high, each.count, each.confidence, each.accuracy)
        for one in found
        for each in one.bins
    ]
    write_rows(csv, BinRow, rows)
    tell_files(console, png, csv)
    return 0
