"""Pictures of studies: the two colours that a study compares, and Matplotlib without a screen."""

from ..utils.plotting import import_pyplot, save_figure

RED, BLUE = "#c0504d", "#2e6db4"  # of the two sides that a study compares
WIDTHS = {RED: 3.4, BLUE: 1.5}  # points; red is rendered first and shows beneath blue where both lines are one

__all__ = ["BLUE", "RED", "WIDTHS", "import_pyplot", "save_figure"]
