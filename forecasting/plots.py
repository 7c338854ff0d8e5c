"""Plots of forecasts: the fan against what came, the error by the row that is forecast and by the hour of the day."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..data.series import Series, times_from
from ..explain.series import SeriesAttribution
from ..utils.plotting import import_pyplot
from ..utils.wording import in_line
from .baselines import CLIMATOLOGY, PERSISTENCE, SEASONAL
from .outlook import Outlook
from .windows import ordered_values

BLUE, GREY, TRUTH = "#2e6db4", "#8a8f98", "#20242c"
NAIVE = {PERSISTENCE: ("#b9772b", ":"), SEASONAL: ("#c0504d", "--"), CLIMATOLOGY: ("#5a8a3a", "-.")}  # colour, line
PAST_SHOWN = 2.0  # horizons of the past, at most
COLOURS = ("#2e6db4", "#d08a2e", "#5a8a3a", "#8a5aa8")  # of columns
MOST_COLOURS = len(COLOURS)
MOST_PANELS = 4  # targets that a picture shows
NAME = 44  # letters of a column's name


def render_fan(outlook: Outlook, attribution: SeriesAttribution | None = None, title: str = "") -> Any:
    """A figure: the past, the forecast with the bands of its quantiles, the naive ones, and what came.

    Args:
        attribution: What moved the forecast of the first target, as bars below.

    Raises:
        ImportError: there is no Matplotlib.
    """
    plt = import_pyplot()
    count = 1 if attribution is not None else min(len(outlook.targets), MOST_PANELS)
    heights = [1.0] * count + ([0.75] if attribution is not None else [])
    figure, axes = plt.subplots(
        len(heights),
        1,
        figsize=(9.0, 1.5 + 2.7 * sum(heights)),
        sharex=True,
        squeeze=False,
        layout="constrained",
        height_ratios=heights,
    )
    for k in range(count):
        fan_into(axes[k, 0], outlook, k)
    figure.suptitle(title or _title_of(outlook), fontsize=10)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), fontsize=8, frameon=False)
    if attribution is not None:
        _bars_into(axes[-1, 0], outlook, attribution)
    _date(axes[-1, 0], outlook)
    return figure


def _bars_into(axis: Any, outlook: Outlook, attribution: SeriesAttribution) -> None:
    """Render what each row moved into an axis, one colour for each of the columns that moved most."""
    horizon = len(outlook.values)
    before = min(_before(outlook), len(attribution.past))
    weights = {name: attribution.weight_of(name) for name in attribution.columns}
    chosen = [name for name in sorted(weights, key=lambda name: -weights[name]) if weights[name]][:MOST_COLOURS]
    bars: dict[str, np.ndarray] = {}
    known = attribution.layout.part("known").columns if attribution.known is not None else ()
    for i, name in enumerate(attribution.columns):
        row = np.zeros(before + horizon)
        row[:before] = attribution.past[-before:, i]
        if name in known:
            assert attribution.known is not None
            row[before:] = attribution.known[:, known.index(name)]
        label = name if name in chosen else "other columns"
        bars[label] = bars.get(label, 0.0) + row
    x = _positions(outlook, outlook.origin + np.arange(-before, horizon))
    width = 0.9 * (x[1] - x[0])
    low = high = np.zeros(len(x))
    rest = ["other columns"] if bars.get("other columns", np.zeros(1)).any() else []
    for label in [*chosen, *rest]:
        value = bars[label]
        colour = COLOURS[chosen.index(label)] if label in chosen else GREY
        axis.bar(x, value, width, np.where(value >= 0.0, high, low), color=colour, label=in_line(label, NAME))
        high, low = high + np.maximum(value, 0.0), low + np.minimum(value, 0.0)
    axis.axhline(0.0, color=TRUTH, linewidth=0.8)
    axis.axvline(_positions(outlook, np.array([outlook.origin]))[0], color=GREY, linewidth=0.8)
    earlier = attribution.past[:-before].sum() if len(attribution.past) > before else 0.0
    axis.set_title(
        f"what moved its mean: {attribution.flat:.3g} of a flat window, {attribution.said:.3g} of this one "
        f"(earlier rows together {earlier:+.3g})",
        fontsize=8,
        loc="left",
    )
    axis.set_ylabel("moved by", fontsize=9)
    span = float(high.max() - low.min())
    if span:
        axis.legend(fontsize=7, ncols=min(len(chosen) + len(rest), 3), loc="upper left", framealpha=0.85)
        axis.set_ylim(low.min() - 0.06 * span, high.max() + 0.4 * span)  # room for the legend
    else:
        why = "rows before these moved it" if earlier else "nothing that it saw moved it"
        axis.text(0.5, 0.65, why, transform=axis.transAxes, ha="center", va="center", fontsize=9, color=GREY)
        axis.set_yticks([])
    _dress(axis)


def fan_into(axis: Any, outlook: Outlook, k: int = 0) -> None:
    """Render the fan of target ``k`` into a Matplotlib axis."""
    horizon, before = len(outlook.values), _before(outlook)
    rows = np.arange(outlook.origin - before, outlook.origin)
    ahead = outlook.origin + np.arange(horizon)
    past = ordered_values(outlook.series)[rows, k]
    x_past, x = _positions(outlook, rows), _positions(outlook, ahead)
    axis.plot(x_past, past, color=TRUTH, linewidth=1.2)
    axis.axvline(x[0], color=GREY, linewidth=0.8)
    if outlook.bands is not None:
        pairs = len(outlook.quantiles) // 2
        for i in range(pairs):
            low, high = outlook.bands[:, i], outlook.bands[:, -1 - i]
            label = f"{outlook.quantiles[i]:g} to {outlook.quantiles[-1 - i]:g}" if i == 0 else None
            axis.fill_between(x, low, high, color=BLUE, alpha=0.55 / (pairs + 1), linewidth=0, label=label)
    for name, values in outlook.beside.items():
        colour, line = NAIVE[name]
        axis.plot(x, values[:, k], color=colour, linestyle=line, linewidth=1.0, label=name)
    if np.isfinite(outlook.truth[:, k]).any():
        axis.plot(x, outlook.truth[:, k], color=TRUTH, linewidth=1.6, label="what came")
    axis.plot(x, outlook.values[:, k], color=BLUE, linewidth=2.0, label="forecast")
    axis.set_ylabel(in_line(outlook.targets[k], NAME), fontsize=9)
    axis.set_xlim(x_past[0], x[-1])
    _dress(axis)


def _before(outlook: Outlook) -> int:
    """Rows of the past that are shown."""
    return min(outlook.origin, max(8, round(PAST_SHOWN * len(outlook.values))))


def render_by_horizon(errors: Mapping[str, np.ndarray], step: str, unit: str) -> Any:
    """A figure of the mean absolute error (H,) of each forecaster, by how far ahead a row is."""
    figure, axis = _figure()
    for name, values in errors.items():
        colour, line = NAIVE.get(name, (BLUE, "-"))
        wide = 2.0 if name not in NAIVE else 1.2
        axis.plot(np.arange(1, len(values) + 1), values, color=colour, linestyle=line, linewidth=wide, label=name)
    axis.set_xlabel(f"rows ahead ({step} each)", fontsize=9)
    return _finish(figure, axis, unit)


def render_by_hour(errors: Mapping[str, np.ndarray], unit: str) -> Any:
    """A figure of the mean absolute error (24,) of each forecaster, by the hour of the day that is forecast."""
    figure, axis = _figure()
    for name, values in errors.items():
        colour, line = NAIVE.get(name, (BLUE, "-"))
        wide = 2.0 if name not in NAIVE else 1.2
        axis.plot(np.arange(24), values, color=colour, linestyle=line, linewidth=wide, label=name, marker=".")
    axis.set_xticks(range(0, 24, 3))
    axis.set_xlabel("hour of the day", fontsize=9)
    return _finish(figure, axis, unit)


def _figure() -> tuple[Any, Any]:
    return import_pyplot().subplots(figsize=(7.0, 3.6), layout="constrained")


def _finish(figure: Any, axis: Any, unit: str) -> Any:
    axis.set_ylabel(f"mean absolute error ({unit})", fontsize=9)
    axis.set_ylim(bottom=0.0)
    axis.legend(fontsize=8, framealpha=0.85)
    _dress(axis)
    return figure


def _dress(axis: Any) -> None:
    axis.grid(alpha=0.25, linewidth=0.6)
    axis.tick_params(labelsize=8)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)


def _positions(outlook: Outlook, rows: np.ndarray) -> np.ndarray:
    """Where rows lie along the axis: times, or their numbers."""
    series: Series = outlook.series
    return rows + 1 if series.times is None else times_from(series, rows)


def _date(axis: Any, outlook: Outlook) -> None:
    if outlook.times is None:
        axis.set_xlabel("row", fontsize=9)
        return
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=4, maxticks=9)
    axis.xaxis.set_major_locator(locator)
    axis.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axis.xaxis.get_offset_text().set_fontsize(8)


def _title_of(outlook: Outlook) -> str:
    more = len(outlook.targets) - MOST_PANELS
    others = f", and {more} more targets" if more > 0 else ""
    return f"{in_line(outlook.series.name, 60)}: {len(outlook.values)} rows from {outlook.labels[0]} on{others}"
