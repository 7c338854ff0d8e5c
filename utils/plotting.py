"""Plots: Matplotlib without a screen, figures as pixels or as files that are written whole."""

import io
from pathlib import Path
from typing import Any

import numpy as np

from .files import write_atomically

DPI = 130  # dots per inch of a picture


def import_pyplot() -> Any:
    """Matplotlib without a screen; ``ImportError`` with the remedy if it is not installed."""
    try:
        import matplotlib
    except ImportError:
        raise ImportError("the picture needs matplotlib: pip install 'ludus[plots]'") from None
    matplotlib.use("Agg")
    from matplotlib import pyplot

    return pyplot


def pixels_of(figure: Any) -> np.ndarray:
    """The figure as RGB (H, W, 3) uint8; it stays open."""
    figure.set_dpi(DPI)
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3].copy()


def save_figure(figure: Any, path: Path) -> None:
    """Write the figure as PNG, whole or not at all, and close it."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI)
    import_pyplot().close(figure)
    write_atomically(path, buffer.getvalue())
