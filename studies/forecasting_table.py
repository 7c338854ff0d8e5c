"""The tables and the picture of the forecasting study, with published figures beside ours."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Table

from ..forecasting.published import LONG_HORIZONS, published
from ..utils.tables import results_table
from ..utils.wording import counted
from .forecasting_row import Trained
from .plotting import BLUE, import_pyplot, save_figure

NAIVE = ("naive", "seasonal", "mean")
GREY = "#8a8f98"
PUBLISHED = "†"  # beside a name


def is_price(rows: Sequence[Trained]) -> bool:
    """Whether these are errors of day-ahead prices, which are told in their own units."""
    return all(np.isfinite(row.rmae) for row in rows)


def lines(rows: Sequence[Trained]) -> tuple[list[str], list[list[str]]]:
    """Headings and cells of one series: a line per model, means over seeds, then the published ones."""
    return _price_lines(rows) if is_price(rows) else _long_lines(rows)


def _long_lines(rows: Sequence[Trained]) -> tuple[list[str], list[list[str]]]:
    horizons = sorted({row.horizon for row in rows})
    found = []
    for model in dict.fromkeys(row.model for row in rows):
        own = [[row for row in rows if (row.model, row.horizon) == (model, horizon)] for horizon in horizons]
        cells = [f"{mean(part, 'mse'):.3f}/{mean(part, 'mae'):.3f}" if part else "–" for part in own]
        some = [row for part in own for row in part]
        lookbacks = sorted({row.lookback for row in some})
        found.append([model, ", ".join(map(str, lookbacks)), *cells, f"{mean(some, 'seconds'):,.1f}"])
    for method in _methods(rows[0].data):
        figures = [published(rows[0].data, horizon).get(method) for horizon in horizons]
        cells = ["–" if pair is None else f"{pair[0]:.3f}/{pair[1]:.3f}" for pair in figures]
        found.append([f"{method.removeprefix('repeat the ')} {PUBLISHED}", "", *cells, ""])
    return ["model", "look-back", *map(str, horizons), "seconds"], found


def _methods(data: str) -> list[str]:
    return list(LONG_HORIZONS.get(data, {}))


def _price_lines(rows: Sequence[Trained]) -> tuple[list[str], list[list[str]]]:
    found = []
    for model in dict.fromkeys(row.model for row in rows):
        own = [row for row in rows if row.model == model]
        cells = [f"{mean(own, 'mae'):.3f}", f"{mean(own, 'shape_mae'):.3f}", f"{100.0 * mean(own, 'smape'):.2f} %"]
        found.append([model, str(own[0].lookback), *cells, f"{mean(own, 'rmae'):.3f}", f"{mean(own, 'seconds'):,.1f}"])
    found.sort(key=lambda line: float(line[2]))
    best = rows[0]
    if best.best:
        found.append([f"{best.best} {PUBLISHED}", "", f"{best.best_mae:.3f}", "", "", "", ""])
    return ["model", "look-back", "MAE", "shape-MAE", "sMAPE", "rMAE", "seconds"], found


def mean(rows: Sequence[Trained], name: str) -> float:
    return float(np.mean([getattr(row, name) for row in rows]))


def caption_of(rows: Sequence[Trained]) -> str:
    """What the figures are, and over how many trainings."""
    more = f"{counted(len({row.seed for row in rows}), 'seed')}; {PUBLISHED} published"
    if is_price(rows):
        return f"{rows[0].data}: errors of the test years in their own units; rMAE: share of the naive rule; {more}"
    return f"{rows[0].data}: MSE/MAE of all columns in standard deviations of the training part, all windows; {more}"


def table(rows: Sequence[Trained]) -> Table:
    """The table of one series on a terminal: 80 columns, so without the look-backs."""
    headings, found = lines(rows)
    shown = results_table(headings[:1], headings[2:], caption_of(rows))
    for name, _, *cells in found:
        shown.add_row(name, *cells)
    return shown


def markdown(rows: Sequence[Trained]) -> str:
    """All tables, one below the other."""
    parts = []
    for data in dict.fromkeys(row.data for row in rows):
        own = [row for row in rows if row.data == data]
        headings, found = lines(own)
        ruler = ["---", *("---:" for _ in headings[1:])]
        text = "\n".join(f"| {' | '.join(line)} |" for line in (headings, ruler, *found))
        parts.append(f"## {data}\n\n{caption_of(own)}.\n\n{text}\n")
    return "\n".join(parts)


def plot(rows: Sequence[Trained], path: Path) -> None:
    """A panel per series: MSE by horizon, or the MAE of each model; the best published one as a dashed line."""
    pyplot = import_pyplot()
    names = list(dict.fromkeys(row.data for row in rows))
    across = min(3, len(names))
    down = -(-len(names) // across)
    figure, axes = pyplot.subplots(
        down, across, figsize=(4.6 * across, 3.6 * down), squeeze=False, layout="constrained"
    )
    for axis, name in zip(axes.ravel(), names, strict=False):
        own = [row for row in rows if row.data == name]
        _price_panel(axis, own) if is_price(own) else _long_panel(axis, own)
        axis.set_title(name, fontsize=10)
        axis.tick_params(labelsize=8)
        axis.spines[["top", "right"]].set_visible(False)
    for axis in axes.ravel()[len(names) :]:
        axis.set_visible(False)
    save_figure(figure, path)


def _long_panel(axis: Any, rows: Sequence[Trained]) -> None:
    horizons = sorted({row.horizon for row in rows})
    top = 0.0
    for model in dict.fromkeys(row.model for row in rows):
        own = [[row for row in rows if (row.model, row.horizon) == (model, horizon)] for horizon in horizons]
        y = [mean(part, "mse") if part else np.nan for part in own]
        style = {"color": GREY, "linestyle": ":"} if model in NAIVE else {}
        axis.plot(range(len(horizons)), y, marker=".", label=model, **style)
        top = max(top, *(value for value in y if np.isfinite(value)), 0.0) if model not in NAIVE else top
    best = [next((row.best_mse for row in rows if row.horizon == horizon), np.nan) for horizon in horizons]
    axis.plot(range(len(horizons)), best, "k--", label="best published")
    axis.set_xticks(range(len(horizons)), [str(horizon) for horizon in horizons])
    axis.set_xlabel("rows ahead", fontsize=9)
    axis.set_ylabel("MSE (standard deviations²)", fontsize=9)
    if top:
        axis.set_ylim(0.0, 1.3 * top)  # naive ones may lie above
    axis.legend(fontsize=7, frameon=False)


def _price_panel(axis: Any, rows: Sequence[Trained]) -> None:
    models = sorted({row.model for row in rows}, key=lambda model: -mean([r for r in rows if r.model == model], "mae"))
    y = [mean([row for row in rows if row.model == model], "mae") for model in models]
    axis.barh(models, y, color=[GREY if model in NAIVE else BLUE for model in models])
    if rows[0].best:
        axis.axvline(rows[0].best_mae, color="black", linestyle="--", label=f"{rows[0].best}, published")
        axis.legend(fontsize=7, frameon=False, loc="lower right")
    axis.set_xlabel("MAE (the series' own units)", fontsize=9)
