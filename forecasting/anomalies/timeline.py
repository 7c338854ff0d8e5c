"""The timeline of a detector: a stream's channels, the score below them, alarms, and what was labelled."""

from typing import Any

import numpy as np

from ...data.streams.stream import Stream
from ...utils.plotting import import_pyplot
from ...utils.wording import counted, in_line

MOST_CHANNELS = 4  # that are drawn
BLUE, RED, ORANGE, GREY = "#2b6cb0", "#c53030", "#f6ad55", "#4a5568"


def render_timeline(stream: Stream, scores: np.ndarray, threshold: float) -> Any:
    """A figure of a stream (T, C), its ``scores`` (T,) in [0, 1], and the alarms from the ``threshold`` on.

    The score is drawn as the number of rows among which one is that strange, 1 / (1 - score), on a logarithmic scale,
    because all that matters lies close to 1.
    """
    pyplot = import_pyplot()
    channels = min(stream.values.shape[1], MOST_CHANNELS)
    heights = [2.0] * channels + [1.2]
    figure, axes = pyplot.subplots(
        channels + 1, 1, sharex=True, figsize=(9.0, 1.2 + sum(heights)), height_ratios=heights, layout="constrained"
    )
    rising = stream.times is not None and bool((np.diff(stream.times) > np.timedelta64(0, "s")).all())
    at: Any = stream.times if rising else stream.places
    alarms = np.flatnonzero(scores >= threshold)
    for c, axis in enumerate(axes[:channels]):
        axis.plot(at, stream.values[:, c], color=BLUE, linewidth=0.7)
        axis.plot(at[alarms], stream.values[alarms, c], "v", color=RED, markersize=6, label="alarm")
        axis.set_ylabel("value" if stream.values.shape[1] == 1 else f"channel {c + 1}", fontsize=9)
    axes[-1].plot(at, 1.0 / np.maximum(1.0 - scores, 1e-6), color=GREY, linewidth=0.7)
    if threshold <= 1.0:
        axes[-1].axhline(1.0 / max(1.0 - threshold, 1e-6), color=RED, linewidth=0.8, linestyle="--", label="threshold")
    axes[-1].set_yscale("log")
    axes[-1].set_ylabel("strange as\n1 in … rows", fontsize=9)
    for number, (first, last) in enumerate(stream.windows):
        for axis in axes:
            axis.axvspan(at[first], at[last], color=ORANGE, alpha=0.35, label="" if number else "labelled anomaly")
    for axis in axes:
        axis.grid(alpha=0.25, linewidth=0.6)
        axis.tick_params(labelsize=8)
        for side in ("top", "right"):
            axis.spines[side].set_visible(False)
    if len(alarms) or len(stream.windows):
        axes[0].legend(fontsize=8, framealpha=0.85)
    if rising:
        from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

        locator = AutoDateLocator(minticks=4, maxticks=9)
        axes[-1].xaxis.set_major_locator(locator)
        axes[-1].xaxis.set_major_formatter(ConciseDateFormatter(locator))
    else:
        axes[-1].set_xlabel("row", fontsize=9)
    axes[0].set_title(f"{in_line(stream.name, 60)}: {counted(len(alarms), 'alarm')}", fontsize=10)
    return figure
