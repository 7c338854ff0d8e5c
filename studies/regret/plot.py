"""The picture of the regret study: what a sense earns against how good it is, by both protocols.

The line is the *noisy curve*: the truth, and the truth with a calibrated error. A component or a rule above it makes
mistakes that cost less than as many random ones; below it, more.
"""

from pathlib import Path

import numpy as np

from ...agents.regret import BLIND, TRUTH
from ..labels import place_labels
from ..plotting import BLUE, RED, WIDTHS, import_pyplot, save_figure
from .study import SWAPPED, TRAINED
from .table import Line

COLORS = {SWAPPED: RED, TRAINED: BLUE}
LABELS = {SWAPPED: "policy trained with the truth (swapped)", TRAINED: "policy trained with what it plays with"}
SHARES = ("accuracy", "cells right", "all right")  # better the greater they are; all other measures are errors
UNITS = dict.fromkeys(SHARES, ", as a share") | {"RMSE": ", as a share of the truth's range"}
MARKERS = "sD^vPX*<>"  # of components and rules, in turn


def on_the_curve(line: Line) -> bool:
    """Whether it is the truth with a calibrated error, or with none."""
    return line.filling == TRUTH or line.filling.startswith("noisy:")


def _ends(line: Line) -> tuple[float, float, float]:
    """The mean and the ends of its interval; of too few seeds for one, the mean alone."""
    mean, low, high = line.earned
    return (mean, mean, mean) if np.isnan(low) else (mean, low, high)


def plot(lines: dict[str, list[Line]], title: str, path: Path) -> None:
    """Render the ``lines`` of each protocol (see ``table.summarise``) into a PNG."""
    figure, axes = import_pyplot().subplots(figsize=(8, 5.2), layout="constrained")
    tops: dict[str, tuple[float, float]] = {}  # of each component or rule: where its label belongs
    busy: list[np.ndarray] = []  # (P, 2) each, in data units: lines that no label should hide
    for protocol, color in COLORS.items():
        curve = sorted(filter(on_the_curve, lines[protocol]), key=lambda line: line.metric)
        x, (mean, low, high) = [line.metric for line in curve], np.array([_ends(line) for line in curve]).T
        axes.fill_between(x, low, high, color=color, alpha=0.18, linewidth=0)
        axes.plot(x, mean, color=color, linewidth=WIDTHS[color], marker="o", markersize=4, label=LABELS[protocol])
        busy.append(np.stack([x, mean], axis=1))
        (blind,) = (line.earned[0] for line in lines[protocol] if line.filling == BLIND)
        axes.axhline(blind, color=color, linewidth=0.9, linestyle="--", label=f"blind, {protocol}")
        others = [line for line in lines[protocol] if not on_the_curve(line) and line.filling != BLIND]
        for line, marker in zip(others, MARKERS * len(others), strict=False):
            mean, low, high = _ends(line)
            axes.errorbar(
                line.metric, mean, [[mean - low], [high - mean]], color=color, marker=marker, markersize=7,
                markeredgecolor="white", markeredgewidth=0.8, capsize=3, linewidth=1.2, zorder=4,
            )  # fmt: skip
            busy.append(np.array([(line.metric, low), (line.metric, mean), (line.metric, high)]))
            tops[line.filling] = max(tops.get(line.filling, (0.0, -np.inf)), (line.metric, mean), key=lambda at: at[1])
    measure = lines[SWAPPED][0].measure
    axes.set_xlabel(f"{measure} of the sense{UNITS.get(measure, '')}")
    if measure not in SHARES:
        axes.set_xlabel(f"{axes.get_xlabel()} (better to the right)")
        axes.invert_xaxis()
    axes.set_ylabel("return of greedy episodes")
    axes.set_title(title, fontsize=11)
    axes.spines[["top", "right"]].set_visible(False)
    axes.margins(0.06)
    figure.legend(frameon=False, fontsize=8.5, loc="outside lower center", ncols=2)
    place_labels(axes, tops, busy)
    save_figure(figure, path)
