"""The picture of what the nets of the layers study look for: a row for each net that the study has left."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ...components.component import Component
from ...explain.layers import as_pictures, first_filters, layers_of, strongest_patches
from ...explain.layers_picture import sheet
from ...vision.images import load_tensors
from ..plotting import import_pyplot, save_figure
from .nets import ARRANGEMENTS
from .study import component_of

FILTERS, CHANNELS, PATCHES = 16, 6, 9
SEARCHED = 2000  # test pictures among which the patches are looked for


def plot_looks(data: Sequence[str], nets: Sequence[str], out: Path, path: Path) -> list[Path]:
    """Render a PNG of those components that there are; returns the components that are missing."""
    wanted = [(name, net) for name in data for net in nets]
    rows = [(name, net) for name, net in wanted if component_of(out, name, net).exists()]
    missing = [component_of(out, name, net) for name, net in wanted if (name, net) not in rows]
    if not rows:
        return missing
    figure = import_pyplot().figure(figsize=(11.4, 1.62 * len(rows) + 0.4), layout="constrained")
    parts = figure.subfigures(len(rows), 1, squeeze=False)[:, 0]
    for part, (name, net) in zip(parts, rows, strict=True):
        _row(part, name, net, Component.load(component_of(out, name, net)))
    save_figure(figure, path)
    return missing


def _row(part: Any, data: str, net: str, component: Component) -> None:
    images = load_tensors(data, "test").images[:SEARCHED]
    last = layers_of(component)[-1]
    found = strongest_patches(component, images, last, CHANNELS, PATCHES)
    part.suptitle(
        f"{Path(data).name}, {ARRANGEMENTS[net].title}: filters of the first layer, and what excites the last one most "
        f"({last})",
        fontsize=9,
        x=0.008,
        ha="left",
    )
    axes = part.subplots(1, 2 + CHANNELS, width_ratios=[2, 0.1, *[1] * CHANNELS])
    filters = as_pictures(first_filters(component, FILTERS))
    axes[0].imshow(_grid(filters, across=8), interpolation="nearest")
    for place in range(len(found.channels)):
        axes[2 + place].imshow(sheet(found.patches[place]), interpolation="nearest")
    for one in axes:
        one.axis("off")


def _grid(pictures: np.ndarray, across: int) -> np.ndarray:
    """Pictures (K, h, w, 3) in rows of ``across``, with white lines between."""
    count, high, wide = pictures.shape[:3]
    scale = max(1, 32 // high)
    line = 2
    down = -(-count // across)
    whole = np.full((down * (high * scale + line), across * (wide * scale + line), 3), 255, np.uint8)
    for place, picture in enumerate(pictures):
        top, left = place // across * (high * scale + line), place % across * (wide * scale + line)
        large = picture.repeat(scale, axis=0).repeat(scale, axis=1)
        whole[top : top + high * scale, left : left + wide * scale] = large
    return whole
