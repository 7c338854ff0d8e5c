"""Plots: Matplotlib without a screen, figures as pixels or as files that are written whole."""

import contextlib
import io
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from .extras import install
from .files import write_atomically

DPI = 130  # dots per inch of a picture


def import_pyplot() -> Any:
    """Matplotlib without a screen; ``ImportError`` with the remedy if it is not installed."""
    try:
        import matplotlib
    except ImportError:
        raise ImportError(f"the picture needs matplotlib: {install('plots')}") from None
    matplotlib.use("Agg")
    from matplotlib import pyplot

    return pyplot


@contextlib.contextmanager
def _any_letters() -> Iterator[None]:
    """A block in which a letter that the font lacks, as of another script, is a box and no warning."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)
        yield


def pixels_of(figure: Any) -> np.ndarray:
    """The figure as RGB (H, W, 3) uint8; it stays open."""
    figure.set_dpi(DPI)
    with _any_letters():
        figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3].copy()


def save_figure(figure: Any, path: Path) -> None:
    """Write the figure as PNG, whole or not at all, and close it."""
    buffer = io.BytesIO()
    with _any_letters():
        figure.savefig(buffer, format="png", dpi=DPI)
    import_pyplot().close(figure)
    write_atomically(path, buffer.getvalue())
