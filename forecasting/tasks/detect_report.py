"""The report on a detector: its figures beside detectors that know little, an isolation forest and published ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...data.streams import nab
from ...data.streams.stream import Stream
from ...utils.plotting import pixels_of, save_figure
from ..anomalies.isolation_forest import forest_scores
from ..anomalies.judging import ELSEWHERE, judge
from ..anomalies.nab_score import PROFILES
from ..anomalies.timeline import render_timeline
from ..models.detectors.detector import Detector, spaces_for
from ..models.detectors.rules import Gaussian

RANDOM_SEEDS = 5
# NAB's scoreboard (README of numenta/NAB at ea702d7), standard, low-FP, low-FN: the threshold is chosen on all files.
PUBLISHED = {
    "ARTime": (74.9, 65.1, 80.4),
    "Numenta HTM": (70.1, 63.1, 74.3),
    "CAD OSE": (69.9, 67.0, 73.2),
    "KNN CAD": (58.0, 43.4, 64.8),
    "Random Cut Forest": (51.7, 38.4, 59.7),
    "Windowed Gaussian": (39.6, 20.9, 47.4),
}
# Its files of scores have 12 significant digits, which decides where scores saturate: so rounded, its figures come out.
NAB_DIGITS = 12
# VUS-PR on the 23 series of NAB in TSB-AD-U (Liu & Paparrizos 2024): other files, another split and buffer.
PUBLISHED_VUS = "published elsewhere: POLY 0.484, Sub-PCA 0.436, IForest 0.223 (TSB-AD-U's 23 series of NAB)"


def is_labelled(streams: Sequence[Stream]) -> bool:
    """Whether there is something to be found."""
    return any(len(stream.windows) for stream in streams)


def measure(net: Detector, streams: Sequence[Stream], scores: Sequence[np.ndarray], seconds: float) -> dict[str, float]:
    """The metrics of a finished detector: its figures where rows are labelled, its alarms, and what it cost."""
    threshold = float(net.threshold)
    alarms = sum(int((own >= threshold).sum()) for own in scores)
    found = {"threshold": threshold, "alarms": float(alarms), "seconds": round(seconds, 1)}
    if not is_labelled(streams):
        return found
    each = [net.score_rows(stream.values, waiting=False) for stream in streams] if net.wait else None
    return {**judge(scores, streams, each), **found}


def rivals(streams: Sequence[Stream]) -> dict[str, dict[str, float]]:
    """The figures of detectors that know little, in the same run, by what they are."""
    channels = streams[0].values.shape[1]
    gaussian = Gaussian(*spaces_for(channels), channels=channels)
    found = {
        "windowed Gaussian": judge(
            [np.round(gaussian.score_rows(stream.values), NAB_DIGITS) for stream in streams], streams
        ),
        "isolation forest": judge([forest_scores(stream.values) for stream in streams], streams),
    }
    drawn = [
        judge([np.random.default_rng((seed, i)).random(len(s)) for i, s in enumerate(streams)], streams)
        for seed in range(RANDOM_SEEDS)
    ]
    found[f"random (mean of {RANDOM_SEEDS})"] = {
        name: float(np.mean([one[name] for one in drawn])) for name in drawn[0]
    }
    found["nothing"] = judge([np.zeros(len(stream)) for stream in streams], streams)
    return found


def save_timeline(
    streams: Sequence[Stream], scores: Sequence[np.ndarray], threshold: float, folder: Path, writer: Any, step: int
) -> None:
    """Write timeline.png, of the stream with most windows, to ``folder`` and TensorBoard. Needs Matplotlib."""
    which = int(np.argmax([len(stream.windows) for stream in streams]))
    figure = render_timeline(streams[which], scores[which], threshold)
    writer.add_image("test/timeline", pixels_of(figure), step, dataformats="HWC")
    save_figure(figure, folder / "timeline.png")


@dataclass(frozen=True)
class DetectSummary:
    """What a fit came to, as a table to print."""

    rows: dict[str, dict[str, float]]  # who -> figures; empty where nothing is labelled
    lines: tuple[str, ...]  # what else is to be said

    def __str__(self) -> str:
        if not self.rows:
            return "\n".join(self.lines)
        table = [["", *PROFILES, "VUS-PR"]]
        for who, figures in self.rows.items():
            vus = f"{figures['VUS-PR']:.3f}" if "VUS-PR" in figures else "–"
            table.append([who, *(self._cell(figures, profile) for profile in PROFILES), vus])
        first, *widths = (max(map(len, column)) for column in zip(*table, strict=True))
        lines = [
            f"{who:{first}}" + "".join(f"  {cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
            for who, *cells in table
        ]
        return "\n".join([*lines, *self.lines])

    def _cell(self, figures: dict[str, float], profile: str) -> str:
        shown = f"{figures[f'NAB-{profile}']:.1f}"
        apart = figures.get(f"NAB-{profile}{ELSEWHERE}")
        return shown if apart is None else f"{shown} / {apart:.1f}"


def summarise(kind: str, metrics: dict[str, float], streams: Sequence[Stream], *lines: str) -> DetectSummary:
    """The summary of a detector of this kind with these metrics."""
    if not is_labelled(streams):
        return DetectSummary({}, lines)
    rows = {kind: metrics, **rivals(streams)}
    told = ["NAB's score by profile: threshold best on all streams / on all others but the one that is scored."]
    if all(stream.name in _names() for stream in streams):
        profiles = list(PROFILES)
        rows |= {
            f"published {who}": {f"NAB-{profile}": value for profile, value in zip(profiles, values, strict=True)}
            for who, values in PUBLISHED.items()
        }
        told += [f"VUS-PR is not comparable with what is {PUBLISHED_VUS}."]
    return DetectSummary(rows, (*told, *lines))


def _names() -> set[str]:
    return {name.removeprefix("data/") for name in nab.FILES}
