"""The picture of learning curves: a line per group of runs, and a band from its lowest to its highest run."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...utils.plotting import import_pyplot, save_figure
from .curves import RETURN, TRAINING, Group, counted_runs

# Okabe & Ito's colours, which the colour-blind can tell apart; the order is that of the groups.
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
STYLES = ("-", "--", ":", "-.")  # of the lines, once the colours are used up
LABELS = {RETURN: "return of greedy episodes (evaluation)", TRAINING: "return of the training's episodes"}
MARKED = 25  # values of a curve, up to which each is a dot


def plot_curves(groups: Sequence[Group], tag: str, path: Path, references: dict[str, float]) -> None:
    """Write the PNG ``path``.

    Args:
        tag: What the curves show.
        references: Returns of reference policies by name, drawn as thin lines; for returns alone.

    Raises:
        ValueError: the runs of a group have no steps in common.
    """
    drawn = [group.mean_and_range() for group in groups]
    figure, axes = import_pyplot().subplots(figsize=(8, 4.8), layout="constrained")
    for index, (group, (steps, mean, low, high)) in enumerate(zip(groups, drawn, strict=True)):
        color, style = COLORS[index % len(COLORS)], STYLES[index // len(COLORS) % len(STYLES)]
        marker = "o" if len(steps) <= MARKED else None
        axes.plot(steps, mean, color=color, linestyle=style, linewidth=1.8, marker=marker, ms=3.5, label=group.name)
        if len(group.curves) > 1:
            axes.fill_between(steps, low, high, color=color, alpha=0.16, linewidth=0)
            for own, values in group.curves:
                axes.plot(own, values, color=color, linewidth=0.6, alpha=0.45)
    if tag in LABELS:
        _draw_references(axes, references)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlim(left=0)
    axes.xaxis.set_major_formatter(lambda value, _: short_steps(value))
    axes.set_xlabel("environment steps")
    axes.set_ylabel(LABELS.get(tag, tag))
    axes.set_title(title_of(groups), fontsize=11, loc="left")
    if len(groups) > 1:
        axes.legend(frameon=False, fontsize=9, loc="best")
    save_figure(figure, path)


def _draw_references(axes: Any, references: dict[str, float]) -> None:
    for name, value in references.items():
        axes.axhline(value, color="#777777", linewidth=0.9, linestyle=(0, (2, 3)), zorder=0)
        axes.annotate(
            name, (1.0, value), xycoords=("axes fraction", "data"), xytext=(-2, 2), textcoords="offset points",
            ha="right", va="bottom", fontsize=8, color="#555555",
        )  # fmt: skip


def title_of(groups: Sequence[Group]) -> str:
    """What is shown: the environment and the agent, where they are the same for all, and what the band is."""
    configs = [group.config for group in groups]
    parts = [value for value in (_common([c.env for c in configs]), _common([c.agent for c in configs])) if value]
    if any(len(group.curves) > 1 for group in groups):
        counts = {counted_runs(group.seeds) for group in groups if len(group.curves) > 1}
        parts.append(f"mean and range of {counts.pop() if len(counts) == 1 else 'the runs of each'}")
    return " · ".join(parts)


def _common(values: Sequence[str]) -> str:
    return values[0] if len(set(values)) == 1 else ""


def short_steps(value: float) -> str:
    """``"250k"``, ``"1.5M"``: a number of steps on an axis."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{np.round(value / size, 3):g}{letter}"
    return f"{value:g}"
