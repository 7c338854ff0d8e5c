"""Pictures of studies: Matplotlib without a screen, the two colours that a study compares, files written whole."""

import io
from pathlib import Path
from typing import Any

from ..utils.files import write_atomically

RED, BLUE = "#c0504d", "#2e6db4"  # of the two sides that a study compares
WIDTHS = {RED: 3.4, BLUE: 1.5}  # points; red is rendered first and shows beneath blue where both lines are one


def import_pyplot() -> Any:
    """Matplotlib without a screen; ``ImportError`` with the remedy if it is not installed."""
    try:
        import matplotlib
    except ImportError:
        raise ImportError("the picture needs matplotlib: pip install 'ludus[plots]'") from None
    matplotlib.use("Agg")
    from matplotlib import pyplot

    return pyplot


def save_figure(figure: Any, path: Path) -> None:
    """Write the figure as PNG, whole or not at all, and close it."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=130)
    import_pyplot().close(figure)
    write_atomically(path, buffer.getvalue())
