"""The picture of the decision-value study: profit against error, a panel per market, once for each measure of error."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..labels import place_labels
from ..plotting import BLUE, RED, import_pyplot, save_figure
from .fillings import CONSTRUCTED, NOISE, OURS, RULE, THEIRS, TRUTHFUL
from .study import Row
from .table import ERRORS

STYLES = {  # kind -> colour, marker, what the legend says
    THEIRS: (RED, "D", "published (*)"),
    OURS: (BLUE, "o", "ours"),
    RULE: ("#7f7f7f", "s", "rules, blind"),
    CONSTRUCTED: ("#8064a2", "X", "constructed"),
}
SHORT = {"published-dnn": "DNN*", "published-lear": "LEAR*", "truth + independent noise": "independent noise"}


def plot(rows: Sequence[Row], path: Path) -> None:
    """Render the rows into a PNG: a column per market, MAE above and shape-MAE below."""
    named = []  # panels whose points are named when the layout stands
    markets = list(dict.fromkeys(row.market for row in rows))
    figure, grid = import_pyplot().subplots(
        len(ERRORS), len(markets), figsize=(1.2 + 4.2 * len(markets), 8.4), layout="constrained", squeeze=False
    )
    for across, market in enumerate(markets):
        own = [row for row in rows if row.market == market]
        for down, (name, field) in enumerate(ERRORS.items()):
            axes = grid[down][across]
            curve = sorted((row for row in own if row.kind in (NOISE, TRUTHFUL)), key=lambda row: getattr(row, field))
            x = [getattr(row, field) for row in curve]
            axes.plot(x, [row.earned for row in curve], color="#c9b458", linewidth=1.6, label="truth with noise")
            for kind, (color, marker, label) in STYLES.items():
                for i, row in enumerate(row for row in own if row.kind == kind):
                    error, span = getattr(row, field), [[row.earned - row.low], [row.high - row.earned]]
                    axes.errorbar(
                        error, row.earned, span, color=color, marker=marker, markersize=6, linewidth=0.8, capsize=2,
                        markeredgecolor="white", markeredgewidth=0.7, label=label if i == 0 else None, zorder=4,
                    )  # fmt: skip
            axes.set_xlabel(f"{name}, {'$' if market == 'epf-pjm' else '€'}/MWh", fontsize=9)
            if across == 0:
                axes.set_ylabel("profit per day, 1 MW / 2 MWh")
            if down == 0:
                axes.set_title(market, fontsize=11)
            axes.set_xlim(left=0.0, right=1.12 * max(getattr(row, field) for row in own if row.filling != "blind"))
            axes.set_ylim(bottom=-0.12 * max(row.high for row in own))  # much noise loses more than can be seen
            axes.spines[["top", "right"]].set_visible(False)
            axes.grid(alpha=0.2)
            named.append((axes, own, field))
    handles, labels = grid[0][0].get_legend_handles_labels()
    columns = len(labels) if len(markets) > 1 else 3
    figure.legend(handles, labels, frameon=False, fontsize=9, loc="outside lower center", ncols=columns)
    for axes, own, field in named:
        points = {SHORT.get(row.filling, row.filling): row for row in own if row.kind in STYLES}
        right = axes.get_xlim()[1]
        seen = {name: (getattr(row, field), row.earned) for name, row in points.items() if getattr(row, field) < right}
        lines = [np.array([(getattr(row, field), row.low), (getattr(row, field), row.high)]) for row in own]
        place_labels(axes, seen, lines, size=7)
    save_figure(figure, path)
