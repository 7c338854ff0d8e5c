"""The picture of the decision-value study: what is earned against how right a filling is, a panel per measure."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..labels import place_labels
from ..plotting import BLUE, RED, import_pyplot, save_figure
from .case import CONSTRUCTED, NOISE, OURS, REFERENCE, RULE, THEIRS, TRUTHFUL, Case, Measure
from .study import Row

STYLES = {  # kind -> colour, marker, what the legend says
    THEIRS: (RED, "D", "published (*)"),
    OURS: (BLUE, "o", "ours"),
    RULE: ("#7f7f7f", "s", "rules, blind"),
    CONSTRUCTED: ("#8064a2", "X", "constructed"),
}
NOISY = "#c9b458"


def plot(case: Case, rows: Sequence[Row], path: Path) -> None:
    """Render the rows into a PNG: a column per data, a row per measure; of one kind of data a column per measure."""
    named = []  # panels whose points are named when the layout stands
    data = list(dict.fromkeys(row.data for row in rows))
    panels = [[(one, measure) for one in data] for measure in case.measures]
    if len(data) == 1:
        panels = [[row[0] for row in panels]]
    figure, grid = import_pyplot().subplots(
        len(panels), len(panels[0]), figsize=(1.2 + 4.2 * len(panels[0]), 4.2 * len(panels)), layout="constrained",
        squeeze=False,
    )  # fmt: skip
    for down, row in enumerate(panels):
        for across, (one, measure) in enumerate(row):
            axes, own = grid[down][across], [entry for entry in rows if entry.data == one]
            render_panel(axes, case, measure, own)
            unit = case.unit_of(measure, one)
            axes.set_xlabel(f"{measure.name}, {unit}" if unit else measure.name, fontsize=9)
            if across == 0:
                axes.set_ylabel(case.earned)
            if down == 0 and (len(data) > 1 or across == 0):
                axes.set_title(one, fontsize=11)
            named.append((axes, own, measure))
    handles, labels = grid[0][0].get_legend_handles_labels()
    columns = len(labels) if len(panels[0]) > 1 else 3
    figure.legend(handles, labels, frameon=False, fontsize=9, loc="outside lower center", ncols=columns)
    for axes, own, measure in named:
        name_points(axes, case, measure, own)
    save_figure(figure, path)


def render_panel(axes: Any, case: Case, measure: Measure, own: Sequence[Row]) -> None:
    """The points of some data by one measure, with their intervals; references are lines."""
    sign = -1.0 if case.costs else 1.0
    curve = sorted((row for row in own if row.kind in (NOISE, TRUTHFUL)), key=lambda row: row.measure(measure.name))
    x = [row.measure(measure.name) for row in curve]
    axes.plot(x, [sign * row.earned for row in curve], color=NOISY, linewidth=1.6, label="truth with noise")
    for kind, (color, marker, label) in STYLES.items():
        for i, row in enumerate(row for row in own if row.kind == kind):
            span = [[row.earned - row.low], [row.high - row.earned]]
            axes.errorbar(
                row.measure(measure.name), sign * row.earned, span if sign > 0 else span[::-1], color=color,
                marker=marker, markersize=6, linewidth=0.8, capsize=2, markeredgecolor="white", markeredgewidth=0.7,
                label=label if i == 0 else None, zorder=4,
            )  # fmt: skip
    for i, row in enumerate(row for row in own if row.kind == REFERENCE):
        axes.axhline(
            sign * row.earned, color="#555555", linewidth=0.9, linestyle=":", zorder=1,
            label="other policies" if i == 0 else None,
        )  # fmt: skip
    seen = [row for row in own if row.filling != "blind" and row.kind != REFERENCE]
    values = np.array([row.measure(measure.name) for row in seen])
    values = values[np.isfinite(values)]
    if measure.is_error:
        axes.set_xlim(left=0.0, right=1.12 * values.max())
    axes.set_ylim(*heights(case, own))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.2)


def heights(case: Case, own: Sequence[Row]) -> tuple[float | None, float | None]:
    """The ends of the vertical axis, the worse one below."""
    if not case.costs:
        least = min(row.low for row in own if row.kind != NOISE)  # much noise loses more than can be seen
        return least - 0.12 * (max(row.high for row in own) - least), None
    shown = [row for row in own if row.kind != NOISE and row.filling != "blind"]
    least, most = min(-row.high for row in own), max(-row.low for row in shown)
    return most + 0.08 * (most - least), least - 0.08 * (most - least)


def name_points(axes: Any, case: Case, measure: Measure, own: Sequence[Row]) -> None:
    """Put names beside the points, and above the lines of references."""
    sign = -1.0 if case.costs else 1.0
    points = {case.short.get(row.filling, row.filling): row for row in own if row.kind in STYLES}
    (left, right), heights_seen = axes.get_xlim(), sorted(axes.get_ylim())
    seen = {}
    for name, row in points.items():
        at = (row.measure(measure.name), sign * row.earned)
        if not math.isnan(at[0]) and at[0] < right and (not case.costs or heights_seen[0] < at[1] < heights_seen[1]):
            seen[name] = at
    lines = [
        np.array([(row.measure(measure.name), sign * row.low), (row.measure(measure.name), sign * row.high)])
        for row in own
        if not math.isnan(row.measure(measure.name))
    ]
    for row in (row for row in own if row.kind == REFERENCE):
        axes.annotate(
            case.short.get(row.filling, row.filling), (left, sign * row.earned), (3, 2), textcoords="offset points",
            fontsize=7, color="#555555",
        )  # fmt: skip
        lines.append(np.array([(left, sign * row.earned), (right, sign * row.earned)]))
    place_labels(axes, seen, lines, size=7)
